"""Supports of every kind: opening one, its steps, its end."""
