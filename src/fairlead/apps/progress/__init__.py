"""Indicators over facts, on the levels of a theory of change, and the tables that may be published of them."""
