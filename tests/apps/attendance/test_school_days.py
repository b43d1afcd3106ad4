"""New York's million school-days. The figures are those of the data's README and of a count by hand with polars.

Source: NYC Department of Education, daily attendance as of 4 pm. The file is not in this repository: without it the
tests of the real records are skipped with a reason.
"""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from django.conf import settings
from django.db import connection

from fairlead.apps.attendance import aggregates, school_days
from fairlead.apps.attendance.aggregate_models import CityDaySubmission, SchoolDayAggregate, SchoolYearSubmission

FOLDER = settings.SHARED_DATA / "schools" / "nyc"
FILE = FOLDER / "nyc_daily_attendance_2009_2017.parquet"
here = pytest.mark.skipif(not FILE.is_file(), reason=f"needs {FILE.name} in {FOLDER}")
TODAY = date(2026, 11, 19)


def about(world):
    return school_days.About("new-york-city", "New York City", "NYC DOE", world.network_id)


@pytest.mark.prove
@here
def test_new_yorks_million_days(seeded):
    """Everything that the page says of the real file, and the same from another engine; then once more: no change."""
    totals = school_days.read_totals(FOLDER / "nyc_daily_attendance_citywide.csv")
    names = school_days.read_names(FOLDER / "nyc_daily_attendance_schools.csv")
    loaded = school_days.load(FILE, about(seeded), names=names, totals=totals)
    assert (loaded.rows, loaded.new, loaded.changed, loaded.same) == (1_104_893, 1_104_893, 0, 0)
    assert loaded.balanced
    assert loaded.quarantined == ()

    (dataset,) = aggregates.datasets(None)
    years = aggregates.years(None, dataset)
    assert sum(y.school_days for y in years) == 1_104_893
    assert sum(y.missing for y in years) == 29_049
    assert dataset.schools.count() == 1_745
    assert (dataset.first, dataset.last) == (date(2009, 9, 11), date(2017, 12, 12))
    whole = {y.begins: y.days for y in years}
    assert (whole[2013], whole[2014], whole[2015]) == (182, 154, 173)
    year = aggregates.opening_year(years)
    assert (year.name, year.school_days, year.missing) == ("2015–16", 273_511, 6_061)
    assert year.share == pytest.approx(0.0222, abs=5e-5)
    assert (year.schools, year.high, year.almost_always) == (1_645, 75, 5)
    assert aggregates.kinds(None, dataset, 2015) == {
        "structural": 5, "new": 0, "occasional": 853, "never": 787, "too_few": 0,
    }  # fmt: skip
    assert [s.code for s in aggregates.schools(None, dataset, 2015) if s.kind == "structural"] == [
        "02M560", "02M575", "08X561", "19K764", "21K728",
    ]  # fmt: skip
    assert len(aggregates.schools(None, dataset, 2015)) == 75
    spread = aggregates.distribution(None, dataset, 2015, (0.01, 0.05, 0.10, 0.80))
    assert sum(spread) == 1_645
    assert (spread[0], spread[-2] + spread[-1], spread[-1]) == (787, 75, 5)
    assert [(s.date, s.missing, s.schools) for s in aggregates.silences(None, dataset)] == [
        (date(2014, 1, 3), 1_584, 1_584)
    ]
    agreed = aggregates.agreement(None, dataset)
    assert (agreed.days, agreed.without_total) == (696, 6)
    assert agreed.correlation == pytest.approx(0.9938, abs=5e-5)
    assert agreed.mean_difference == pytest.approx(-1.047, abs=5e-4)

    checks = {f["kind"]: f["verdict"] for f in dataset.checked["findings"]}
    assert (dataset.checked["verdict"], checks) == ("ok", {"range": "ok", "usual": "ok", "sign": "ok"})

    _same_on_another_engine(dataset)

    writes = SchoolYearSubmission.objects.order_by("-pk").values_list("pk", flat=True)[0]
    again = school_days.load(FILE, about(seeded), names=names, totals=totals)
    assert (again.new, again.changed, again.same) == (0, 0, 1_104_893)
    assert SchoolYearSubmission.objects.order_by("-pk").values_list("pk", flat=True)[0] == writes
    dataset.refresh_from_db()
    assert dataset.counted["new"] == 1_104_893


def _same_on_another_engine(dataset):
    """Polars over the file against what SQL and the import counted: every school of every year, months, day means."""
    file = pl.scan_parquet(FILE).with_columns(
        year=(pl.col("date").dt.year() - (pl.col("date").dt.month() < 7)).cast(pl.Int64),
        missing=pl.col("not_submitted").cast(pl.Int64),
    )
    theirs = (
        file.group_by("dbn", "year")
        .agg(pl.len().cast(pl.Int64), pl.col("missing").sum())
        .sort("dbn", "year")
        .collect()
    )
    ours = list(
        SchoolYearSubmission.objects.filter(school__dataset=dataset)
        .order_by("school__code", "year")
        .values_list("school__code", "year", "expected", "missing")
    )
    assert ours == theirs.rows()
    months = (
        file.filter(pl.col("year") == 2015)
        .group_by(pl.col("date").dt.truncate("1mo").alias("month"))
        .agg(pl.col("date").n_unique().alias("days"), pl.len().alias("n"), pl.col("missing").sum())
        .sort("month")
        .collect()
    )
    found = aggregates.months(None, dataset, 2015)
    assert [(m.begins, m.days, m.school_days, m.missing) for m in found] == months.rows()
    means = dict(file.group_by("date").agg(pl.col("attendance_pct").cast(pl.Float64).mean()).collect().iter_rows())
    for day, mean in CityDaySubmission.objects.filter(dataset=dataset).values_list("date", "mean_pct"):
        assert mean == means[day] or mean == pytest.approx(means[day], abs=1e-5)  # the file holds 32-bit numbers


def rows(**columns):
    frame = {"date": [], "dbn": [], "attendance_pct": [], "not_submitted": []} | columns
    return pl.DataFrame(frame, schema_overrides={"attendance_pct": pl.Float32})


def week(tmp_path, name="days.parquet", pct=90.0):
    """Two schools over five days; the second never submits on Fridays."""
    days = [date(2016, 2, 1 + i) for i in range(5)]
    frame = rows(
        date=days * 2,
        dbn=["A"] * 5 + ["B"] * 5,
        attendance_pct=[pct] * 9 + [None],
        not_submitted=[False] * 9 + [True],
    )
    path = tmp_path / name
    frame.write_csv(path) if name.endswith(".csv") else frame.write_parquet(path)
    return path


@pytest.mark.parametrize("name", ["days.parquet", "days.csv"])
def test_twice_changes_nothing_and_a_change_is_counted(name, tmp_path, seeded):
    first = school_days.load(week(tmp_path, name), about(seeded))
    assert (first.new, first.changed, first.same) == (10, 0, 0)
    again = school_days.load(week(tmp_path, name), about(seeded))
    assert (again.new, again.changed, again.same, again.elsewhere) == (0, 0, 10, 0)
    other = school_days.load(week(tmp_path, name, pct=91.25), about(seeded))
    assert (other.new, other.changed, other.same) == (0, 9, 1)
    assert str(SchoolDayAggregate.objects.get(school__code="A", date=date(2016, 2, 1)).attendance_pct) == "91.25"


def test_what_a_file_does_not_have_stays(tmp_path, seeded):
    school_days.load(week(tmp_path), about(seeded))
    part = pl.read_parquet(week(tmp_path)).head(3)
    part.write_parquet(tmp_path / "part.parquet")
    loaded = school_days.load(tmp_path / "part.parquet", about(seeded))
    assert (loaded.same, loaded.elsewhere) == (3, 7)
    assert SchoolDayAggregate.objects.count() == 10


def test_every_row_of_a_dirty_file_is_accounted_for(tmp_path, seeded):
    text = """date,dbn,attendance_pct,not_submitted
2016-02-01,A,90.5,false
2016-02-01,A,90.5,false
2016-02-02,A,90.5,false
2016-02-02,A,12,false
2016-02-03,A,101,false
2016-02-04,,90,false
02/05/2016,A,90,false
2016-02-08,A,90,true
2016-02-09,A,,false
2099-02-09,A,90,false
2016-02-10,A,,true
"""
    path = tmp_path / "dirty.csv"
    path.write_text(text, encoding="utf-8")
    days = school_days.read(path, TODAY)
    assert days.rows == 11
    assert days.frame.height == 2
    assert days.repeats == 1
    assert {(q.row, q.problem) for q in days.quarantined} == {
        (3, school_days.REPEATED),
        (4, school_days.REPEATED),
        (5, "a percentage outside 0 to 100"),
        (6, "no school code"),
        (7, "no readable date"),
        (8, "marked as not submitted, and yet a percentage"),
        (9, "neither submitted nor marked as not submitted"),
        (10, "a date that cannot be"),
    }
    loaded = school_days.load(path, about(seeded))
    assert loaded.balanced
    assert (loaded.new, len(loaded.quarantined)) == (2, 8)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("days.csv", "date,school,pct\n2016-02-01,A,90\n", "no column dbn, attendance_pct, not_submitted"),
        ("days.parquet", "no parquet at all", "cannot be read"),
        ("days.xlsx", "PK", "of a kind that is not read"),
        ("none.csv", None, "no such file"),
    ],
)
def test_a_wrong_file_is_refused_and_leaves_everything_as_it_was(name, content, says, tmp_path, seeded):
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(school_days.WrongFile, match=says) as refused:
        school_days.load(path, about(seeded))
    assert refused.value.where == str(path)
    assert refused.value.then
    assert not SchoolDayAggregate.objects.exists()


def test_a_column_of_another_kind_is_named(tmp_path):
    path = tmp_path / "days.parquet"
    pl.DataFrame({"date": [1.5], "dbn": ["A"], "attendance_pct": [[1.0]], "not_submitted": [True]}).write_parquet(
        path
    )
    with pytest.raises(school_days.WrongFile, match="attendance_pct: List"):
        school_days.read(path, TODAY)


def test_no_login_but_the_owners_writes(scope_of, seeded):
    scope_of("ruth")
    with connection.cursor() as cursor, pytest.raises(Exception, match="permission denied"):
        cursor.execute("DELETE FROM attendance_schooldayaggregate")
