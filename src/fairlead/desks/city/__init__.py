"""The city lead's desk: where quality seats are, under which rule, and what money opened."""
