"""Keeping what must be kept, and no more: backup and restore, erasing a person, retention."""
