"""How long after an absence the student was back: counts, and a median that knows what it cannot know yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Returns:
    """What followed a group of absences.

    The first four counts and `not_yet` add up to `absences`. `median` is in school days; None when fewer than half
    are known to have returned.
    """

    absences: int
    within_1: int
    within_2: int
    within_3_to_5: int
    later: int
    not_yet: int
    median: int | None

    @property
    def returned(self) -> int:
        return self.absences - self.not_yet


def returns(days: Sequence[int | None], followed: Sequence[int]) -> Returns:
    """Count how soon students were back after an absence, and estimate the median.

    Parameters
    ----------
    days : sequence of int or None
        For each absence, the number of school days until the student was present: 1 when present on the next day
        with a mark. None when not present again so far.
    followed : sequence of int
        For each absence, on how many later school days the student has a mark. Where the student returned it is
        not read (and may be anything from `days` upward); where not, it says how long we have waited.

    Returns
    -------
    Returns
        Counts by days until return, and the median.

    Raises
    ------
    ValueError
        When the sequences differ in length, or a number of days is below 1, or `followed` below 0.

    Notes
    -----
    The median is the smallest number of days at which the product-limit estimate [1]_ of the share not yet back is
    one half or less. An absence of yesterday whose student has not been seen since is counted as not back *so far*
    and neither as returned nor as never returning; where every return is known, it is the ordinary (lower) median.

    It describes what followed and compares nothing: families who were called differ from those who were not.

    References
    ----------
    .. [1] Kaplan, E. L., & Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the
       American Statistical Association 53(282), 457-481. doi:10.1080/01621459.1958.10501452

    Examples
    --------
    Five absences: back after 1, 1, 2 and 7 school days, and one not back in the three days since.

    >>> r = returns([1, 1, 2, 7, None], [1, 1, 2, 7, 3])
    >>> (r.within_1, r.within_2, r.within_3_to_5, r.later, r.not_yet, r.median)
    (2, 1, 0, 1, 1, 2)
    """
    if len(days) != len(followed):
        raise ValueError(f"{len(days)} absences, but {len(followed)} times of waiting")
    if any(d is not None and d < 1 for d in days) or any(f < 0 for f in followed):
        raise ValueError("a student is back after 1 school day or more, and nobody is waited for less than 0 days")
    back = [d for d in days if d is not None]
    return Returns(
        absences=len(days),
        within_1=sum(d == 1 for d in back),
        within_2=sum(d == 2 for d in back),
        within_3_to_5=sum(3 <= d <= 5 for d in back),
        later=sum(d > 5 for d in back),
        not_yet=len(days) - len(back),
        median=_median(back, [f for d, f in zip(days, followed, strict=True) if d is None]),
    )


def _median(back: list[int], waited: list[int]) -> int | None:
    """Where the product-limit estimate falls to one half; in whole numbers, so that a half is a half."""
    not_back, of = 1, 1  # the share not yet back, as a fraction
    for day in sorted(set(back)):
        at_risk = sum(d >= day for d in back) + sum(w >= day for w in waited)
        not_back *= at_risk - back.count(day)
        of *= at_risk
        if 2 * not_back <= of:
            return day
    return None
