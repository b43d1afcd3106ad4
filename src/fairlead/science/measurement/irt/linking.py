"""Two forms on one scale, by the items they share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from fairlead.science.measurement.irt import curves
from fairlead.science.measurement.irt.calibration import CalibratedItem, Calibration
from fairlead.science.measurement.irt.scoring import Scores
from fairlead.science.measurement.problems import refusal

Array = NDArray[np.float64]
METHODS = ("stocking-lord", "mean-sigma")
PLACES = np.linspace(-4.0, 4.0, 41)  # where test characteristic curves are compared
WEIGHTS = np.exp(-(PLACES**2) / 2) / np.exp(-(PLACES**2) / 2).sum()
DRIFT = 2.58  # standard errors of the difference beyond which an anchor is named
FEW = 5  # anchors below which a link rests on each of them


@dataclass(frozen=True, slots=True)
class Anchor:
    """A shared item after linking: its mean difficulty on either form, on the scale of `to`, and their difference."""

    item: str
    to: float
    moved: float
    difference: float
    se: float
    z: float


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """θ on the scale of `to` is slope · θ + intercept. `covariance` is what samples of persons leave open about the two,
    `anchor_covariance` what the choice of anchors does (leaving each out in turn); None with fewer than three of them."""

    method: str
    slope: float
    intercept: float
    covariance: Array  # (2, 2)
    anchor_covariance: Array | None  # (2, 2)
    anchors: tuple[Anchor, ...]
    warnings: tuple[str, ...]

    def apply(self, theta: ArrayLike) -> Array:
        """Places on the scale of `to`."""
        return self.slope * np.asarray(theta, dtype=float) + self.intercept

    def scores(self, found: Scores) -> Scores:
        """Scores on the scale of `to`. Their errors are those of the persons alone: the link's is common to all."""
        return replace(found, theta=self.apply(found.theta), se=abs(self.slope) * found.se)

    def error(self, theta: ArrayLike) -> Array:
        """Standard error that the link adds at places of the form that was linked: persons and, where known, anchors."""
        at = np.asarray(theta, dtype=float)
        total = self.covariance if self.anchor_covariance is None else self.covariance + self.anchor_covariance
        return np.asarray(np.sqrt(np.maximum(total[0, 0] * at**2 + 2 * total[0, 1] * at + total[1, 1], 0.0)))

    def inverse(self) -> Link:
        """From the scale of `to` back."""
        a, b = self.slope, self.intercept
        turn = np.array([[-1 / a**2, 0.0], [b / a**2, -1 / a]])  # derivative of (1 ÷ a, −b ÷ a)
        back = [
            Anchor(one.item, (one.moved - b) / a, (one.to - b) / a, -one.difference / a, one.se / abs(a), -one.z)
            for one in self.anchors
        ]
        return Link(
            self.method,
            1 / a,
            -b / a,
            turn @ self.covariance @ turn.T,
            None if self.anchor_covariance is None else turn @ self.anchor_covariance @ turn.T,
            tuple(back),
            self.warnings,
        )


def link(
    new: Calibration, to: Calibration, *, anchors: Sequence[str] | None = None, method: str = "stocking-lord"
) -> Link:
    """Find how the scale of one calibration is laid onto that of another, by the items both have.

    Not for forms that share fewer than a handful of items, nor where the shared ones are of one kind and the others not. Look at
    `anchors`: one that has drifted (was taught, was printed elsewhere) moves everybody.

    Parameters
    ----------
    new : the calibration whose scale is moved.
    to : the calibration whose scale is kept; of the same model, by other persons or on another day.
    anchors : names of shared items; without them every item that both have.
    method : ``"stocking-lord"`` makes the expected scores on the anchors equal along the scale; ``"mean-sigma"`` makes mean and
        standard deviation of their difficulties equal. Where the model has one slope for all items, the unit is already common,
        and either finds the shift alone.

    Returns
    -------
    Link

    Raises
    ------
    MeasurementError
        Different models, too few anchors (one, or two where slopes differ), anchors of different levels, an unknown method.

    Notes
    -----
    Stocking & Lord (1983), doi:10.1177/014662168300700208: Σ wq (Σj Tj(θq) − Σj T*j(θq))² least over normal weights on the scale
    of `to`. Mean-sigma: Marco (1977), doi:10.1111/j.1745-3984.1977.tb00033.x. Errors by the delta method from both calibrations'
    covariances, which are taken as independent: right for different persons, and cautious where the same persons sat twice.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlead.science.measurement.irt import calibrate, link, responses
    >>> rng = np.random.default_rng(1)
    >>> def sat(mean):
    ...     return responses(rng.random((3000, 8)) < 1 / (1 + np.exp(-(rng.normal(mean, 1, (3000, 1)) - np.linspace(-1, 1, 8)))))
    >>> pre, post = calibrate(sat(0.0)), calibrate(sat(0.5))
    >>> found = link(post, pre)
    >>> bool(abs(found.intercept - 0.5) < 3 * found.error(0.0)), found.slope
    (True, 1.0)
    """
    if method not in METHODS:
        raise refusal("method", "no such method", repr(method), ", ".join(METHODS))
    if new.model.key != to.model.key:
        raise refusal("model", "both forms need the same model", f"{new.model.key} and {to.model.key}")
    names = _shared(new, to, anchors)
    common = new.model.common
    x_new, v_new = _parameters(new, names)
    x_to, v_to = _parameters(to, names)
    shape = _Shape(new.model.family, common, method, tuple(len(new.item(name).difficulties) for name in names))
    found = shape.solve(x_new, x_to, None)
    jacobian = shape.derivative(found, x_new, x_to)
    size = x_new.size
    both = np.zeros((2 * size, 2 * size))
    both[:size, :size], both[size:, size:] = v_new, v_to
    covariance = jacobian @ both @ jacobian.T
    anchor_covariance = None
    least = 1 if common else 2
    if len(names) > max(least, 2):
        left = np.array(
            [shape.without(j).solve(shape.drop(x_new, j), shape.drop(x_to, j), found) for j in range(len(names))]
        )
        apart = left - left.mean(axis=0)
        anchor_covariance = (len(names) - 1) / len(names) * apart.T @ apart
    rows = _compared(shape, names, found, x_new, x_to, both, jacobian)
    warnings = [
        f"{row.item}: differs by {row.difference:+.2f} logits after linking: leave it out?"
        for row in rows
        if abs(row.z) > DRIFT
    ]
    if len(names) < FEW:
        warnings.append(f"{len(names)} anchors are few: the link rests on each of them")
    warnings += [f"{which} form: not converged" for which, fit in (("new", new), ("other", to)) if not fit.converged]
    return Link(method, float(found[0]), float(found[1]), covariance, anchor_covariance, tuple(rows), tuple(warnings))


def _shared(new: Calibration, to: Calibration, anchors: Sequence[str] | None) -> list[str]:
    ours, theirs = {item.name: item for item in new.items}, {item.name: item for item in to.items}
    names = [name for name in ours if name in theirs] if anchors is None else list(anchors)
    gone = [name for name in names if name not in ours or name not in theirs]
    if gone:
        raise refusal(
            "anchors", "not calibrated on both forms", ", ".join(gone[:8]), next="see left_out of both calibrations"
        )
    least = 1 if new.model.common else 2
    if len(names) < least:
        raise refusal(
            "anchors",
            f"at least {least} shared items are needed",
            str(len(names)),
            next="name the shared items alike on both forms",
        )
    if unlike := [name for name in names if ours[name].levels != theirs[name].levels]:
        raise refusal(
            "anchors",
            "the levels given differ between the forms",
            ", ".join(unlike[:8]),
            next="leave them out of the anchors",
        )
    if new.model.common:
        return names
    if flat := [name for name in names if ours[name].slope <= 0 or theirs[name].slope <= 0]:
        raise refusal("anchors", "a slope is not positive", ", ".join(flat[:8]), next="leave them out of the anchors")
    return names


def _parameters(fit: Calibration, names: list[str]) -> tuple[Array, Array]:
    """(slope, intercepts) of each anchor, one after the other, and their covariance."""
    place = {name: i for i, name in enumerate(fit.names)}
    values: list[float] = []
    places: list[int] = []
    for name in names:
        item: CalibratedItem = fit.item(name)
        if not fit.model.common:
            values.append(item.slope)
            places.append(place[f"{name} slope"])
        values += item.intercepts
        places += [place[f"{name} intercept {level}"] for level in item.levels[1:]]
    return np.array(values), fit.covariance[np.ix_(places, places)]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What the numbers of `_parameters` mean."""

    family: str
    common: bool
    method: str
    thresholds: tuple[int, ...]  # of each anchor

    def split(self, x: Array) -> list[tuple[float, Array]]:
        found, first = [], 0
        for count in self.thresholds:
            if self.common:
                found.append((1.0, x[first : first + count]))
                first += count
            else:
                found.append((float(x[first]), x[first + 1 : first + 1 + count]))
                first += 1 + count
        return found

    def drop(self, x: Array, j: int) -> Array:
        sizes = [count + (0 if self.common else 1) for count in self.thresholds]
        first = sum(sizes[:j])
        return np.delete(x, np.arange(first, first + sizes[j]))

    def without(self, j: int) -> _Shape:
        return replace(self, thresholds=self.thresholds[:j] + self.thresholds[j + 1 :])

    def difficulties(self, x: Array) -> Array:
        """All thresholds of the anchors."""
        return np.concatenate([-d / a for a, d in self.split(x)])

    def expected(self, x: Array, theta: Array) -> tuple[Array, Array]:
        """The expected score on the anchors, and its derivative in θ."""
        total, slope = np.zeros(theta.size), np.zeros(theta.size)
        for a, d in self.split(x):
            p, first, _ = curves.along_theta(self.family, theta, a, d)
            levels = np.arange(d.size + 1.0)
            total += levels @ p
            slope += levels @ first
        return total, slope

    def apart(self, v: Array, x_new: Array, x_to: Array) -> tuple[Array, Array]:
        """Weighted differences of the two characteristic curves, and their derivative in (slope, intercept) or the latter."""
        root = np.sqrt(WEIGHTS)
        at = (PLACES - v[1]) / v[0]
        moved, slope = self.expected(x_new, at)
        by_v = -root * slope / v[0] * np.stack([at, np.ones_like(at)])
        return root * (moved - self.expected(x_to, PLACES)[0]), by_v[1:] if self.common else by_v

    def derivative(self, found: Array, x_new: Array, x_to: Array) -> Array:
        """(2, parameters of both) of the solution: that of the equation it solves, by the implicit function theorem."""
        size = x_new.size
        both = np.concatenate([x_new, x_to])
        if self.method == "mean-sigma":
            return _derivative(lambda x: self.solve(x[:size], x[size:], None), both)

        def equation(v: Array, x: Array) -> Array:
            apart, by_v = self.apart(v, x[:size], x[size:])
            return by_v @ apart

        by_x = _derivative(lambda x: equation(found, x), both)
        by_v = _derivative(lambda v: equation(v, both), found)
        if self.common:
            return np.vstack([np.zeros(2 * size), -by_x[0] / by_v[0, 1]])
        return np.asarray(-np.linalg.solve(by_v, by_x))

    def solve(self, x_new: Array, x_to: Array, start: Array | None) -> Array:
        """(slope, intercept)"""
        b_new, b_to = self.difficulties(x_new), self.difficulties(x_to)
        ratio = 1.0 if self.common or b_new.size < 2 or b_new.std() == 0 else float(b_to.std() / b_new.std())
        first = np.array([ratio, b_to.mean() - ratio * b_new.mean()])
        if self.method == "mean-sigma":
            return first
        fixed = np.array([1.0]) if self.common else np.array([])

        def apart(v: Array) -> Array:
            return self.apart(np.concatenate([fixed, v]), x_new, x_to)[0]

        def slopes(v: Array) -> Array:
            return self.apart(np.concatenate([fixed, v]), x_new, x_to)[1].T

        begin = (first if start is None else start)[fixed.size :]
        found = optimize.least_squares(apart, begin, jac=slopes, method="lm", xtol=1e-13, ftol=1e-13, gtol=1e-13)
        return np.concatenate([fixed, found.x])


def _derivative(function: Callable[[Array], Array], x: Array, step: float = 1e-4) -> Array:
    """(values, parameters) by central differences, good to some eight digits."""
    columns = []
    for i in range(x.size):
        away = np.zeros(x.size)
        away[i] = step
        columns.append((function(x + away) - function(x - away)) / (2 * step))
    return np.stack(columns, axis=1)


def _compared(
    shape: _Shape, names: list[str], found: Array, x_new: Array, x_to: Array, both: Array, jacobian: Array
) -> list[Anchor]:
    """Mean difficulty of each anchor on either form, the new one's moved, with the error of the difference."""

    def means(x: Array) -> Array:
        return np.array([float((-d / a).mean()) for a, d in shape.split(x)])

    new, to = means(x_new), means(x_to)
    moved = found[0] * new + found[1]
    size = x_new.size
    slopes = np.zeros((len(names), 2 * size))
    slopes[:, :size] = found[0] * _derivative(means, x_new)
    slopes[:, size:] = -_derivative(means, x_to)
    slopes += np.column_stack([new, np.ones(len(names))]) @ jacobian
    errors = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", slopes, both, slopes), 0.0))
    apart = moved - to
    z = np.divide(apart, errors, out=np.zeros_like(apart), where=errors > 1e-12)
    return [
        Anchor(name, float(a), float(b), float(c), float(e), float(d))
        for name, a, b, c, e, d in zip(names, to, moved, apart, errors, z, strict=True)
    ]
