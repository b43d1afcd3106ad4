"""The principal's page: the same numbers as the office, and three questions answered from them."""
