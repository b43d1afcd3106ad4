"""Fairlead: the working system for people who help schools get better."""
