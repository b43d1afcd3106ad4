"""Somebody with a link to a survey: no account, no sign-in, one form, once."""
