"""A lottery drawn many times before it is drawn: how often its limits are kept, and each entry's chance under them."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.lottery.design import FORMAT, Codes, Design
from fairlead.science.impact.lottery.drawing import attempt, balanced
from fairlead.science.impact.problems import DataError, Problem

ENOUGH = 1000  # accepted draws after which the rehearsal stops
MOST_TRIES = 20_000
LEAST_ACCEPTED = 0.01
HOPELESS = (2000, 0.002)  # after so many draws, fewer than this share kept: it will not come to one in a hundred


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a lottery would do.

    Attributes
    ----------
    tried, accepted : draws made, and those that kept the limits. 0 and 0 where chances follow without drawing.
    chances : (entries, groups) each entry's chance of each group, in the order of `design.ordered`.
    error : the largest standard error of a chance by simulation; 0 where exact.
    bound : pairs of entries of one stratum that were together, or apart, in every accepted draw although the lottery
        without limits would mix them. Many of them: the limits decide, and no longer chance.
    distinct : different draws among the accepted ones; None where nothing was drawn.
    """

    tried: int
    accepted: int
    chances: tuple[tuple[float, ...], ...]
    error: float
    bound: int
    distinct: int | None

    @property
    def acceptance(self) -> float:
        """Share of draws that keep the limits."""
        return self.accepted / self.tried if self.tried else 1.0


def rehearsal_key(design: Design) -> str:
    """The key of rehearsals: SHA-256 of "fairlead-lottery-2|rehearsal|" list hash; public, and never that of the draw."""
    return hashlib.sha256(f"{FORMAT}|rehearsal|{design.hash}".encode()).hexdigest()


def rehearse(design: Design, *, enough: int = ENOUGH, most_tries: int = MOST_TRIES) -> Rehearsal:
    """Draw under the public rehearsal key until `enough` draws were accepted or `most_tries` were made.

    For knowing, before the seed is committed to, whether limits leave enough to chance, and each entry's chance, which the
    analysis may need as a weight. Without limits and with entries of one size the chances are exact and nothing is drawn.

    Raises
    ------
    DataError
        Fewer than 1 in 100 draws accepted: then a handful of draws decide, and neither fairness nor inference is left
        (Moulton 2004, doi:10.1191/1740774504cn024oa, calls such a design overly constrained). An entry that could never win,
        or that could not lose.

    Examples
    --------
    >>> from fairlead.science.impact.lottery import Entry, Limit
    >>> entries = tuple(Entry(f"s{i}", values=(str(i),)) for i in range(8))
    >>> found = rehearse(Design("places", entries, places=4, limits=(Limit("students", "1"),)))
    >>> 0.45 < found.acceptance < 0.55, found.accepted
    (True, 1000)
    """
    design.checked()
    if design.even:
        return Rehearsal(0, 0, _unsure(_even(design)), 0.0, 0, None)
    key, tried = rehearsal_key(design), 0
    groups: list[Codes] = []
    while len(groups) < enough and tried < most_tries:
        group, _ = attempt(design, key, tried)
        tried += 1
        if balanced(design, group):
            groups.append(group)
        if tried == HOPELESS[0] and len(groups) < HOPELESS[1] * tried:
            break
    if len(groups) < LEAST_ACCEPTED * tried:
        what = "too few draws keep these limits: they would decide, and no longer chance"
        got = f"{len(groups):,} of {tried:,} draws"
        raise DataError([Problem("limits", what, got, "1 in 100 or more", "widen the limits, or name fewer")])
    drawn = np.stack(groups)
    chances = np.stack([(drawn == g).mean(axis=0) for g in range(design.groups)], axis=1)
    error = math.sqrt(float((chances * (1 - chances)).max()) / len(groups))
    known = _unsure(tuple(tuple(row) for row in chances.tolist()))
    return Rehearsal(tried, len(groups), known, error, _bound(design, drawn), len(np.unique(drawn, axis=0)))


def _unsure(chances: tuple[tuple[float, ...], ...]) -> tuple[tuple[float, ...], ...]:
    """Chances that are chances; refused where an entry's group is known beforehand."""
    sure = sum(max(row) >= 1 or (len(row) == 2 and min(row) <= 0) for row in chances)
    if sure:
        what = "under these rules the group of some entries is known before the draw"
        next_ = "widen the limits, or give more places to strata with large teams"
        raise DataError([Problem("limits", what, f"{sure} of {len(chances)}", "none", next_)])
    return chances


def assignments(design: Design, draws: int, *, most_tries: int | None = None) -> NDArray[np.intp]:
    """(draws, entries) accepted draws under the rehearsal key, for tests that draw the lottery again as it was drawn.

    Fewer come back when `most_tries` (100 a draw by default) do not give as many.
    """
    design.checked()
    key, found = rehearsal_key(design), []
    for number in range(100 * draws if most_tries is None else most_tries):
        group, _ = attempt(design, key, number)
        if balanced(design, group):
            found.append(group)
            if len(found) == draws:
                break
    if not found:
        raise DataError([Problem("limits", "no draw keeps these limits", "0 draws", next="widen them")])
    return np.stack(found)


def _even(design: Design) -> tuple[tuple[float, ...], ...]:
    """Exact chances, without limits and with entries of one size."""
    if design.kind == "steps":
        return tuple((1 / design.groups,) * design.groups for _ in design.entries)
    size, whole = design.ordered[0].size, sum(design.stratum_sizes)
    if size == 1:
        share = float(design.total / whole)
        return tuple((1 - share, share) for _ in design.entries)
    rows = []
    for stratum in design.stratum:
        room = design.total * design.stratum_sizes[stratum] / whole
        low = int(room)
        rest = room - low
        entries = design.stratum_sizes[stratum] // size
        share = float(((1 - rest) * (low // size) + rest * ((low + 1) // size)) / entries)
        rows.append((1 - share, share))
    return tuple(rows)


def _bound(design: Design, drawn: Codes) -> int:
    """Pairs of a stratum that every accepted draw keeps together, or apart, in strata whose entries can do either."""
    n = len(design.entries)
    together = np.zeros((n, n), dtype=np.int64)
    for g in range(design.groups):
        inside = (drawn == g).astype(np.int32)
        together += inside.T @ inside
    home = design.stratum[:, None] == design.stratum[None, :]
    mixed = np.bincount(design.stratum)[design.stratum] > design.groups
    pair = np.triu(home & mixed[:, None] & mixed[None, :], 1)
    return int((pair & ((together == 0) | (together == len(drawn)))).sum())
