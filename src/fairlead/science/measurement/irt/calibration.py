"""What a fitted item-response model is, and the curves it gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.measurement.irt import curves
from fairlead.science.measurement.irt.answers import MISSING, Codes, Responses
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
        item = self.item(name)
        points = np.atleast_1d(np.asarray(theta, dtype=float))
        return curves.along_theta(self.model.family, points, item.slope, np.array(item.intercepts))[0]

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
            rest = ", ".join(
                f"{b:.3f} ({se:.3f})" for b, se in zip(item.difficulties, item.difficulty_ses, strict=True)
            )
            lines.append(f"{item.name:<{width}}  {slope}  {rest}")
        lines += [f"left out: {gone.item}: {gone.reason}" for gone in self.left_out]
        lines += [f"careful: {warning}" for warning in self.warnings]
        return "\n".join(lines)


def along(fit: Calibration, theta: Array) -> tuple[Array, Array, Array]:
    """(items, levels, points) each: probabilities and their first and second derivatives in θ, zero where padded."""
    width = max(len(item.levels) for item in fit.items)
    found = np.zeros((3, len(fit.items), width, theta.size))
    for j, item in enumerate(fit.items):
        parts = curves.along_theta(fit.model.family, theta, item.slope, np.array(item.intercepts))
        for kind, part in enumerate(parts):
            found[kind, j, : len(item.levels)] = part
    return found[0], found[1], found[2]


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Answers as places among the levels of a calibration's items, and what did not fit in."""

    codes: Codes  # (persons, items of the calibration)
    unknown: dict[
        str, int
    ]  # answers at a level that nobody gave when the item was calibrated, by item: taken as missing
    extra: tuple[str, ...]  # items that the calibration does not have
    unasked: tuple[str, ...]  # items of the calibration without an answer


def coded_for(fit: Calibration, responses: Responses) -> Coded:
    """Lay answers out for a calibration.

    Raises
    ------
    MeasurementError
        No answer to any item of the calibration.
    """
    names = [item.name for item in fit.items]
    chosen = responses.of(names)
    codes = np.full(chosen.answers.shape, MISSING, dtype=np.int8)
    unknown = {}
    for j, item in enumerate(fit.items):
        place = np.full(128 + 1, MISSING, dtype=np.int8)
        place[list(item.levels)] = np.arange(len(item.levels))
        column = chosen.answers[:, j].astype(np.int64)  # −1 reads the last place
        codes[:, j] = place[column]
        if strange := int(((codes[:, j] == MISSING) & (column != MISSING)).sum()):
            unknown[item.name] = strange
    if (codes == MISSING).all():
        raise refusal(
            "items",
            "nobody answered an item of this calibration",
            ", ".join(responses.items[:8]),
            ", ".join(names[:8]),
            "score with the calibration of the form that was given",
        )
    unasked = tuple(name for j, name in enumerate(names) if (codes[:, j] == MISSING).all())
    return Coded(codes, unknown, tuple(name for name in responses.items if name not in set(names)), unasked)
