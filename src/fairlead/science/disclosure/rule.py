"""What counts as too small, and how uncertain a withheld number must stay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Band:
    """In groups of `smallest` or more, shares nearer to 0 % or 100 % than `share` are not told apart."""

    smallest: int
    share: float


#: Reporting rules of NCES 2011-603, as states print them (10-19: 20 %, 20-39: 10 %, 40-99: 5 %, 100-299: 2 %,
#: 300 and more: 1 %).
NCES_BANDS = (Band(10, 0.20), Band(20, 0.10), Band(40, 0.05), Band(100, 0.02), Band(300, 0.01))


@dataclass(frozen=True, slots=True)
class Rule:
    """A disclosure rule: the smallest group shown, and the protection promised for what is not.

    Parameters
    ----------
    min_n : int
        Groups of 1 to ``min_n - 1`` people are withheld.
    width : int
        A reader who combines everything that is published must be left with an interval of at least this
        width for the size of each withheld small group.
    rate_width : int
        The same for how many people in a small or an almost unanimous group have (and have not) the
        attribute.
    bands : tuple of Band
        Top and bottom coding by size of group, ascending. Empty: no coding.
    source : str
        Where the rule comes from.

    Notes
    -----
    Minimum sizes in use in the states run from 5 to 30 with a mode of 10, and the bands follow the brief's
    recommendation that shares near 0 % and 100 % are told only as "at most" or "at least" [1]_. A minimum
    and a band alone do not protect, since row and column totals give the withheld number back; the
    protection is therefore defined by what an attacker can infer, as in the literature on cell suppression
    [2]_, [3]_.

    References
    ----------
    .. [1] Seastrom, M. (2010). Statistical Methods for Protecting Personally Identifiable Information in
       Aggregate Reporting. SLDS Technical Brief 3, NCES 2011-603. https://eric.ed.gov/?id=ED514095
    .. [2] Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley, ch. 4-5.
       doi:10.1002/9781118348239
    .. [3] Fischetti, M., & Salazar, J. J. (2001). Solving the cell suppression problem on tabular data
       with linear constraints. Management Science 47(7), 1008-1027. doi:10.1287/mnsc.47.7.1008.9805

    Examples
    --------
    >>> int(STUDENTS.bound(45)), float(STUDENTS.share(45))
    (2, 0.05)
    """

    min_n: int = 10
    width: int = 5
    rate_width: int = 2
    bands: tuple[Band, ...] = NCES_BANDS
    source: str = "NCES 2011-603"

    def __post_init__(self) -> None:
        if self.min_n < 1:
            raise ValueError(f"min_n must be at least 1, not {self.min_n}")
        if self.width > max(self.min_n - 2, 0) or self.rate_width > max(self.min_n - 2, 0):
            raise ValueError(
                f"width ({self.width}) and rate_width ({self.rate_width}) can be at most min_n - 2 "
                f"({self.min_n - 2}): a reader knows that a withheld small group has 1 to min_n - 1 people"
            )
        sizes = [band.smallest for band in self.bands]
        if sizes != sorted(set(sizes)) or any(not 0 < band.share < 0.5 for band in self.bands):
            raise ValueError("bands must ascend by size, with shares between 0 and 0.5")
        for band in self.bands:
            if int(band.share * band.smallest + 1e-9) < self.rate_width:
                raise ValueError(f"the band of {band.share:.0%} from {band.smallest} people hides too few")

    def share(self, n: NDArray[np.int64] | int) -> NDArray[np.float64]:
        """Return the share within which values at the ends are not told apart, for groups of `n`."""
        size = np.asarray(n, dtype=np.int64)
        out = np.zeros(size.shape, dtype=np.float64)
        for band in self.bands:
            out = np.where(size >= band.smallest, band.share, out)
        return out

    def bound(self, n: NDArray[np.int64] | int) -> NDArray[np.int64]:
        """Return the largest number of people that is bottom-coded in groups of `n`; -1 where nothing is.

        Never more than ``min_n - 1``: in a very large group one per cent is no longer a small number of
        people.
        """
        size = np.asarray(n, dtype=np.int64)
        share = self.share(size)
        people = np.floor(share * size + 1e-9).astype(np.int64)
        return np.where(share > 0, np.minimum(people, self.min_n - 1), -1)


#: The rule for groups of students.
STUDENTS = Rule()
