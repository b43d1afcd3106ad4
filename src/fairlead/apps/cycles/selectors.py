"""Reading supports with their cycles: dates and dose by the purpose × use table, words only to whom they are open."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from fairlead.apps.access import rls
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.cycles.templates import Template, TemplateStep, newest, own, templates
from fairlead.apps.roster.selectors import staff
from fairlead.apps.support.days import day_begins
from fairlead.apps.support.opening import kinds as kinds_of_support
from fairlead.apps.support.visibility import purpose_words

MOST = 100  # rows of the list
DAYS_OF_A_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Line:
    """One support, as the list and its page have it."""

    pk: int
    kind: str
    purpose: str
    goal: str
    indicator: str
    template: str
    template_version: int | None
    organization_id: int
    organization: str
    lead_id: int
    lead: str
    begins: date
    ends: date | None
    ended_because: str
    planned: int
    people: int
    is_participant: bool
    minutes: int
    minutes_in_all: int
    last_at: datetime | None
    next_position: int | None
    next_due: date | None
    own_name: str | None
    own_steps: str | None  # of the network's own template that it follows, as JSON
    own_network: int | None

    @property
    def kind_label(self) -> str:
        return kinds_of_support().get(self.kind, self.kind)

    @property
    def purpose_label(self) -> str:
        return purpose_words(self.purpose).label

    def planned_by(self, on: date) -> int:
        """Minutes that the plan asks for from the first day to this one."""
        last = on if self.ends is None else min(on, self.ends)
        return max(0, round(self.planned * ((last - self.begins).days + 1) / DAYS_OF_A_MONTH))

    @property
    def cycle(self) -> Template | None:
        """The version it began with."""
        version = self.template_version or 0
        if self.own_steps is not None and self.own_network is not None:
            return own(self.own_network, self.kind, version, self.own_name or "", json.loads(self.own_steps))
        return templates().get((self.template, version))

    @property
    def next_step(self) -> TemplateStep | None:
        cycle = self.cycle
        if cycle is None or self.next_position is None:
            return None
        return cycle.steps[self.next_position]


@dataclass(frozen=True, slots=True)
class StepLine:
    """One step with what became of it, and its words as far as they are open to the reader."""

    position: int
    label: str
    due: date
    done_on: date | None
    another_way: bool
    words: tuple[str, ...]
    closed: bool  # until the context has been written

    @property
    def open(self) -> bool:
        return self.done_on is None and not self.closed


# Whoever left before today, or before the support ended, takes part no more.
_TOOK_PART = "(x.ends IS NULL OR x.ends >= least(%(on)s::date, coalesce(s.ends, %(on)s::date)))"
_LINES = """
SELECT s.id, s.kind, s.purpose, s.goal, s.indicator, s.template, s.template_version, s.organization_id, o.name, s.lead_id,
       l.given_name || ' ' || l.family_name, s.begins, s.ends, s.ended_because, s.planned_minutes_per_month,
       (SELECT count(*) FROM support_supportparticipant x WHERE x.support_id = s.id AND {took_part}), mine.yes,
       coalesce(d.minutes, 0)::integer, coalesce(d.in_all, 0)::integer, d.last_at, n.position, n.due, w.name, w.steps::text, w.organization_id
FROM support_support s
JOIN roster_organization o ON o.id = s.organization_id
JOIN roster_person l ON l.id = s.lead_id
LEFT JOIN cycles_owntemplate w
  ON s.template = 'own-' || w.organization_id || '-' || w.kind AND w.number = s.template_version
CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM support_supportparticipant x
                                   WHERE x.support_id = s.id AND x.person_id = %(person)s AND {took_part}) AS yes) mine
LEFT JOIN LATERAL (
    SELECT sum(c.minutes) FILTER (WHERE c.at >= %(month)s) AS minutes, sum(c.minutes) AS in_all, max(c.at) AS last_at
    FROM (SELECT contact_id, max(minutes) AS minutes, max(at) AS at FROM support_dose
          WHERE support_id = s.id AND at < %(until)s GROUP BY contact_id) c
) d ON true
LEFT JOIN LATERAL (
    SELECT t.position, t.due FROM cycles_step t WHERE t.support_id = s.id AND t.done_on IS NULL ORDER BY t.position LIMIT 1
) n ON true
WHERE (s.lead_id = %(person)s OR mine.yes OR %(dose)s::jsonb ? (s.purpose || '@' || s.organization_id))
  AND (s.id = %(pk)s::bigint OR %(pk)s::bigint IS NULL AND s.begins <= %(soon)s AND (s.ends IS NULL OR s.ends >= %(on)s))
ORDER BY s.lead_id = %(person)s DESC, mine.yes DESC, s.template = '', o.name, s.kind, l.sort_name, s.id
LIMIT %(most)s
""".replace("{took_part}", _TOOK_PART)


def lines(scope: Scope, on: date, pk: int | None = None) -> list[Line]:
    """Supports in force or soon to begin: one's own first, then those whose dose the person may see."""
    rows = fetch(
        _LINES,
        person=scope.person_id,
        dose=rls.pairs(scope, "dose"),
        month=day_begins(on.replace(day=1)),
        until=day_begins(on + timedelta(days=1)),
        soon=on + timedelta(days=60),
        on=on,
        pk=pk,
        most=MOST + 1,
    )
    return [Line(*row) for row in rows]


def line(scope: Scope, pk: int, on: date) -> Line | None:
    """One support, ended or not; None where its dose is closed to the asking person."""
    return next(iter(lines(scope, on, pk)), None)


_STEPS = """
SELECT position, min(due), max(done_on), bool_or(another_way) FROM cycles_step WHERE support_id = %(pk)s
GROUP BY position ORDER BY position
"""
_WORDS = """
SELECT DISTINCT w.position, w.written_at, w.text FROM cycles_stepwords w
WHERE w.support_id = %(pk)s AND (w.author_id = %(person)s OR w.reader_id = %(person)s
      OR %(notes)s::jsonb ? (w.purpose || '@' || w.organization_id))
ORDER BY w.position, w.written_at
"""
_PEOPLE = """
SELECT p.given_name || ' ' || p.family_name
FROM support_supportparticipant x
JOIN support_support s ON s.id = x.support_id
JOIN roster_person p ON p.id = x.person_id
WHERE s.id = %(pk)s AND {took_part} AND (s.lead_id = %(person)s OR %(dose)s::jsonb ? (s.purpose || '@' || s.organization_id)
      OR EXISTS (SELECT FROM support_supportparticipant y WHERE y.support_id = s.id AND y.person_id = %(person)s))
ORDER BY p.sort_name
""".replace("{took_part}", _TOOK_PART)


def steps(scope: Scope, support: Line) -> list[StepLine]:
    """The steps of a support that `line` gave; words where their wall is open."""
    cycle = support.cycle
    if cycle is None:
        return []
    words: dict[int, tuple[str, ...]] = {}
    for position, _written, text in fetch(
        _WORDS, pk=support.pk, person=scope.person_id, notes=rls.pairs(scope, "notes")
    ):
        words[position] = (*words.get(position, ()), text)
    rows = fetch(_STEPS, pk=support.pk)
    waits = cycle.context_first and any(position == 0 and done is None for position, _, done, _ in rows)
    return [
        StepLine(
            position,
            cycle.steps[position].label,
            due,
            done,
            another,
            words.get(position, ()),
            waits and position > 0,
        )
        for position, due, done, another in rows
    ]


def participants(scope: Scope, support: Line, on: date) -> list[str]:
    """Names of who takes part, for whoever `line` gives the support."""
    values = {"person": scope.person_id, "dose": rls.pairs(scope, "dose"), "on": on}
    return [name for (name,) in fetch(_PEOPLE, pk=support.pk, **values)]


def kinds(scope: Scope) -> list[Template]:
    """What the asking person may open: of each kind the network's own template in its newest version, else the shipped one."""
    ours = {t.kind: t for t in reversed(own_templates(scope))}
    found = (ours.get(kind) or newest(kind) for kind in kinds_of_support())
    return [t for t in found if t is not None and scope.has(*t.opens)]


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of a network's own template."""

    network: int
    kind: str
    number: int
    name: str
    steps: str
    because: str
    published_at: datetime
    published_by: str


def versions(scope: Scope) -> list[Version]:
    """What the networks of this person have published, kind by kind, the newest version first."""
    return [Version(*row) for row in fetch(_VERSIONS, orgs=sorted(scope.up_org_ids))]


def own_templates(scope: Scope) -> list[Template]:
    """The same, as templates."""
    made = (own(v.network, v.kind, v.number, v.name, json.loads(v.steps)) for v in versions(scope))
    return [t for t in made if t is not None]


_VERSIONS = """
SELECT w.organization_id, w.kind, w.number, w.name, w.steps::text, w.because, w.published_at,
       p.given_name || ' ' || p.family_name
FROM cycles_owntemplate w JOIN roster_person p ON p.id = w.published_by_id
WHERE w.organization_id = ANY (%(orgs)s) ORDER BY w.kind, w.organization_id, w.number DESC
"""


def places(scope: Scope, template: Template) -> list[tuple[int, str]]:
    """Organizations for which the asking person may open this kind."""
    granted = scope.acting_as(*template.opens).org_ids
    return [
        (pk, name)
        for pk, name in fetch(
            "SELECT id, name FROM roster_organization WHERE id = ANY (%(orgs)s) ORDER BY name", orgs=sorted(granted)
        )
    ]


def candidates(scope: Scope, template: Template, organization_id: int, on: date) -> list[tuple[int, str]]:
    """Who can take part: of one school its own people, of a group those of every organization that the person works with."""
    rows = staff(scope, on).filter(role__in=template.participants).exclude(person_id=scope.person_id)
    if template.kind not in ("consulting", "working_group"):
        rows = rows.filter(organization_id=organization_id)
    else:
        rows = rows.filter(organization_id__in=scope.org_ids)
    return list({r.person_id: f"{r.person} ({r.get_role_display()}, {r.organization.name})" for r in rows}.items())
