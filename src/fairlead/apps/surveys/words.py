"""What a person who is asked is sent by e-mail, in their language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.utils import formats, translation
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail."""

    subject: str
    body: str


def _values(person: str, survey: str, school: str, closes_on: date) -> dict[str, str]:
    return {"name": person, "survey": survey, "school": school, "day": formats.date_format(closes_on, "DATE_FORMAT")}


def invitation(
    *,
    person: str,
    survey: str,
    school: str,
    closes_on: date,
    address: str,
    own_words: str,
    anonymous: bool,
    language: str,
) -> Message:
    """The e-mail with a link."""
    with translation.override(language or "en"):
        values = _values(person, survey, school, closes_on) | {"address": address}
        if anonymous:
            promise = _("Your answers are anonymous: it is kept nowhere whose they are, nor which link was whose.")
        else:
            promise = _("Your answers are confidential: that you have answered is noted, and no page or file ties your answers to your name.")  # fmt: skip
        text = _(
            "Good day, %(name)s,\n\n%(school)s asks you: %(survey)s. Your link works once, until %(day)s:\n\n%(address)s\n\n"
        ) % values  # fmt: skip
        said = f"{own_words.strip()}\n\n" if own_words.strip() else ""
        return Message(_("%(survey)s: your link") % values, f"{text}{said}{promise}\n")


def reminder(*, person: str, survey: str, school: str, closes_on: date, address: str, language: str) -> Message:
    """A reminder: with a new link, where it is known who has not answered; without one, to everybody, where it is not."""
    with translation.override(language or "en"):
        values = _values(person, survey, school, closes_on) | {"address": address}
        if address:
            text = _(
                "Good day, %(name)s,\n\nthere is still time until %(day)s to answer “%(survey)s” at %(school)s. "
                "This link takes the place of the earlier one:\n\n%(address)s\n\nIf you would rather not, open it and say so: then no reminder comes.\n"
            )  # fmt: skip
        else:
            text = _(
                "Good day, %(name)s,\n\n“%(survey)s” at %(school)s is open until %(day)s. Nobody knows who has answered, "
                "so everybody gets this reminder. If you have: thank you. If not, the link you were given still works.\n"
            )
        return Message(_("%(survey)s: open until %(day)s") % values, text % values)
