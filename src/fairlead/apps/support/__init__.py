"""Who supports whom, toward what; what happened (contacts) and what was promised."""
