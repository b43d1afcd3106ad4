"""What a multilevel model found, with everything that is needed to judge it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.moments import Left, Origin
from fairlead.science.impact.multilevel.newton import Convergence
from fairlead.science.impact.printed import Printed

if TYPE_CHECKING:
    import polars as pl

    from fairlead.science.impact.multilevel.explained import Explained
    from fairlead.science.impact.multilevel.model import State

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class FixedEffect:
    """A coefficient in native units, with its error and the degrees of freedom of its t."""

    term: str
    estimate: float
    se: float
    df: float
    t: float
    p: float


@dataclass(frozen=True, slots=True)
class RandomCovariance:
    """A variance (`term1` is `term2`) or covariance of effects of one kind of group, in native units."""

    group: str
    term1: str
    term2: str
    covariance: float
    correlation: float | None  # of two effects; None for a variance, and where one of them does not vary


@dataclass(frozen=True, slots=True)
class Boundary:
    """Effects whose covariance matrix is singular: an estimate on the edge of what is possible."""

    group: str
    terms: tuple[str, ...]
    rank: int
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class MultilevelFit(Printed):
    """A fitted multilevel model. `value` is −2 log likelihood, restricted under REML, as lme4 reports it."""

    formula: str
    criterion: str  # "REML" or "ML"
    value: float
    fixed: tuple[FixedEffect, ...]
    covariance: Array  # (p, p) of the fixed effects
    random: tuple[RandomCovariance, ...]
    residual_variance: float
    n: int
    groups: dict[str, int]
    df_method: str
    boundary: tuple[Boundary, ...]
    convergence: Convergence
    differing: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...]
    left: tuple[Left, ...]
    origins: tuple[Origin, ...]
    state: State = field(repr=False)

    @property
    def converged(self) -> bool:
        return self.convergence.converged

    @property
    def singular(self) -> bool:
        """Whether the fit is on the boundary."""
        return bool(self.boundary)

    def term(self, name: str) -> FixedEffect:
        """One fixed effect by its name."""
        return next(effect for effect in self.fixed if effect.term == name)

    def variance(self, group: str, term1: str, term2: str | None = None) -> float:
        """One variance or covariance."""
        wanted = {term1, term2 or term1}
        return next(c.covariance for c in self.random if c.group == group and {c.term1, c.term2} == wanted)

    def group_effects(self, group: str | None = None) -> pl.DataFrame:
        """Empirical-Bayes estimates: see `explained.group_effects`."""
        from fairlead.science.impact.multilevel.explained import group_effects

        return group_effects(self, group)

    def explained(self) -> Explained:
        """Intraclass correlations and the variance explained at each level: see `explained.explained`."""
        from fairlead.science.impact.multilevel.explained import explained

        return explained(self)

    def record(self) -> dict[str, Any]:
        """For JSON. The names that others rely on come first."""
        return {
            "criterion": self.criterion,
            "value": self.value,
            "fixed": [
                {"term": f.term, "estimate": f.estimate, "se": f.se, "df": f.df, "p": f.p, "t": f.t}
                for f in self.fixed
            ],
            "random": [
                {
                    "group": c.group,
                    "term1": c.term1,
                    "term2": c.term2,
                    "covariance": c.covariance,
                    "correlation": c.correlation,
                }
                for c in self.random
            ],
            "residual_variance": self.residual_variance,
            "n": self.n,
            "groups": self.groups,
            "converged": self.converged,
            "singular": self.singular,
            "boundary": [
                {"group": b.group, "terms": list(b.terms), "rank": b.rank, "text": b.text} for b in self.boundary
            ],
            "df_method": self.df_method,
            "convergence": {
                "message": self.convergence.message,
                "iterations": self.convergence.iterations,
                "evaluations": self.convergence.evaluations,
                "gradient": self.convergence.gradient,
                "decrement": self.convergence.decrement,
                "hessian": list(self.convergence.hessian),
                "slope": self.convergence.slope,
            },
            "warnings": list(self.warnings),
            "left_out": [{"column": gone.column, "rows": gone.rows} for gone in self.left],
            "formula": self.formula,
            "origins": [{"source": o.source, "engine": o.engine, "rows": o.rows} for o in self.origins],
        }

    def __str__(self) -> str:
        """The table for people."""
        from fairlead.science.impact.multilevel.table import table

        return table(self)
