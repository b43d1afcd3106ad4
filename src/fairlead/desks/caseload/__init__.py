"""Recipes of need that a network owns, plans with their scenarios, and whether 5:1 is real."""
