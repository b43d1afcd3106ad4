"""A matched comparison: who is compared with whom, with what weight, who was left out and why, and how balanced it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.matching.balance import Balance
from fairlead.science.impact.matching.entropy import Balancing
from fairlead.science.impact.matching.score import Score
from fairlead.science.impact.matching.units import Units
from fairlead.science.impact.notices import Notice
from fairlead.science.impact.printed import Printed
from fairlead.science.impact.record import to_plain
from fairlead.science.impact.sample import Count, Dropped

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

REASONS = {
    "missing": "lacks a value",
    "off_support": "off the common support of the score",
    "no_exact_partner": "nobody of the other arm has the same exact values",
    "outside_caliper": "everybody of the other arm is outside the caliper",
    "no_partner_left": "those within reach were already taken",
    "not_chosen": "was nobody's nearest",
    "group_outside_caliper": "its group found no group within the caliper",
    "no_group_left": "its group found no group that was still free",
    "group_not_chosen": "its group was no group's nearest",
}


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Printed):
    """What matching or weighting made of the rows. Row numbers count from 0 in the data as read.

    Attributes
    ----------
    method : "nearest", "mahalanobis", "cem", "ebal" or "ipw".
    estimand : "ATT" (average over the treated that are kept) or "ATE".
    treatment, on, settings : the question and every choice that was made, also by default: its provenance.
    source, read : where the rows come from, and how many were read.
    rows, treated, weights, subclass : (n,) each complete row; weight 0 and subclass −1 where it was left out. Weights
        average one over the kept rows of each arm. Without replacement a subclass is a pair (a set of k:1, a cell).
    score : (n,) the propensity score, where one was estimated.
    pairs, distances : (p, 2) treated row and control row; (p,) how far apart, in the unit of the method.
    ties : how often several were equally near, so that the rule for ties chose (notes of `match`).
    dropped : rows that left, by reason (`REASONS`) and arm, in the order in which the reasons apply.
    balance : each covariate before and after.
    effective : rows of each arm that the weights are worth.
    groups : set of whole groups of each row, when groups were matched first (−1: none), else None.
    group_pairs : these sets by name, with their distance.
    notices : what must be known.
    """

    method: str
    estimand: str
    treatment: str
    on: str
    settings: tuple[tuple[str, Any], ...]
    source: str
    read: int
    rows: NDArray[np.int64]
    treated: NDArray[np.bool_]
    weights: Array
    subclass: Codes
    score: Array | None
    pairs: NDArray[np.int64]
    distances: Array
    ties: int
    dropped: tuple[Dropped, ...]
    balance: tuple[Balance, ...]
    effective: tuple[float, float]
    groups: Codes | None
    group_pairs: tuple[tuple[str, str, float], ...]
    notices: tuple[Notice, ...]
    units: Units
    fitted: Score | Balancing | None

    def __post_init__(self) -> None:
        for array in (self.rows, self.treated, self.weights, self.subclass, self.pairs, self.distances):
            array.flags.writeable = False

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(n,) whether the row has weight."""
        return self.weights > 0

    @property
    def complete(self) -> Count:
        """Rows with all values."""
        return Count(int(self.treated.sum()), int((~self.treated).sum()))

    @property
    def compared(self) -> Count:
        """Rows that have weight."""
        return Count(int((self.kept & self.treated).sum()), int((self.kept & ~self.treated).sum()))

    def choice(self, name: str) -> Any:
        """One of the settings."""
        return dict(self.settings)[name]

    def standing(self, when: str = "after") -> str:
        """Baseline equivalence of all covariates by the standards: "satisfied", "adjust" or "fails", the worst of them."""
        found = {getattr(b, when).standing for b in self.balance if b.kind != "score"}
        return next((kind for kind in ("fails", "adjust") if kind in found), "satisfied")

    def worst(self, when: str = "after") -> float:
        """The greatest absolute effect size of a covariate, as the standards measure it, "before" or "after"."""
        gaps = [getattr(b, when).effect for b in self.balance if b.kind != "score"]
        return max((abs(g) for g in gaps if g is not None), default=0.0)

    def __str__(self) -> str:
        from fairlead.science.impact.matching.show import as_text

        return as_text(self)

    def record(self, *, rows: bool = True) -> dict[str, Any]:
        """Everything as plain values; without `rows`, only what describes the whole."""
        compared, complete = self.compared, self.complete
        found: dict[str, Any] = {
            "method": self.method,
            "estimand": self.estimand,
            "treatment": self.treatment,
            "on": self.on,
            "settings": to_plain(dict(self.settings)),
            "source": self.source,
            "read": self.read,
            "complete": {"treated": complete.intervention, "control": complete.comparison},
            "matched": {"treated": compared.intervention, "control": compared.comparison},
            "effective": {"treated": self.effective[0], "control": self.effective[1]},
            "ties": self.ties,
            "dropped": [
                {
                    "reason": d.reason,
                    "column": d.column,
                    "treated": d.intervention,
                    "control": d.comparison,
                    "neither": d.other,
                }
                for d in self.dropped
            ],
            "balance": [to_plain(b) | {"standing": b.after.standing} for b in self.balance],
            "notices": [to_plain(n) for n in self.notices],
        }
        if self.group_pairs:
            found["groups"] = [{"treated": a, "control": b, "distance": d} for a, b, d in self.group_pairs]
        if rows:
            if self.pairs.size:
                found["pairs"] = [
                    {"treated": int(t), "control": int(c), "distance": float(d)}
                    for (t, c), d in zip(self.pairs, self.distances, strict=True)
                ]
            kept = self.kept
            found["weights"] = [
                {"row": int(r), "treated": bool(t), "weight": float(w)} | ({"subclass": int(s)} if s >= 0 else {})
                for r, t, w, s in zip(
                    self.rows[kept], self.treated[kept], self.weights[kept], self.subclass[kept], strict=True
                )
            ]
        return found


def merged(dropped: Sequence[Dropped]) -> tuple[Dropped, ...]:
    """Those that lost somebody."""
    return tuple(d for d in dropped if d.n)
