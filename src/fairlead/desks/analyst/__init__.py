"""The analyst's desk: studies from plan to claim."""
