"""Reading a city's file of school-days and loading it: every row counted by outcome, twice changes nothing."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from django.db import connection, transaction
from django.db.models import Max, Min

from fairlead import clock
from fairlead.apps.attendance.aggregate_models import (
    CityDataset,
    CityDaySubmission,
    CitySchool,
    SchoolYearSubmission,
)
from fairlead.science.attendance import in_force, lateness, lateness_rules
from fairlead.science.sanity import Finding, check_measure, correlate

RECENT = 20  # the last school days of a year that are compared with the days before
EARLIEST = date(1990, 1, 1)
CHUNK = 150_000
COLUMNS = {
    "date": "a date, YYYY-MM-DD",
    "dbn": "the school's code",
    "attendance_pct": "a percentage, empty when not submitted",
    "not_submitted": "true or false",
}
PROBLEMS = {
    "no school code": pl.col("dbn").is_null(),
    "no readable date": pl.col("date").is_null(),
    "a date that cannot be": (pl.col("date") < EARLIEST) | (pl.col("date") > pl.col("today")),
    "neither submitted nor marked as not submitted": pl.col("not_submitted").is_null()
    | (~pl.col("not_submitted") & pl.col("attendance_pct").is_null()),
    "marked as not submitted, and yet a percentage": pl.col("not_submitted") & pl.col("attendance_pct").is_not_null(),
    "a percentage outside 0 to 100": ~pl.col("attendance_pct").is_between(0, 100),
}
REPEATED = "the same school and day twice, with different numbers"


class WrongFile(Exception):
    """A file that is not read, with what an error must say; the database stays as it was."""

    def __init__(self, what: str, *, allowed: str, got: str, where: str, then: str) -> None:
        self.what, self.allowed, self.got, self.where, self.then = what, allowed, got, where, then
        super().__init__(f"{what} Allowed: {allowed}. Got: {got}. Where: {where}. Next: {then}.")


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that was not loaded: its number in the file (the first is 1) and why."""

    row: int
    problem: str


@dataclass(frozen=True, slots=True)
class Days:
    """The rows of a file that can be loaded, and those that cannot. `rows == loadable + repeats + quarantined`."""

    frame: pl.DataFrame  # school (str), date, attendance_pct (null: not submitted)
    rows: int
    repeats: int
    quarantined: tuple[Quarantined, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What an import did with every row of its file."""

    dataset: str
    rows: int
    new: int
    changed: int
    same: int
    repeats: int
    quarantined: tuple[Quarantined, ...]
    elsewhere: int  # school-days loaded earlier that this file does not have; they stay

    @property
    def balanced(self) -> bool:
        """Whether every row is accounted for exactly once."""
        return self.rows == self.new + self.changed + self.same + self.repeats + len(self.quarantined)


def read(path: Path, today: date) -> Days:
    """Read a Parquet or CSV file of school-days. Raises `WrongFile` in words when it is another file."""
    frame = open_table(path)
    lacking = [name for name in COLUMNS if name not in frame.columns]
    if lacking:
        raise WrongFile(
            f"This file has no column {', '.join(lacking)}.",
            allowed="; ".join(f"{name}: {COLUMNS[name]}" for name in COLUMNS),
            got=f"the columns {', '.join(frame.columns)[:300]}",
            where=str(path),
            then="give the file of school-days, or name its columns so",
        )
    typed = _typed(frame, path).with_columns(pl.lit(today).alias("today")).with_row_index("row", offset=1)
    problem = pl.coalesce(pl.when(test).then(pl.lit(name)) for name, test in PROBLEMS.items())
    typed = typed.with_columns(problem.alias("problem"))
    good = typed.filter(pl.col("problem").is_null())
    key = ["dbn", "date"]
    distinct = good.unique([*key, "attendance_pct"], keep="first", maintain_order=True)
    clash = distinct.filter(distinct.select(pl.struct(key).is_duplicated()).to_series())
    frame = distinct.join(clash.select(key).unique(), on=key, how="anti")
    clashing = good.join(clash.select(key).unique(), on=key, how="semi")
    bad = [*typed.filter(pl.col("problem").is_not_null()).select("row", "problem").iter_rows()]
    bad += [(row, REPEATED) for row in clashing["row"]]
    return Days(
        frame=frame.select(pl.col("dbn").alias("school"), "date", "attendance_pct"),
        rows=typed.height,
        repeats=typed.height - frame.height - len(bad),
        quarantined=tuple(Quarantined(row, text) for row, text in sorted(bad)),
    )


def open_table(path: Path) -> pl.DataFrame:
    """A Parquet or CSV file as a table; `WrongFile` when it is another kind, or cannot be read."""
    if not path.is_file():
        raise WrongFile(
            "There is no such file.", allowed="a .parquet, .csv or .csv.gz file", got="nothing", where=str(path),
            then="check the path",
        )  # fmt: skip
    try:
        if path.name.endswith(".parquet"):
            return pl.read_parquet(path)
        if path.name.endswith((".csv", ".csv.gz")):
            return pl.read_csv(path, infer_schema=False, null_values=[""])
    except (pl.exceptions.PolarsError, OSError) as error:
        raise WrongFile(
            "This file cannot be read.",
            allowed="Parquet, or CSV in UTF-8 with one line of headers",
            got=str(error).splitlines()[0][:200],
            where=str(path),
            then="export it again, and open it once to look at it",
        ) from None
    raise WrongFile(
        "This is a file of a kind that is not read here.", allowed=".parquet, .csv or .csv.gz",
        got=path.suffix or "no ending", where=str(path), then="export the school-days as one of these",
    )  # fmt: skip


def _typed(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The four columns in their types; a value that cannot be read becomes null, and its row is quarantined later."""
    if frame.schema["not_submitted"] == pl.String:
        flag = pl.col("not_submitted").str.to_lowercase().replace_strict(
            {"true": True, "false": False, "1": True, "0": False, "t": True, "f": False}, default=None,
            return_dtype=pl.Boolean,
        )  # fmt: skip
    else:
        flag = pl.col("not_submitted").cast(pl.Boolean, strict=False)
    day = (
        pl.col("date").str.to_date("%Y-%m-%d", strict=False) if frame.schema["date"] == pl.String else pl.col("date")
    )
    code = pl.col("dbn").cast(pl.String).str.strip_chars()
    # to text first: 80.67 as a 32-bit number is not quite 80.67
    pct = pl.col("attendance_pct").cast(pl.Float64, strict=False).round(2).cast(pl.Decimal(10, 2), strict=False)
    try:
        return frame.select(
            day.cast(pl.Date, strict=False).alias("date"),
            pl.when(code != "").then(code).alias("dbn"),
            pct.alias("attendance_pct"),
            flag.alias("not_submitted"),
        )
    except pl.exceptions.PolarsError as error:
        kinds = ", ".join(f"{name}: {frame.schema[name]}" for name in COLUMNS)
        raise WrongFile(
            "A column of this file is of another kind.",
            allowed="; ".join(f"{name}: {text}" for name, text in COLUMNS.items()),
            got=f"{kinds} ({str(error).splitlines()[0][:120]})",
            where=str(path),
            then="export it again with these kinds of columns",
        ) from None


def read_names(path: Path) -> dict[str, str]:
    """Names of schools by code from a CSV with the columns dbn and school_name."""
    frame = open_table(path)
    if not {"dbn", "school_name"} <= set(frame.columns):
        raise WrongFile(
            "This file has no names of schools.", allowed="the columns dbn and school_name",
            got=", ".join(frame.columns)[:300], where=str(path), then="leave it out, or give the right file",
        )  # fmt: skip
    named = frame.drop_nulls(["dbn", "school_name"])
    return dict(zip(named["dbn"].str.strip_chars(), named["school_name"].str.strip_chars(), strict=True))


def read_totals(path: Path) -> dict[date, float]:
    """The city's own totals by day from a CSV with date and citywide_attendance_pct. A total of 0 is none."""
    frame = open_table(path)
    wanted = {"date", "citywide_attendance_pct"}
    if not wanted <= set(frame.columns):
        raise WrongFile(
            "This file has no totals of the city.", allowed="the columns date and citywide_attendance_pct",
            got=", ".join(frame.columns)[:300], where=str(path), then="leave it out, or give the right file",
        )  # fmt: skip
    read = frame.select(
        pl.col("date").str.to_date("%Y-%m-%d", strict=False),
        pl.col("citywide_attendance_pct").cast(pl.Float64, strict=False).alias("pct"),
    ).drop_nulls()
    return {day: pct for day, pct in read.iter_rows() if pct > 0}


@dataclass(frozen=True, slots=True)
class About:
    """What a person says about the city's data when loading it."""

    key: str
    name: str
    source: str
    organization_id: int


@transaction.atomic
def load(
    path: Path,
    about: About,
    *,
    names: dict[str, str] | None = None,
    totals: dict[date, float] | None = None,
    progress: Callable[[str], None] = lambda text: None,
) -> Loaded:
    """Load a file of school-days as the owner. All or nothing; the same file twice changes nothing."""
    progress(f"Reading {path.name}")
    days = read(path, clock.today())
    progress(f"{days.rows:,} rows read: {days.frame.height:,} can be loaded, {len(days.quarantined):,} cannot")
    dataset, _ = CityDataset.objects.get_or_create(
        key=about.key,
        defaults={
            "organization_id": about.organization_id, "name": about.name, "source": about.source,
            "changed_at": clock.now(), "file": path.name,
        },
    )  # fmt: skip
    renamed = _schools(dataset, days.frame["school"].unique(), names or {})
    _stage(days.frame, progress)
    progress("Comparing with what is there")
    new, changed, elsewhere = _merge(dataset)
    loaded = Loaded(
        dataset.key, days.rows, new, changed, days.frame.height - new - changed, days.repeats, days.quarantined,
        elsewhere,
    )  # fmt: skip
    known = dict(CityDaySubmission.objects.filter(dataset=dataset).values_list("date", "published_pct"))
    fresh_totals = totals is not None and any(known.get(day) != pct for day, pct in totals.items() if day in known)
    if new or changed or renamed or fresh_totals:
        progress("Counting schools, years and days")
        _count(dataset, totals if totals is not None else {day: pct for day, pct in known.items() if pct is not None})
        _remember(dataset, path, about, loaded)
    return loaded


def _schools(dataset: CityDataset, codes: pl.Series, names: dict[str, str]) -> bool:
    """Make the schools that are not there yet, and give names where they are known; whether anything changed."""
    known = {school.code: school for school in CitySchool.objects.filter(dataset=dataset)}
    CitySchool.objects.bulk_create(
        CitySchool(dataset=dataset, code=code, name=names.get(code, ""))
        for code in sorted(codes)
        if code not in known
    )
    differ = [school for code, school in known.items() if names.get(code, school.name) != school.name]
    for school in differ:
        school.name = names[school.code]
    CitySchool.objects.bulk_update(differ, ["name"], batch_size=1000)
    return bool(differ)


def _stage(frame: pl.DataFrame, progress: Callable[[str], None]) -> None:
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS staged_school_day")
        cursor.execute(
            "CREATE TEMPORARY TABLE staged_school_day (code text, date date, attendance_pct numeric(5, 2)) ON COMMIT DROP"
        )
        with cursor.copy("COPY staged_school_day (code, date, attendance_pct) FROM STDIN (FORMAT csv)") as copy:
            for start in range(0, frame.height, CHUNK):
                buffer = io.BytesIO()
                frame.slice(start, CHUNK).write_csv(buffer, include_header=False)
                copy.write(buffer.getvalue())
                progress(f"{min(start + CHUNK, frame.height):,} of {frame.height:,} rows sent")
        cursor.execute("ANALYZE staged_school_day")


_PAIRED = """
FROM staged_school_day t JOIN attendance_cityschool s ON s.code = t.code AND s.dataset_id = %(dataset)s
LEFT JOIN attendance_schooldayaggregate d ON d.school_id = s.id AND d.date = t.date
"""
_COMPARE = f"""
SELECT count(*) FILTER (WHERE d.school_id IS NULL),
       count(*) FILTER (WHERE d.school_id IS NOT NULL AND d.attendance_pct IS DISTINCT FROM t.attendance_pct)
{_PAIRED}
"""  # noqa: S608  (a constant)
_NEW = f"""
INSERT INTO attendance_schooldayaggregate (school_id, date, attendance_pct)
SELECT s.id, t.date, t.attendance_pct {_PAIRED} WHERE d.school_id IS NULL ORDER BY s.id, t.date
"""
_CHANGED = """
UPDATE attendance_schooldayaggregate d SET attendance_pct = t.attendance_pct
FROM staged_school_day t JOIN attendance_cityschool s ON s.code = t.code AND s.dataset_id = %(dataset)s
WHERE d.school_id = s.id AND d.date = t.date AND d.attendance_pct IS DISTINCT FROM t.attendance_pct
"""
_THERE = """
SELECT count(*) - (SELECT count(*) FROM staged_school_day) FROM attendance_schooldayaggregate d
JOIN attendance_cityschool s ON s.id = d.school_id WHERE s.dataset_id = %(dataset)s
"""


def _merge(dataset: CityDataset) -> tuple[int, int, int]:
    """New and changed school-days, written; and how many others were there before and stay."""
    with connection.cursor() as cursor:
        cursor.execute(_COMPARE, {"dataset": dataset.pk})
        new, changed = cursor.fetchone()
        if changed:
            cursor.execute(_CHANGED, {"dataset": dataset.pk})
        if new:
            cursor.execute(_NEW, {"dataset": dataset.pk})
        if new or changed:
            cursor.execute("ANALYZE attendance_schooldayaggregate")
        cursor.execute(_THERE, {"dataset": dataset.pk})
        return new, changed, cursor.fetchone()[0]


def _all_days(dataset: CityDataset) -> pl.DataFrame:
    """Every school-day of the dataset, by school and day."""
    buffer = io.BytesIO(b"")
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(
            "COPY (SELECT d.school_id, d.date, d.attendance_pct FROM attendance_schooldayaggregate d "
            "JOIN attendance_cityschool s ON s.id = d.school_id WHERE s.dataset_id = %s "
            "ORDER BY d.school_id, d.date) TO STDOUT (FORMAT csv)",
            [dataset.pk],
        ) as copy,
    ):
        for block in copy:
            buffer.write(block)
    buffer.seek(0)
    kinds = {"school": pl.Int64, "date": pl.Date, "pct": pl.Float64}
    frame = pl.read_csv(buffer, has_header=False, new_columns=list(kinds), schema_overrides=list(kinds.values()))
    return frame.with_columns(
        missing=pl.col("pct").is_null(),
        year=(pl.col("date").dt.year() - (pl.col("date").dt.month() < 7).cast(pl.Int32)).cast(pl.Int64),
    )


def _count(dataset: CityDataset, totals: dict[date, float]) -> None:
    """What pages read: school by year with its kind, and day by day. Counted anew from the rows, never typed."""
    days = _all_days(dataset)
    CityDaySubmission.objects.filter(dataset=dataset).delete()
    SchoolYearSubmission.objects.filter(school__dataset=dataset).delete()
    by_day = days.group_by("date").agg(pl.len(), pl.col("missing").sum(), pl.col("pct").mean()).sort("date")
    CityDaySubmission.objects.bulk_create(
        CityDaySubmission(
            dataset=dataset, date=day, schools=schools, missing=missing, mean_pct=mean, published_pct=totals.get(day)
        )
        for day, schools, missing, mean in by_day.iter_rows()
    )
    _check(dataset, days, by_day, totals)
    for (year,), part in days.group_by(["year"], maintain_order=True):
        SchoolYearSubmission.objects.bulk_create(_year(int(year), part), batch_size=2000)
    with connection.cursor() as cursor:  # pages come before autovacuum does
        cursor.execute("ANALYZE attendance_cityschool, attendance_schoolyearsubmission, attendance_citydaysubmission")


def _check(dataset: CityDataset, days: pl.DataFrame, by_day: pl.DataFrame, totals: dict[date, float]) -> None:
    """Hold the file against what it is said to be: attendance of schools, which goes with the city's own total by day."""
    schools = days.group_by("school").agg(pl.col("pct").mean(), pl.col("missing").mean()).sort("school")
    checked = check_measure("attendance", schools["pct"].fill_null(float("nan")).to_numpy() / 100, {})
    both = [(mean, totals[day]) for day, _, _, mean in by_day.iter_rows() if day in totals and mean is not None]
    beside = correlate([ours for ours, _ in both], [theirs for _, theirs in both])
    findings = [asdict(finding) for finding in checked.findings]
    if both:
        verdict = "broken" if beside.against(1) else "ok" if beside.shows(1) else "doubt"
        findings.append(
            asdict(Finding("sign", verdict, beside.n, beside.n, "attendance", beside, value=beside.r, sign=1))
        )
    dataset.checked = plain_json(
        {"findings": findings, "verdict": max((f["verdict"] for f in findings), key=("ok", "doubt", "broken").index)}
    )


def plain_json(value: Any) -> Any:
    """As JSON takes it: a number that is not there is null."""
    if isinstance(value, dict):
        return {key: plain_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(inner) for inner in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def _year(year: int, days: pl.DataFrame) -> list[SchoolYearSubmission]:
    schools, unit = np.unique(days["school"].to_numpy(), return_inverse=True)
    dates = days["date"].unique().sort()
    last: date = dates[-RECENT:][0]
    rule = in_force(lateness_rules(), "late-or-missing", dates[-1])
    found = lateness(unit, days["missing"].to_numpy(), (days["date"] >= last).to_numpy(), rule)
    return [
        SchoolYearSubmission(
            school_id=int(school), year=year, expected=int(found.expected[i]), missing=int(found.late[i]),
            share=float(found.share[i]), low=float(found.low[i]), high=float(found.high[i]),
            recent_expected=int(found.recent_expected[i]), recent_missing=int(found.recent_late[i]),
            p_value=None if np.isnan(found.p_value[i]) else float(found.p_value[i]),
            kind=str(found.kind[i]), rule=rule.about.id,
        )
        for i, school in enumerate(schools)
    ]  # fmt: skip


def _remember(dataset: CityDataset, path: Path, about: About, loaded: Loaded) -> None:
    span: dict[str, Any] = CityDaySubmission.objects.filter(dataset=dataset).aggregate(
        first=Min("date"), last=Max("date")
    )
    dataset.first, dataset.last = span["first"], span["last"]
    dataset.name, dataset.source, dataset.file = about.name, about.source, path.name
    with path.open("rb") as file:
        dataset.sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    dataset.changed_at = clock.now()
    dataset.counted = {
        "rows": loaded.rows, "new": loaded.new, "changed": loaded.changed, "same": loaded.same,
        "repeats": loaded.repeats, "quarantined": len(loaded.quarantined), "elsewhere": loaded.elsewhere,
    }  # fmt: skip
    dataset.save()
