"""Surveys: who is asked with which instrument, by which links, and what may be told of the answers."""
