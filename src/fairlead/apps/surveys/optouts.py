"""Letters to families before students are asked: who may be kept out, until when, and who wrote it down. Never why.

A letter's secret is worked out from the installation's key and the student, so that a lost letter can be printed again
with the same link; what is kept is its hash, as of every link.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.asking import change, fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.surveys import links
from fairlead.apps.surveys.models import Administration, FamilyNotice, Invitation, SchoolAsked
from fairlead.apps.surveys.people import STUDENTS
from fairlead.apps.surveys.selectors import RUNNERS
from fairlead.apps.surveys.services import NotThere

WRITERS = ("office", *RUNNERS)  # who prints letters and writes down what came on paper


@dataclass(frozen=True, slots=True)
class Asked:
    """A student who is to be asked, and what the family said. `by`: who wrote it down; empty: the family's own link."""

    student_id: int
    name: str
    section: str
    language: str
    opted_out: bool
    said: bool
    by: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter. `language` is the first guardian's, as the roster has it."""

    student: str
    section: str
    language: str
    secret: str


@dataclass(frozen=True, slots=True)
class Opened:
    """What a letter's link shows, to whoever has it: a first name, a survey, and whether the child takes part."""

    administration_id: int
    version_id: int
    school: str
    name: str
    name_es: str
    purpose: str
    mode: str
    student: str
    language: str
    words: str
    words_es: str
    opens_on: date
    closes_on: date
    until: date
    opted_out: bool
    open: bool


def waiting(scope: Scope) -> list[tuple[Administration, SchoolAsked]]:
    """Surveys of students that are not closed and let families say no, with each school where the person may write it down."""
    rows = (
        SchoolAsked.objects.select_related("administration__version__instrument", "administration__organization",
                                           "organization")
        .filter(administration__asked=Administration.Asked.STUDENTS, administration__opt_out_until__isnull=False,
                administration__closed_at=None, organization_id__in=scope.org_ids)
        .order_by("-administration__opens_on", "administration_id", "organization__name")
    )  # fmt: skip
    return [(row.administration, row) for row in rows if scope.has(*WRITERS, organization_id=row.organization_id)]


def _found(scope: Scope, administration_id: int, school_id: int) -> tuple[Administration, SchoolAsked]:
    for known, school in waiting(scope):
        if (known.pk, school.organization_id) == (administration_id, school_id):
            return known, school
    raise NotThere


def asked(scope: Scope, administration_id: int, school_id: int) -> tuple[Administration, SchoolAsked, list[Asked]]:
    """Every student who is to be asked at a school, by class and name."""
    known, school = _found(scope, administration_id, school_id)
    return known, school, [Asked(*row) for row in fetch(_ASKED, **_values(known, school_id))]


def _values(known: Administration, school_id: int) -> dict[str, object]:
    return {
        "administration": known.pk, "schools": [school_id], "on": max(clock.today(), known.opens_on),
        "low": known.grade_low, "high": known.grade_high,
    }  # fmt: skip


_ASKED = f"""
SELECT s.student_id, p.given_name || ' ' || p.family_name, c.name,
       coalesce((SELECT g.language FROM roster_guardianship w JOIN roster_person g ON g.id = w.guardian_id
                 WHERE w.student_id = s.student_id AND w.ends IS NULL ORDER BY w.rank, w.id LIMIT 1), ''),
       coalesce(n.opted_out, false), n.said_at IS NOT NULL, coalesce(b.given_name || ' ' || b.family_name, '')
FROM ({STUDENTS}) s
JOIN roster_person p ON p.id = s.student_id
JOIN roster_section c ON c.id = s.section_id
LEFT JOIN surveys_familynotice n ON n.administration_id = %(administration)s AND n.student_id = s.student_id
LEFT JOIN roster_person b ON b.id = n.entered_by_id
ORDER BY c.name, p.sort_name, s.student_id
"""  # noqa: S608  (our own words)


@transaction.atomic
def make_letters(scope: Scope, administration_id: int, school_id: int) -> list[Letter]:
    """The letters of a school. Printed again they are the same: a link that is at home already goes on working."""
    known, school, students = asked(scope, administration_id, school_id)
    _still(known)
    had = dict(fetch(_HASHES, administration=known.pk, school=school_id))
    made: list[Letter] = []
    new: dict[int, str] = {}
    for one in students:
        every = [
            _secret(known.pk, one.student_id, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        ]
        kept = had.get(one.student_id)
        secret = next((secret for secret in every if kept in links.hashes(secret)), every[0])
        if kept is None:
            new[one.student_id] = links.hashed(secret)
        made.append(Letter(one.name, one.section, one.language, secret))
    change(_KEEP, administration=known.pk, school=school_id, students=list(new), hashes=list(new.values()))
    school.notices_at = clock.now()
    school.save(update_fields=["notices_at"])
    return made


_HASHES = """
SELECT student_id, token_hash FROM surveys_familynotice
WHERE administration_id = %(administration)s AND organization_id = %(school)s AND token_hash IS NOT NULL
"""
_KEEP = """
INSERT INTO surveys_familynotice (administration_id, organization_id, student_id, token_hash, opted_out)
SELECT %(administration)s, %(school)s, n.student, n.hash, false
FROM unnest(%(students)s::bigint[], %(hashes)s::text[]) AS n (student, hash)
ON CONFLICT (administration_id, student_id) DO UPDATE SET token_hash = excluded.token_hash
"""


def _secret(administration_id: int, student_id: int, key: str) -> str:
    raw = hmac.new(key.encode(), f"letter|{administration_id}|{student_id}".encode(), hashlib.sha256).digest()
    number, letters = int.from_bytes(raw), ""
    for _nth in range(links.LENGTH):
        number, rest = divmod(number, len(links.LETTERS))
        letters += links.LETTERS[rest]
    return letters


def _still(known: Administration) -> None:
    if known.opened_at is not None:
        raise ValidationError(_("It has opened: letters go out before."))


@transaction.atomic
def write_down(scope: Scope, administration_id: int, school_id: int, student_id: int, *, out: bool) -> None:
    """Write down what a family said on paper or by telephone; who did is kept, and why is not asked."""
    known, _school, students = asked(scope, administration_id, school_id)
    if student_id not in {one.student_id for one in students}:
        raise NotThere
    if known.opened_at is not None:
        _after_opening(known, student_id, out=out)
    FamilyNotice.objects.update_or_create(
        administration=known, student_id=student_id,
        defaults={"organization_id": school_id, "opted_out": out, "said_at": clock.now(),
                  "entered_by_id": scope.person_id},
    )  # fmt: skip


def _after_opening(known: Administration, student_id: int, *, out: bool) -> None:
    """A confidential invitation that was not used is taken back, or given again. An anonymous one is nobody's."""
    if known.mode == Administration.Mode.ANONYMOUS:
        raise ValidationError(
            _("It is open and anonymous, so no link is this student's. Ask the teacher to hand this student no slip.")
        )
    states = [Invitation.State.WAITING, Invitation.State.OPTED_OUT]
    was, now = states if out else reversed(states)
    mine = Invitation.objects.filter(administration=known, person_id=student_id)
    if not mine.filter(state=was).update(state=now) and not mine.filter(state=now).exists():
        raise ValidationError(_("This student has answered or declined already; nothing is left to take back."))


def look(secret: str) -> Opened | None:
    """What a letter's link shows; None when it is none. No scope: nobody is signed in."""
    for one in links.hashes(secret):
        if rows := fetch("SELECT * FROM surveys_notice_look(%(hash)s, %(today)s)", hash=one, today=clock.today()):
            return Opened(*rows[0])
    return None


@transaction.atomic
def say(secret: str, *, out: bool) -> bool:
    """Keep a child out by the letter's link, or let them take part again; False when its time is over."""
    sql = "SELECT surveys_notice_say(%(hash)s, %(today)s, %(now)s, %(out)s)"
    return any(
        fetch(sql, hash=one, today=clock.today(), now=clock.now(), out=out)[0][0] for one in links.hashes(secret)
    )
