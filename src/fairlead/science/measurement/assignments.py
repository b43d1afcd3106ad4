"""What a sample of assignments says of a school year: the share that is grade-appropriate, and the hours that are not.

The product of hours and share is the arithmetic of TNTP (2018), The Opportunity Myth, which found 26.1 % of assignments in
reach of grade-level standards and 133 of 180 hours spent on others; the interval is `clustered_share`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from fairlead.science.measurement.clustered import ClusteredShare, clustered_share
from fairlead.science.measurement.problems import refusal

HOURS = 180.0


@dataclass(frozen=True, slots=True)
class BelowGrade:
    """Hours a year on assignments that are not grade-appropriate, with the share they come from."""

    value: float
    low: float
    high: float
    hours: float  # a year in the subject: an assumption, to be shown
    share: ClusteredShare  # grade-appropriate


def hours_below_grade(
    appropriate: ArrayLike,
    classroom: Sequence[Any],
    *,
    weights: ArrayLike | None = None,
    hours: float = HOURS,
    level: float = 0.95,
) -> BelowGrade:
    """Hours in the subject × (1 − share of sampled assignments that are grade-appropriate).

    Parameters
    ----------
    appropriate : (n,) 1 where the assignment is grade-appropriate, 0 where not; NaN or None where not judged.
    classroom : n labels: assignments of one classroom are alike.
    weights : (n,) how many assignments one stands for: 1 ÷ its chance of being drawn. None: all alike.
    hours : a year in the subject.
    level : float

    Returns
    -------
    BelowGrade

    Raises
    ------
    MeasurementError
        As `clustered_share`; hours that are not positive.

    Notes
    -----
    Assumed: assignments were drawn by chance, and an hour of an assignment counts the same whichever it is. How long
    the year is, is not estimated: show it.

    Examples
    --------
    The published numbers: 180 hours at a share of 0.261.

    >>> found = hours_below_grade([1] * 261 + [0] * 739, [i % 100 for i in range(1000)])
    >>> round(found.value)
    133
    """
    if not 0 < hours < 8784:
        raise refusal("hours", "a year has between 0 and 8784 hours", f"{hours}")
    share = clustered_share(appropriate, classroom, weights=weights, level=level)
    return BelowGrade(hours * (1 - share.value), hours * (1 - share.high), hours * (1 - share.low), hours, share)
