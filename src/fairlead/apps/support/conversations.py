"""Reading around one contact: the last ones, what was said, what is promised, and who of it is the asking person's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from fairlead.apps.access import rls
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.support.days import day_begins
from fairlead.apps.support.models import Contact
from fairlead.apps.support.visibility import purpose_words

LATEST = 40


@dataclass(frozen=True, slots=True)
class Logged:
    """One contact as its lead sees it in a list."""

    pk: int
    at: datetime
    minutes: int
    kind: str
    purpose: str
    organization_id: int
    school: str
    lead_id: int
    lead: str
    with_id: int
    with_name: str
    participants: int
    visit_id: int | None

    @property
    def kind_label(self) -> str:
        return str(Contact.Kind(self.kind).label)

    @property
    def purpose_label(self) -> str:
        return purpose_words(self.purpose).label


_LOGGED = """
SELECT c.id, c.at, c.minutes, c.kind, c.purpose, c.organization_id, o.name, c.lead_id, a.given_name || ' ' || a.family_name,
       c.with_person_id, b.given_name || ' ' || b.family_name,
       greatest(1, (SELECT count(*) FROM support_contactpresence p WHERE p.contact_id = c.id)), c.visit_id
FROM support_contact c
JOIN roster_organization o ON o.id = c.organization_id
JOIN roster_person a ON a.id = c.lead_id
JOIN roster_person b ON b.id = c.with_person_id
WHERE {which} AND c.at < %(until)s
ORDER BY c.at DESC, c.id DESC LIMIT %(most)s
"""


def led_lately(scope: Scope, until: datetime, most: int = LATEST) -> list[Logged]:
    """The contacts that the person led last, the latest first; visits to classrooms have their own form and stay out."""
    rows = fetch(
        _LOGGED.format(which="c.lead_id = %(person)s AND c.kind <> 'visit'"),
        person=scope.person_id, until=until, most=most,
    )  # fmt: skip
    return [Logged(*row) for row in rows]


def lately_at(scope: Scope, school_id: int, until: datetime, most: int) -> list[Logged]:
    """The last contacts with a school's people by anybody, as far as the asking person may see the dose."""
    which = (
        "c.organization_id = %(school)s AND (%(person)s IN (c.lead_id, c.with_person_id) "
        "OR %(dose)s::jsonb ? (c.purpose || '@' || c.organization_id))"
    )
    dose = rls.pairs(scope, "dose")
    rows = fetch(
        _LOGGED.format(which=which), person=scope.person_id, school=school_id, dose=dose, until=until, most=most
    )
    return [Logged(*row) for row in rows]


def between(scope: Scope, person_id: int, until: datetime, most: int) -> list[Logged]:
    """The last contacts of the asking person with somebody, whoever of the two led them."""
    which = (
        "%(person)s IN (c.lead_id, c.with_person_id) AND (%(other)s IN (c.lead_id, c.with_person_id) "
        "OR EXISTS (SELECT FROM support_contactpresence p WHERE p.contact_id = c.id AND p.person_id = %(other)s))"
    )
    rows = fetch(_LOGGED.format(which=which), person=scope.person_id, other=person_id, until=until, most=most)
    return [Logged(*row) for row in rows]


def led_between(scope: Scope, first: date, last: date) -> list[Logged]:
    """Everything that the person led in some days, the earliest first: their own time."""
    rows = fetch(
        _LOGGED.format(which="c.lead_id = %(person)s AND c.at >= %(since)s"),
        person=scope.person_id, since=day_begins(first), until=day_begins(last + timedelta(days=1)), most=500,
    )  # fmt: skip
    return [Logged(*row) for row in reversed(rows)]


@dataclass(frozen=True, slots=True)
class Received:
    """A contact in which the asking person took part: its own minutes, and whether something waits to be read."""

    contact_id: int
    at: datetime
    minutes: int
    kind: str
    purpose: str
    lead: str
    school: str
    words: int
    answered: bool
    visit_id: int | None

    @property
    def kind_label(self) -> str:
        return str(Contact.Kind(self.kind).label)


_RECEIVED = """
SELECT d.contact_id, d.at, d.minutes, d.kind, d.purpose, a.given_name || ' ' || a.family_name, o.name,
       (SELECT count(*) FROM support_contactwords w WHERE w.contact_id = d.contact_id AND w.reader_id = %(person)s),
       EXISTS (SELECT FROM support_contactwords w WHERE w.contact_id = d.contact_id AND w.author_id = %(person)s),
       c.visit_id
FROM support_dose d
JOIN roster_person a ON a.id = d.lead_id
JOIN roster_organization o ON o.id = d.organization_id
LEFT JOIN support_contact c ON c.id = d.contact_id
WHERE d.person_id = %(person)s AND d.at >= %(since)s AND d.at < %(until)s
ORDER BY d.at DESC, d.contact_id DESC
"""


def received(scope: Scope, since: date, until: date) -> list[Received]:
    """Contacts of other people with the asking person, classroom visits among them, the latest first."""
    return [
        Received(*row)
        for row in fetch(
            _RECEIVED, person=scope.person_id, since=day_begins(since), until=day_begins(until + timedelta(days=1))
        )
    ]


@dataclass(frozen=True, slots=True)
class OpenPromise:
    """A promise that is not settled, with its words where the asking person may read them."""

    pk: int
    due: date
    text: str
    owner_id: int
    owner: str
    made_to_id: int
    made_to: str
    organization_id: int
    school: str
    contact_id: int
    purpose: str
    mine: bool  # made by the asking person or to them: theirs to settle


_PROMISES = """
SELECT p.id, p.due, coalesce(w.text, ''), p.owner_id, a.given_name || ' ' || a.family_name, p.made_to_id,
       b.given_name || ' ' || b.family_name, p.organization_id, o.name, p.contact_id, p.purpose,
       %(person)s IN (p.owner_id, p.made_to_id)
FROM support_promise p
JOIN support_promisewords w ON w.promise_id = p.id
JOIN roster_person a ON a.id = p.owner_id
JOIN roster_person b ON b.id = p.made_to_id
JOIN roster_organization o ON o.id = p.organization_id
WHERE p.kept_at IS NULL AND {which}
  AND (p.owner_id = %(person)s OR p.made_to_id = %(person)s OR %(notes)s::jsonb ? (p.purpose || '@' || p.organization_id))
ORDER BY p.due, p.id
"""


_OPEN_AT = """
SELECT p.id, p.due, coalesce(w.text, ''), p.owner_id, a.given_name || ' ' || a.family_name, p.made_to_id,
       b.given_name || ' ' || b.family_name, p.organization_id, '', p.contact_id, p.purpose,
       %(person)s IN (p.owner_id, p.made_to_id)
FROM support_promise p
LEFT JOIN support_promisewords w ON w.promise_id = p.id
JOIN roster_person a ON a.id = p.owner_id
JOIN roster_person b ON b.id = p.made_to_id
WHERE p.kept_at IS NULL AND p.organization_id = %(school)s
  AND (p.owner_id = %(person)s OR p.made_to_id = %(person)s OR %(dose)s::jsonb ? (p.purpose || '@' || p.organization_id))
ORDER BY p.due, p.id
"""


def _promises(scope: Scope, which: str, **values: Any) -> list[OpenPromise]:
    notes = rls.pairs(scope, "notes")
    return [
        OpenPromise(*row)
        for row in fetch(_PROMISES.format(which=which), person=scope.person_id, notes=notes, **values)
    ]


def open_promises(scope: Scope, people: Collection[int], school_ids: Collection[int]) -> list[OpenPromise]:
    """Open promises between the asking person and these people, and of these schools' teams as far as one may read them."""
    between = "(%(person)s IN (p.owner_id, p.made_to_id) AND (p.owner_id = ANY (%(people)s) OR p.made_to_id = ANY (%(people)s)))"
    return _promises(
        scope, f"({between} OR p.organization_id = ANY (%(schools)s))", people=list(people), schools=list(school_ids)
    )  # fmt: skip


def open_at(scope: Scope, school_id: int) -> list[OpenPromise]:
    """Every open promise of a school that the person may know of, those they may not read without their words."""
    rows = fetch(_OPEN_AT, person=scope.person_id, school=school_id, dose=rls.pairs(scope, "dose"))
    return [OpenPromise(*row) for row in rows]


def my_open_promises(scope: Scope) -> list[OpenPromise]:
    """Every open promise that the person made or that was made to them, the longest overdue first."""
    return _promises(scope, "%(person)s IN (p.owner_id, p.made_to_id)")


@dataclass(frozen=True, slots=True)
class SettledPromise:
    """A promise that was settled: how, and what shows it."""

    pk: int
    text: str
    owner_id: int
    owner: str
    made_to: str
    kept_at: datetime
    done_another_way: bool
    evidence: str
    because: str
    organization_id: int


_SETTLED = """
SELECT p.id, w.text, p.owner_id, a.given_name || ' ' || a.family_name, b.given_name || ' ' || b.family_name, p.kept_at,
       p.done_another_way, w.evidence, w.because, p.organization_id
FROM support_promise p
JOIN support_promisewords w ON w.promise_id = p.id
JOIN roster_person a ON a.id = p.owner_id
JOIN roster_person b ON b.id = p.made_to_id
WHERE %(person)s IN (p.owner_id, p.made_to_id) AND p.kept_at >= %(since)s
ORDER BY p.kept_at DESC, p.id DESC LIMIT 30
"""


def settled_lately(scope: Scope, since: date) -> list[SettledPromise]:
    """Promises of the person, or to them, that were settled since a day, the latest first."""
    return [SettledPromise(*row) for row in fetch(_SETTLED, person=scope.person_id, since=day_begins(since))]


@dataclass(frozen=True, slots=True)
class Facts:
    """That a contact happened: all that the wall of dose lets this reader see of it."""

    pk: int
    at: datetime
    minutes: int
    kind: str
    purpose: str
    organization_id: int
    school: str
    lead_id: int
    lead: str
    visit_id: int | None

    @property
    def kind_label(self) -> str:
        return str(Contact.Kind(self.kind).label)


@dataclass(frozen=True, slots=True)
class Participant:
    """One participant: what stands of their minutes, and what they say of it."""

    person_id: int
    name: str
    minutes: int
    said_minutes: int | None
    said_at: datetime | None

    @property
    def disagrees(self) -> bool:
        return self.said_minutes is not None and self.said_minutes != self.minutes


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody wrote about a contact, and to whom."""

    author_id: int
    author: str
    at: datetime
    text: str
    readers: tuple[str, ...]


_FACTS = """
SELECT * FROM (
    SELECT c.id, c.at, c.minutes, c.kind, c.purpose, c.organization_id, o.name, c.lead_id,
           a.given_name || ' ' || a.family_name, c.visit_id, 1 AS first
    FROM support_contact c JOIN roster_organization o ON o.id = c.organization_id JOIN roster_person a ON a.id = c.lead_id
    WHERE c.id = %(contact)s AND (c.lead_id = %(person)s OR c.with_person_id = %(person)s
                                  OR %(dose)s::jsonb ? (c.purpose || '@' || c.organization_id))
    UNION ALL
    SELECT p.contact_id, p.at, p.minutes, p.kind, p.purpose, p.organization_id, o.name, p.lead_id,
           a.given_name || ' ' || a.family_name, NULL, 2
    FROM support_contactpresence p JOIN roster_organization o ON o.id = p.organization_id
    JOIN roster_person a ON a.id = p.lead_id
    WHERE p.contact_id = %(contact)s AND p.person_id = %(person)s
) found ORDER BY first LIMIT 1
"""
_PARTICIPANTS = """
SELECT x.person_id, b.given_name || ' ' || b.family_name, x.minutes, x.said_minutes, x.said_at
FROM (SELECT c.with_person_id AS person_id, c.minutes, NULL::smallint AS said_minutes, NULL::timestamptz AS said_at
      FROM support_contact c WHERE c.id = %(contact)s
        AND NOT EXISTS (SELECT FROM support_contactpresence p WHERE p.contact_id = c.id)
      UNION ALL
      SELECT p.person_id, p.minutes, p.said_minutes, p.said_at FROM support_contactpresence p
      WHERE p.contact_id = %(contact)s) x
JOIN roster_person b ON b.id = x.person_id ORDER BY b.sort_name, b.id
"""
_SAID = """
SELECT w.author_id, min(a.given_name || ' ' || a.family_name), w.written_at, w.text,
       array_agg(b.given_name || ' ' || b.family_name ORDER BY b.sort_name)
FROM support_contactwords w
JOIN roster_person a ON a.id = w.author_id
JOIN roster_person b ON b.id = w.reader_id
WHERE w.contact_id = %(contact)s
  AND (w.author_id = %(person)s OR w.reader_id = %(person)s
       OR %(notes)s::jsonb ? (w.purpose || '@' || w.organization_id))
GROUP BY w.author_id, w.written_at, w.text
ORDER BY w.written_at, min(w.id)
"""


def last_said(scope: Scope, person_id: int, most: int) -> list[Said]:
    """What the asking person and somebody else wrote to each other about contacts, the latest first."""
    rows = fetch(_LAST_SAID, person=scope.person_id, other=person_id, most=most)
    return [Said(author, name, at, text, (reader,)) for author, name, at, text, reader in rows]


_LAST_SAID = """
SELECT w.author_id, a.given_name || ' ' || a.family_name, w.written_at, w.text, b.given_name || ' ' || b.family_name
FROM support_contactwords w
JOIN roster_person a ON a.id = w.author_id
JOIN roster_person b ON b.id = w.reader_id
WHERE (w.author_id, w.reader_id) IN ((%(person)s, %(other)s), (%(other)s, %(person)s))
ORDER BY w.written_at DESC, w.id DESC LIMIT %(most)s
"""


def facts(scope: Scope, contact_id: int) -> Facts | None:
    """A contact, as far as the asking person may know of it."""
    rows = fetch(_FACTS, person=scope.person_id, dose=rls.pairs(scope, "dose"), contact=contact_id)
    return Facts(*rows[0][:-1]) if rows else None


def participants(contact_id: int) -> list[Participant]:
    """Who took part, as far as the walls let the asking login see it."""
    return [Participant(*row) for row in fetch(_PARTICIPANTS, contact=contact_id)]


def said(scope: Scope, contact_id: int) -> list[Said]:
    """What was written about a contact to the asking person, by them, or where the purpose opens its notes to them."""
    rows = fetch(_SAID, contact=contact_id, person=scope.person_id, notes=rls.pairs(scope, "notes"))
    return [Said(author, name, at, text, tuple(readers)) for author, name, at, text, readers in rows]
