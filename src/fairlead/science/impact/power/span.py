"""What a design can find under a hopeful and under a cautious guess, and how many clusters the wanted effect would need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.science.impact.power.designs import Power
from fairlead.science.impact.power.search import design, needed
from fairlead.science.impact.problems import DataError


@dataclass(frozen=True, slots=True)
class Span:
    """A design under two guesses.

    hopeful, cautious : its precision under each. wanted : the smallest effect of interest, None when nobody named one.
    needs : how many (hopeful, cautious) would find it; None where no number does.
    """

    hopeful: Power
    cautious: Power
    wanted: float | None
    needs: tuple[int | None, int | None]

    @property
    def verdict(self) -> str:
        """enough (under both guesses), perhaps (under the hopeful one), too_few, or open (nobody named an effect)."""
        if self.wanted is None:
            return "open"
        if self.cautious.mdes <= self.wanted:
            return "enough"
        return "perhaps" if self.hopeful.mdes <= self.wanted else "too_few"


def span(
    name: str,
    hopeful: Mapping[str, Any],
    cautious: Mapping[str, Any],
    *,
    vary: str,
    wanted: float | None = None,
    **common: Any,
) -> Span:
    """A design of `design` under two guesses at what nobody knows beforehand (ICC, what covariates explain).

    One number would look like knowledge: an infeasible design says why by showing that even the hopeful guess is not enough.

    Parameters
    ----------
    name, common : as in `design`. hopeful, cautious : the options that differ.
    vary : the size that could be larger ("n", "count", …). wanted : smallest effect of interest, in standard deviations.

    Examples
    --------
    >>> found = span("clusters", {"r2_cluster": 0.75}, {"r2_cluster": 0.5}, vary="count", wanted=0.2,
    ...     n=100, count=18, icc=0.2, r2=0.5, covariates=1)
    >>> round(found.hopeful.mdes, 2), round(found.cautious.mdes, 2), found.verdict
    (0.33, 0.46, 'too_few')
    """
    guesses = (dict(hopeful), dict(cautious))
    best, worst = (design(name, **common, **guess) for guess in guesses)
    needs: list[int | None] = []
    for guess in guesses:
        options = {key: value for key, value in {**common, **guess}.items() if key not in (vary, "power")}
        try:
            needs.append(needed(name, wanted, vary=vary, power=best.power, **options).value if wanted else None)
        except DataError:
            needs.append(None)
    return Span(best, worst, wanted, (needs[0], needs[1]))
