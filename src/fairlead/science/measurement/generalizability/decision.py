"""The decision study: how exact a score would be with other numbers of raters, visits and items.

Source: Brennan (2001), Generalizability Theory, sections 1.2 and 4.1 (error variances), 4.3 (fixed facets); the needed
reliabilities: Nunnally & Bernstein (1994), Psychometric Theory, pp. 264-265.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fairlead.science.measurement.generalizability.design import RESIDUAL, closure
from fairlead.science.measurement.generalizability.study import GStudy
from fairlead.science.measurement.problems import MeasurementError, Problem, refusal

Array = NDArray[np.float64]
COEFFICIENTS = ("phi", "rho2")


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its interval by the delta method on log(signal ÷ noise); None where the errors are not known."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Decision:
    """A design of measurement and how exact its scores are.

    `rho2` (Eρ²) is for putting people in order, `phi` (Φ) for how far a score is from where it would be with endless visits,
    raters and items; the errors are in points of the score.
    """

    sizes: dict[str, int]
    universe: float  # variance of universe scores
    relative: float  # relative error variance σ²(δ)
    absolute: float  # absolute error variance σ²(Δ)
    rho2: Coefficient
    phi: Coefficient
    parts: dict[str, float]  # of the absolute error, by component
    level: float
    zeroed: tuple[str, ...]  # negative components that were counted as zero here

    @property
    def relative_error(self) -> float:
        """Standard error of a score compared with others' of the same raters, visits and items."""
        return float(np.sqrt(self.relative))

    @property
    def absolute_error(self) -> float:
        """Standard error of a score taken by itself."""
        return float(np.sqrt(self.absolute))


@dataclass(frozen=True, slots=True)
class Use:
    """What a score is used for, and the coefficient that this needs."""

    name: str
    wanted: float
    coefficient: str = "phi"


#: Nunnally & Bernstein (1994): 0.70 will do in the early stages of research on groups, 0.80 for research with correlations,
#: and decisions about single people need 0.90 at the least, better 0.95.
USES = (
    Use("describing groups, early research", 0.70, "rho2"),
    Use("comparing people in research", 0.80, "rho2"),
    Use("a decision about one person", 0.90, "phi"),
)


@dataclass(frozen=True, slots=True)
class Needed:
    """The smallest number that reaches the wanted coefficient; None where none does, and then `limit` says why not."""

    facet: str
    coefficient: str
    wanted: float
    n: int | None
    reached: Decision | None
    limit: float  # the coefficient with endlessly many
    text: str
    use: str = ""


def decide(
    study: GStudy,
    sizes: Mapping[str, int],
    *,
    nested: Mapping[str, str | Sequence[str]] | None = None,
    fixed: Iterable[str] = (),
    level: float = 0.95,
) -> Decision:
    """How exact a mean score over so many raters, visits and items would be.

    Parameters
    ----------
    study : of which components are used. Negative ones count as zero, and that is told in `zeroed`.
    sizes : facet: how many of them each object is measured with (within each of what it is nested in).
    nested : how the facets will lie in one another, where that differs from the study: {"rater": "visit"} for another
        rater at each visit. A facet that was nested in the study stays so.
    fixed : facets that will always be the very same, as the items of one rubric: what they do to the object counts as
        belonging to its score.
    level : float

    Returns
    -------
    Decision

    Raises
    ------
    MeasurementError
        A facet without a size, a size below 1, no variance between objects.

    Notes
    -----
    Each component is divided by the number of its levels that a score averages over. Those with the object, or of facets that
    lie in it, are relative error; all but the object's own are absolute error. So where each teacher is seen by raters of her
    own, how severe they are does not cancel when teachers are compared.

    Examples
    --------
    See `g_study`; with its `study`, ``decide(study, {"rater": 3}).phi.value``.
    """
    names = set(study.facets)
    fixed = frozenset(fixed)
    problems = [
        Problem("sizes", "no size for a facet", f, "a whole number from 1 up") for f in study.facets if f not in sizes
    ]
    problems += [Problem("sizes", "no such facet", f, ", ".join(study.facets)) for f in sizes if f not in names]
    problems += [
        Problem("sizes", "a score averages over one or more", f"{f} = {n}") for f, n in sizes.items() if n < 1
    ]
    problems += [Problem("fixed", "no such facet", f, ", ".join(study.facets)) for f in fixed - names]
    if problems:
        raise MeasurementError(problems)
    above = {facet: study.nested[facet] for facet in study.facets}
    for facet, parents in (nested or {}).items():
        if facet not in names:
            raise refusal("nested", "no such facet", repr(facet), ", ".join(study.facets))
        above[facet] = above[facet] | frozenset([parents] if isinstance(parents, str) else parents)
    for _ in study.facets:  # what lies in a visit lies in all that the visit lies in
        above = {
            facet: own.union(*(above.get(parent, own) for parent in own)) - {facet} for facet, own in above.items()
        }
    counts = {facet: float(size) for facet, size in sizes.items()}
    return _decision(study, counts, above, fixed, level)


def needed(
    study: GStudy,
    facet: str,
    wanted: float,
    *,
    sizes: Mapping[str, int],
    coefficient: str = "phi",
    nested: Mapping[str, str | Sequence[str]] | None = None,
    fixed: Iterable[str] = (),
    most: int = 1000,
) -> Needed:
    """The smallest number of one facet, as of visits, that reaches a wanted coefficient.

    Parameters
    ----------
    study, nested, fixed : as for `decide`.
    facet : what there can be more of.
    wanted : between 0 and 1.
    sizes : the numbers of the other facets.
    coefficient : "phi" (a score by itself) or "rho2" (people in order).
    most : numbers above this count as not reachable.

    Returns
    -------
    Needed
        With `n` None, and the reason in words, where no number up to `most` is enough.
    """
    if coefficient not in COEFFICIENTS:
        raise refusal("coefficient", "unknown coefficient", repr(coefficient), ", ".join(COEFFICIENTS))
    if not 0 < wanted < 1:
        raise refusal("wanted", "a coefficient lies between 0 and 1", f"{wanted}")
    others = {name: size for name, size in sizes.items() if name != facet}

    def at(n: int) -> Decision:
        return decide(study, {**others, facet: n}, nested=nested, fixed=fixed)

    limit = getattr(at(10**9), coefficient).value
    name = "Φ" if coefficient == "phi" else "Eρ²"
    what = f"{name} of {wanted:g}"
    if limit < wanted:
        text = (
            f"not reachable: with endlessly many of {facet}, {name} is {limit:.2f}; more of another facet is needed"
        )
        return Needed(facet, coefficient, wanted, None, None, limit, f"{what}: {text}")
    low, high = 0, 1  # the coefficient does not fall with n
    while high <= most and getattr(at(high), coefficient).value < wanted:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if getattr(at(middle), coefficient).value >= wanted else (middle, high)
    if high > most:
        text = f"not reachable with up to {most} of {facet} (the limit is {limit:.2f})"
        return Needed(facet, coefficient, wanted, None, None, limit, f"{what}: {text}")
    return Needed(facet, coefficient, wanted, high, at(high), limit, f"{what}: {high} of {facet}")


def needed_for_uses(
    study: GStudy,
    facet: str,
    *,
    sizes: Mapping[str, int],
    uses: Iterable[Use] = USES,
    nested: Mapping[str, str | Sequence[str]] | None = None,
    fixed: Iterable[str] = (),
    most: int = 1000,
) -> tuple[Needed, ...]:
    """For each use, the smallest number of a facet: "how many visits does a score need before it may be used for this".

    The thresholds are conventions of the field (`USES`), not laws: pass an organization's own.
    """
    fixed = tuple(fixed)
    return tuple(
        replace(
            needed(
                study,
                facet,
                use.wanted,
                sizes=sizes,
                coefficient=use.coefficient,
                nested=nested,
                fixed=fixed,
                most=most,
            ),
            use=use.name,
        )
        for use in uses
    )


def _decision(
    study: GStudy,
    counts: Mapping[str, float],
    above: Mapping[str, frozenset[str]],
    fixed: frozenset[str],
    level: float,
) -> Decision:
    universe, relative, absolute = (np.zeros(len(study.components)) for _ in range(3))
    parts = {}
    for i, one in enumerate(study.components):
        whole = closure(one.facets, above)
        facets = whole - {study.object}
        divisor = float(np.prod([counts[facet] for facet in facets])) if facets else 1.0
        share = 1 / divisor
        has_object = study.object in whole
        if has_object and facets <= fixed and one.name != RESIDUAL:
            universe[i] = share
        elif not has_object and facets <= fixed:
            continue  # the same for everybody, always
        else:
            absolute[i] = share
            parts[one.name] = max(one.variance, 0.0) * share
            if has_object:
                relative[i] = share
    raw = np.array([one.variance for one in study.components])
    variances = np.maximum(raw, 0.0)
    signal = float(universe @ variances)
    if signal <= 0:
        raise refusal(
            study.object,
            "no variance between them was found, so no number of ratings makes a score that tells them apart",
            f"{float(universe @ raw):.4g}",
            next="look at whether raters use the whole scale",
        )
    return Decision(
        sizes={facet: int(count) for facet, count in counts.items()},
        universe=signal,
        relative=float(relative @ variances),
        absolute=float(absolute @ variances),
        rho2=_coefficient(universe, relative, variances, study.covariance, level),
        phi=_coefficient(universe, absolute, variances, study.covariance, level),
        parts=parts,
        level=level,
        zeroed=tuple(one.name for one in study.components if one.variance < 0),
    )


def _coefficient(universe: Array, error: Array, variances: Array, covariance: Array, level: float) -> Coefficient:
    """signal ÷ (signal + noise), with an interval on the scale of log(signal ÷ noise)."""
    signal, noise = float(universe @ variances), float(error @ variances)
    value = signal / (signal + noise)
    if noise <= 0 or not covariance.any():
        return Coefficient(value, None, None)
    slope = universe / signal - error / noise
    half = NormalDist().inv_cdf(0.5 + level / 2) * float(np.sqrt(max(float(slope @ covariance @ slope), 0.0)))
    centre = log(signal / noise)
    return Coefficient(value, float(special.expit(centre - half)), float(special.expit(centre + half)))
