"""The trap: a field called chronic_absent that is the share who attend 90 % of days. Caught before a value is kept.

The real file (nyc_schools.csv of the shared data) has the field under a true name; the test gives it the wrong one back.
Its README counts 1,323 rows with both values; 61 schools stand in it twice, so that 1,288 schools are left.
"""

from __future__ import annotations

import polars as pl
import pytest
from django.conf import settings

from fairlead.apps.attendance import measures
from fairlead.apps.attendance.aggregate_models import CityMeasure, CityMeasureValue
from fairlead.apps.attendance.school_days import WrongFile
from fairlead.site.importing import evidence

FILE = settings.SHARED_DATA / "schools" / "nyc" / "nyc_schools.csv"
here = pytest.mark.skipif(not FILE.is_file(), reason=f"needs {FILE}")
INFERRED = "q_share_90plus_attendance_inferred"


@pytest.fixture
def trap(tmp_path):
    path = tmp_path / "nyc_schools.csv"
    pl.read_csv(FILE, infer_schema=False).rename({INFERRED: "chronic_absent"}).write_csv(path)
    return path


@here
def test_the_trap_is_caught_with_its_evidence(trap, seeded):
    outcome = measures.load(trap, "chronic_absent", seeded.network_id, "NYC DOE")
    assert outcome.checked.verdict == outcome.record.verdict == "broken"
    assert outcome.checked.behaves_like == ("share_90plus_attendance",)
    (sign,) = (f for f in outcome.checked.findings if f.kind == "sign")
    assert (sign.verdict, sign.n, sign.sign, sign.other) == ("broken", 1_288, -1, "attendance")
    assert sign.evidence.r == pytest.approx(0.960, abs=5e-4)
    assert sign.evidence.low > 0.95
    (bound,) = (f for f in outcome.checked.findings if f.kind == "bound")
    assert (bound.verdict, bound.n, bound.of) == ("broken", 398, 1_288)
    assert outcome.kept == 0
    assert not CityMeasureValue.objects.exists()
    told = "\n".join(evidence(outcome))
    assert "correlation with attendance +0.960" in told
    assert "1,288 schools); expected below zero" in told


@here
def test_under_its_true_name_it_is_kept_and_twice_changes_nothing(seeded):
    outcome = measures.load(FILE, "share_90plus_attendance", seeded.network_id, "NYC DOE")
    assert (outcome.record.column, outcome.checked.verdict) == (INFERRED, "ok")
    assert outcome.kept == CityMeasureValue.objects.count() == outcome.checked.n == 1_299
    again = measures.load(FILE, "share_90plus_attendance", seeded.network_id, "NYC DOE")
    assert (again.changed, again.record.pk, again.record.checked_at) == (
        False, outcome.record.pk, outcome.record.checked_at,
    )  # fmt: skip
    assert CityMeasure.objects.count() == 1


@here
def test_a_field_that_turns_out_broken_loses_its_values(trap, seeded):
    good = pl.read_csv(trap, infer_schema=False).with_columns(
        (1 - pl.col("chronic_absent").cast(pl.Float64)).alias("chronic_absent")
    )
    path = trap.parent / "same.csv"
    good.write_csv(path)
    assert measures.load(path, "chronic_absence", seeded.network_id, "", column="chronic_absent").kept == 1_299
    path.write_bytes(trap.read_bytes())
    assert measures.load(path, "chronic_absence", seeded.network_id, "", column="chronic_absent").kept == 0
    assert not CityMeasureValue.objects.exists()
    assert CityMeasure.objects.count() == 1


def small(tmp_path, text):
    path = tmp_path / "schools.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_without_a_code_and_repeated_ones_are_counted(tmp_path, seeded):
    path = small(tmp_path, "dbn,attendance\nA,0.9\nA,0.8\n,0.7\nB,\n")
    outcome = measures.load(path, "attendance", seeded.network_id, "")
    assert (outcome.without_code, outcome.repeated, outcome.kept, outcome.checked.missing) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("text", "said", "says"),
    [
        ("dbn,attendance\nA,0.9\n", "happiness", "no measure 'happiness'"),
        ("code,attendance\nA,0.9\n", "attendance", "no column dbn"),
        ("dbn,pct\nA,0.9\n", "attendance", "no column attendance"),
        ("dbn,attendance\nA,most\n", "attendance", "holds something that is no number"),
    ],
)
def test_a_wrong_file_is_refused_in_words(text, said, says, tmp_path, seeded):
    with pytest.raises(WrongFile, match=says) as refused:
        measures.load(small(tmp_path, text), said, seeded.network_id, "")
    assert refused.value.allowed
    assert refused.value.then
    assert not CityMeasure.objects.exists()
