"""Diagnoses of conditions: what a leadership team (or a city) rates alone, agrees on, promises and looks back on."""
