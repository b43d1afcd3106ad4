"""The teacher's page: today's rolls, and taking one with a thumb."""
