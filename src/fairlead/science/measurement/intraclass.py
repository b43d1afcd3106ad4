"""Intraclass correlations: how much of the variance of ratings lies between the things that are rated.

Sources
-------
The six forms: Shrout & Fleiss (1979), doi:10.1037/0033-2909.86.2.420. Names and intervals: McGraw & Wong (1996),
doi:10.1037/1082-989X.1.1.30, tables 4 and 7 (with the correction of 1.4, 390).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import complete, matrix

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class IntraclassForm:
    """One of the six. `name` is McGraw & Wong's, `shrout_fleiss` the older one."""

    name: str
    shrout_fleiss: str
    value: float
    low: float
    high: float
    text: str


@dataclass(frozen=True, slots=True)
class Intraclass:
    """All six forms with the mean squares they come from; pick by what was done and what the score is used for."""

    forms: tuple[IntraclassForm, ...]
    level: float
    subjects: int
    raters: int
    incomplete: int  # subjects left out because a rating is missing
    mean_squares: dict[str, float]  # subjects, within, raters, error
    warnings: tuple[str, ...]

    def form(self, name: str) -> IntraclassForm:
        """By either name, as "ICC(A,1)" or "ICC(2,1)"."""
        for one in self.forms:
            if name in (one.name, one.shrout_fleiss):
                return one
        raise refusal("form", "unknown form", repr(name), ", ".join(one.name for one in self.forms))


def intraclass_correlations(ratings: ArrayLike, *, level: float = 0.95) -> Intraclass:
    """The six intraclass correlations of a complete table of subjects by raters.

    Which to read: each subject rated by other raters, ICC(1); the same raters for all and the level of the score
    matters, ICC(A,1); only the order of subjects matters, ICC(C,1); and the same with k where the mean of all raters is
    used. Where raters rate some subjects only, or visits and items matter too, use a generalizability study.

    Parameters
    ----------
    ratings : (n, k) subjects by raters, numbers; subjects with a missing rating (NaN) are left out and counted.
    level : float

    Returns
    -------
    Intraclass

    Raises
    ------
    MeasurementError
        Fewer than two raters or complete subjects, or nothing varies.

    Notes
    -----
    Assumed: subjects, raters and errors are normal and independent; intervals are exact for ICC(1) and ICC(C), and by
    Satterthwaite's approximation for ICC(A). A negative value says that raters differ more about a subject than
    subjects do: it is shown as it is.

    Examples
    --------
    Shrout & Fleiss (1979), table 2:

    >>> found = intraclass_correlations([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> [round(form.value, 2) for form in found.forms]
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    x, incomplete = complete(matrix(ratings))
    n, k = x.shape
    grand = x.mean()
    total = float(((x - grand) ** 2).sum())
    if total <= 1e-20 * max(1.0, float((x**2).sum())):
        raise refusal(
            "ratings",
            "all ratings are the same, so nothing is known of how subjects differ",
            f"{x[0, 0]:g} throughout",
            next="rate subjects that differ",
        )
    between = float(k * ((x.mean(axis=1) - grand) ** 2).sum())
    raters = float(n * ((x.mean(axis=0) - grand) ** 2).sum())
    floor = 1e-14 * total  # sums of squares that are only rounding
    error = max(total - between - raters, 0.0)
    error = 0.0 if error < floor else error
    msr, msc = between / (n - 1), raters / (k - 1)
    msw, mse = max(total - between, 0.0) / (n * (k - 1)), error / ((n - 1) * (k - 1))
    msw = 0.0 if msw * n * (k - 1) < floor else msw
    warnings = []
    if n < 10:
        warnings.append(f"{n} subjects are few: look at the width of the intervals")
    if mse == 0:
        warnings.append("raters differ by no more than a constant: intervals of width zero say only that")
    one = _ratio_forms(msr, msw, n - 1, n * (k - 1), k, level)
    three = _ratio_forms(msr, mse, n - 1, (n - 1) * (k - 1), k, level)
    two = _absolute(msr, msc, mse, n, k, level)
    texts = (
        "one rating; each subject has its own raters",
        "one rating; the level of scores matters",
        "one rating; only the order of subjects matters",
    )
    singles = ("ICC(1)", "ICC(A,1)", "ICC(C,1)")
    means = ("ICC(k)", "ICC(A,k)", "ICC(C,k)")
    forms = [
        IntraclassForm(name, f"ICC({i},1)", *found[0], text)
        for i, (name, found, text) in enumerate(zip(singles, (one, two, three), texts, strict=True), 1)
    ]
    forms += [
        IntraclassForm(name, f"ICC({i},k)", *found[1], text.replace("one rating", f"the mean of {k} ratings"))
        for i, (name, found, text) in enumerate(zip(means, (one, two, three), texts, strict=True), 1)
    ]
    squares = {"subjects": msr, "within": msw, "raters": msc, "error": mse}
    return Intraclass(tuple(forms), level, n, k, incomplete, squares, tuple(warnings))


Triple = tuple[float, float, float]


def _ratio_forms(msr: float, mse: float, df1: float, df2: float, k: int, level: float) -> tuple[Triple, Triple]:
    """Forms that depend on F = MSR ÷ MSE alone: (value, low, high) of one rating and of the mean of k."""
    if mse == 0:
        return (1.0, 1.0, 1.0), (1.0, 1.0, 1.0)
    f = msr / mse
    tail = 0.5 + level / 2
    ends = (f, f / special.fdtri(df1, df2, tail), f * special.fdtri(df2, df1, tail))
    single = tuple(float((e - 1) / (e + k - 1)) for e in ends)
    average = tuple(float(1 - 1 / e) if e > 0 else -np.inf for e in ends)
    return (single[0], single[1], single[2]), (average[0], average[1], average[2])


def _absolute(msr: float, msc: float, mse: float, n: int, k: int, level: float) -> tuple[Triple, Triple]:
    """Absolute agreement of the same raters, with Satterthwaite's degrees of freedom for its interval."""
    value = (msr - mse) / (msr + (k - 1) * mse + k * (msc - mse) / n)
    average = (msr - mse) / (msr + (msc - mse) / n)
    if mse == 0 and msc == 0:
        return (1.0, 1.0, 1.0), (1.0, 1.0, 1.0)
    if value >= 1 or (1 - value) == 0:
        return (value, value, 1.0), (average, average, 1.0)
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    parts = (a * msc) ** 2 / (k - 1) + (b * mse) ** 2 / ((n - 1) * (k - 1))
    v = float((a * msc + b * mse) ** 2 / parts) if parts > 0 else float(k - 1)
    v = max(v, 1e-6)
    tail = 0.5 + level / 2
    below = special.fdtri(n - 1, v, tail)
    above = special.fdtri(v, n - 1, tail)
    noise = k * msc + (k * n - k - n) * mse
    low = float(n * (msr - below * mse) / (below * noise + n * msr))
    high = float(n * (above * msr - mse) / (noise + n * above * msr))
    return (value, low, high), (average, _mean_of(low, k), _mean_of(high, k))


def _mean_of(single: float, k: int) -> float:
    """Spearman-Brown: the same for the mean of k."""
    below = 1 + (k - 1) * single
    return float(k * single / below) if below > 0 else float("-inf")
