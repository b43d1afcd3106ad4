"""Surveys: who is asked, how many have answered, and what may be told."""
