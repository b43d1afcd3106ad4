"""What every estimator must hold, run by each one's tests.

SUBJECT = battery.Subject(rows=…, fit=…, outcome="y", labels=("school",), broken={"no treated": …})

@pytest.mark.parametrize("check", battery.checks(SUBJECT))
def test_battery(check): battery.run(SUBJECT, check)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pytest

from fairlead.science.impact import ImpactError

SCALE = 1000.0


@dataclass(frozen=True)
class Subject:
    """An estimator as the battery sees it.

    rows: the data it works on. fit: from rows to numbers, all of them in the unit of the outcome (an estimate, its
    error), so that they scale with it. labels: columns whose values are mere names. broken: how to break the rows, and
    that must be refused as an ImpactError; the usual ones are "one cluster", "no treated", "constant outcome", "all
    missing", "collinear". shift: whether adding a constant to the outcome leaves the numbers as they are. scaled:
    further columns in the outcome's unit.
    """

    rows: Callable[[], pl.DataFrame]
    fit: Callable[[pl.DataFrame], tuple[float, ...]]
    outcome: str
    labels: tuple[str, ...] = ()
    broken: Mapping[str, Callable[[pl.DataFrame], pl.DataFrame]] = field(default_factory=dict)
    shift: bool = True
    scaled: tuple[str, ...] = ()
    tolerance: float = 1e-8


def checks(subject: Subject) -> list[str]:
    """The names of what is checked."""
    usual = ["row order", "relabelling", "scaling", "no mutation"]
    return [*usual, *(["shifting"] if subject.shift else []), *(f"refuses {name}" for name in subject.broken)]


def run(subject: Subject, check: str) -> None:
    """One check."""
    rows = subject.rows()
    if check.startswith("refuses "):
        with pytest.raises(ImpactError):
            subject.fit(subject.broken[check.removeprefix("refuses ")](rows))
        return
    numbers = np.array(subject.fit(rows), dtype=float)
    if check == "no mutation":
        assert rows.equals(subject.rows())
        return
    factor = 1.0
    if check == "row order":
        rows = rows.sample(fraction=1.0, shuffle=True, seed=7)
    elif check == "relabelling":
        for column in subject.labels:
            rows = rows.with_columns(_renamed(rows[column]))
    elif check == "scaling":
        factor = SCALE
        rows = rows.with_columns(pl.col(column) * factor for column in (subject.outcome, *subject.scaled))
    elif check == "shifting":
        rows = rows.with_columns(pl.col(subject.outcome) + 100.0)
    again = np.array(subject.fit(rows), dtype=float)
    np.testing.assert_allclose(again, numbers * factor, rtol=subject.tolerance, atol=subject.tolerance * factor)


def _renamed(column: pl.Series) -> pl.Series:
    """Other names in another order, null where it was null."""
    distinct = column.drop_nulls().unique().sort()
    order = np.random.default_rng(3).permutation(len(distinct))
    names = pl.Series([f"name {place}" for place in order])
    return column.replace_strict(distinct, names, default=None, return_dtype=pl.String).alias(column.name)
