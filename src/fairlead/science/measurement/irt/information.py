"""How much a form says at each place of the scale, and how reliable it is in the population."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.measurement.irt.calibration import Calibration, along
from fairlead.science.measurement.problems import refusal

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Information:
    """Fisher's information about θ; its root is one over the standard error of an estimate there."""

    theta: Array  # (points,)
    items: tuple[str, ...]
    by_item: Array  # (items, points)

    @property
    def total(self) -> Array:
        """(points,) of all items together: information adds up."""
        return np.asarray(self.by_item.sum(axis=0))

    @property
    def se(self) -> Array:
        """(points,)"""
        return np.asarray(1 / np.sqrt(self.total))


def form_information(fit: Calibration, theta: ArrayLike, *, items: Sequence[str] | None = None) -> Information:
    """Information of each item and of the form at places of the scale.

    For choosing items that ask where the persons stand. It takes the parameters as known: with few persons the true
    precision is less.

    Parameters
    ----------
    fit : Calibration
    theta : places, in the calibration's unit.
    items : of which the form consists; without them all.

    Returns
    -------
    Information

    Raises
    ------
    MeasurementError
        An item that the calibration does not have, or places that are no numbers.

    Notes
    -----
    I(θ) = Σ P′² ÷ P over the levels (Samejima 1969).

    Examples
    --------
    >>> from fairlead.science.measurement.irt import calibrate, responses, form_information
    >>> fit = calibrate(responses([[1, 0], [0, 1], [1, 1], [0, 0], [1, 1], [0, 0]] * 20))
    >>> found = form_information(fit, [0.0])
    >>> bool(abs(found.total[0] - 0.5) < 0.01)
    True
    """
    points = np.atleast_1d(np.asarray(theta, dtype=float))
    if points.ndim != 1 or not np.isfinite(points).all():
        raise refusal("theta", "places of the scale are finite numbers in one row", f"shape {points.shape}")
    names = [item.name for item in fit.items]
    wanted = names if items is None else list(items)
    for name in wanted:
        fit.item(name)
    p, first, _ = along(fit, points)
    with np.errstate(divide="ignore", invalid="ignore"):
        each = np.where(p > 0, first**2 / p, 0.0).sum(axis=1)
    return Information(points, tuple(wanted), each[[names.index(name) for name in wanted]])


def marginal_reliability(fit: Calibration, *, items: Sequence[str] | None = None) -> float:
    """The share of the variance of estimates that is variance of persons, in the population of the calibration.

    Like alpha between 0 and 1, but of the model: an average over persons, while the error of a single one depends on where
    they stand. Look at `form_information` too.

    Notes
    -----
    ∫ σ² ÷ (σ² + 1 ÷ I(θ)) over the normal distribution of θ (Green et al. 1984, doi:10.1111/j.1745-3984.1984.tb01039.x).

    Examples
    --------
    >>> from fairlead.science.measurement.irt import calibrate, marginal_reliability, responses
    >>> fit = calibrate(responses([[1, 0, 1], [0, 1, 0], [1, 1, 1], [0, 0, 0], [1, 1, 1], [0, 0, 0]] * 50))
    >>> 0 < marginal_reliability(fit, items=["1"]) < marginal_reliability(fit) < 1
    True
    """
    z = np.linspace(-fit.reach, fit.reach, fit.nodes)
    weight = np.exp(-(z**2) / 2)
    information = form_information(fit, fit.sd * z, items=items).total * fit.sd**2
    return float((weight * information / (information + 1)).sum() / weight.sum())
