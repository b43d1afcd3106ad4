"""Do schools submit on time? What a city's published school-days say, read from what was counted at import."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.aggregate_models import CityDataset
from fairlead.science.attendance import KINDS
from fairlead.science.sanity import correlate

HIGH, ALMOST_ALWAYS = 0.10, 0.80
WHOLE_YEAR = 150  # days held from which a year counts as whole enough to open the page with


@dataclass(frozen=True, slots=True)
class Year:
    """One school year of a city. `coverage`: school-days held, of schools times days held.

    `high` and `almost_always` count schools that missed over a tenth, and over four fifths, of enough days to say so.
    """

    begins: int
    days: int
    schools: int
    school_days: int
    missing: int
    high: int
    almost_always: int

    @property
    def name(self) -> str:
        return f"{self.begins}–{(self.begins + 1) % 100:02d}"

    @property
    def share(self) -> float:
        return self.missing / self.school_days

    @property
    def coverage(self) -> float:
        return self.school_days / (self.schools * self.days)


@dataclass(frozen=True, slots=True)
class Month:
    """One month of a city."""

    begins: date
    days: int
    school_days: int
    missing: int

    @property
    def share(self) -> float:
        return self.missing / self.school_days


@dataclass(frozen=True, slots=True)
class SchoolSubmission:
    """One school in one year, with how far chance could move its share."""

    code: str
    name: str
    kind: str
    expected: int
    missing: int
    share: float
    low: float
    high: float
    recent_expected: int
    recent_missing: int
    p_value: float | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """The mean over schools beside the city's own total, over the days that have both."""

    days: int
    without_total: int
    correlation: float
    mean_difference: float
    largest_difference: float


@dataclass(frozen=True, slots=True)
class Silence:
    """A day on which hardly any school submitted: closed, most likely, and not late."""

    date: date
    schools: int
    missing: int


def datasets(scope: Scope) -> list[CityDataset]:
    """The cities that are loaded. They hold no person: everybody who is signed in may read them."""
    return list(CityDataset.objects.order_by("name"))


# A city's school year begins in July, as its file counts them.
_YEAR_OF = "(extract(year FROM d.date)::int - (extract(month FROM d.date) < 7)::int)"


def years(scope: Scope, dataset: CityDataset) -> list[Year]:
    """Every school year of a city, newest first."""
    rows = fetch(
        f"""
        WITH held AS (
            SELECT {_YEAR_OF} AS year, count(*) AS days FROM attendance_citydaysubmission d
            WHERE d.dataset_id = %(dataset)s GROUP BY 1
        )
        SELECT y.year, h.days, count(*), sum(y.expected), sum(y.missing),
               count(*) FILTER (WHERE y.share > %(high)s AND y.kind <> 'too_few'),
               count(*) FILTER (WHERE y.share > %(always)s AND y.kind <> 'too_few')
        FROM attendance_schoolyearsubmission y
        JOIN attendance_cityschool s ON s.id = y.school_id AND s.dataset_id = %(dataset)s
        JOIN held h ON h.year = y.year
        GROUP BY y.year, h.days ORDER BY y.year DESC
        """,  # noqa: S608  (a constant)
        dataset=dataset.pk,
        high=HIGH,
        always=ALMOST_ALWAYS,
    )
    return [Year(*map(int, row)) for row in rows]


def opening_year(found: list[Year]) -> Year:
    """The newest year that is whole enough; else the one with the most school-days."""
    whole = [year for year in found if year.days >= WHOLE_YEAR]
    return whole[0] if whole else max(found, key=lambda year: year.school_days)


def months(scope: Scope, dataset: CityDataset, year: int) -> list[Month]:
    """The months of a school year."""
    rows = fetch(
        f"""
        SELECT date_trunc('month', d.date)::date, count(*), sum(d.schools), sum(d.missing)
        FROM attendance_citydaysubmission d
        WHERE d.dataset_id = %(dataset)s AND {_YEAR_OF} = %(year)s GROUP BY 1 ORDER BY 1
        """,  # noqa: S608  (a constant)
        dataset=dataset.pk,
        year=year,
    )
    return [Month(begins, int(days), int(total), int(missing)) for begins, days, total, missing in rows]


def kinds(scope: Scope, dataset: CityDataset, year: int) -> dict[str, int]:
    """How many schools are of each kind in a year; every school is counted once."""
    rows = dict(
        fetch(
            "SELECT y.kind, count(*) FROM attendance_schoolyearsubmission y JOIN attendance_cityschool s "
            "ON s.id = y.school_id WHERE s.dataset_id = %(dataset)s AND y.year = %(year)s GROUP BY 1",
            dataset=dataset.pk,
            year=year,
        )
    )
    return {kind: int(rows.get(kind, 0)) for kind in KINDS}


def distribution(scope: Scope, dataset: CityDataset, year: int, edges: tuple[float, ...]) -> list[int]:
    """How many schools missed a share above one edge, up to the next; the first count is of none missed."""
    rows = fetch(
        "SELECT width_bucket(y.share, %(edges)s::float8[]), y.missing > 0, count(*) "
        "FROM attendance_schoolyearsubmission y JOIN attendance_cityschool s ON s.id = y.school_id "
        "WHERE s.dataset_id = %(dataset)s AND y.year = %(year)s GROUP BY 1, 2",
        dataset=dataset.pk,
        year=year,
        # width_bucket counts a share on an edge above it; ours counts it below
        edges=[edge + 1e-12 for edge in edges],
    )
    counts = [0] * (len(edges) + 2)
    for bucket, any_missing, n in rows:
        counts[bucket + 1 if any_missing else 0] += n
    return counts


def schools(scope: Scope, dataset: CityDataset, year: int) -> list[SchoolSubmission]:
    """Structural and new ones, and all above a tenth, in order of the city's code: never ranked."""
    rows = fetch(
        "SELECT s.code, s.name, y.kind, y.expected, y.missing, y.share, y.low, y.high, y.recent_expected, "
        "y.recent_missing, y.p_value FROM attendance_schoolyearsubmission y "
        "JOIN attendance_cityschool s ON s.id = y.school_id WHERE s.dataset_id = %(dataset)s AND y.year = %(year)s "
        "AND (y.kind IN ('structural', 'new') OR y.share > %(high)s) ORDER BY s.code",
        dataset=dataset.pk,
        year=year,
        high=HIGH,
    )
    return [SchoolSubmission(*row) for row in rows]


def silences(scope: Scope, dataset: CityDataset) -> list[Silence]:
    """Days on which nine schools in ten, of a hundred or more, did not submit."""
    rows = fetch(
        "SELECT date, schools, missing FROM attendance_citydaysubmission "
        "WHERE dataset_id = %(dataset)s AND schools >= 100 AND missing >= 0.9 * schools ORDER BY date",
        dataset=dataset.pk,
    )
    return [Silence(*row) for row in rows]


def agreement(scope: Scope, dataset: CityDataset) -> Agreement | None:
    """How our mean over schools goes with the city's own total; None where the city publishes none."""
    rows = fetch(
        "SELECT mean_pct, published_pct FROM attendance_citydaysubmission WHERE dataset_id = %(dataset)s",
        dataset=dataset.pk,
    )
    pairs = [(ours, theirs) for ours, theirs in rows if ours is not None and theirs is not None]
    if len(pairs) < 3:
        return None
    apart = [ours - theirs for ours, theirs in pairs]
    return Agreement(
        days=len(pairs),
        without_total=len(rows) - len(pairs),
        correlation=correlate([here for here, _ in pairs], [city for _, city in pairs]).r,
        mean_difference=sum(apart) / len(pairs),
        largest_difference=max(apart, key=abs),
    )
