"""Whether an item behaves as its model says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from fairlead.science.measurement.irt.answers import MISSING, Responses
from fairlead.science.measurement.irt.calibration import Calibration, along, coded_for
from fairlead.science.measurement.irt.scoring import score

Array = NDArray[np.float64]
FEWEST = 1.0  # expected answers in a cell of S-X², below which scores are put together
FEW = 100  # persons with every item, below which S-X² is not given
FEW_ANSWERS = 10
BLOCK = 8192


@dataclass(frozen=True, slots=True)
class ItemFit:
    """Of one item. Mean squares are 1 where the model holds; above, answers are noisier than it says, below, tidier."""

    item: str
    n: int
    infit: float
    infit_z: float
    outfit: float
    outfit_z: float
    s_x2: float | None
    df: int | None
    p: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """Of all items, beside how many would look bad by chance."""

    items: tuple[ItemFit, ...]
    tested: int  # items with S-X²
    below: int  # of these with p < 0.05
    expected_below: float  # where all items fit
    complete: int  # persons who answered every item: S-X² rests on them
    warnings: tuple[str, ...]

    def item(self, name: str) -> ItemFit:
        """One item by its name."""
        return next(one for one in self.items if one.item == name)


def item_fit(fit: Calibration, responses: Responses) -> Fit:
    """How well each item's answers agree with its curve.

    Infit and outfit show the size of a misfit (0.7 to 1.3 is usual for tests, 0.6 to 1.4 for ratings); S-X² (right and wrong
    only) tests it. Not a reason to drop items one by one until all fit: ask first what the item asks.

    Parameters
    ----------
    fit : Calibration
    responses : Responses
        Usually those of the calibration.

    Returns
    -------
    Fit
        S-X² is None for items of several levels, and where fewer than 100 persons answered every item.

    Notes
    -----
    Mean squares of residuals at each person's weighted likelihood estimate, plain (outfit) or weighted by information
    (infit), with the normal deviates of Wright & Masters (1982), Rating scale analysis, ch. 5. As estimates lean on the item
    itself, mean squares lie a little below 1, more so in short tests. S-X²: Orlando & Thissen (2000),
    doi:10.1177/01466216000241003; scores are put together from both ends until each cell expects one person.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlead.science.measurement.irt import calibrate, item_fit, responses
    >>> rng = np.random.default_rng(1)
    >>> right = rng.random((2000, 6)) < 1 / (1 + np.exp(-(rng.normal(size=(2000, 1)) - np.linspace(-1, 1, 6))))
    >>> found = item_fit(calibrate(responses(right)), responses(right))
    >>> all(0.8 < item.infit < 1.1 for item in found.items), found.tested
    (True, 6)
    """
    coded = coded_for(fit, responses)
    codes = coded.codes
    theta = score(fit, responses, "wle").theta
    sums = _mean_squares(fit, codes, theta)
    dichotomous = all(item.levels == (0, 1) for item in fit.items)
    whole = codes[(codes != MISSING).all(axis=1)]
    tested = dichotomous and whole.shape[0] >= FEW and len(fit.items) >= 4
    chi = _s_x2(fit, whole) if tested else [None] * len(fit.items)
    items = []
    for j, (item, own) in enumerate(zip(fit.items, chi, strict=True)):
        n, infit, infit_z, outfit, outfit_z = sums[j]
        items.append(ItemFit(item.name, n, infit, infit_z, outfit, outfit_z, *(own or (None, None, None))))
    ps = [item.p for item in items if item.p is not None]
    warnings = []
    mean = float((codes != MISSING).sum() / max(1, (codes != MISSING).any(axis=1).sum()))
    if mean < FEW_ANSWERS:
        warnings.append(
            f"persons answered {mean:.1f} items on average: with so few, mean squares lie below 1 also where the model holds; "
            "compare items with each other"
        )
    if dichotomous and not tested:
        warnings.append(f"{whole.shape[0]} persons answered every item: S-X² needs {FEW} and at least four items")
    return Fit(
        items=tuple(items),
        tested=len(ps),
        below=sum(p < 0.05 for p in ps),
        expected_below=0.05 * len(ps),
        complete=whole.shape[0],
        warnings=tuple(warnings),
    )


def _mean_squares(
    fit: Calibration, codes: NDArray[np.int8], theta: Array
) -> list[tuple[int, float, float, float, float]]:
    """n, infit and its z, outfit and its z of each item."""
    totals = np.zeros((7, len(fit.items)))
    for first in range(0, theta.size, BLOCK):
        part = slice(first, first + BLOCK)
        known = np.isfinite(theta[part])
        p = along(fit, theta[part][known])[0]  # (items, levels, persons)
        level = np.arange(p.shape[1])[None, :, None]
        mean = (level * p).sum(axis=1)
        variance = ((level - mean[:, None]) ** 2 * p).sum(axis=1)
        fourth = ((level - mean[:, None]) ** 4 * p).sum(axis=1)
        x = codes[part][known].T
        here = (x != MISSING) & (variance > 1e-12)
        variance = np.where(here, variance, 1.0)
        squared = (x - mean) ** 2
        parts = (
            here,
            here * squared,
            here * variance,
            here * squared / variance,
            here * (fourth - variance**2),
            here * (fourth / variance**2 - 1),
        )
        for row, values in enumerate(parts):
            totals[row] += values.sum(axis=1)
    n, squares, variances, outsquares, spread, outspread, _ = totals
    found = []
    for j in range(len(fit.items)):
        if n[j] == 0:
            found.append((0, *(float("nan"),) * 4))
            continue
        infit, outfit = squares[j] / variances[j], outsquares[j] / n[j]
        infit_z = _deviate(infit, np.sqrt(spread[j]) / variances[j])
        outfit_z = _deviate(outfit, np.sqrt(outspread[j]) / n[j])
        found.append((int(n[j]), float(infit), infit_z, float(outfit), outfit_z))
    return found


def _deviate(square: float, q: float) -> float:
    """A mean square of standard deviation q as a normal deviate, by its cube root."""
    return float((np.cbrt(square) - 1) * 3 / q + q / 3) if q > 0 else float("nan")


def _s_x2(fit: Calibration, codes: NDArray[np.int8]) -> list[tuple[float, int, float] | None]:
    """S-X², its degrees of freedom and p of each item, from complete rows of right and wrong."""
    z = np.linspace(-fit.reach, fit.reach, fit.nodes)
    prior = np.exp(-(z**2) / 2)
    prior /= prior.sum()
    p = along(fit, fit.sd * z)[0][:, 1]  # (items, nodes)
    count = len(fit.items)
    whole = _score_distribution(p)
    total = codes.sum(axis=1)
    persons = np.bincount(total, minlength=count + 1)[1:count]
    parameters = 1 if fit.model.common else 2
    found: list[tuple[float, int, float] | None] = []
    for j in range(count):
        rest = _score_distribution(np.delete(p, j, axis=0))
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (rest[: count - 1] * p[j]) @ prior / (whole[1:count] @ prior)
        right = np.bincount(total[codes[:, j] == 1], minlength=count + 1)[1:count]
        cells = _together(persons, persons * share, right)
        df = len(cells) - parameters
        if df < 1:
            found.append(None)
            continue
        value = sum(n * (r / n - e / n) ** 2 / (e / n * (1 - e / n)) for n, e, r in cells)
        found.append((float(value), df, float(special.chdtrc(df, value))))
    return found


def _score_distribution(p: Array) -> Array:
    """(items + 1, nodes) probability of each number right at each node: Lord & Wingersky's recursion."""
    found = np.zeros((p.shape[0] + 1, p.shape[1]))
    found[0] = 1.0
    for j in range(p.shape[0]):
        found[1 : j + 2] = found[1 : j + 2] * (1 - p[j]) + found[: j + 1] * p[j]
        found[0] *= 1 - p[j]
    return found


def _together(
    persons: NDArray[np.intp], expected: Array, right: NDArray[np.intp]
) -> list[tuple[float, float, float]]:
    """(persons, expected right, right) of neighbouring scores, put together until each expects enough of both answers."""
    cells: list[tuple[float, float, float]] = []
    open_cell = (0.0, 0.0, 0.0)
    for n, e, r in zip(persons, expected, right, strict=True):
        if n == 0:
            continue
        open_cell = (open_cell[0] + n, open_cell[1] + e, open_cell[2] + r)
        if open_cell[1] >= FEWEST and open_cell[0] - open_cell[1] >= FEWEST:
            cells.append(open_cell)
            open_cell = (0.0, 0.0, 0.0)
    if open_cell[0] and cells:
        last = cells.pop()
        cells.append((last[0] + open_cell[0], last[1] + open_cell[1], last[2] + open_cell[2]))
    return cells
