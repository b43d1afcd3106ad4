"""Persons on the scale of a calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.science.measurement.irt import kernel
from fairlead.science.measurement.irt.answers import MISSING, Responses
from fairlead.science.measurement.irt.calibration import Calibration, along, coded_for
from fairlead.science.measurement.problems import refusal

Array = NDArray[np.float64]
METHODS = ("eap", "wle")
BLOCK = 8192
GRID = 161  # places at which a person's highest peak is looked for
FARTHEST = 100.0


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Each person's place with its standard error, in logits; NaN for those without an answer."""

    method: str
    theta: Array  # (persons,)
    se: Array  # (persons,)
    answers: NDArray[np.intp]  # (persons,) how many stand behind each
    persons: tuple[Any, ...] | None
    reliability: float | None  # of these persons' scores; None where they do not vary
    unscored: int
    unknown: dict[str, int]  # answers at a level that nobody gave in the calibration, by item: taken as missing
    extra: tuple[str, ...]  # items that the calibration does not have: not used
    warnings: tuple[str, ...]

    @property
    def scored(self) -> NDArray[np.bool_]:
        """(persons,)"""
        return np.isfinite(self.theta)


def score(
    fit: Calibration,
    responses: Responses,
    method: str = "eap",
    *,
    population: tuple[float, float] | None = None,
) -> Scores:
    """Where each person stands on the scale of a calibration, and how sure that is.

    ``"eap"``, the mean of the posterior, has the least error on average, because it is drawn toward the population's mean: for
    reports of groups and for deciding about nobody. ``"wle"``, Warm's weighted likelihood, is drawn nowhere and is finite also
    where all answers are right: for a person's own report, and for change. Neither is for regressions as if θ were seen.

    Parameters
    ----------
    fit : Calibration
    responses : Responses
        Any form of the calibrated items; others are named and not used.
    method : ``"eap"`` or ``"wle"``.
    population : mean and standard deviation of θ among those scored (EAP only); without it that of the calibration.

    Returns
    -------
    Scores

    Raises
    ------
    MeasurementError
        An unknown method, a standard deviation that is not positive, nobody answered a calibrated item.

    Notes
    -----
    Errors take the item parameters as known. EAP: Bock & Mislevy (1982), doi:10.1177/014662168200600405; its reliability is
    var(θ̂) ÷ (var(θ̂) + mean se²). WLE: Warm (1989), doi:10.1007/BF02294627, eq. 9, with J = Σ P′P″ ÷ P over levels; its
    reliability is 1 − mean se² ÷ var(θ̂), and may come out below zero.

    Examples
    --------
    All five right, among persons of whom nine in ten answer the easiest item right:

    >>> import numpy as np
    >>> from fairlead.science.measurement.irt import calibrate, responses, score
    >>> rng = np.random.default_rng(1)
    >>> right = rng.random((1000, 5)) < 1 / (1 + np.exp(-(rng.normal(size=(1000, 1)) - [-2, -1, 0, 1, 2])))
    >>> fit = calibrate(responses(right))
    >>> everything = responses([[1, 1, 1, 1, 1]])
    >>> eap, wle = score(fit, everything), score(fit, everything, "wle")
    >>> bool(0 < eap.theta[0] < wle.theta[0] < 5), bool(eap.se[0] < fit.sd < wle.se[0])
    (True, True)
    """
    if method not in METHODS:
        raise refusal("method", "no such score", repr(method), ", ".join(METHODS))
    mean, sd = population if population is not None else (0.0, fit.sd)
    if not (np.isfinite(mean) and np.isfinite(sd) and sd > 0):
        raise refusal(
            "population" if population is not None else "fit",
            "a mean and a positive standard deviation",
            f"{mean:g} and {sd:g}",
            next="where answers do not hang together, there is nothing to score",
        )
    coded = coded_for(fit, responses)
    codes = np.ascontiguousarray(coded.codes)
    theta, se = _eap(fit, codes, mean, sd) if method == "eap" else _wle(fit, codes)
    answers = (codes != MISSING).sum(axis=1)
    theta[answers == 0] = se[answers == 0] = np.nan
    here = np.isfinite(theta)
    warnings = []
    if coded.unknown:
        listed = ", ".join(f"{name} ({count})" for name, count in coded.unknown.items())
        warnings.append(f"answers at levels that nobody gave in the calibration are taken as missing: {listed}")
    if lost := int((~here & (answers > 0)).sum()):
        warnings.append(f"{lost} persons have no finite estimate: their items say next to nothing")
    spread, error = (float(theta[here].var()), float((se[here] ** 2).mean())) if here.any() else (0.0, 0.0)
    reliability = None
    if spread > 1e-12:
        reliability = spread / (spread + error) if method == "eap" else 1 - error / spread
    return Scores(
        method=method,
        theta=theta,
        se=se,
        answers=answers,
        persons=responses.persons,
        reliability=reliability,
        unscored=int((~here).sum()),
        unknown=coded.unknown,
        extra=coded.extra,
        warnings=tuple(warnings),
    )


def _eap(fit: Calibration, codes: NDArray[np.int8], mean: float, sd: float) -> tuple[Array, Array]:
    z = np.linspace(-fit.reach, fit.reach, fit.nodes)
    places = mean + sd * z
    prior = np.exp(-(z**2) / 2)
    prior /= prior.sum()
    p = np.ascontiguousarray(along(fit, places)[0])
    theta, se = np.empty(codes.shape[0]), np.empty(codes.shape[0])
    for first in range(0, codes.shape[0], BLOCK):
        part = slice(first, first + BLOCK)
        post, logs = np.empty((codes[part].shape[0], z.size)), np.empty(codes[part].shape[0])
        kernel.posteriors(codes[part], p, prior, post, logs)
        theta[part] = (post * places).sum(axis=1)
        se[part] = np.sqrt((post * (places - theta[part, None]) ** 2).sum(axis=1))
    return theta, se


def _wle(fit: Calibration, codes: NDArray[np.int8]) -> tuple[Array, Array]:
    hard = max(abs(b) for item in fit.items for b in item.difficulties)
    flat = max(min(abs(item.slope) for item in fit.items), 0.05)
    reach = min(hard + 4 / flat, FARTHEST)
    grid = np.linspace(-reach, reach, GRID)
    p, first, second = along(fit, grid)
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = np.where(p > 0, first / p, 0.0)
        informations = np.where(p > 1e-12, first**2 / p, 0.0).sum(axis=1)
        bends = np.where(p > 1e-12, first * second / p, 0.0).sum(axis=1)
    width = p.shape[1]
    d = np.zeros((len(fit.items), width - 1))
    for j, item in enumerate(fit.items):
        d[j, : len(item.intercepts)] = item.intercepts
    theta, se = np.empty(codes.shape[0]), np.empty(codes.shape[0])
    kernel.weighted_likelihood(
        codes,
        grid,
        0 if fit.model.family == "steps" else 1,
        np.array([item.slope for item in fit.items]),
        d,
        np.array([len(item.levels) for item in fit.items]),
        scores,
        informations,
        bends,
        theta,
        se,
    )
    return theta, se
