"""What every statistic of ratings must hold, run by each one's tests.

SUBJECT = battery.Subject(rows=…, fit=…, labels=("rater",), broken={"one rater": …})

@pytest.mark.parametrize(("name", "check"), battery.checks(SUBJECTS))
def test_battery(name, check): battery.run(SUBJECTS[name], check)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pytest

from fairlead.science.measurement import MeasurementError


@dataclass(frozen=True)
class Subject:
    """A statistic as the battery sees it.

    rows: the ratings, one below the other. fit: from rows to numbers. labels: columns whose values are mere names.
    scored: the column of scores, where numbers do not depend on its zero and (`free`) unit. broken: how to break the
    rows; that must be refused as a MeasurementError, in words.
    """

    rows: Callable[[], pl.DataFrame]
    fit: Callable[[pl.DataFrame], tuple[float, ...]]
    labels: tuple[str, ...] = ()
    scored: str | None = None
    broken: Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]] = field(default_factory=dict)
    tolerance: float = 1e-9


def checks(subjects: Mapping[str, Subject]) -> list[tuple[str, str]]:
    """Each statistic with the names of what is checked."""
    out = []
    for name, subject in subjects.items():
        usual = ["row order", "no mutation", *(["labels"] if subject.labels else [])]
        scored = ["another zero", "another unit"] if subject.scored else []
        out += [(name, check) for check in (*usual, *scored, *(f"refuses {how}" for how in subject.broken))]
    return out


def run(subject: Subject, check: str) -> None:
    """One check."""
    rows = subject.rows()
    if check.startswith("refuses "):
        with pytest.raises(MeasurementError) as refused:
            subject.fit(subject.broken[check.removeprefix("refuses ")](rows))
        assert all(problem.where and problem.what for problem in refused.value.problems)
        return
    numbers = np.array(subject.fit(rows), dtype=float)
    assert np.isfinite(numbers).all()
    if check == "no mutation":
        assert rows.equals(subject.rows())
        return
    if check == "row order":
        rows = rows.sample(fraction=1.0, shuffle=True, seed=7)
    elif check == "labels":
        rows = rows.with_columns(_renamed(rows[column]) for column in subject.labels)
    elif check == "another zero":
        rows = rows.with_columns(pl.col(subject.scored) + 100.0)
    elif check == "another unit":
        rows = rows.with_columns(pl.col(subject.scored) * 25.0)
    np.testing.assert_allclose(subject.fit(rows), numbers, rtol=subject.tolerance, atol=subject.tolerance)


def _renamed(column: pl.Series) -> pl.Series:
    """Other names, which sort otherwise."""
    distinct = column.unique().sort()
    order = np.random.default_rng(3).permutation(len(distinct))
    names = pl.Series([f"name {place:04d}" for place in order])
    return column.replace_strict(distinct, names, return_dtype=pl.String).alias(column.name)
