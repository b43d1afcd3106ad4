"""The generalizability study: variance components of ratings, whatever the pattern of who rated whom.

Source: Cronbach, Gleser, Nanda & Rajaratnam (1972), The Dependability of Behavioral Measurements; Brennan (2001),
Generalizability Theory, doi:10.1007/978-1-4757-3456-0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fairlead.science.measurement.generalizability.design import RESIDUAL, Layout, Merged, lay_out
from fairlead.science.measurement.generalizability.moments import henderson
from fairlead.science.measurement.problems import refusal

if TYPE_CHECKING:
    from fairlead.science.measurement.generalizability import arrow, reml

Array = NDArray[np.float64]
METHODS = ("reml", "moments")
FEW_LEVELS = 5
MOST_REST = 6000


@dataclass(frozen=True, slots=True)
class Component:
    """One source of variance. `variance` is the estimate of the study's method, `moments` Henderson's, which may be
    negative; `share` is of all components' sum, negative ones counted as zero."""

    name: str
    facets: frozenset[str]
    levels: int
    variance: float
    se: float | None  # None by moments, and on the edge
    share: float
    moments: float
    edge: bool  # estimated at zero by REML


@dataclass(frozen=True, slots=True)
class FacetEffect:
    """How far one level (a rater) lies from the mean, shrunken; `reliability` is 1 − error variance ÷ variance."""

    label: Any
    effect: float
    se: float
    ratings: int
    reliability: float


@dataclass(frozen=True, slots=True, eq=False)
class Predicted:
    """Effects of the levels of one component, with their error variances and the ratings behind them."""

    labels: tuple[Any, ...]
    effects: Array
    spread: Array
    ratings: NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class GStudy:
    """Variance components with all that a decision needs. `components` ends with the residual."""

    object: str
    facets: tuple[str, ...]
    nested: dict[str, frozenset[str]]
    components: tuple[Component, ...]
    covariance: Array  # of the components' variances; zeros where not known
    method: str
    mean: float
    mean_se: float | None
    deviance: float | None  # REML criterion, as lme4 gives it
    n: int
    converged: bool
    convergence: str
    merged: tuple[Merged, ...]
    missing: dict[str, int]
    warnings: tuple[str, ...]
    predicted: dict[str, Predicted] = field(repr=False)

    def component(self, name: str) -> Component:
        """By its name; the order of facets in it does not matter."""
        wanted = frozenset(name.split(":"))
        for one in self.components:
            if one.name == name or (one.name != RESIDUAL and one.facets == wanted):
                return one
        raise refusal("component", "no such component", repr(name), ", ".join(c.name for c in self.components))

    def effects(self, component: str) -> tuple[FacetEffect, ...]:
        """Predicted effects of the levels of a component, in the order of its labels; none by moments."""
        if component not in self.predicted:
            there = ", ".join(self.predicted) or "none (by moments)"
            raise refusal("component", "no effects of this", repr(component), there)
        variance, found = self.component(component).variance, self.predicted[component]
        rows = zip(found.labels, found.effects.tolist(), found.spread.tolist(), found.ratings.tolist(), strict=True)
        return tuple(
            FacetEffect(
                label=label,
                effect=effect,
                se=max(error, 0.0) ** 0.5,
                ratings=count,
                reliability=min(max(1 - error / variance, 0.0), 1.0) if variance > 0 else 0.0,
            )
            for label, effect, error, count in rows
        )


def g_study(
    data: Mapping[str, Any],
    *,
    score: str = "score",
    object: str = "person",
    facets: Sequence[str] = ("rater",),
    nested: Mapping[str, str | Sequence[str]] | None = None,
    components: Iterable[str] | None = None,
    method: str = "reml",
) -> GStudy:
    """Estimate where the variance of ratings comes from.

    For ratings of teachers by raters on occasions by items, in any pattern: crossed or nested, unbalanced, with holes.
    Not for one rating each (nothing can be told apart), nor with one rater (nothing is known of other raters: leave the
    facet out, and the result holds for this rater only).

    Parameters
    ----------
    data : columns by name, a rating a row; a dict of sequences, or a frame. Rows that lack anything are left out, counted.
    score : the column of numbers.
    object : what is to be told apart, as the teacher; random.
    facets : columns of raters, occasions, items …, any of them; taken as drawn from many.
    nested : facet: what it lies in, as {"visit": ("teacher", "rater")} where each visit is of one teacher by one rater.
        Labels may then repeat in each.
    components : names as "teacher:rater" of those to estimate; the rest goes into the residual. None: all that the ratings
        allow, but for those of which nine in ten cells hold a single rating.
    method : "reml" (normal, components at least zero, with errors) or "moments" (Henderson's method I: nothing assumed of
        distributions, quick, components may come out negative, no errors).

    Returns
    -------
    GStudy

    Raises
    ------
    MeasurementError
        Columns missing, a facet with one level, no replication, components that cannot be told apart, or so many raters
        and items that REML is out of reach (then: moments, or fewer components).

    Notes
    -----
    score = mean + an independent effect for each level of each component + residual. REML's estimates do not depend on
    distributions in large samples, its errors do. In balanced data both methods give the analysis of variance's numbers
    where none is negative.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> teacher, rater = np.repeat(np.arange(50), 6), np.tile(np.arange(6), 50)
    >>> score = 3 + rng.normal(size=50)[teacher] + 0.5 * rng.normal(size=6)[rater] + rng.normal(size=300)
    >>> study = g_study({"teacher": teacher, "rater": rater, "score": score}, object="teacher", facets=["rater"])
    >>> [(one.name, round(one.variance, 2)) for one in study.components]
    [('teacher', 0.63), ('rater', 0.15), ('residual', 0.89)]
    """
    if method not in METHODS:
        raise refusal("method", "unknown method", repr(method), ", ".join(METHODS))
    layout = lay_out(data, score=score, object=object, facets=facets, nested=nested, components=components)
    centre, scale = float(layout.y.mean()), float(layout.y.std())
    if scale <= 1e-12 * max(1.0, abs(centre)):
        raise refusal(
            score, "all ratings are the same, so there is no variance to divide", f"{layout.y[0]:g} throughout"
        )
    y = (layout.y - centre) / scale
    moments = henderson(y, layout.codes, layout.names)
    unit = scale**2
    if method == "moments":
        return _result(layout, moments * unit, moments * unit, None, method, centre, scale)
    from fairlead.science.measurement.generalizability import reml  # compiled loops, which moments do not need

    solution = reml.fit(_arrow(layout, y), moments)
    return _result(layout, solution.variances * unit, moments * unit, solution, method, centre, scale)


def _arrow(layout: Layout, y: Array) -> arrow.Arrow:
    """Cross-products, eliminated by the facet that leaves least to do."""
    from fairlead.science.measurement.generalizability import arrow

    best: tuple[float, int, str] | None = None
    for facet in (layout.object, *layout.facets):
        if facet not in layout.names:
            continue
        blocks = layout.levels[layout.names.index(facet)]
        cost, rest = arrow.work(layout.levels, layout.sets, facet, blocks)
        if rest <= MOST_REST and (best is None or cost < best[0]):
            best = (cost, rest, facet)
    if best is None:
        raise refusal(
            "components",
            "too many effects lie across every facet for restricted maximum likelihood",
            ", ".join(f"{name} {count:,}" for name, count in zip(layout.names, layout.levels, strict=True)),
            f"at most {MOST_REST:,} that do not contain one of the facets",
            "use method='moments', or name fewer components",
        )
    facet = best[2]
    inside = [i for i, key in enumerate(layout.sets) if facet in key]
    block = layout.touching(facet)
    assert block is not None
    return arrow.build(y, layout.codes, inside, block)


def _result(
    layout: Layout,
    variances: Array,
    moments: Array,
    solution: reml.Solution | None,
    method: str,
    centre: float,
    scale: float,
) -> GStudy:
    names, sets = (*layout.names, RESIDUAL), (*layout.sets, layout.residual)
    levels = (*layout.levels, layout.y.size)
    edge = (*solution.edge, False) if solution else (False,) * len(names)
    covariance = solution.covariance * scale**4 if solution else np.zeros((len(names),) * 2)
    total = float(np.maximum(variances, 0).sum())
    found = tuple(
        Component(
            name=names[i],
            facets=sets[i],
            levels=levels[i],
            variance=float(variances[i]),
            se=float(np.sqrt(max(covariance[i, i], 0.0))) if solution and not edge[i] else None,
            share=float(max(variances[i], 0.0) / total),
            moments=float(moments[i]),
            edge=edge[i],
        )
        for i in range(len(names))
    )
    predicted = {}
    if solution:
        for i, name in enumerate(layout.names):
            effects, spread = solution.effects[i] * scale, solution.effect_variances[i] * scale**2
            predicted[name] = Predicted(layout.labels[name], effects, spread, np.bincount(layout.codes[i]))
    covariance.flags.writeable = False
    return GStudy(
        object=layout.object,
        facets=layout.facets,
        nested=layout.nested,
        components=found,
        covariance=covariance,
        method=method,
        mean=centre + solution.mean * scale if solution else centre,
        mean_se=solution.mean_se * scale if solution else None,
        deviance=solution.deviance + 2 * (layout.y.size - 1) * float(np.log(scale)) if solution else None,
        n=layout.y.size,
        converged=solution.convergence.converged if solution else True,
        convergence=solution.convergence.message if solution else "in closed form",
        merged=layout.merged,
        missing=layout.missing,
        warnings=_warnings(layout, found, solution),
        predicted=predicted,
    )


def _warnings(layout: Layout, found: tuple[Component, ...], solution: reml.Solution | None) -> tuple[str, ...]:
    notes = []
    if solution and not solution.convergence.converged:
        notes.append(f"the search did not end: {solution.convergence.message}")
    for one in found:
        if one.edge:
            below = (
                f"the method of moments gives {one.moments:.4g}" if one.moments < 0 else "by moments it is small, too"
            )
            notes.append(f"{one.name}: estimated at zero, its lowest possible value ({below})")
        elif solution is None and one.variance < 0:
            notes.append(
                f"{one.name}: the estimate is negative ({one.variance:.4g}): near zero, or not to be told here"
            )
    for one in found[:-1]:
        if len(one.facets) == 1 and one.levels < FEW_LEVELS:
            notes.append(f"{one.name}: {one.levels} levels say little of how much such differ")
    for merged in layout.merged:
        notes.append(f"{merged.into} contains {', '.join(merged.names)}: these ratings cannot tell them apart")
    if layout.missing:
        notes.append("left out: " + ", ".join(f"{count} with {reason}" for reason, count in layout.missing.items()))
    return tuple(notes)
