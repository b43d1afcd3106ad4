"""Instruments: rubrics, surveys and assessments, built by those who answer for them in a network."""
