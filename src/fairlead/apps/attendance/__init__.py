"""Rolls, marks, reminders and calls to families: what a school knows on any morning, and what it did about it."""
