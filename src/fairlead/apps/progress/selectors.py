"""Reading indicators: the network's series, values by school, and the lattice as this person may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from fairlead.apps.access.asking import fetch, find
from fairlead.apps.access.scope import Scope
from fairlead.apps.facts.selectors import GROUPS
from fairlead.apps.progress.definitions import Indicator, expectations, indicators
from fairlead.apps.progress.models import PublishedCell, PublishedTable, Reading, WithheldTable
from fairlead.apps.progress.sanity import Flag, again, check, check_sign
from fairlead.science.proportion import Share, wilson

AGGREGATES = "aggregates"  # the class of data that an agreement must name


@dataclass(frozen=True, slots=True)
class Point:
    """A number with what it rests on."""

    begins: date
    ends: date
    n: int
    numerator: float
    denominator: float
    observed: float
    expected: float
    rows: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    @property
    def coverage(self) -> float | None:
        return self.observed / self.expected if self.expected else None

    @property
    def share(self) -> Share | None:
        """The value beside chance alone, for a group of `n`; a share of days is treated as if it came from `n` people."""
        value = self.value
        if value is None or not 0 <= value <= 1 or self.n <= 0:
            return None
        return wilson(value * self.n, self.n)


@dataclass(frozen=True)
class Series:
    """One indicator of a network: its points by week, oldest first, and what to check before quoting it."""

    indicator: Indicator
    points: tuple[Point, ...]
    counted_at: datetime | None
    flags: tuple[Flag, ...] = ()

    @cached_property
    def latest(self) -> Point | None:
        return next((point for point in reversed(self.points) if point.value is not None), None)

    @property
    def value(self) -> float | None:
        return self.latest.value if self.latest else None

    @property
    def values(self) -> list[float | None]:
        return [point.value for point in self.points]

    @property
    def coverage(self) -> float | None:
        """Records there are, of records expected; None where nothing says what to expect."""
        return self.latest.coverage if self.latest and self.indicator.min_coverage > 0 else None

    @property
    def change(self) -> float | None:
        """Since four points earlier, or since the first."""
        known = [point.value for point in self.points if point.value is not None]
        return known[-1] - known[max(0, len(known) - 5)] if len(known) > 1 else None

    @property
    def standing(self) -> str:
        """ok, warn, bad, or none while there is no number or too little of it."""
        if self.value is None or any(flag.kind in ("range", "coverage") for flag in self.flags):
            return "none"
        return self.indicator.standing(self.value)


def series(scope: Scope, organization_ids: Iterable[int] | None = None) -> dict[str, Series]:
    """Every indicator over the schools that the person may read (or over some of them)."""
    schools = scope.org_ids if organization_ids is None else scope.org_ids & set(organization_ids)
    points: dict[str, list[Point]] = {key: [] for key in indicators()}
    counted: dict[str, datetime] = {}
    for key, at, *point in fetch(_SERIES, schools=sorted(schools)):
        if key in points:
            points[key].append(Point(*point))
            counted[key] = at
    found = {key: Series(indicators()[key], tuple(known), counted.get(key)) for key, known in points.items()}
    signs = _signs(schools)
    return {
        key: Series(
            one.indicator,
            one.points,
            one.counted_at,
            (*check(one.indicator, [p.value for p in one.points], one.coverage), *signs.get(key, ())),
        )
        for key, one in found.items()
    }


_SERIES = """
SELECT r.indicator, max(r.counted_at), r.begins, r.ends, sum(r.n), sum(r.numerator), sum(r.denominator), sum(r.observed),
       sum(r.expected), sum(r.rows)
FROM progress_reading r WHERE r.organization_id = ANY (%(schools)s)
GROUP BY r.indicator, r.begins, r.ends ORDER BY r.begins
"""


# The latest stands.
_LATEST = """
SELECT DISTINCT ON (r.indicator, r.organization_id) r.indicator, r.organization_id, r.numerator / r.denominator
FROM progress_reading r
WHERE r.organization_id = ANY (%(schools)s) AND r.indicator = ANY (%(keys)s) AND r.denominator > 0
ORDER BY r.indicator, r.organization_id, r.begins DESC
"""


def _signs(schools: Iterable[int]) -> dict[str, tuple[Flag, ...]]:
    """Flags of indicators that go the wrong way together across schools, in the latest week."""
    keys = {key for expectation in expectations() for key in (expectation.first, expectation.second)}
    values: dict[str, dict[int, float]] = {key: {} for key in keys}
    for key, school, value in fetch(_LATEST, schools=sorted(schools), keys=sorted(keys)):
        values[key][school] = value
    flags: dict[str, tuple[Flag, ...]] = {}
    for expectation in expectations():
        _, flag = check_sign(expectation, values[expectation.first], values[expectation.second])
        if flag is not None:
            for key in (expectation.first, expectation.second):
                flags[key] = (*flags.get(key, ()), flag)
    return flags


@dataclass(frozen=True, slots=True)
class SchoolValue:
    """One school's latest number, how far it could be off by chance, and the way there."""

    organization_id: int
    name: str
    point: Point
    share: Share | None
    trend: tuple[float, ...]


def by_school(scope: Scope, key: str) -> list[SchoolValue]:
    """An indicator's latest value at each school, by name: never ranked."""
    rows = (
        Reading.objects.filter(organization_id__in=scope.org_ids, indicator=key)
        .select_related("organization")
        .order_by("organization__name", "begins")
    )
    schools: dict[int, list[Reading]] = {}
    for row in rows:
        schools.setdefault(row.organization_id, []).append(row)
    found = []
    for school, readings in schools.items():
        points = [
            Point(r.begins, r.ends, r.n, r.numerator, r.denominator, r.observed, r.expected, r.rows) for r in readings
        ]
        known = [point for point in points if point.value is not None]
        if known:
            last = known[-1]
            trend = tuple(point.value for point in known if point.value is not None)
            found.append(SchoolValue(school, readings[0].organization.name, last, last.share, trend))
    return found


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a lattice as this person may see it.

    `state` is what everybody else gets; `n` and `low`..`high` are what this person gets (low == high when exact).
    """

    state: str
    n: int | None
    numerator: int | None
    low: float | None
    high: float | None

    @property
    def exact(self) -> bool:
        return self.low is not None and self.low == self.high

    @property
    def withheld(self) -> bool:
        """Whether nothing can be told of the share."""
        return self.low is None and self.n != 0

    @property
    def published(self) -> bool:
        """Whether everybody with an agreement reads this number as it stands."""
        return self.state == PublishedCell.State.SHOWN


@dataclass(frozen=True, slots=True)
class Table:
    """One indicator, one month, one group: a row for each organization, the network first, a cell for each category."""

    table: PublishedTable
    group: str
    categories: tuple[str, ...]
    rows: tuple[tuple[str, bool, tuple[Cell, ...]], ...]
    unsuppressed: bool


def published_tables(scope: Scope, key: str | None = None) -> list[PublishedTable]:
    """Tables that the person may read: of their own organizations, or of a network under an agreement; newest first."""
    which = "WHERE t.network_id = ANY (%(networks)s) AND (%(key)s::text IS NULL OR t.indicator = %(key)s)"
    return find(PublishedTable, f"{which} ORDER BY t.begins DESC, t.indicator", networks=_readable(scope), key=key)


@dataclass(frozen=True, slots=True)
class Withheld:
    """An indicator that a check kept out of a month's tables, with the evidence, in the reader's language."""

    indicator: Indicator
    begins: date
    flag: Flag
    other: Indicator | None


def withheld_tables(scope: Scope, key: str | None = None) -> list[Withheld]:
    """What a check kept out of the tables that the person may read; newest first."""
    which = "WHERE t.network_id = ANY (%(networks)s) AND (%(key)s::text IS NULL OR t.indicator = %(key)s)"
    found = find(WithheldTable, f"{which} ORDER BY t.begins DESC, t.indicator", networks=_readable(scope), key=key)
    known = indicators()
    return [
        Withheld(
            known[row.indicator],
            row.begins,
            again(row.kind, {name: value for name, value in row.found.items() if name != "other"}),
            known.get(row.found.get("other", "")),
        )
        for row in found
        if row.indicator in known
    ]


def _readable(scope: Scope) -> list[int]:
    """Networks whose tables a person may read: their own, and those under an agreement."""
    return sorted(scope.up_org_ids | {a.grantor_id for a in scope.agreements if AGGREGATES in a.data_classes})


def lattice(scope: Scope, table: PublishedTable, groups: Iterable[str], *, network_only: bool = False) -> list[Table]:
    """The tables of some groups. Who may read the network's rows gets every number; others get what is stored.

    Give a table that `published_tables` gave to the same person. `network_only` leaves the schools out.
    """
    groups = list(groups)
    which = {"table": table.pk, "groups": ["all", *groups], "only": table.network_id if network_only else None}
    whole = scope.covers(table.network_id)
    true: dict[tuple[int, str, str], tuple[int, int]] = {}
    if whole:
        for pk, group, category, n, numerator in fetch(_TRUE, **which):
            true[pk, group, category] = (n, numerator)
    at: dict[tuple[int, str, str], Cell] = {}
    names: dict[int, str] = {}
    for pk, name, group, category, *cell in fetch(_STORED, **which):
        names[pk] = name
        at[pk, group, category] = _cell(Cell(*cell), true.get((pk, group, category)))
    organizations = sorted(names, key=lambda pk: (pk != table.network_id, names[pk]))
    tables = []
    for group in groups:
        kept = [c for c in GROUPS.get(group, ()) if any((pk, group, c) in at for pk in organizations)]
        places = (("all", "all"), *((group, c) for c in kept))
        rows = tuple(
            (names[pk], pk == table.network_id, tuple(at[pk, g, c] for g, c in places)) for pk in organizations
        )
        tables.append(Table(table, group, tuple(kept), rows, whole))
    return tables


_WHICH = """
WHERE c.table_id = %(table)s AND c."group" = ANY (%(groups)s) AND (%(only)s::bigint IS NULL OR c.organization_id = %(only)s)
"""
_TRUE = f'SELECT c.organization_id, c."group", c.category, c.n, c.numerator FROM progress_groupreading c {_WHICH}'  # noqa: S608
_STORED = f"""
SELECT c.organization_id, o.name, c."group", c.category, c.state, c.n, c.numerator, c.low, c.high
FROM progress_publishedcell c JOIN roster_organization o ON o.id = c.organization_id {_WHICH}
"""  # noqa: S608  (our own words)


def _cell(stored: Cell, true: tuple[int, int] | None) -> Cell:
    if true is None:
        return stored
    n, numerator = true
    value = numerator / n if n else None
    return Cell(stored.state, n, numerator, value, value)
