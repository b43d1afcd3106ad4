"""Reading instruments and visits. A visit is read by who made it, by whom it is about once shared, and by those to
whom its purpose opens the notes; row-level security stands behind each of these."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.selectors import opened
from fairlead.apps.instruments import policy
from fairlead.apps.instruments.models import Answer, Instrument, Item, Note, Response, Version, Visit, said_at

VISIT_KINDS = (Instrument.Kind.OBSERVATION, Instrument.Kind.WALKTHROUGH, Instrument.Kind.APPRAISAL)


def current_version(key: str) -> Version | None:
    """The newest published version of an instrument."""
    return (
        Version.objects.filter(instrument__key=key, published_at__isnull=False)
        .select_related("instrument")
        .order_by("-number")
        .first()
    )


def instruments_for(scope: Scope, purpose: str, kinds: Collection[str] = VISIT_KINDS) -> list[Version]:
    """Published instruments of some kinds that the person may use for a purpose, each form in its newest version."""
    newest = _offered(scope, kinds).order_by("instrument_id", "form", "-number").distinct("instrument_id", "form")
    return [v for v in newest if not policy.why_not(v.instrument, purpose)]


def pinned_version(scope: Scope, purpose: str, version_id: int) -> Version | None:
    """The version that a visit's form was opened with, however old, while it may be used for the purpose; else None."""
    found = _offered(scope, VISIT_KINDS).filter(pk=version_id).first()
    return found if found is not None and not policy.why_not(found.instrument, purpose) else None


def _offered(scope: Scope, kinds: Collection[str]) -> QuerySet[Version]:
    return Version.objects.filter(
        Q(instrument__organization=None) | Q(instrument__organization_id__in=scope.up_org_ids),
        published_at__isnull=False,
        instrument__kind__in=kinds,
        instrument__retired_at=None,
    ).select_related("instrument")


def published_of(scope: Scope, kinds: Collection[str], *purposes: str) -> list[Version]:
    """Every published version of these kinds that is offered and may be used for all of these purposes."""
    rows = _offered(scope, kinds).order_by("instrument_id", "-number")
    return [v for v in rows if not any(policy.why_not(v.instrument, purpose) for purpose in purposes)]


def versions(ids: Collection[int]) -> dict[int, Version]:
    """Versions with their instruments; a catalogue."""
    return {v.pk: v for v in Version.objects.filter(pk__in=ids).select_related("instrument")}


def items_of(version_id: int) -> list[Item]:
    """A version's items in order, with their domains."""
    return list(Item.objects.filter(version_id=version_id).select_related("domain").order_by("position"))


def first_items(version_id: int) -> dict[int, int]:
    """For each item of a version the first item of which it is an unchanged repetition: itself, where it is new."""
    return dict(fetch(_FIRST_ITEMS, version=version_id))


_FIRST_ITEMS = """
WITH RECURSIVE chain (item, at) AS (
    SELECT id, id FROM instruments_item WHERE version_id = %(version)s
    UNION ALL
    SELECT c.item, i.same_as_id FROM chain c JOIN instruments_item i ON i.id = c.at WHERE i.same_as_id IS NOT NULL
)
SELECT c.item, c.at FROM chain c JOIN instruments_item i ON i.id = c.at WHERE i.same_as_id IS NULL
"""


def _with_people(rows: QuerySet[Visit]) -> QuerySet[Visit]:
    return rows.select_related("visitor", "subject", "section", "organization", "version__instrument").order_by(
        "-began_at", "-id"
    )


def visits(scope: Scope) -> QuerySet[Visit]:
    """Visits whose words the person may read: made by them, shared with them, or opened by purpose and organization."""
    return _with_people(
        Visit.objects.filter(
            Q(visitor_id=scope.person_id)
            | Q(subject_id=scope.person_id, shared_at__isnull=False)
            | opened(scope, "notes")
        )
    )


def visits_by(scope: Scope) -> QuerySet[Visit]:
    """The person's own visits, latest first."""
    return _with_people(Visit.objects.filter(visitor_id=scope.person_id))


def feedback_for(scope: Scope) -> QuerySet[Visit]:
    """What was shared with the person about visits to them, latest first."""
    return _with_people(Visit.objects.filter(subject_id=scope.person_id, shared_at__isnull=False))


def not_closed(scope: Scope) -> QuerySet[Visit]:
    """The person's own visits whose feedback waits: not yet shared, or shared and not yet answered; oldest first."""
    return visits_by(scope).filter(closed_at__isnull=True).order_by("began_at", "id")


@dataclass(frozen=True, slots=True)
class VisitLine:
    """A visit as one line of a list."""

    pk: int
    began_at: datetime
    minutes: int
    purpose: str
    subject: str
    visitor: str
    section: str
    school: str
    shared_at: datetime | None
    answered_at: datetime | None
    closed_at: datetime | None
    feedback: str
    organization_id: int


def latest_lines(scope: Scope, most: int) -> list[VisitLine]:
    """The person's own latest visits, as lines."""
    return _lines("v.visitor_id = %(person)s ORDER BY v.began_at DESC, v.id DESC LIMIT %(most)s", scope, most=most)


def latest_lines_of(scope: Scope, subject_id: int, most: int) -> list[VisitLine]:
    """The person's own latest visits to somebody, as lines."""
    which = "v.visitor_id = %(person)s AND v.subject_id = %(subject)s ORDER BY v.began_at DESC, v.id DESC LIMIT %(most)s"
    return _lines(which, scope, subject=subject_id, most=most)


def not_closed_lines(scope: Scope) -> list[VisitLine]:
    """The person's own visits whose feedback waits, as lines; oldest first."""
    return _lines("v.visitor_id = %(person)s AND v.closed_at IS NULL ORDER BY v.began_at, v.id", scope)


def feedback_lines(scope: Scope) -> list[VisitLine]:
    """What was shared with the person about visits to them, as lines; latest first."""
    which = "v.subject_id = %(person)s AND v.shared_at IS NOT NULL ORDER BY v.began_at DESC, v.id DESC"
    return _lines(which, scope)


_LINES = """
SELECT v.id, v.began_at, v.minutes, v.purpose, s.given_name || ' ' || s.family_name, w.given_name || ' ' || w.family_name,
       coalesce(c.name, ''), o.name, v.shared_at, v.answered_at, v.closed_at, v.feedback, v.organization_id
FROM instruments_visit v
JOIN roster_person s ON s.id = v.subject_id
JOIN roster_person w ON w.id = v.visitor_id
JOIN roster_organization o ON o.id = v.organization_id
LEFT JOIN roster_section c ON c.id = v.section_id
WHERE {which}
"""


def _lines(which: str, scope: Scope, **values: Any) -> list[VisitLine]:
    return [VisitLine(*row) for row in fetch(_LINES.format(which=which), person=scope.person_id, **values)]


def visit_by_token(scope: Scope, token: str) -> Visit | None:
    """The person's own visit that this form has already recorded."""
    return Visit.objects.filter(visitor_id=scope.person_id, token=token).first()


@dataclass(frozen=True, slots=True)
class Rated:
    """An item of a visit's own response: its level, or that it was not seen; and the words to it."""

    item: Item
    level: int | None
    not_observed: bool
    evidence: str
    told: str = ""  # what is neither a level nor words: a number, several choices


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a visit's script: what was seen or heard, when, for which items."""

    at: datetime | None
    text: str
    items: tuple[str, ...]  # their names


@dataclass(frozen=True, slots=True)
class Reading:
    """What of a visit's own response its purpose opens to the person: levels with their words, and the script."""

    ratings: list[Rated]
    script: list[Line]
    draft: (
        str  # feedback drafted from the evidence: each item's name, under it what was seen or heard for it, in order
    )


def ratings(scope: Scope, visit_id: int) -> list[Rated]:
    """Levels and words of a visit, in the instrument's order; each only where the purpose opens it to the person."""
    return reading(scope, visit_id).ratings


def reading(scope: Scope, visit_id: int) -> Reading:
    """A visit's own response, as the person may read it."""
    mine = Visit.objects.filter(
        Q(visitor_id=scope.person_id) | Q(subject_id=scope.person_id, shared_at__isnull=False), pk=visit_id
    ).values("token")  # no join: the wall may hide it
    answers = list(
        Answer.objects.filter(
            Q(response_id__in=mine) | opened(scope, "scores"),
            response__visit_id=visit_id,
            response__part=Response.Part.SINGLE,
        ).select_related("item__domain")
    )
    notes = list(
        Note.objects.filter(
            Q(response_id__in=mine) | opened(scope, "notes"),
            response_id__in=Visit.objects.filter(pk=visit_id).values("token"),
        )
        .select_related("item__domain")
        .order_by("at", "id")
    )
    words: dict[str, list[str]] = {}
    for note in notes:
        for tag in note.tags:
            words.setdefault(tag, []).append(said_at(note.at, note.text))

    def said(item: Item) -> str:
        return "\n".join(words.get(item.key, ()))

    rows = [Rated(a.item, a.level, a.not_observed, said(a.item), _told(a)) for a in answers]
    rows += [Rated(note.item, None, False, said(note.item)) for note in notes if note.item]
    evidence = [note for note in notes if note.item is None]
    items = {row.item.key: row.item for row in rows}
    tags = {tag for note in evidence for tag in note.tags}
    if tags - items.keys():  # what is answered by evidence alone
        of_it = Visit.objects.filter(pk=visit_id).values("version_id")
        items |= {item.key: item for item in Item.objects.filter(version_id__in=of_it, key__in=tags)}
    return Reading(
        sorted(rows, key=lambda row: row.item.position),
        [
            Line(n.at, n.text, tuple(str(items[t]) for t in n.tags if t in items))
            for n in evidence
            if n.at is not None
        ],
        _draft([items[tag] for tag in tags if tag in items], evidence),
    )


def _draft(items: Collection[Item], evidence: Collection[Note]) -> str:
    parts = [
        "\n".join([str(item), *(said_at(note.at, note.text) for note in evidence if item.key in note.tags)])
        for item in sorted(items, key=lambda item: item.position)
    ]
    return "\n\n".join(parts)


def _told(answer: Answer) -> str:
    if answer.number is not None:
        return f"{answer.number:g} {answer.item.measured_in}".strip()
    chosen = set(answer.chosen or ())
    return ", ".join(name for n, name, _text in answer.item.levels if n in chosen)
