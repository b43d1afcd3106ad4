"""A school (or a city) looks at what makes it get better: evidence, ratings made alone, a consensus, and the next year."""
