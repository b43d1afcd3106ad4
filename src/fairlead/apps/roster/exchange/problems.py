"""An error of the exchange that a person can act on: what, allowed, got, where, next. Never a child's data."""

from __future__ import annotations


class ExchangeError(Exception):
    """The whole file (or import) is refused; the database is as it was."""

    def __init__(self, what: str, *, allowed: str, got: str, where: str, then: str) -> None:
        self.what, self.allowed, self.got, self.where, self.then = what, allowed, got, where, then
        super().__init__(what)


def gettext_noop(text: str) -> str:
    """Marks a sentence for the catalogues; Django's own needs settings, and reading a file does not."""
    return text
