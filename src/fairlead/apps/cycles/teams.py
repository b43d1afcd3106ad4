"""Reading what a support aims at and what a team wrote: its page, who is on it beside the school's staff, decisions, goals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.cycles.selectors import Line
from fairlead.apps.support.conversations import OpenPromise, open_at

TEAM = "leadership_team"
DECISIONS = 60  # of a page
AGENDA = 10  # open promises on the printed page


@dataclass(frozen=True, slots=True)
class Written:
    """What the team has written of itself."""

    vision: str = ""
    rhythm: str = ""
    next_meeting: date | None = None
    collaboration: str = ""
    families: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """An indicator that is to move: from where, to where, by when."""

    pk: int
    indicator: str
    why: str
    target: float
    by: date
    set_on: date
    began_at: float | None
    dropped_on: date | None
    dropped_because: str


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, and what became of it."""

    pk: int
    decided_on: date
    text: str
    why: str
    owner_id: int | None
    owner: str
    due: date | None
    done_on: date | None
    another_way: str

    @property
    def open(self) -> bool:
        return self.owner_id is not None and self.done_on is None


@dataclass(frozen=True, slots=True)
class Beside:
    """How many of a part of the school's staff are on its team."""

    key: str  # a role, a grade or a subject
    team: int
    staff: int


_WRITTEN = (
    "SELECT vision, rhythm, next_meeting, collaboration, families FROM cycles_teampage WHERE support_id = %(pk)s"
)
_GOALS = """
SELECT id, indicator, why, target, by, set_on, began_at, dropped_on, dropped_because FROM cycles_supportgoal
WHERE support_id = %(pk)s ORDER BY dropped_on IS NOT NULL, set_on, id
"""
_DECISIONS = """
SELECT d.id, d.decided_on, d.text, d.why, d.owner_id, coalesce(p.given_name || ' ' || p.family_name, ''), d.due, d.done_on,
       d.another_way
FROM cycles_decision d LEFT JOIN roster_person p ON p.id = d.owner_id
WHERE d.support_id = %(pk)s ORDER BY d.owner_id IS NULL OR d.done_on IS NOT NULL, d.decided_on DESC, d.id DESC LIMIT %(most)s
"""
_MEMBERS = """
SELECT p.id, p.given_name || ' ' || p.family_name
FROM roster_person p
WHERE p.id = %(lead)s OR p.id IN (SELECT x.person_id FROM support_supportparticipant x
                                  WHERE x.support_id = %(pk)s AND (x.ends IS NULL OR x.ends >= %(on)s))
ORDER BY p.id <> %(lead)s, p.sort_name
"""
_BESIDE = """
WITH staff AS (
    SELECT DISTINCT r.person_id, r.role, r.person_id = ANY (%(team)s) AS member FROM roster_role r
    WHERE r.organization_id = %(org)s AND r.begins <= %(on)s AND (r.ends IS NULL OR r.ends >= %(on)s)
), taught AS (
    SELECT DISTINCT s.teacher_id, c.subject, s.grade, s.teacher_id = ANY (%(team)s) AS member
    FROM roster_section s
    JOIN roster_course c ON c.id = s.course_id
    JOIN roster_academicsession a ON a.id = s.session_id
    WHERE s.organization_id = %(org)s AND a.begins <= %(on)s AND a.ends >= %(on)s
)
SELECT 'role', role, count(*) FILTER (WHERE member), count(*) FROM staff GROUP BY role
UNION ALL SELECT 'grade', lpad(grade::text, 3), count(DISTINCT teacher_id) FILTER (WHERE member), count(DISTINCT teacher_id)
FROM taught WHERE grade IS NOT NULL GROUP BY grade
UNION ALL SELECT 'subject', subject, count(DISTINCT teacher_id) FILTER (WHERE member), count(DISTINCT teacher_id)
FROM taught WHERE subject NOT IN ('', 'homeroom') GROUP BY subject
ORDER BY 1, 2
"""


def written(support: Line) -> Written:
    """What the team of a support that `line` gave has written; empty before it has."""
    return next((Written(*row) for row in fetch(_WRITTEN, pk=support.pk)), Written())


def goals(support: Line) -> list[Goal]:
    """Goals of a support that `line` gave, those in force first."""
    return [Goal(*row) for row in fetch(_GOALS, pk=support.pk)]


def decisions(support: Line) -> list[Decided]:
    """Decisions of a team that `line` gave, open ones first, then the latest."""
    return [Decided(*row) for row in fetch(_DECISIONS, pk=support.pk, most=DECISIONS)]


def members(support: Line, on: date) -> list[tuple[int, str]]:
    """Who is on the team, its lead first."""
    return fetch(_MEMBERS, pk=support.pk, lead=support.lead_id, on=on)


def beside(support: Line, team: list[tuple[int, str]], on: date) -> dict[str, list[Beside]]:
    """The team beside the school's staff: by role, by grade and by subject taught."""
    found: dict[str, list[Beside]] = {"role": [], "grade": [], "subject": []}
    for part, key, ours, all_of_them in fetch(
        _BESIDE, team=[pk for pk, _name in team], org=support.organization_id, on=on
    ):
        found[part].append(Beside(key.strip(), ours, all_of_them))
    return found


def promises(scope: Scope, support: Line, team: list[tuple[int, str]]) -> list[OpenPromise]:
    """Open promises of improvement between members: none of coaching, supervision or appraisal is carried to a meeting."""
    ours = {pk for pk, _name in team}
    return [
        p
        for p in open_at(scope, support.organization_id)
        if p.purpose == support.purpose and p.text and ours >= {p.owner_id, p.made_to_id}
    ]
