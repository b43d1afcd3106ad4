"""The draw: numbers from SHA-256, an order from the numbers, groups from the order, and a limit on how these may differ."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.lottery.design import FORMAT, Codes, Design
from fairlead.science.impact.problems import DataError, Problem

MOST_TRIES = 100_000
_IN_A_BLOCK = 4  # numbers of 8 bytes in one SHA-256
_RANGE = 1 << 64


@dataclass(frozen=True, slots=True)
class Drawing:
    """What came out, in the order of `design.ordered`.

    group : 1 won and 0 waits, or the step (0 first). waiting : place on the waiting list of the stratum, 1 first; 0 for
    those who won, and in a roll-out. attempt : which attempt was the first to keep the limits, 0 first.
    """

    group: tuple[int, ...]
    waiting: tuple[int, ...]
    attempt: int


def key_of(design: Design, seed: str, public: str = "") -> str:
    """The key of the draw: SHA-256 of "fairlead-lottery-2|draw|" list hash "|" seed "|" public result, in hexadecimal.

    The list's hash is in it, so that the same seed draws another list otherwise; the public result is in it, so that whoever
    knows the seed does not know the draw.

    Examples
    --------
    >>> from fairlead.science.impact.lottery import Entry
    >>> key_of(Design("places", (Entry("a"), Entry("b")), places=1), "seed")[:12]
    '183adcbb85cb'
    """
    return hashlib.sha256(f"{FORMAT}|draw|{design.hash}|{seed}|{public}".encode()).hexdigest()


def numbers(key: str, attempt: int, count: int) -> NDArray[np.uint64]:
    """`count` numbers below 2⁶⁴: SHA-256 of "fairlead-lottery-2|key|attempt|0", then |1 …, cut into four big-endian numbers."""
    start = hashlib.sha256(f"{FORMAT}|{key}|{attempt}|".encode())
    blocks = []
    for block in range(-(-count // _IN_A_BLOCK)):
        one = start.copy()
        one.update(str(block).encode())
        blocks.append(one.digest())
    return np.frombuffer(b"".join(blocks), dtype=">u8")[:count].astype(np.uint64)


def needed(design: Design) -> int:
    """How many numbers an attempt uses: one an entry, one a stratum, then one for the start or one a step."""
    last = design.groups if design.kind == "steps" else 1
    return len(design.entries) + len(design.strata) + last


def attempt(design: Design, key: str, number: int) -> tuple[Codes, Codes]:
    """One attempt, whatever its balance: each entry's group, and the order in which all of them stand (positions)."""
    n, s = len(design.entries), len(design.strata)
    drawn = numbers(key, number, needed(design))
    of_entry, of_stratum, last = drawn[:n], drawn[n : n + s], drawn[n + s :]
    by_number = np.argsort(of_entry, kind="stable")
    rank = np.empty(s, dtype=np.intp)
    rank[np.argsort(of_stratum, kind="stable")] = np.arange(s)
    order = by_number[np.argsort(rank[design.stratum[by_number]], kind="stable")]
    if design.kind == "steps":
        # Dealt round by round along the order: strata and steps differ by one at most; which step is dealt first is drawn.
        group = np.empty(n, dtype=np.intp)
        group[order] = np.argsort(last, kind="stable")[np.arange(n) % design.groups]
        return group, order
    return _winners(design, order, rank, int(last[0])), order


def _winners(design: Design, order: Codes, rank: Codes, start: int) -> Codes:
    """1 where an entry wins. The strata's shares are laid end to end and cut at whole numbers behind one random start.

    So each stratum gets its share of the places rounded up or down, by chance and fairly, and all together the total.
    """
    total, whole = design.total, sum(design.stratum_sizes)
    begin = Fraction(start, _RANGE)
    capacity = [0] * len(design.strata)
    reached, before = Fraction(0), 0
    for stratum in np.argsort(rank, kind="stable"):
        reached += total * design.stratum_sizes[stratum] / whole
        upto = int(reached + begin)
        capacity[stratum], before = upto - before, upto
    group = np.zeros(len(design.entries), dtype=np.intp)
    if bool((design.sizes == 1).all()):
        inside = design.stratum[order]
        first = np.r_[True, inside[1:] != inside[:-1]]
        since = np.arange(order.size) - np.maximum.accumulate(np.where(first, np.arange(order.size), 0))
        group[order] = since < np.array(capacity)[inside]
        return group
    for place in order:  # in order, those who fit into what is left: siblings stay together
        stratum, size = int(design.stratum[place]), int(design.sizes[place])
        if size <= capacity[stratum]:
            capacity[stratum] -= size
            group[place] = 1
    return group


def balanced(design: Design, group: Codes) -> bool:
    """Whether a draw keeps every limit; in whole numbers, so that no program rounds otherwise."""
    if not design.limits:
        return True
    values, most, _ = design.scaled
    sums, counts = _sums(values, group, design.groups)
    if min(counts) == 0:
        return False
    return all(
        abs(sums[g][c] * counts[h] - sums[h][c] * counts[g]) <= limit * counts[g] * counts[h]
        for g, h in combinations(range(design.groups), 2)
        for c, limit in enumerate(most)
    )


def _sums(values: NDArray[np.int64], group: Codes, groups: int) -> tuple[list[list[int]], list[int]]:
    chosen = [group == g for g in range(groups)]
    return [values[inside].sum(axis=0).tolist() for inside in chosen], [int(inside.sum()) for inside in chosen]


@dataclass(frozen=True, slots=True)
class Balance:
    """Each group's mean of a covariate (entries count once), and the widest difference beside its limit."""

    covariate: str
    means: tuple[float, ...]
    widest: float
    most: float


def balance_of(design: Design, group: tuple[int, ...]) -> tuple[Balance, ...]:
    """How the groups of a draw compare, covariate by covariate."""
    values, most, powers = design.scaled
    sums, counts = _sums(values, np.array(group, dtype=np.intp), design.groups)
    found = []
    for c, limit in enumerate(design.limits):
        unit = 10 ** powers[c]
        means = tuple(float("nan") if not n else total[c] / n / unit for total, n in zip(sums, counts, strict=True))
        found.append(Balance(limit.covariate, means, max(means) - min(means), most[c] / unit))
    return tuple(found)


def draw_design(design: Design, key: str, *, most_tries: int = MOST_TRIES) -> Drawing:
    """Draw: the first attempt (0, 1, 2 …) that keeps the limits.

    Parameters
    ----------
    design : checked. key : from `key_of`.
    most_tries : after which it is refused; a design that was rehearsed has long been refused before that.

    Raises
    ------
    DataError
        A design that cannot be drawn; no attempt that keeps the limits.

    Notes
    -----
    Drawing again until covariates are balanced: Moulton (2004), doi:10.1191/1740774504cn024oa; its inference:
    Morgan & Rubin (2012), doi:10.1214/12-AOS1008.

    Examples
    --------
    >>> from fairlead.science.impact.lottery import Entry
    >>> design = Design("places", tuple(Entry(k, "north") for k in "abcd"), places=2)
    >>> drawn = draw_design(design, key_of(design, "seed"))
    >>> sum(drawn.group), sorted(drawn.waiting), drawn.attempt
    (2, [0, 0, 1, 2], 0)
    """
    design.checked()
    for number in range(most_tries):
        group, order = attempt(design, key, number)
        if balanced(design, group):
            return Drawing(tuple(group.tolist()), _waiting(design, group, order), number)
    raise DataError(
        [Problem("limits", "no draw keeps these limits", f"0 of {most_tries:,}", next="widen them, or name fewer")]
    )


def _waiting(design: Design, group: Codes, order: Codes) -> tuple[int, ...]:
    waiting = [0] * len(design.entries)
    if design.kind == "places":
        behind = [0] * len(design.strata)
        for place in order:
            if not group[place]:
                behind[design.stratum[place]] += 1
                waiting[place] = behind[design.stratum[place]]
    return tuple(waiting)
