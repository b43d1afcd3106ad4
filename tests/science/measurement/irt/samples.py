"""Answers for tests: simulated, and the real ones that are read in place."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from fairlead.science.measurement.irt import Responses, responses, responses_from_long
from tests.plugins.skips import needs_data

REFERENCES = Path(__file__).parent / "references"
LEVELS = {"no": 0, "perhaps": 1, "yes": 2}


def reference(source: str, data: str) -> dict[str, tuple[float, float | None]]:
    """Value and error by name, as `references/rasch.R` wrote them."""
    with (REFERENCES / "rasch.csv").open(encoding="utf-8") as rows:
        return {
            row["name"]: (float(row["value"]), float(row["error"]) if row["error"] else None)
            for row in csv.DictReader(rows)
            if (row["source"], row["data"]) == (source, data)
        }


def table(name: str) -> Responses:
    """A file of persons by items."""
    found = pl.read_csv(needs_data("eval", name))
    return responses(found.to_numpy(), items=found.columns)


def verbal(column: str, codes: dict[str, int]) -> Responses:
    """Verbal aggression, which stands one answer below the other."""
    rows = pl.read_csv(needs_data("eval", "verbagg_lme4.csv"))
    return responses_from_long(rows["id"].to_list(), rows["item"].to_list(), [codes[value] for value in rows[column]])


def simulated(
    rng: np.random.Generator,
    persons: int,
    items: int,
    *,
    levels: int = 2,
    family: str = "steps",
    mean: float = 0.0,
    missing: float = 0.0,
    slopes: bool = True,
) -> tuple[Responses, NDArray[np.float64], NDArray[np.float64]]:
    """Answers, slopes (items,) and intercepts (items, levels − 1). By formulas of its own, not the package's."""
    a = rng.uniform(0.7, 1.8, items) if slopes else np.ones(items)
    b = np.sort(rng.normal(0, 1, (items, levels - 1)) + np.linspace(-1, 1, levels - 1), axis=1)
    d = -a[:, None] * b
    theta = rng.normal(mean, 1, persons)
    eta = a[:, None] * theta[:, None, None] + d  # (persons, items, levels − 1)
    if family == "cumulative":
        found = (rng.random((persons, items, 1)) < 1 / (1 + np.exp(-eta))).sum(axis=2)
    else:
        powers = np.exp(np.concatenate([np.zeros((persons, items, 1)), np.cumsum(eta, axis=2)], axis=2))
        below = np.cumsum(powers / powers.sum(axis=2, keepdims=True), axis=2)[..., :-1]
        found = (rng.random((persons, items, 1)) > below).sum(axis=2)
    found[rng.random(found.shape) < missing] = -1
    return responses(found), a, d
