"""What a regression on moments found, with everything that is needed to judge it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from fairlead.science.impact.moments import Left, Origin
from fairlead.science.impact.printed import Printed
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.sandwich import cr2
from fairlead.science.impact.regression.working import Working

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient, or a combination of some, in native units; `low` and `high` are its 95 % interval."""

    term: str
    estimate: float
    se: float
    df: float
    t: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What further questions need, without a look at the rows."""

    working: Working
    b: Array  # (p,) in working units
    bread: Array  # (p, p)
    outcome: str

    def facing(self, *places: int) -> State:
        """The same in coordinates of `Working.facing`."""
        working, turn = self.working.facing(*places)
        return State(working, turn @ self.b, turn @ self.bread @ turn.T, self.outcome)


@dataclass(frozen=True, slots=True, eq=False)
class RegressionFit(Printed):
    """A regression. `errors` says which, `cluster` and `absorb` by which columns."""

    formula: str
    errors: str
    cluster: tuple[str, ...]
    absorb: tuple[str, ...]
    coefficients: tuple[Coefficient, ...]
    covariance: Array  # (p, p) in native units
    n: int
    rank: int  # columns and absorbed effects
    clusters: int | None
    small_sample: str
    residual_variance: float
    r2: float  # within the fixed effects, if there are any
    warnings: tuple[str, ...]
    left: tuple[Left, ...]
    origins: tuple[Origin, ...]
    state: State = field(repr=False)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(coefficient.term for coefficient in self.coefficients)

    def term(self, name: str) -> Coefficient:
        """One coefficient by its name."""
        return self.coefficients[self.place(name)]

    def place(self, name: str) -> int:
        """Where the coefficient stands."""
        if name not in self.names:
            raise EstimationError(
                [Problem("term", "the model has no such term", name, ", ".join(self.names), "name one of them")]
            )
        return self.names.index(name)

    def contrast(self, weights: ArrayLike, name: str = "contrast") -> Coefficient:
        """A combination Σ weights·coefficients, with its error and its own degrees of freedom.

        Parameters
        ----------
        weights : (p,) in the order of `coefficients`.
        name : what to call it.
        """
        c = np.asarray(weights, dtype=float)
        if c.shape != (len(self.coefficients),):
            raise EstimationError(
                [Problem("weights", "one weight for each coefficient", f"shape {c.shape}", f"({len(self.names)},)")]
            )
        estimate = float(c @ np.array([coefficient.estimate for coefficient in self.coefficients]))
        se = float(np.sqrt(c @ self.covariance @ c))
        if self.errors == "CR2":
            working = self.state.working
            df = float(cr2(working, self.state.b, self.state.bread, c[None, :] @ working.back)[1][0])
        else:
            df = self.coefficients[0].df
        return coefficient(name, estimate, se, df)

    def record(self) -> dict[str, Any]:
        """Plain values for JSON, in the shape of the command's answer."""
        return {
            "criterion": "OLS",
            "value": self.residual_variance * (self.n - self.rank),
            "formula": self.formula,
            "errors": self.errors,
            "cluster": list(self.cluster),
            "absorb": list(self.absorb),
            "small_sample": self.small_sample,
            "fixed": [
                {
                    "term": c.term,
                    "estimate": c.estimate,
                    "se": c.se,
                    "df": c.df,
                    "t": c.t,
                    "p": c.p,
                    "low": c.low,
                    "high": c.high,
                }
                for c in self.coefficients
            ],
            "random": [],
            "residual_variance": self.residual_variance,
            "r2": self.r2,
            "n": self.n,
            "groups": {} if self.clusters is None else {":".join(self.cluster): self.clusters},
            "converged": True,
            "warnings": list(self.warnings),
            "left": [{"column": item.column, "rows": item.rows} for item in self.left],
            "origins": [{"source": o.source, "engine": o.engine, "rows": o.rows} for o in self.origins],
        }

    def __str__(self) -> str:
        from fairlead.science.impact.regression.table import table

        return table(self)


def coefficient(term: str, estimate: float, se: float, df: float) -> Coefficient:
    """With its t, p and 95 % interval."""
    t = estimate / se
    half = float(stats.t.ppf(0.975, df)) * se
    return Coefficient(term, estimate, se, df, t, float(2 * stats.t.sf(abs(t), df)), estimate - half, estimate + half)
