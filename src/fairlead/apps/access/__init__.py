"""Who may see what, and why: scopes, grounds, walls between purposes, row-level security, the read log."""
