"""Rosters in and out: any source is read into the canonical tables, staged, compared, confirmed and merged."""
