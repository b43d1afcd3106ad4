"""How long something takes when not all of it has happened yet: the median with the open ones counted.

The mean or median of those that *have* happened is too short: the slow ones are still open. The product-limit estimate
counts each open one for as long as it has been waited for.

Sources
-------
Kaplan & Meier (1958), doi:10.1080/01621459.1958.10501452, eq. 2b.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from fairlead.science.measurement.problems import refusal

_HALF = 1e-12  # a product of fractions that is a half may miss it in the last bit


@dataclass(frozen=True, slots=True)
class TimeUntil:
    """`median` is None when more than half would still be open at the longest time that anything was waited for."""

    count: int
    happened: int
    median: float | None
    longest: float  # the longest time that any was waited for, 0 without any

    @property
    def open(self) -> int:
        return self.count - self.happened


def time_until(waited: Sequence[float], happened: Sequence[bool]) -> TimeUntil:
    """The median time until something happens, with those counted for which it has not happened yet.

    For the time from a visit to its feedback, while some feedback is open. Not for things that can never happen to some
    (a visit that needs no feedback): leave those out first. It assumes that those still open are no slower or quicker
    by nature than the others (a lately made visit is open because it is late in the year, and for no other reason).

    Parameters
    ----------
    waited
        Shape (n,), in any unit: the time until it happened, or until now where it has not. Not negative.
    happened
        Shape (n,): whether it has.

    Returns
    -------
    TimeUntil
        The median is the first time at which at most half are still open; where exactly half are open for a while, the
        middle of that while, as a median of all would be.

    Raises
    ------
    MeasurementError
        When the lengths differ, or a time is negative or not a number.

    Examples
    --------
    >>> time_until([1.0, 2.0, 3.0, 9.0], [True, True, True, False]).median
    2.5
    >>> time_until([1.0, 5.0, 5.0], [True, False, False]).median is None
    True
    """
    if len(waited) != len(happened):
        raise refusal("time_until", "waited and happened differ in length", f"{len(waited)} and {len(happened)}")
    if any(not isfinite(t) or t < 0 for t in waited):
        raise refusal("time_until", "a time is negative or not a number", allowed="0 or more")
    done = Counter(t for t, h in zip(waited, happened, strict=True) if h)
    gone = Counter(waited)
    at_risk, share, median, half_since = len(waited), 1.0, None, None
    for t in sorted(gone):
        if done[t]:
            share *= 1 - done[t] / at_risk
            if half_since is not None:
                median = (half_since + t) / 2
                break
            if abs(share - 0.5) <= _HALF:
                half_since = t
            elif share < 0.5:
                median = t
                break
        at_risk -= gone[t]
    if median is None:
        median = half_since  # exactly half, and nothing happened afterwards
    return TimeUntil(len(waited), sum(done.values()), median, max(waited, default=0.0))
