"""A week's time by category, from records that overlap; and what a person's own records miss beside somebody who watched.

Sources
-------
Spillane & Zuberi (2009), doi:10.1177/0013161X08329290: leaders' own logs held against observers who shadowed them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.science.measurement.agreement import kappa
from fairlead.science.measurement.problems import MeasurementError, refusal

Codes = NDArray[np.int16]  # (minutes,): the category of each minute, NOTHING where nobody recorded one
NOTHING = -1
LONGEST = 31 * 24 * 60  # minutes


@dataclass(frozen=True, slots=True)
class Block:
    """Some minutes of one thing. `begins`: minutes since the beginning of the time that is looked at."""

    begins: int
    minutes: int
    category: str


@dataclass(frozen=True, slots=True)
class TimeUse:
    """`minutes` by category, each minute once; `overlapping`: minutes recorded more than once, which count once."""

    minutes: Mapping[str, int]
    overlapping: int
    outside: int  # minutes of blocks before the beginning or after the end, left out

    @property
    def known(self) -> int:
        return sum(self.minutes.values())


@dataclass(frozen=True, slots=True)
class TimeAgreement:
    """Two people's records of one person's time, minute by minute.

    `exact` is the share of the minutes that both recorded for which they name one category; `kappa` corrects it for chance.
    Both are None where there is nothing to say. No standard error: minutes beside each other are not independent.
    """

    both: int
    only_own: int
    only_other: int
    exact: float | None
    kappa: float | None
    own: Mapping[str, int]
    other: Mapping[str, int]
    missed: Mapping[str, int]  # the other's minutes, by the other's category, of which the own records say nothing
    differs: Mapping[tuple[str, str], int]  # (own, other) category: minutes, where both say something else

    @property
    def found(self) -> float | None:
        """The share of the minutes that the other recorded of which the own records say something, whatever it is."""
        return self.both / (self.both + self.only_other) if self.both + self.only_other else None


def time_use(layers: Sequence[Sequence[Block]], *, length: int) -> TimeUse:
    """Minutes by category from several sources that may overlap; where they do, the earlier source is believed.

    For one person's week out of what they typed, their contacts and their calendar: a visit that is also typed counts
    once. Not for adding up several people: do each, then add.

    Parameters
    ----------
    layers : sources, the most trusted first; within one source the earlier block of the list is believed.
    length : minutes of the time that is looked at (10,080 for a week); what lies outside is left out and counted.

    Returns
    -------
    TimeUse

    Raises
    ------
    MeasurementError
        A block without a positive length, or a time that is no length.

    Examples
    --------
    >>> typed = [Block(0, 60, "meetings")]
    >>> visits = [Block(30, 60, "classrooms")]
    >>> found = time_use([typed, visits], length=600)
    >>> dict(found.minutes), found.overlapping
    ({'meetings': 60, 'classrooms': 30}, 30)
    """
    names = _names(layers)
    codes, overlapping, outside = _laid_out(layers, names, length)
    return TimeUse(_count(codes, names), overlapping, outside)


def time_agreement(own: Sequence[Block], other: Sequence[Block], *, length: int) -> TimeAgreement:
    """Hold a person's own records of a week against those of somebody who watched.

    For a week that was shadowed. Not for a score of either: what own records miss is what they are not made for (short
    talks in the hallway), and a watcher is no truth, only a second pair of eyes, and changes what is watched.

    Parameters
    ----------
    own, other : each person's blocks.
    length : minutes of the time that is looked at.

    Returns
    -------
    TimeAgreement

    Raises
    ------
    MeasurementError
        As `time_use`.

    Notes
    -----
    Every minute is a unit. `exact` = minutes named alike ÷ minutes that both recorded; kappa as in `kappa`.

    Examples
    --------
    >>> found = time_agreement([Block(0, 60, "own")], [Block(0, 30, "own"), Block(30, 60, "families")], length=600)
    >>> found.both, found.only_other, found.exact, dict(found.missed)
    (60, 30, 0.5, {'families': 30})
    """
    names = _names([own, other])
    mine, _, _ = _laid_out([own], names, length)
    theirs, _, _ = _laid_out([other], names, length)
    both = (mine != NOTHING) & (theirs != NOTHING)
    alike = both & (mine == theirs)
    pairs = np.unique(np.stack([mine[both & ~alike], theirs[both & ~alike]]), axis=1, return_counts=True)
    return TimeAgreement(
        both=int(both.sum()),
        only_own=int(((mine != NOTHING) & (theirs == NOTHING)).sum()),
        only_other=int(((mine == NOTHING) & (theirs != NOTHING)).sum()),
        exact=float(alike.sum() / both.sum()) if both.any() else None,
        kappa=_kappa(mine[both], theirs[both]),
        own=_count(mine, names),
        other=_count(theirs, names),
        missed=_count(np.where(mine == NOTHING, theirs, NOTHING), names),
        differs={(names[a], names[b]): int(n) for (a, b), n in zip(pairs[0].T, pairs[1], strict=True)},
    )


def _kappa(mine: Codes, theirs: Codes) -> float | None:
    if not len(mine):
        return None
    try:
        return float(kappa(mine.tolist(), theirs.tolist()).value)
    except MeasurementError:  # one category throughout: nothing can be said of agreement beyond chance
        return None


def _names(layers: Sequence[Sequence[Block]]) -> list[str]:
    return list(dict.fromkeys(block.category for layer in layers for block in layer))


def _count(codes: Codes, names: Sequence[str]) -> dict[str, int]:
    counts = np.bincount(codes[codes != NOTHING], minlength=len(names))
    return {name: int(n) for name, n in zip(names, counts, strict=True) if n}


def _laid_out(layers: Sequence[Sequence[Block]], names: Sequence[str], length: int) -> tuple[Codes, int, int]:
    if not 0 < length <= LONGEST:
        raise refusal("length", "a time has a length in minutes", str(length), allowed=f"1 to {LONGEST}")
    code = {name: i for i, name in enumerate(names)}
    codes: Codes = np.full(length, NOTHING, dtype=np.int16)
    overlapping = outside = 0
    for layer in layers:
        for block in layer:
            if block.minutes <= 0:
                raise refusal("blocks", "a block has a positive length", str(block.minutes), allowed="1 minute or more")
            begins, ends = max(0, block.begins), min(length, block.begins + block.minutes)
            inside = max(0, ends - begins)
            outside += block.minutes - inside
            part = codes[begins : begins + inside]
            free = part == NOTHING
            overlapping += inside - int(free.sum())
            part[free] = code[block.category]
    return codes, overlapping, outside
