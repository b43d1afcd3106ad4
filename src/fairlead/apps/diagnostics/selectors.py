"""Reading diagnoses. Members of the group (facilitator, raters) read theirs; leaders those of the organizations that
their role opens *improvement* in. What the levels of others may say, and when, is decided in `diagnostics_levels`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from fairlead.apps.access import rls
from fairlead.apps.access.asking import fetch, find
from fairlead.apps.access.scope import Scope
from fairlead.apps.diagnostics.models import ALONE, TOGETHER, Diagnosis, school_year
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.roster import selectors as roster

OF_A_SCHOOL, OF_A_CITY = ("conditions", "leadership_team"), ("city_readiness",)  # kinds of instruments
KINDS = OF_A_SCHOOL + OF_A_CITY
# Who may begin a diagnosis of which kind of organization.
BEGINNERS = {"principal": "school", "director": "school", "network_lead": "school", "city_lead": "city"}
RATER_ROLES = ("teacher", "principal", "coach", "director", "network_lead", "city_lead", "talent", "office")


def may_begin(scope: Scope, organization_id: int) -> bool:
    """Whether the person may begin a diagnosis of this organization."""
    return any(organization_id in grant.below for grant in scope.roles if grant.role in BEGINNERS)


def places(scope: Scope) -> list[tuple[int, str, str]]:
    """(id, name, kind) of the organizations that the person may begin a diagnosis of, by name."""
    kinds = {BEGINNERS[g.role] for g in scope.roles if g.role in BEGINNERS}
    return [(o.pk, o.name, o.kind) for o in roster.organizations(scope) if o.kind in kinds and may_begin(scope, o.pk)]


def versions_to_use(scope: Scope, place_kind: str) -> list[Any]:
    """Published versions that a diagnosis may be made with: all of them, since last year's is the one that compares."""
    kinds = OF_A_CITY if place_kind == "city" else OF_A_SCHOOL
    found = instruments.published_of(scope, kinds, ALONE, TOGETHER)
    return sorted(found, key=lambda v: (kinds.index(v.instrument.kind), v.instrument_id, -v.number))


def candidates(scope: Scope, organization_id: int, on: date) -> list[tuple[int, str, str]]:
    """(person, name, role) of those who may be asked to rate: staff of the organization and of those above it."""
    above = set(_line(organization_id))
    found: dict[int, tuple[int, str, str]] = {}
    for row in roster.staff(scope, on):
        if row.organization_id in above and row.role in RATER_ROLES:
            found.setdefault(row.person_id, (row.person_id, row.person.name, row.role))
    return sorted(found.values(), key=lambda row: (RATER_ROLES.index(row[2]) == 0, RATER_ROLES.index(row[2]), row[1]))


def successors(scope: Scope, found: Diagnosis, on: date) -> list[tuple[int, str, str]]:
    """To whom a diagnosis can be handed over: those of the candidates who might have begun it."""
    people = candidates(scope, found.organization_id, on)
    return [row for row in people if row[2] in BEGINNERS and row[0] != found.facilitator_id]


def _line(organization_id: int) -> list[int]:
    node: Any = roster.organization(organization_id)
    line = [node.pk]
    while node.parent_id is not None:
        node = roster.organization(node.parent_id)
        line.append(node.pk)
    return line


@dataclass(frozen=True, slots=True)
class DiagnosisLine:
    """A diagnosis as one line of a list."""

    pk: int
    organization_id: int
    organization: str
    instrument: str  # with its version's number
    year: int
    stage: str
    facilitator_id: int
    is_rater: bool
    given: bool
    raters: int
    have_given: int

    @property
    def school_year(self) -> str:
        return school_year(self.year)

    @property
    def stage_label(self) -> str:
        return str(Diagnosis.Stage(self.stage).label)

    @property
    def is_over(self) -> bool:
        return self.stage in (Diagnosis.Stage.PUBLISHED, Diagnosis.Stage.REVIEWED)


_SEEN = """
(d.facilitator_id = %(person)s
 OR EXISTS (SELECT FROM diagnostics_rater x WHERE x.diagnosis_id = d.id AND x.person_id = %(person)s)
 OR %(grounds)s::jsonb ? ('improvement@' || d.organization_id))
"""
_LINES = f"""
SELECT d.id, d.organization_id, o.name, d.version_id, d.year, d.stage, d.facilitator_id,
       coalesce(bool_or(r.person_id = %(person)s), false),
       coalesce(bool_or(r.person_id = %(person)s AND r.given_at IS NOT NULL), false), count(r.id), count(r.given_at)
FROM diagnostics_diagnosis d
JOIN roster_organization o ON o.id = d.organization_id
LEFT JOIN diagnostics_rater r ON r.diagnosis_id = d.id
WHERE {_SEEN}
GROUP BY d.id, o.name
ORDER BY d.year DESC, o.name, d.instrument_id, d.id
"""  # noqa: S608


def lines(scope: Scope) -> list[DiagnosisLine]:
    """The diagnoses that the person may see, latest year first, by organization."""
    rows = fetch(_LINES, person=scope.person_id, grounds=rls.pairs(scope, "scores"))
    versions = {pk: str(v) for pk, v in instruments.versions({row[3] for row in rows}).items()}
    return [DiagnosisLine(pk, org, name, versions[version], *rest) for pk, org, name, version, *rest in rows]


def diagnosis(scope: Scope, pk: int) -> Diagnosis | None:
    """One diagnosis that the person may see."""
    found = find(
        Diagnosis,
        f"JOIN diagnostics_diagnosis d ON d.id = t.id WHERE t.id = %(pk)s AND {_SEEN}",
        pk=pk,
        person=scope.person_id,
        grounds=rls.pairs(scope, "scores"),
    )
    return found[0] if found else None


def of_organization(scope: Scope, organization_id: int, instrument_id: int) -> list[Diagnosis]:
    """What the person may see of an organization's diagnoses with one instrument, by year."""
    return find(
        Diagnosis,
        f"JOIN diagnostics_diagnosis d ON d.id = t.id WHERE d.organization_id = %(organization)s "
        f"AND d.instrument_id = %(instrument)s AND {_SEEN} ORDER BY d.year",
        organization=organization_id,
        instrument=instrument_id,
        person=scope.person_id,
        grounds=rls.pairs(scope, "scores"),
    )


@dataclass(frozen=True, slots=True)
class RaterLine:
    """Somebody asked to rate, and whether they have."""

    person_id: int
    name: str
    given_at: datetime | None


def raters(scope: Scope, found: Diagnosis) -> list[RaterLine]:
    """Who rates, by name. `found` comes from `diagnosis`: the check is there."""
    return [RaterLine(*row) for row in fetch(_RATERS, pk=found.pk)]


_RATERS = """
SELECT r.person_id, p.given_name || ' ' || p.family_name, r.given_at
FROM diagnostics_rater r JOIN roster_person p ON p.id = r.person_id
WHERE r.diagnosis_id = %(pk)s ORDER BY p.sort_name, p.id
"""


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A piece of evidence with who brought it."""

    pk: int
    items: tuple[str, ...]
    text: str
    source: str
    dated: date
    link: str
    author_id: int
    author: str


def evidence(scope: Scope, found: Diagnosis) -> list[EvidenceLine]:
    """The evidence of a diagnosis, oldest first."""
    return [EvidenceLine(pk, tuple(items), *rest) for pk, items, *rest in fetch(_EVIDENCE, pk=found.pk)]


_EVIDENCE = """
SELECT e.id, e.items, e.text, e.source, e.dated, e.link, e.author_id, p.given_name || ' ' || p.family_name
FROM diagnostics_evidence e JOIN roster_person p ON p.id = e.author_id
WHERE e.diagnosis_id = %(pk)s ORDER BY e.dated, e.id
"""


@dataclass(frozen=True, slots=True)
class Level:
    """A level that somebody gave alone, or that the group agreed on; None: nothing was found to rate by."""

    level: int | None
    number: float | None
    words: str
    person: str
    rests: tuple[int, ...]  # pieces of evidence


@dataclass(frozen=True, slots=True)
class OfItem:
    """What was said to one item."""

    alone: tuple[Level, ...] = ()
    agreed: Level | None = None


def levels(scope: Scope, ids: Iterable[int]) -> dict[int, dict[int, OfItem]]:
    """By diagnosis and item: the levels given alone, lowest first, and the agreed one; each as far as it is open."""
    told: dict[int, dict[int, OfItem]] = {pk: {} for pk in ids}
    for pk, part, item, level, number, _unseen, words, person, rests in fetch(_LEVELS, ids=list(told)):
        known = told[pk].get(item, OfItem())
        row = Level(level, number, words, person, tuple(rests))
        if part == "consensus":
            told[pk][item] = replace(known, agreed=row)
        else:
            told[pk][item] = replace(known, alone=(*known.alone, row))
    return told


_LEVELS = """
SELECT d.id, l.* FROM unnest(%(ids)s::bigint[]) d (id) CROSS JOIN LATERAL diagnostics_levels(d.id) l
"""


@dataclass(frozen=True, slots=True)
class Step:
    """What somebody promised for an item."""

    item_id: int
    promise_id: int
    owner_id: int
    owner: str
    text: str
    due: date
    kept_at: datetime | None
    another_way: bool


def next_steps(scope: Scope, found: Diagnosis) -> dict[int, list[Step]]:
    """Promises by item, the earliest due first."""
    by_item: dict[int, list[Step]] = {}
    for row in fetch("SELECT * FROM diagnostics_promises(%(pk)s)", pk=found.pk):
        step = Step(*row)
        by_item.setdefault(step.item_id, []).append(step)
    return by_item


@dataclass(frozen=True, slots=True)
class OwnStep:
    """Something that the asking person promised and has not settled yet."""

    diagnosis_id: int
    organization: str
    text: str
    due: date


def own_open_steps(scope: Scope) -> list[OwnStep]:
    """What the asking person promised in diagnoses and has not settled, the earliest due first."""
    return [OwnStep(*row) for row in fetch(_OWN_STEPS, person=scope.person_id)]


_OWN_STEPS = """
SELECT s.diagnosis_id, o.name, w.text, q.due
FROM diagnostics_nextstep s
JOIN support_promise q ON q.id = s.promise_id
JOIN support_promisewords w ON w.promise_id = q.id
JOIN roster_organization o ON o.id = s.organization_id
WHERE q.owner_id = %(person)s AND q.kept_at IS NULL ORDER BY q.due, q.id
"""


@dataclass(frozen=True, slots=True)
class Own:
    """What the asking person has written down alone: by item, level (0: nothing to rate by), words, evidence."""

    given_at: datetime | None
    level: dict[int, int]
    number: dict[int, float]
    words: dict[int, str]
    rests: dict[int, tuple[int, ...]]


def own(scope: Scope, found: Diagnosis) -> Own | None:
    """The asking person's own ratings; None when they are not asked to rate."""
    mine = fetch(_OWN_RATER, pk=found.pk, person=scope.person_id)
    if not mine:
        return None
    return _written(mine[0][0], mine[0][1])


def agreed(scope: Scope, found: Diagnosis) -> Own:
    """The consensus as far as it is written down, as its form reads it."""
    return _written(found.published_at, found.consensus_id)


def _written(at: datetime | None, response: Any) -> Own:
    rows = [] if response is None else fetch(_OWN, response=response)
    return Own(
        at,
        {item: level or 0 for item, level, unseen, _number, _words, _rests in rows if level or unseen},
        {item: number for item, _level, _unseen, number, _words, _rests in rows if number is not None},
        {item: words for item, _level, _unseen, _number, words, _rests in rows},
        {item: tuple(rests) for item, _level, _unseen, _number, _words, rests in rows},
    )


_OWN_RATER = """
SELECT given_at, response_id FROM diagnostics_rater WHERE diagnosis_id = %(pk)s AND person_id = %(person)s
"""
_OWN = """
SELECT i.id, a.level, a.not_observed, a.number,
       coalesce((SELECT string_agg(n.text, E'\n' ORDER BY n.id) FROM instruments_note n
                 WHERE n.response_id = r.id AND n.tags @> ARRAY[i.key]), ''),
       ARRAY(SELECT o.evidence_id FROM diagnostics_restson o WHERE o.response_id = r.id AND o.item_id = i.id)
FROM instruments_response r
JOIN instruments_item i ON i.version_id = r.version_id
LEFT JOIN instruments_answer a ON a.response_id = r.id AND a.item_id = i.id
WHERE r.id = %(response)s
"""


ANSWERED = ("rating", "choice", "number")  # together; alone, ratings only


def answered_items(version_id: int) -> list[Any]:
    """The items of a version that a group answers, in order: levels, and the facts that go with them."""
    return [item for item in instruments.items_of(version_id) if item.kind in ANSWERED]


def rated_items(version_id: int) -> list[Any]:
    """The items of a version that are levels, in order."""
    return [item for item in answered_items(version_id) if item.kind == "rating"]


def roots(instrument_id: int) -> dict[int, int]:
    """Of each item of an instrument's versions: the item whose words it repeats, back to the first version that had them."""
    same = dict(fetch(_SAME, instrument=instrument_id))
    found = {}
    for item in same:
        root = item
        while same.get(root) is not None:
            root = same[root]
        found[item] = root
    return found


_SAME = """
SELECT i.id, i.same_as_id FROM instruments_item i JOIN instruments_version v ON v.id = i.version_id
WHERE v.instrument_id = %(instrument)s
"""


@dataclass(frozen=True, slots=True)
class Count:
    """How many organizations agreed on which level of one item in one year."""

    version_id: int
    year: int
    item_id: int
    levels: dict[int, int]
    unseen: int


def counts(scope: Scope, instrument_key: str) -> list[Count]:
    """For whoever may read the rows: organizations at each level, by version, year and item. Nothing is averaged."""
    together: dict[tuple[int, int, int], tuple[dict[int, int], list[int]]] = {}
    for version, year, item, level, many in fetch(_COUNTS, key=instrument_key, grounds=rls.pairs(scope, "scores")):
        by_level, unseen = together.setdefault((version, year, item), ({}, []))
        if level is None:
            unseen.append(many)
        else:
            by_level[level] = many
    return [Count(*key, by_level, sum(unseen)) for key, (by_level, unseen) in together.items()]


_COUNTS = """
SELECT d.version_id, d.year, a.item_id, a.level, count(*)
FROM diagnostics_diagnosis d
JOIN instruments_instrument n ON n.id = d.instrument_id
JOIN instruments_answer a ON a.response_id = d.consensus_id
JOIN instruments_item i ON i.id = a.item_id
WHERE n.key = %(key)s AND i.kind = 'rating' AND d.stage IN ('published', 'reviewed')
  AND %(grounds)s::jsonb ? ('improvement@' || d.organization_id)
GROUP BY d.version_id, d.year, a.item_id, a.level, i.position
ORDER BY d.year DESC, d.version_id, i.position, a.level
"""


def organization_name(organization_id: int) -> str:
    """The name of an organization; the tree holds no personal data."""
    return str(roster.organization(organization_id).name)
