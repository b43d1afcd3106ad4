"""Do teachers submit on time? Their own rolls first for themselves; names for the school's office; counts beyond it.

One unit is an expected roll of a day that is over. It is late when it came after its deadline or not at all. What is
structural, new or occasional is decided by `science.attendance.lateness`, against each teacher's own past.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

import numpy as np
import polars as pl
from django.db import connection, transaction
from numpy.typing import NDArray

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.aggregate_models import SectionTaken
from fairlead.science.attendance import KINDS, Lateness, LatenessRule, in_force, lateness, lateness_rules

RECENT_DAYS = 10  # the last school days, compared with those before
FEWEST = 10  # a group of teachers smaller than this is not told beyond the school
Unit = TypeVar("Unit", bound=Hashable)


@dataclass(frozen=True, slots=True)
class OwnRoll:
    """One expected roll of a day that is over."""

    organization_id: int
    teacher_id: int
    section: str
    period: str
    date: date
    late: bool
    missing: bool


@dataclass(frozen=True, slots=True)
class Habit:
    """One unit's rolls: how many were late, how far chance could move that, and what kind of lateness it is."""

    expected: int
    late: int
    missing: int
    share: float
    low: float
    high: float
    recent_expected: int
    recent_late: int
    kind: str

    @property
    def on_time(self) -> int:
        return self.expected - self.late

    @property
    def came_late(self) -> int:
        return self.late - self.missing


@dataclass(frozen=True, slots=True)
class Submissions:
    """The rolls of a school (or of one teacher) from a day to a day."""

    first: date | None
    last: date | None
    rolls: tuple[OwnRoll, ...]
    rule: LatenessRule

    def by(self, unit: Iterable[Unit]) -> dict[Unit, Habit]:
        """The habit of each unit; give one unit for each roll, in the order of `rolls`."""
        return _habits(self.rolls, list(unit), self.rule)

    @property
    def late(self) -> int:
        return sum(roll.late for roll in self.rolls)

    @property
    def missing(self) -> int:
        return sum(roll.missing for roll in self.rolls)


_ROLLS = """
SELECT r.organization_id, s.teacher_id, s.name, coalesce(p.name, ''), r.date,
       r.submitted_at IS NULL OR r.submitted_at > r.due_at, r.submitted_at IS NULL
FROM attendance_roll r
JOIN roster_section s ON s.id = r.section_id
LEFT JOIN roster_period p ON p.id = r.period_id
WHERE r.organization_id = ANY (%(schools)s) AND r.organization_id = ANY (%(orgs)s)
  AND r.date BETWEEN %(since)s AND %(upto)s {which}
ORDER BY r.date, r.due_at, r.id
"""


def _read(scope: Scope, schools: Sequence[int], since: date, upto: date, which: str = "", **more: Any) -> Submissions:
    values = {"schools": sorted(schools), "orgs": sorted(scope.org_ids), "since": since, "upto": upto, **more}
    rolls = tuple(OwnRoll(*row) for row in fetch(_ROLLS.format(which=which), **values))
    rule = in_force(lateness_rules(), "late-or-missing", upto)
    return Submissions(rolls[0].date if rolls else None, rolls[-1].date if rolls else None, rolls, rule)


def own_submissions(scope: Scope, since: date, upto: date) -> Submissions:
    """The asking teacher's own rolls."""
    return _read(scope, sorted(scope.org_ids), since, upto, "AND s.teacher_id = %(person)s", person=scope.person_id)


def school_submissions(scope: Scope, organization_id: int, since: date, upto: date) -> Submissions:
    """Every roll of one school, with whose it is: for pages of that school's own office."""
    return _read(scope, [organization_id], since, upto)


def _habits(rolls: Sequence[OwnRoll], units: list[Unit], rule: LatenessRule) -> dict[Unit, Habit]:
    if not rolls:
        return {}
    names = list(dict.fromkeys(units))
    number = {unit: i for i, unit in enumerate(names)}
    at = np.array([number[unit] for unit in units], np.int64)
    recent = _recent(np.array([roll.date.toordinal() for roll in rolls]))
    found = lateness(at, [roll.late for roll in rolls], recent, rule)
    return dict(zip(names, _each(found, at, np.array([roll.missing for roll in rolls])), strict=True))


def _recent(days: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which occasions lie in the last school days, given the day of each."""
    held = np.unique(days)
    return np.asarray(days >= (held[-RECENT_DAYS] if held.size > RECENT_DAYS else held[-1]))


def _each(found: Lateness, unit: NDArray[np.int64], missing: NDArray[np.bool_]) -> list[Habit]:
    """The habit of each unit, in the order of their numbers."""
    absent = np.bincount(unit, weights=missing, minlength=found.expected.size)
    return [
        Habit(
            expected=int(found.expected[i]),
            late=int(found.late[i]),
            missing=int(absent[i]),
            share=float(found.share[i]),
            low=float(found.low[i]),
            high=float(found.high[i]),
            recent_expected=int(found.recent_expected[i]),
            recent_late=int(found.recent_late[i]),
            kind=str(found.kind[i]),
        )
        for i in range(found.expected.size)
    ]


@dataclass(frozen=True, slots=True)
class SchoolHabit:
    """One school beyond its own walls: its rolls, no name. `habit` is None where too few teachers submit."""

    organization_id: int
    teachers: int
    habit: Habit | None


@dataclass(frozen=True, slots=True)
class NetworkSubmissions:
    """The schools of a network, and how many teachers are of each kind: None where the group is too small to tell."""

    first: date | None
    last: date | None
    rolls: int
    late: int
    teachers: int
    kinds: dict[str, int | None]
    schools: tuple[SchoolHabit, ...]
    rule: LatenessRule


# A network has a hundred thousand rolls in a year: three columns of numbers, in order of time. The last two binary
# places of a code say whether the roll was late, and whether it is missing; the others count days.
_CODES = """
SELECT array_agg(x.school), array_agg(x.teacher), array_agg(x.code)
FROM (
    SELECT r.organization_id AS school, s.teacher_id AS teacher,
           (r.date - %(since)s) * 4 + (r.submitted_at IS NULL OR r.submitted_at > r.due_at)::int * 2
           + (r.submitted_at IS NULL)::int AS code
    FROM attendance_roll r JOIN roster_section s ON s.id = r.section_id
    WHERE r.organization_id = ANY (%(orgs)s) AND r.date BETWEEN %(since)s AND %(upto)s
    ORDER BY r.date, r.due_at, r.id
) x
"""


def network_submissions(scope: Scope, since: date, upto: date) -> NetworkSubmissions:
    """The distribution over schools and over teachers, without a name and without a small group."""
    rule = in_force(lateness_rules(), "late-or-missing", upto)
    columns = fetch(_CODES, since=since, upto=upto, orgs=sorted(scope.org_ids))[0]
    school, teacher, code = (np.array(column or (), np.int64) for column in columns)
    if not code.size:
        return NetworkSubmissions(None, None, 0, 0, 0, told(dict.fromkeys(KINDS, 0)), (), rule)
    day, late, missing = code // 4, (code & 2) > 0, (code & 1) > 0
    recent = _recent(day)
    people, by_person = np.unique(teacher, return_inverse=True)
    schools, at = np.unique(school, return_inverse=True)
    by_teacher = lateness(by_person, late, recent, rule)
    by_school = _each(lateness(at, late, recent, rule), at, missing)
    teachers = np.bincount(np.unique(at * people.size + by_person) // people.size)
    return NetworkSubmissions(
        first=since + timedelta(days=int(day.min())),
        last=since + timedelta(days=int(day.max())),
        rolls=code.size,
        late=int(late.sum()),
        teachers=people.size,
        kinds=told({kind: by_teacher.count(kind) for kind in KINDS}),
        schools=tuple(
            SchoolHabit(int(pk), int(n), habit if n >= FEWEST else None)
            for pk, n, habit in zip(schools, teachers, by_school, strict=True)
        ),
        rule=rule,
    )


def told(counts: dict[str, int], fewest: int = FEWEST) -> dict[str, int | None]:
    """Counts that add up to a known total, without the small ones, and without a way back to a single small one.

    Nobody at all in a group is told. When only one group is withheld, the total would give it away: then the smallest
    of the others goes with it, and so on until what is withheld adds up to at least `fewest`.
    """
    hidden = {key for key, n in counts.items() if 0 < n < fewest}
    while hidden and (len(hidden) < 2 or sum(counts[key] for key in hidden) < fewest):
        rest = sorted((n, key) for key, n in counts.items() if key not in hidden and n > 0)
        if not rest:
            break
        hidden.add(rest[0][1])
    return {key: None if key in hidden else n for key, n in counts.items()}


@dataclass(frozen=True, slots=True)
class TakenLoaded:
    """What became of every event of a file. `rows == new + same + unknown + repeated`."""

    rows: int
    new: int
    same: int
    unknown: int
    repeated: int


@transaction.atomic
def load_taken_events(events: pl.DataFrame, source: str) -> TakenLoaded:
    """Keep which sections another system says were taken on which day, as the owner. Twice changes nothing.

    `events` has the columns section, date and staff, as `edfi_taken` gives them: identifiers of the source. A
    section that is not in the roster, or an event without a day, is counted and left out.
    """
    once = events.unique(["section", "date"], keep="first", maintain_order=True)
    sections = _known("roster_section", _SECTIONS_OF_SOURCES, once["section"])
    staff = _known("roster_person", _PEOPLE_OF_SOURCES, once["staff"]) if "staff" in once.columns else {}
    known = [
        (sections[section], day, staff.get(who))
        for section, day, who in once.select("section", "date", "staff").iter_rows()
        if section in sections and day is not None
    ]
    there = set(
        SectionTaken.objects.filter(section_id__in={section[0] for section, _, _ in known}).values_list(
            "section_id", "date"
        )
    )
    fresh = [
        SectionTaken(
            organization_id=section[1], section_id=section[0], date=day, taken_by_id=who[0] if who else None,
            source=source,
        )
        for section, day, who in known
        if (section[0], day) not in there
    ]  # fmt: skip
    SectionTaken.objects.bulk_create(fresh, batch_size=2000)
    return TakenLoaded(
        rows=events.height,
        new=len(fresh),
        same=len(known) - len(fresh),
        unknown=once.height - len(known),
        repeated=events.height - once.height,
    )


_SECTIONS_OF_SOURCES = "SELECT value, row_id FROM roster_knownas WHERE noun = 'classes'"
_PEOPLE_OF_SOURCES = "SELECT value, person_id FROM roster_personidentifier"


def _known(table: str, named: str, identifiers: pl.Series) -> dict[str, tuple[int, int]]:
    """Identifier → row and its organization: as an import knew it or as we call it; never where it could be two."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT k.value, min(o.id), min(o.organization_id) FROM ({named} UNION SELECT sourced_id, id FROM {table}) "  # noqa: S608  (ours)
            f"AS k (value, row_id) JOIN {table} o ON o.id = k.row_id WHERE k.value = ANY (%s) "
            "GROUP BY k.value HAVING count(DISTINCT o.id) = 1",
            [identifiers.drop_nulls().unique().to_list()],
        )
        return {value: (pk, school) for value, pk, school in cursor.fetchall()}


def taken_habits(scope: Scope, organization_id: int, since: date, upto: date) -> dict[int, Habit]:
    """Sections of a school whose attendance another system takes: days not taken, of days that any section was taken.

    A day on which nothing at all was taken at the school is no day of school to this source.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH taken AS (
                SELECT section_id, date FROM attendance_sectiontaken
                WHERE organization_id = %(school)s AND organization_id = ANY (%(orgs)s)
                  AND date BETWEEN %(since)s AND %(upto)s
            )
            SELECT s.section_id, d.date, t.section_id IS NULL
            FROM (SELECT section_id, min(date) AS begins FROM taken GROUP BY section_id) s
            JOIN (SELECT DISTINCT date FROM taken) d ON d.date >= s.begins
            LEFT JOIN taken t ON t.section_id = s.section_id AND t.date = d.date
            ORDER BY d.date, s.section_id
            """,
            {"school": organization_id, "orgs": sorted(scope.org_ids), "since": since, "upto": upto},
        )
        rolls = [
            OwnRoll(organization_id, 0, str(section), "", day, late=missing, missing=missing)
            for section, day, missing in cursor.fetchall()
        ]
    rule = in_force(lateness_rules(), "late-or-missing", upto)
    return _habits(rolls, [int(roll.section) for roll in rolls], rule)
