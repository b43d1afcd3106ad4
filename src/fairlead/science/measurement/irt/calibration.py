"""What a fitted item-response model is, and the curves it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.measurement.irt import curves
from fairlead.science.measurement.irt.climb import Convergence
from fairlead.science.measurement.problems import refusal

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """One of the four models, and where it comes from."""

    key: str
    name: str
    family: str  # "steps" or "cumulative"
    common: bool  # one slope for all items
    dichotomous: bool
    least_items: int


MODELS = {
    model.key: model
    for model in (
        Model("rasch", "Rasch", "steps", True, True, 2),
        Model("2pl", "two-parameter logistic", "steps", False, True, 3),
        Model("graded", "graded response", "cumulative", False, False, 3),
        Model("partial credit", "partial credit", "steps", True, False, 2),
        Model("generalized partial credit", "generalized partial credit", "steps", False, False, 3),
    )
}


@dataclass(frozen=True, slots=True)
class CalibratedItem:
    """One item. `levels` are the answers that were given, lowest first; of m + 1 levels there are m intercepts d and
    difficulties −d ÷ slope, in logits of θ. Their errors are asymptotic."""

    name: str
    levels: tuple[int, ...]
    slope: float
    slope_se: float | None  # None where the model fixes it at 1
    intercepts: tuple[float, ...]
    intercept_ses: tuple[float, ...]
    difficulties: tuple[float, ...]
    difficulty_ses: tuple[float, ...]
    answers: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An item that carries nothing the model could use."""

    item: str
    reason: str
    answers: int


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A fitted model. θ has mean 0 and standard deviation `sd` in the population the persons were drawn from: 1 where slopes
    are free, estimated where they are one."""

    model: Model
    items: tuple[CalibratedItem, ...]
    sd: float
    sd_se: float | None
    loglik: float
    parameters: int
    persons: int
    unanswered: int  # persons without any answer to an item that counts: left out
    answers: int
    patterns: int
    left_out: tuple[LeftOut, ...]
    errors: str  # "observed information" or "cross-products of scores"
    covariance: Array  # (parameters, parameters), in the order of `names`
    names: tuple[str, ...]
    nodes: int
    reach: float
    convergence: Convergence
    warnings: tuple[str, ...]

    @property
    def converged(self) -> bool:
        return self.convergence.converged

    @property
    def aic(self) -> float:
        return 2 * self.parameters - 2 * self.loglik

    @property
    def bic(self) -> float:
        return float(np.log(self.persons)) * self.parameters - 2 * self.loglik

    def item(self, name: str) -> CalibratedItem:
        """One item by its name."""
        for one in self.items:
            if one.name == name:
                return one
        raise refusal("item", "no such item in this calibration", name, ", ".join(one.name for one in self.items))

    def probabilities(self, name: str, theta: ArrayLike) -> Array:
        """(levels, points) the probability of each level of an item at θ."""
        return item_curves(self.item(name), self.model.family, np.atleast_1d(np.asarray(theta, dtype=float))).p

    def __str__(self) -> str:
        """The table for people."""
        ended = "converged" if self.converged else f"NOT CONVERGED: {self.convergence.message}"
        lines = [
            f"{self.model.name} model: {len(self.items)} items, {self.persons:,} persons, {self.answers:,} answers",
            f"log-likelihood {self.loglik:.3f}, AIC {self.aic:.1f}, BIC {self.bic:.1f}; {ended}; errors by {self.errors}",
        ]
        if self.sd_se is not None:
            lines.append(f"standard deviation of θ {self.sd:.3f} ({self.sd_se:.3f})")
        width = max(len("item"), *(len(item.name) for item in self.items))
        lines.append(f"{'item':<{width}}  {'slope':>7} {'error':>6}  difficulties (errors)")
        for item in self.items:
            slope = f"{item.slope:7.3f} {'' if item.slope_se is None else format(item.slope_se, '.3f'):>6}"
            rest = ", ".join(f"{b:.3f} ({se:.3f})" for b, se in zip(item.difficulties, item.difficulty_ses, strict=True))
            lines.append(f"{item.name:<{width}}  {slope}  {rest}")
        lines += [f"left out: {gone.item}: {gone.reason}" for gone in self.left_out]
        lines += [f"careful: {warning}" for warning in self.warnings]
        return "\n".join(lines)


def item_curves(item: CalibratedItem, family: str, theta: Array) -> curves.Curves:
    """The curves of an item on the reported scale."""
    make = curves.step_curves if family == "steps" else curves.cumulative_curves
    found = make(theta, item.slope, np.array(item.intercepts))
    assert found is not None, "thresholds of a fitted item are in order"
    return found
