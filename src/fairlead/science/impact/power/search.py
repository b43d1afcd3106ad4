"""How many are needed, and how power and the MDES change with the sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fairlead.science.impact.power import designs
from fairlead.science.impact.power.designs import Power
from fairlead.science.impact.problems import DataError, Problem

DESIGNS: dict[str, tuple[Callable[..., Power], tuple[str, ...]]] = {
    "individual": (designs.individual, ("n",)),
    "blocked": (designs.blocked, ("n", "blocks")),
    "blocked_random": (designs.blocked_random, ("n", "blocks")),
    "clusters": (designs.clusters, ("n", "count")),
    "clusters3": (designs.clusters3, ("n", "middle", "count")),
}
MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Needed:
    """The smallest sample that has the power: `vary` = `value`, all else as given; `power` is what it then has."""

    vary: str
    value: int
    power: float
    total: float


def design(name: str, **options: Any) -> Power:
    """A design by its name: individual, blocked, blocked_random, clusters, clusters3.

    Examples
    --------
    >>> round(design("clusters", n=60, count=40, icc=0.2, r2_cluster=0.5, r2=0.5, covariates=1).mdes, 6)
    0.297201
    """
    function, sizes = _known(name)
    missing = [size for size in sizes if options.get(size) is None]
    if missing:
        raise DataError([Problem(size, f"the design {name} needs it", "nothing", "a number") for size in missing])
    return function(**options)


def needed(name: str, effect: float, *, vary: str, power: float = 0.8, **options: Any) -> Needed:
    """The smallest whole `vary` under which a true effect is found with this power (noncentral t, two-tailed).

    Parameters
    ----------
    effect : in standard deviations.
    vary : which size is searched for: "n", "blocks", "middle" or "count". The others are given.

    Raises
    ------
    DataError
        Where no number is enough: more students in the same schools do not help beyond a point.

    Examples
    --------
    >>> needed("individual", 0.2, vary="n").value
    787
    """
    _, sizes = _known(name)
    if vary not in sizes:
        raise DataError([Problem("vary", f"the design {name} has no such size", vary, ", ".join(sizes))])
    if effect == 0:
        raise DataError([Problem("effect", "no sample finds an effect of zero", "0", "another number")])

    def reached(value: int) -> float:
        try:
            return design(name, **{**options, vary: value, "power": power}).power_for(abs(effect))
        except DataError as error:
            if all(problem.where == "n" and "degrees of freedom" in problem.got for problem in error.problems):
                return 0.0
            raise

    high = 1
    while reached(high) < power:
        high *= 2
        if high > MOST:
            best = reached(MOST)
            raise DataError(
                [
                    Problem(
                        vary,
                        "no number of these is enough",
                        f"power {best:.3f} with {MOST:,}",
                        f"power {power:g}",
                        "vary the number of clusters or blocks, add covariates, or aim at a larger effect",
                    )
                ]
            )
    low = high // 2
    while high - low > 1:
        half = (low + high) // 2
        low, high = (low, half) if reached(half) >= power else (half, high)
    total = float(np.prod([high if size == vary else options[size] for size in sizes]))
    return Needed(vary, high, reached(high), total)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Power for an effect (in standard deviations, and in the native unit if an SD was given)."""

    effect: float
    effect_native: float | None
    power: float


def curve(found: Power, points: int = 25) -> tuple[CurvePoint, ...]:
    """Power from no effect to one that is nearly certain to be found."""
    return tuple(
        CurvePoint(
            float(effect), None if found.sd is None else float(effect * found.sd), found.power_for(float(effect))
        )
        for effect in np.linspace(0.0, 1.75 * found.mdes, points)
    )


def _known(name: str) -> tuple[Callable[..., Power], tuple[str, ...]]:
    if name not in DESIGNS:
        raise DataError([Problem("design", "no such design", name, ", ".join(DESIGNS))])
    return DESIGNS[name]
