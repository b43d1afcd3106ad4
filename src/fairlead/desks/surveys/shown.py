"""What the pages show of a survey: its stage, its response rate, its published table in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import in_words
from fairlead.apps.surveys import selectors
from fairlead.apps.surveys.models import Administration
from fairlead.apps.surveys.reports import ClassLine
from fairlead.apps.surveys.selectors import Line, Rate
from fairlead.desks.shares import percent

# stage -> (status, words)
STAGES = {
    "draft": ("none", lambda: _("Draft")),
    "waiting": ("info", lambda: _("Opens soon")),
    "open": ("ok", lambda: _("Open")),
    "over": ("warn", lambda: _("Its last day is over")),
    "counting": ("info", lambda: _("Being counted")),
    "counted": ("ok", lambda: _("Closed, results are there")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A survey as one line of the list."""

    pk: int
    name: str
    instrument: str
    mode: str
    whose: str
    opens_on: date
    closes_on: date
    stage: str
    status: str
    words: str


def row(known: Administration, today: date) -> Row:
    """A survey for the list and for the head of its page."""
    stage = selectors.stage(known, today)
    status, words = STAGES[stage]
    return Row(
        known.pk, in_words(known.name, known.name_es), str(known.version), known.get_mode_display(),
        known.organization.name, known.opens_on, known.closes_on, stage, status, words(),
    )  # fmt: skip


def with_percent(rates: Sequence[Rate]) -> list[tuple[Rate, str]]:
    """Each school's rate with its percentage in words."""
    return [(rate, percent(rate.share)) for rate in rates]


@dataclass(frozen=True, slots=True)
class Total:
    """All schools together, of which a number may be told."""

    asked: int
    answered: int
    share: str
    hidden: int  # schools that are left out, so that the rest does not tell theirs


def total(rates: Sequence[Rate]) -> Total | None:
    """The rate of the schools whose number stands in the table; None when there is none."""
    told = [rate for rate in rates if rate.answered is not None]
    asked = sum(rate.asked for rate in told)
    if not asked:
        return None
    answered = sum(rate.answered or 0 for rate in told)
    return Total(asked, answered, percent(answered / asked), len(rates) - len(told))


@dataclass(frozen=True, slots=True)
class Told:
    """One number in words, with its interval; `few` when nothing may be told."""

    words: str
    interval: str
    n: int | None
    few: bool


def told(line: Line | ClassLine | None) -> Told:
    """A published number as it stands in a table."""
    if line is None or line.state == "few":
        return Told(_("too few, here or beside"), "", None, True)
    if line.state == "value":
        return Told(_("withheld"), "", line.n, True)
    if line.state == "bottom":
        return Told(_("at most %(share)s") % {"share": percent(line.most)}, "", line.n, False)
    if line.state == "top":
        return Told(_("at least %(share)s") % {"share": percent(line.share)}, "", line.n, False)
    interval = "" if line.low is None else f"{percent(line.low)}–{percent(line.high)}"
    return Told(percent(line.share), interval, line.n, False)


@dataclass(frozen=True, slots=True)
class Measured:
    """A domain or an item with its numbers, here and over all schools."""

    part: str
    key: str
    name: str
    question: str
    reverse: bool
    here: Told
    all: Told | None


def table(known: Administration, lines: Sequence[Line], organization_id: int) -> list[Measured]:
    """The published table of one organization, beside that of the whole survey."""
    names = words_of(known)
    at = {(line.organization_id, line.part, line.key): line for line in lines}
    wanted = [(line.part, line.key) for line in lines if line.organization_id == organization_id]
    found = []
    for part, key in wanted:
        name, question, reverse = names[part, key]
        whole = at.get((known.organization_id, part, key))
        found.append(
            Measured(
                part, key, name, question, reverse, told(at[organization_id, part, key]),
                told(whole) if organization_id != known.organization_id else None,
            )
        )  # fmt: skip
    return found


def words_of(known: Administration) -> dict[tuple[str, str], tuple[str, str, bool]]:
    """Name, question and whether it is reversed, of every item and domain."""
    names: dict[tuple[str, str], tuple[str, str, bool]] = {}
    for item in instruments.items_of(known.version_id):
        names["domain", item.domain.key] = (str(item.domain), "", False)
        names["item", item.key] = (str(item), item.question, item.reverse)
    return names


def csv_rows(known: Administration, lines: Sequence[Line]) -> list[list[Any]]:
    """The stored table as it stands; a number that is withheld is empty."""
    head = ["organization", "part", "key", "state", "n", "share", "at_most", "low", "high", "instrument", "version"]
    ends = [known.version.instrument.key, known.version.number]
    return [head, *([line.organization, line.part, line.key, line.state, line.n, line.share, line.most, line.low,
                     line.high, *ends] for line in lines)]  # fmt: skip
