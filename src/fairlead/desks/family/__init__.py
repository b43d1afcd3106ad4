"""A guardian with a one-time link: no account, no sign-in, one child, one day, one answer."""
