"""Instruments (rubrics, surveys, reviews: one engine) and the visits in which they are used."""
