"""How far a share could be off by chance alone."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval."""

    value: float
    low: float
    high: float
    level: float


def wilson(numerator: float, n: float, level: float = 0.95) -> Share:
    """Return a share with Wilson's score interval.

    Parameters
    ----------
    numerator, n : float
        How many of how many; `n` may be an effective number and need not be whole.
    level : float
        Coverage of the interval.

    Returns
    -------
    Share
        Value and interval, within 0 and 1 also at the ends.

    Raises
    ------
    ValueError
        When `n` is not positive or the numerator is not between 0 and `n`.

    Notes
    -----
    Solves ``|p - x/n| = z sqrt(p (1 - p) / n)`` for p [1]_. Unlike the textbook interval it keeps near its level
    for small `n` and extreme shares [2]_.

    References
    ----------
    .. [1] Wilson, E. B. (1927). Probable inference, the law of succession, and statistical inference. Journal of
       the American Statistical Association 22(158), 209-212. doi:10.1080/01621459.1927.10502953
    .. [2] Brown, L. D., Cai, T. T., & DasGupta, A. (2001). Interval estimation for a binomial proportion.
       Statistical Science 16(2), 101-133. doi:10.1214/ss/1009213286

    Examples
    --------
    >>> s = wilson(2, 10)
    >>> round(s.value, 3), round(s.low, 3), round(s.high, 3)
    (0.2, 0.057, 0.51)
    """
    if n <= 0 or not 0 <= numerator <= n:
        raise ValueError(f"no share: {numerator} of {n}")
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share = numerator / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Share(share, max(0.0, centre - half), min(1.0, centre + half), level)
