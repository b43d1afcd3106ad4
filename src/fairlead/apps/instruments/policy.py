"""What an instrument may be used for: its licence and restrictions as data, and the one place that every use asks.

An instrument's `restrictions` say what its authors or the people it is about were promised. Each function answers with
the reason why not, in the reader's language, or with "": a service raises it, a page shows it, a test reads it.

    purposes            only for these purposes
    importable_only     the wording belongs to somebody else: it may be loaded here, and never leaves again with its text
    no_high_stakes      never for a decision about one person: no appraisal, no selection
    no_raw_counts       results without the number of people behind each answer
    certificate_months  only by people whose certificate is at most so many months old
    minimum_group       results only for groups of at least so many people
    because, because_es why, in words
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Protocol

from django.utils.translation import gettext as _

from fairlead.apps.access.purposes import purposes
from fairlead.apps.instruments.models import Instrument
from fairlead.apps.instruments.words import in_words

# What a kind of instrument is for at all; a restriction narrows it and cannot widen it.
_OF_A_PERSONS_WORK = frozenset({"coaching", "supervision", "appraisal", "research"})
# Rated alone in confidence first, then agreed on together (`diagnostics`).
_OF_A_GROUP = frozenset({"survey", "improvement", "research"})
PURPOSES_OF_KIND: Mapping[str, frozenset[str]] = {
    Instrument.Kind.OBSERVATION: _OF_A_PERSONS_WORK,
    Instrument.Kind.WALKTHROUGH: _OF_A_PERSONS_WORK,
    Instrument.Kind.STUDENT_SURVEY: frozenset({"survey", "research"}),
    Instrument.Kind.KNOWLEDGE: frozenset({"survey", "research"}),
    Instrument.Kind.BELIEFS: frozenset({"survey", "research"}),
    Instrument.Kind.ASSIGNMENT_REVIEW: frozenset({"coaching", "improvement", "research"}),
    Instrument.Kind.CONDITIONS: _OF_A_GROUP,
    Instrument.Kind.LEADERSHIP_TEAM: _OF_A_GROUP,
    Instrument.Kind.APPRAISAL: frozenset({"appraisal", "leadership"}),
    Instrument.Kind.SELECTION: frozenset({"selection"}),
    Instrument.Kind.CITY_READINESS: _OF_A_GROUP,
}
HIGH_STAKES = frozenset({"appraisal", "leadership", "selection"})
# Learning to rate is no use upon anybody: whatever is rated may be practised with, and no restriction speaks of it.
PRACTICE = "calibration"
NOT_OFFERED = (PRACTICE, "safety")  # purposes that no instrument is made for: practice is for any, requests for none
RATED = frozenset({Instrument.Kind.OBSERVATION, Instrument.Kind.WALKTHROUGH, Instrument.Kind.APPRAISAL,
                   Instrument.Kind.ASSIGNMENT_REVIEW})  # fmt: skip
# The least group of a kind whose answers are given in confidence: an instrument may ask for more.
LEAST_GROUP: Mapping[str, int] = {
    Instrument.Kind.STUDENT_SURVEY: 10,
    Instrument.Kind.KNOWLEDGE: 5,
    Instrument.Kind.BELIEFS: 5,
}


class _Instrument(Protocol):
    kind: str
    restrictions: Any


class Misread(ValueError):
    """Restrictions that say what nobody could enforce. The message says what, allowed, got."""


@dataclass(frozen=True, slots=True)
class Restrictions:
    """An instrument's restrictions, read."""

    purposes: tuple[str, ...] = ()
    importable_only: bool = False
    no_high_stakes: bool = False
    no_raw_counts: bool = False
    certificate_months: int | None = None
    minimum_group: int | None = None
    because: str = ""
    because_es: str = ""


_KNOWN = tuple(field.name for field in fields(Restrictions))
_YES_OR_NO = ("importable_only", "no_high_stakes", "no_raw_counts")
_COUNTS = ("certificate_months", "minimum_group")


def read(raw: Mapping[str, Any]) -> Restrictions:
    """Restrictions from data; a word that is not known is refused, since it would be a promise that nobody keeps."""
    for name, value in raw.items():
        if name not in _KNOWN:
            raise Misread(f"restrictions: {name!r} is not one of {', '.join(_KNOWN)}")
        if name in _YES_OR_NO:
            good, wanted = isinstance(value, bool), "true or false"
        elif name in _COUNTS:
            good, wanted = type(value) is int and 1 <= value <= 120, "a whole number from 1 to 120"
        elif name == "purposes":
            known = tuple(p for p in purposes() if p not in NOT_OFFERED)
            good = isinstance(value, list | tuple) and bool(value) and set(value) <= set(known)
            wanted = f"a list of some of {', '.join(known)}"
        else:
            good, wanted = isinstance(value, str), "words"
        if not good:
            raise Misread(f"restrictions: {name} is {wanted}, not {value!r}")
    return Restrictions(**{**raw, "purposes": tuple(raw.get("purposes", ()))})


def purposes_of(instrument: _Instrument) -> list[str]:
    """Purposes for which the instrument may be used, in the table's order."""
    held = read(instrument.restrictions)
    kind = PURPOSES_OF_KIND[instrument.kind]
    return [
        p
        for p in purposes()
        if p in kind and (not held.purposes or p in held.purposes) and not (held.no_high_stakes and p in HIGH_STAKES)
    ]


def why_not(instrument: _Instrument, purpose: str) -> str:
    """Why the instrument may not be used for this purpose; "" when it may."""
    if purpose in purposes_of(instrument) or (purpose == PRACTICE and instrument.kind in RATED):
        return ""
    held = read(instrument.restrictions)
    said = in_words(held.because, held.because_es)
    if purpose not in PURPOSES_OF_KIND[instrument.kind]:
        return str(_("An instrument of this kind is not made for that purpose."))
    if held.no_high_stakes and purpose in HIGH_STAKES:
        return said or str(_("This instrument may not be used for decisions about one person."))
    return said or str(_("This instrument may not be used for that purpose."))


def names_leaders(instrument: _Instrument) -> bool:
    """Whether a school's results may stand in its leader's appraisal: only where the instrument says so itself."""
    held = read(instrument.restrictions)
    return "leadership" in held.purposes and not held.no_high_stakes


def loosened(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Which restrictions would promise less than before, by name: whoever answered was promised them."""
    held, wanted = read(before), read(after)
    least, most = held.minimum_group, held.certificate_months
    weaker = {
        "purposes": not set(wanted.purposes or PURPOSES_OF_KIND[kind])
        <= set(held.purposes or PURPOSES_OF_KIND[kind]),
        **{name: getattr(held, name) and not getattr(wanted, name) for name in _YES_OR_NO},
        "certificate_months": most is not None and (wanted.certificate_months or most + 1) > most,
        "minimum_group": least is not None and (wanted.minimum_group or 0) < least,
    }
    return [name for name, is_weaker in weaker.items() if is_weaker]


def certificate_ends(instrument: _Instrument, earned_on: date, ends_on: date | None = None) -> date | None:
    """The last day on which a certificate holds; None when it does not end."""
    months = read(instrument.restrictions).certificate_months
    by_rule = months_after(earned_on, months) if months else None
    return min((day for day in (by_rule, ends_on) if day is not None), default=None)


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def needs_certificate(instrument: _Instrument) -> bool:
    """Whether only certified people may rate with it."""
    return read(instrument.restrictions).certificate_months is not None


def why_not_rate(instrument: _Instrument, held_until: date | None, on: date) -> str:
    """Why somebody may not rate on a day. `held_until`: the last day of their latest certificate; None: they have none."""
    if not needs_certificate(instrument):
        return ""
    if held_until is None:
        return str(_("This instrument needs a rater's certificate, and you have none for it yet."))
    if held_until < on:
        return str(_("Your certificate for this instrument ended on %(day)s.")) % {"day": held_until.isoformat()}
    return ""


def why_not_exported(instrument: _Instrument) -> str:
    """Why the wording may not leave; "" when it may."""
    if read(instrument.restrictions).importable_only:
        return str(_("The wording belongs to its publisher: it may be loaded here, and may not be given out again."))
    return ""


def least_group(instrument: _Instrument) -> int:
    """The least number of people behind a result that may be shown; 1 where nothing was promised."""
    asked = read(instrument.restrictions).minimum_group or 1
    return max(asked, LEAST_GROUP.get(instrument.kind, 1))


def counts_shown(instrument: _Instrument) -> bool:
    """Whether the number of people behind each answer may be shown beside shares and means."""
    return not read(instrument.restrictions).no_raw_counts
