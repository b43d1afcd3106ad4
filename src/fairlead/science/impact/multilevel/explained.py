"""Questions to a fit that need no second look at the rows: group effects, intraclass correlations, variance explained.

Sources
-------
Empirical Bayes and reliability: Raudenbush & Bryk (2002), Hierarchical Linear Models, eqs. 3.56–3.59.
Variance explained by level: the same, eqs. 4.20 and 4.21.
Marginal and conditional R²: Nakagawa & Schielzeth (2013), doi:10.1111/j.2041-210x.2012.00261.x; with slopes, Johnson
(2014), doi:10.1111/2041-210X.12225.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fairlead.science.impact.moments import INTERCEPT, Design
from fairlead.science.impact.problems import EstimationError, Problem

if TYPE_CHECKING:
    from fairlead.science.impact.multilevel.result import MultilevelFit

RESIDUAL = "residual"


@dataclass(frozen=True, slots=True)
class LevelShare:
    """One level's variance without any covariate, and with the fixed part of the model.

    `icc` is the level's share of the variance without covariates: the intraclass correlation. `explained` is the share of
    that level's variance that the fixed part takes away; it can be negative (a covariate that varies between and within
    groups), which says that the levels were confounded, not that something went wrong.
    """

    group: str  # the group, or "residual"
    without: float
    with_fixed: float
    icc: float
    explained: float | None  # None when there is no variance to explain


@dataclass(frozen=True, slots=True)
class Explained:
    """Variance by level, from two fits with random intercepts to the same rows: with and without the fixed part."""

    levels: tuple[LevelShare, ...]  # groups from the inside out, then the residual
    marginal: float  # R² of the fixed part, of the whole model
    conditional: float  # R² of the fixed and the random part
    converged: bool  # both auxiliary fits

    def level(self, group: str) -> LevelShare:
        """One level by its label."""
        return next(share for share in self.levels if share.group == group)


def group_effects(fit: MultilevelFit, group: str | None = None) -> pl.DataFrame:
    """Empirical-Bayes estimates of each group's effects, one row for each group and term.

    Parameters
    ----------
    fit : a fitted model.
    group : the label of the level, as in `fit.groups`; the innermost if none is given.

    Returns
    -------
    polars.DataFrame
        The group's keys; `n` rows; `term`; `effect`, the deviation from the fixed effect, shrunken, in native units;
        `se`, its conditional standard deviation (what is not known of the fixed effects is not in it); `reliability`,
        1 − se² ÷ variance: how much of a deviation that the group alone would show is kept. 0 keeps nothing.

    Notes
    -----
    Estimates for ranking would need more: shrunken effects have too little spread, and neighbours in rank are rarely
    distinguishable.
    """
    state = fit.state
    levels = state.layout.levels
    labels = [level.label for level in levels]
    chosen = labels[0] if group is None else group
    if chosen not in labels:
        raise EstimationError([Problem("group", "the model has no such group", chosen, ", ".join(labels))])
    place = labels.index(chosen)
    level = levels[place]
    c = np.append(-state.point.beta, 1.0)
    means, spread = state.pieces.effects(state.point.theta, c)[place]
    unit = state.layout.outcome_scale
    sigma2 = fit.residual_variance
    effects = means @ level.back.T * unit
    variance = np.einsum("ij,gjk,lk->gil", level.back, spread, level.back, optimize=True) * sigma2
    lam = level.back @ state.shape.factors(state.point.theta)[place]
    prior = np.diag(lam @ lam.T) * sigma2
    own = state.moments.by(*dict.fromkeys(c for outer in reversed(levels[place:]) for c in outer.columns))
    keys = own.keys.with_columns(pl.Series("n", own.counts))
    tables = []
    for j, name in enumerate(level.names):
        left = np.clip(variance[:, j, j], 0.0, None)
        reliability = np.clip(1 - left / prior[j], 0.0, 1.0) if prior[j] > 0 else np.zeros(left.size)
        tables.append(
            keys.with_columns(
                pl.lit(name).alias("term"),
                pl.Series("effect", effects[:, j]),
                pl.Series("se", np.sqrt(left)),
                pl.Series("reliability", reliability),
            )
        )
    return pl.concat(tables)


def explained(fit: MultilevelFit) -> Explained:
    """Intraclass correlations, R² by level, marginal and conditional R².

    Notes
    -----
    The levels come from two further fits to the same moments with random intercepts only, with and without the fixed
    part, as Raudenbush and Bryk advise: with random slopes a level's variance depends on where one looks.
    """
    from fairlead.science.impact.multilevel.model import multilevel_from_moments

    state = fit.state
    reml = fit.criterion == "REML"
    parts = {frozenset(part.group): replace(part, terms=((),)) for part in state.design.formula.random}
    plain = replace(
        state.design,
        formula=replace(state.design.formula, random=tuple(parts.values())),
        random=tuple((INTERCEPT,) for _ in parts),
    )
    empty: Design = replace(plain, fixed=(INTERCEPT,))
    full = multilevel_from_moments(state.moments, plain, reml=reml)
    null = multilevel_from_moments(state.moments, empty, reml=reml)
    names = [level.label for level in state.layout.levels]
    without = [null.variance(name, INTERCEPT) for name in names] + [null.residual_variance]
    with_fixed = [full.variance(name, INTERCEPT) for name in names] + [full.residual_variance]
    total = sum(without)
    marginal, conditional = _whole(fit)
    return Explained(
        levels=tuple(
            LevelShare(name, before, after, before / total, 1 - after / before if before > 1e-12 * total else None)
            for name, before, after in zip([*names, RESIDUAL], without, with_fixed, strict=True)
        ),
        marginal=marginal,
        conditional=conditional,
        converged=full.converged and null.converged,
    )


def _whole(fit: MultilevelFit) -> tuple[float, float]:
    """Marginal and conditional R²."""
    state = fit.state
    layout, total, n = state.layout, state.moments.total, state.moments.n
    direction = layout.fixed.basis @ state.point.beta * layout.outcome_scale
    second = direction @ total @ direction / n
    fixed = float(second - (total[0] @ direction / n) ** 2)
    random = 0.0
    for level, lam in zip(layout.levels, state.shape.factors(state.point.theta), strict=True):
        random += float(np.trace(lam.T @ level.basis.T @ total @ level.basis @ lam)) / n * fit.residual_variance
    whole = fixed + random + fit.residual_variance
    return fixed / whole, (fixed + random) / whole
