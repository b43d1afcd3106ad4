"""The invented network: one seed, one cast, for the demo, the tests and the pictures."""
