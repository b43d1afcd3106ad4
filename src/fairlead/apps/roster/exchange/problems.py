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


class Said(str):
    """A sentence with values in it: English as text, and still translatable where it is shown."""

    msgid: str
    values: dict[str, object]

    def __reduce__(self) -> tuple[object, ...]:
        return (_said, (self.msgid, self.values))


def said(msgid: str, **values: object) -> Said:
    """The sentence filled in; `msgid` has %(name)s where a value goes."""
    return _said(msgid, values)


def _said(msgid: str, values: dict[str, object]) -> Said:
    sentence = Said(msgid % values)
    sentence.msgid, sentence.values = msgid, values
    return sentence


def in_language(text: str) -> str:
    """The sentence in the language of the person who reads it."""
    from django.utils.translation import gettext

    return gettext(text.msgid) % text.values if isinstance(text, Said) else gettext(text)
