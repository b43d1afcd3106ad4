"""A person's secret address for calendars: made, renewed, taken back; and what it tells, which is never a word of notes.

The secret is random and kept as a hash. Looking it up needs no sign-in (one SQL function, `SECURITY DEFINER`, that gives
a person's number); everything after that is read in that person's own scope, behind their walls.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import transaction

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import planning
from fairlead.apps.support.models import CalendarFeed

BACK, AHEAD = timedelta(days=60), timedelta(days=366)
LONGEST_TOKEN = 100


@dataclass(frozen=True, slots=True)
class DuePromise:
    """That a promise falls due: to or by whom, and not what."""

    pk: int
    due: date
    made_at: datetime
    mine: bool
    other: str
    school: str
    organization_id: int


@dataclass(frozen=True, slots=True)
class Told:
    """What a feed tells its person's calendar."""

    scope: Scope
    language: str
    planned: list[planning.Planned]
    promises: list[DuePromise]


_DUE = """
SELECT p.id, p.due, p.made_at, p.owner_id = %(person)s,
       CASE WHEN p.owner_id = %(person)s THEN b.given_name || ' ' || b.family_name
            ELSE a.given_name || ' ' || a.family_name END, o.name, p.organization_id
FROM support_promise p
JOIN roster_person a ON a.id = p.owner_id
JOIN roster_person b ON b.id = p.made_to_id
JOIN roster_organization o ON o.id = p.organization_id
WHERE %(person)s IN (p.owner_id, p.made_to_id) AND p.kept_at IS NULL ORDER BY p.due, p.id
"""


def current(scope: Scope) -> CalendarFeed | None:
    """The person's open feed."""
    return CalendarFeed.objects.filter(person_id=scope.person_id, revoked_at=None).first()


@transaction.atomic
def renew(scope: Scope, language: str) -> str:
    """A new secret, told here once and nowhere else; the one before opens nothing any more."""
    revoke(scope)
    token = secrets.token_urlsafe(32)
    CalendarFeed.objects.create(
        organization_id=scope.roles[0].organization_id,
        person_id=scope.person_id,
        token_hash=_hashed(token),
        language=language,
        made_at=clock.now(),
    )
    return token


def revoke(scope: Scope) -> bool:
    """Close the person's feed; False when none was open."""
    return bool(
        CalendarFeed.objects.filter(person_id=scope.person_id, revoked_at=None).update(revoked_at=clock.now())
    )


def _hashed(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def told_by(token: str) -> Told | None:
    """What the secret's person may be told; None for a secret that opens nothing, and for somebody without a role."""
    if len(token) > LONGEST_TOKEN:
        return None
    rows = fetch("SELECT person_id, language FROM support_calendar_feed(%(hash)s)", hash=_hashed(token))
    scope = roster.scope_for(rows[0][0], clock.today()) if rows else None
    if scope is None:
        return None
    today = clock.today()
    return Told(
        scope,
        rows[0][1],
        planning.planned(scope, today - BACK, today + AHEAD, cancelled=True),
        [DuePromise(*row) for row in fetch(_DUE, person=scope.person_id)],
    )
