"""The network lead's desk: the theory of change with live indicators, and the tables that others may read."""
