"""Withhold what must not be read, and as little else as a greedy rule can, until the attacker gives up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairlead.science.disclosure.attack import Quantity, System
from fairlead.science.disclosure.lattice import Lattice, equations
from fairlead.science.disclosure.release import HIDDEN, STATES, Release, State
from fairlead.science.disclosure.rule import STUDENTS, Rule

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Exposed:
    """A number that the attacker narrows to less than the rule promises."""

    cell: int
    quantity: Quantity
    lower: int
    upper: int
    promised: int


def protect(lattice: Lattice, rule: Rule = STUDENTS) -> Release:
    """Publish a lattice under a rule.

    Parameters
    ----------
    lattice : Lattice
        True counts.
    rule : Rule
        Minimum size, promised widths, bands.

    Returns
    -------
    Release
        Deterministic: the same counts give the same release.

    Notes
    -----
    1. *Primary*: groups of fewer than ``min_n`` people, and within them everything (also their empty parts).
       Empty groups elsewhere are shown as empty: they hold nobody.
    2. *Coding*: in shown groups, numerators nearer to none or all than the band's share are told only as
       such.
    3. *Complementary*: while a sum has exactly one unknown, another of its cells is withheld; then the
       attacker of `attack` is run on what would be published, for every primary and every almost unanimous
       cell (size within ``width``, attribute and its absence within ``rate_width``), and each success
       costs one more cell, until there is none. Sums run over categories, and over the children of each
       organization, in the tables of all groups together, because they share their totals.

    Sizes are settled first, from sizes alone: tables of several measures over the same people withhold the same
    sizes, so that none gives back what another withholds. (Where protecting an attribute costs a size, it is
    withheld on top of these.) People who come and go between months make neighbouring months differ a little;
    against differences between months the minimum size is the only protection.

    The cell that goes is the cheapest by (too small to hide behind, level, whether it opens a new sum,
    people): greedy, so not the least possible loss, which is NP-hard (Fischetti & Salazar 2001,
    doi:10.1287/mnsc.47.7.1008.9805).

    Examples
    --------
    >>> from fairlead.science.disclosure import Group
    >>> sex = Group("gender", ("f", "m"))
    >>> it = Lattice.build(["net", "a", "b"], [-1, 0, 0], [sex],
    ...                    [[0, 0, 0], [30, 27, 3], [60, 28, 32]], [[0, 0, 0], [9, 8, 1], [17, 7, 10]])
    >>> [[protect(it).state_of(o, c).value for c in (1, 2)] for o in (1, 2)]
    [['complementary', 'primary'], ['complementary', 'complementary']]
    """
    nobody = replace(lattice, numerator=np.zeros_like(lattice.numerator))
    sizes = _Draft(nobody, replace(rule, rate_width=0, bands=()))
    sizes.settle()
    draft = _Draft(lattice, rule, sizes.hidden_sizes)
    draft.settle()
    return draft.release()


def exposed(lattice: Lattice, release: Release) -> tuple[Exposed, ...]:
    """Return every protected number that the attacker of `attack` narrows too far; empty for a safe release.

    Parameters
    ----------
    lattice : Lattice
        The truth, which says what has to be protected.
    release : Release
        What would be published.

    Returns
    -------
    tuple of Exposed
        In order of cell; a number that is published though it has to be protected counts as narrowed to
        itself.
    """
    rule = release.rule
    small = _small(lattice, rule).ravel()
    extreme = _extreme(lattice, rule).ravel()
    truth: dict[Quantity, NDArray[np.int64]] = {
        "n": lattice.n.ravel(),
        "numerator": lattice.numerator.ravel(),
        "rest": (lattice.n - lattice.numerator).ravel(),
    }
    system = System(release)
    system.explore()
    found = []
    for cell in np.flatnonzero(small | extreme):
        wanted: list[tuple[Quantity, int]] = [("numerator", rule.rate_width), ("rest", rule.rate_width)]
        if small[cell]:
            wanted.insert(0, ("n", rule.width))
        for quantity, promised in wanted:
            target = system.target(int(cell), quantity)
            if target is None:
                known = int(truth[quantity][cell])
                ends: tuple[int, int] | None = (known, known) if promised > 0 else None
            else:
                ends = system.narrower(target, promised)
            if ends is not None:
                found.append(Exposed(int(cell), quantity, *ends, promised))
    return tuple(found)


def _small(lattice: Lattice, rule: Rule) -> Mask:
    """Return groups of 1 to min_n - 1 people, and their empty parts that are not known to be empty."""
    small = (lattice.n > 0) & (lattice.n < rule.min_n)
    flat, n = small.ravel().copy(), lattice.n.ravel()
    totals: dict[int, list[int]] = {}
    for total, *parts in equations(lattice.parent, lattice.groups):
        for part in parts:
            totals.setdefault(part, []).append(total)
    while True:
        more = [
            cell
            for cell, above in totals.items()
            if n[cell] == 0
            and not flat[cell]
            and any(flat[total] for total in above)
            and all(flat[total] for total in above if n[total] == 0)
        ]
        if not more:
            return flat.reshape(small.shape)
        flat[more] = True


def _extreme(lattice: Lattice, rule: Rule) -> Mask:
    """Return groups that are large enough but (almost) all the same."""
    bound = rule.bound(lattice.n)
    few = np.minimum(lattice.numerator, lattice.n - lattice.numerator)
    return (lattice.n >= rule.min_n) & (few <= bound)


class _Draft:
    """A release in the making: which sizes and which numerators are hidden so far."""

    def __init__(self, lattice: Lattice, rule: Rule, hidden_sizes: Mask | None = None) -> None:
        self._lattice, self._rule = lattice, rule
        self._sums = equations(lattice.parent, lattice.groups)
        self._small = _small(lattice, rule).ravel()
        self._extreme = _extreme(lattice, rule).ravel()
        self._hide_n = self._small.copy() if hidden_sizes is None else self._small | hidden_sizes
        self._hide_k = self._hide_n | self._extreme
        self._touching: dict[int, list[tuple[int, ...]]] = {}
        for sum_ in self._sums:
            for cell in sum_:
                self._touching.setdefault(cell, []).append(sum_)
        self._n, self._k = lattice.n.ravel(), lattice.numerator.ravel()
        width = lattice.n.shape[1]
        children = np.bincount([p for p in lattice.parent if p >= 0], minlength=len(lattice.parent))
        depth = np.repeat(children > 0, width).astype(int) * 2
        everybody = np.tile([1] + [0] * (width - 1), len(lattice.parent))
        self._level = depth + everybody

    @property
    def hidden_sizes(self) -> Mask:
        """Cells whose size is withheld so far."""
        return self._hide_n.copy()

    def settle(self) -> None:
        """Withhold until the attacker gives up."""
        self.close()
        while leaks := exposed(self._lattice, self.release()):
            self.cover(leaks)
            self.close()

    def release(self) -> Release:
        """Return what would be published now."""
        shape = self._lattice.n.shape
        low_end = self._k * 2 <= self._n
        state = np.full(self._n.shape, STATES.index(State.SHOWN), dtype=np.int8)
        state[self._hide_k] = STATES.index(State.VALUE)
        state[self._extreme & low_end] = STATES.index(State.BOTTOM)
        state[self._extreme & ~low_end] = STATES.index(State.TOP)
        state[self._hide_n] = STATES.index(State.COMPLEMENTARY)
        state[self._small] = STATES.index(State.PRIMARY)
        return Release(
            self._lattice.organizations,
            self._lattice.parent,
            self._lattice.groups,
            self._rule,
            state.reshape(shape),
            np.where(self._hide_n, HIDDEN, self._n).reshape(shape),
            np.where(self._hide_k, HIDDEN, self._k).reshape(shape),
        )

    def close(self) -> None:
        """Withhold until no sum has exactly one unknown."""
        changed = True
        while changed:
            changed = False
            for hidden, size in ((self._hide_n, True), (self._hide_k, False)):
                for sum_ in self._sums:
                    if sum(bool(hidden[cell]) for cell in sum_) == 1:
                        changed |= self._hide_one((sum_,), size)

    def cover(self, leaks: tuple[Exposed, ...]) -> None:
        """Withhold one more cell for each leak, as near to it as possible."""
        touched: set[int] = set()
        progress = False
        for leak in leaks:
            if leak.cell in touched:
                continue
            before = self._hide_n.copy(), self._hide_k.copy()
            size = leak.quantity == "n"
            hid = any(self._hide_one(sums, of_size) for sums, of_size in self._rings(leak.cell, size))
            progress = progress or hid
            for cell in np.flatnonzero((before[0] != self._hide_n) | (before[1] != self._hide_k)):
                touched.update(other for sum_ in self._touching[int(cell)] for other in sum_)
        if not progress:  # every number is withheld, and the rule promises more than that gives
            raise RuntimeError(f"nothing left to withhold for {leaks[0]}")

    def _rings(self, cell: int, size: bool) -> Iterator[tuple[tuple[tuple[int, ...], ...], bool]]:
        """Yield the sums of a cell, then those of the hidden cells in them, outwards; at last all."""
        hidden = self._hide_n if size else self._hide_k
        reached, sums = {cell}, tuple(self._touching.get(cell, ()))
        while True:
            yield sums, size
            wider = {other for sum_ in sums for other in sum_ if hidden[other]} | reached
            if wider == reached:
                break
            reached = wider
            sums = tuple(dict.fromkeys(sum_ for other in sorted(reached) for sum_ in self._touching[other]))
        yield self._sums, size
        if not size:  # numerators are all withheld: sizes have to go too
            yield from self._rings(cell, True)

    def _hide_one(self, sums: tuple[tuple[int, ...], ...], size: bool) -> bool:
        hidden = self._hide_n if size else self._hide_k
        candidates = sorted({cell for sum_ in sums for cell in sum_ if not hidden[cell] and self._n[cell] > 0})
        if not candidates:
            return False
        cell = min(candidates, key=lambda c: self._cost(c, size))
        hidden[cell] = True
        self._hide_k[cell] = True
        return True

    def _cost(self, cell: int, size: bool) -> tuple[bool, int, int, int, int]:
        """Cheapest first: room to hide behind, low level, few newly opened sums, few people."""
        rule, n, k = self._rule, int(self._n[cell]), int(self._k[cell])
        if size:
            hidden, room, needed = self._hide_n, n - rule.min_n, rule.width
        else:
            bound = int(rule.bound(n))
            hidden, room, needed = self._hide_k, min(k, n - k) - bound - 1, rule.rate_width
        opened = sum(not any(hidden[other] for other in sum_) for sum_ in self._touching.get(cell, ()))
        return room < needed, int(self._level[cell]), opened, n, cell
