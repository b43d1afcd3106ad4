"""A substitute takes a teacher's rolls of today by a link, without an account.

The link's secret is random and kept as a hash; the first browser that opens it is given a secret of its own, and from
then on the link opens in that browser alone. Looking a link up needs its secret and no scope (two SQL functions,
`SECURITY DEFINER`); everything after that runs in a scope of its own: the school's walls, nobody's person, one role
that no page of Fairlead knows.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access import rls
from fairlead.apps.access.scope import NOBODY, Grant, Scope
from fairlead.apps.attendance import sheets
from fairlead.apps.attendance.models import Roll, SubstituteLink
from fairlead.apps.attendance.services import (
    AttendanceError,
    NotThere,
    Receipt,
    Way,
    at_office,
    check_roll,
    write_roll,
)
from fairlead.apps.roster import selectors as roster

ROLE = "substitute"
END_OF_DAY = time(17)  # of the school's time zone
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Made:
    """A new link. `token` is its secret: it is here once and nowhere else."""

    link_id: int
    token: str
    name: str
    teacher: str
    rolls: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link opens, for whoever holds it; `bound` once it belongs to a browser."""

    link_id: int
    organization_id: int
    school: str
    teacher_id: int
    teacher: str
    roll_id: int | None
    date: date
    name: str
    made_by: str
    expires_at: datetime
    bound: bool

    @property
    def scope(self) -> Scope:
        """The school's walls without anybody's own rows, and a role to which no desk opens."""
        here = frozenset({self.organization_id})
        return replace(
            NOBODY,
            name=self.name,
            roles=(Grant(ROLE, self.organization_id, self.school),),
            org_ids=here,
            up_org_ids=here,
        )


@dataclass(frozen=True, slots=True)
class Link:
    """One link of today, for the office."""

    link_id: int
    name: str
    teacher: str
    section: str
    made_at: datetime
    made_by: str
    expires_at: datetime
    opened_at: datetime | None
    revoked_at: datetime | None
    rolls_taken: int


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make_link(scope: Scope, school_id: int, name: str, *, teacher_id: int = 0, roll_id: int = 0) -> Made:
    """Make a link to a teacher's rolls of today, or to one of them, in the name of the substitute."""
    if not at_office(scope, school_id):
        raise NotThere(_("There is no such school."))
    now, name = clock.now(), name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise AttendanceError(
            _("Write the substitute's name, at most %(most)s characters: it stands beside what they submit.")
            % {"most": LONGEST_NAME}
        )
    today = now.date()
    if roll_id:
        roll = sheets.one(scope, school_id, roll_id, now)
        rolls = [roll] if roll is not None and roll.date == today else []
    else:
        rolls = sheets.of_teacher(scope, school_id, teacher_id, today, now)
    if not rolls:
        raise AttendanceError(_("This teacher has no roll today. Choose one who has."))
    zone = ZoneInfo(roster.organization(school_id).time_zone)
    expires_at = datetime.combine(today, END_OF_DAY, tzinfo=zone)
    if expires_at <= now:
        raise AttendanceError(_("The school day is over. Type the roll in from paper instead."))
    token = secrets.token_urlsafe(32)
    link = SubstituteLink.objects.create(
        organization_id=school_id, teacher_id=rolls[0].teacher_id, roll_id=roll_id or None, date=today, name=name,
        token_hash=_hash(token), made_at=now, made_by_id=scope.person_id, expires_at=expires_at,
    )  # fmt: skip
    return Made(link.pk, token, name, rolls[0].teacher, len(rolls), expires_at)


@transaction.atomic
def revoke_link(scope: Scope, link_id: int) -> SubstituteLink:
    """Close a link now; twice changes nothing."""
    link = SubstituteLink.objects.filter(pk=link_id, organization_id__in=scope.org_ids).first()
    if link is None or not at_office(scope, link.organization_id):
        raise NotThere(_("There is no such link."))
    if link.revoked_at is None:
        link.revoked_at = clock.now()
        link.save(update_fields=["revoked_at"])
    return link


_LINKS = """
SELECT l.id, l.name, t.given_name || ' ' || t.family_name, coalesce(s.name || coalesce(' · ' || b.name, ''), ''),
       l.made_at, coalesce(m.given_name || ' ' || m.family_name, ''), l.expires_at, l.opened_at, l.revoked_at,
       (SELECT count(*) FROM attendance_roll k WHERE k.substitute_id = l.id AND k.submitted_at <= %(now)s)
FROM attendance_substitutelink l
JOIN roster_person t ON t.id = l.teacher_id
LEFT JOIN roster_person m ON m.id = l.made_by_id
LEFT JOIN attendance_roll r ON r.id = l.roll_id
LEFT JOIN roster_section s ON s.id = r.section_id
LEFT JOIN roster_period b ON b.id = r.period_id
WHERE l.organization_id = %(school)s AND %(school)s = ANY (%(orgs)s) AND l.date = %(day)s AND l.made_at <= %(now)s
ORDER BY l.made_at DESC
"""


def links(scope: Scope, school_id: int, now: datetime) -> list[Link]:
    """The links of today, the latest first."""
    values: dict[str, Any] = {"school": school_id, "orgs": sorted(scope.org_ids), "day": now.date(), "now": now}
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, values)
        return [Link(*row) for row in cursor.fetchall()]


def look(token: str, browser: str) -> Opened | None:
    """What a link opens in this browser; None when it is unknown, over, withdrawn or another browser's: all alike."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM attendance_substitute_link(%s, %s, %s)",
            [_hash(token), _hash(browser) if browser else "", clock.now()],
        )
        row = cursor.fetchone()
    return Opened(*row) if row else None


def open_link(token: str) -> str | None:
    """Bind a link to the browser that opens it first; gives that browser's secret, None when it cannot be opened."""
    browser = secrets.token_urlsafe(32)
    with connection.cursor() as cursor:
        cursor.execute("SELECT attendance_substitute_open(%s, %s, %s)", [_hash(token), _hash(browser), clock.now()])
        return browser if cursor.fetchone()[0] else None


def enter(opened: Opened) -> Scope:
    """Tell PostgreSQL, for this transaction, that nobody but the link is asking."""
    scope = opened.scope
    rls.apply(scope)
    return scope


def rolls(scope: Scope, opened: Opened, now: datetime) -> list[sheets.OpenRoll]:
    """The rolls that the link opens."""
    return sheets.of_teacher(
        scope, opened.organization_id, opened.teacher_id, opened.date, now, roll_id=opened.roll_id
    )


@transaction.atomic
def take(scope: Scope, opened: Opened, roll_id: int, marks: Mapping[int, str]) -> Receipt:
    """Submit one of the link's rolls; it says that a substitute took it, and by which link."""
    if opened.roll_id is not None and roll_id != opened.roll_id:
        raise NotThere(_("There is no such roll."))
    roll = (
        Roll.objects.select_for_update(of=("self",))
        .filter(
            pk=roll_id, section__teacher_id=opened.teacher_id, date=opened.date,
            organization_id=opened.organization_id, organization__in=scope.org_ids,
        )
        .first()
    )  # fmt: skip
    if roll is None:
        raise NotThere(_("There is no such roll."))
    check_roll(scope, roll, marks)
    return write_roll(scope, roll, marks, Way(Roll.Source.SUBSTITUTE, substitute_id=opened.link_id))
