"""Django's own engine for PostgreSQL, with prepared statements for SQL written by hand. See `base`."""
