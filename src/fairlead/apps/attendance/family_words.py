"""The message with a family's link, in the guardian's language. English and Spanish; others get English, and it is said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.utils import formats, timezone, translation
from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Message:
    """What a guardian is sent. `translated` is False when their language is not there and English stands in."""

    subject: str
    body: str
    language: str
    translated: bool


def spoken(language: str) -> tuple[str, bool]:
    """The language of a page for a guardian, and whether it is their own."""
    code = (language or "en").lower().split("-")[0]
    there = {code for code, _name in settings.LANGUAGES}
    return (code, True) if code in there else ("en", False)


def message(
    *, guardian: str, student: str, school: str, day: date, expires_at: datetime, address: str, language: str
) -> Message:
    """The message of one link; short, since it may be sent as a text."""
    code, translated = spoken(language)
    with translation.override(code):
        words = {
            "guardian": guardian,
            "student": student,
            "school": school,
            "day": formats.date_format(day, "SHORT_DATE_FORMAT"),
            "until": formats.date_format(timezone.localtime(expires_at), "SHORT_DATE_FORMAT"),
            "address": address,
        }
        subject = _("%(student)s was not at school on %(day)s") % words
        body = (
            _(
                "Good day, %(guardian)s. %(student)s was marked absent at %(school)s on %(day)s. Please tell us why: "
                "%(address)s (this link is for you alone, works once, until %(until)s)."
            )
            % words
        )
    return Message(subject, body, code, translated)
