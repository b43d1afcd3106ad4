"""What is published: the lattice with withheld cells, and nothing from which they could be read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from fairlead.science.disclosure.lattice import Group
from fairlead.science.disclosure.rule import Rule

HIDDEN = -1


class State(StrEnum):
    """What a reader gets for a cell, and why."""

    SHOWN = "shown"  # size and numerator
    BOTTOM = "bottom"  # size; the numerator is at most the rule's bound
    TOP = "top"  # size; all but at most the rule's bound have the attribute
    VALUE = "value"  # size; the numerator is withheld to protect another cell
    PRIMARY = "primary"  # nothing: a small group
    COMPLEMENTARY = "complementary"  # nothing: withheld to protect another cell


STATES: tuple[State, ...] = tuple(State)


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """The published tables. Withheld numbers are not in here at all (they read -1).

    Attributes
    ----------
    organizations, parent, groups
        As in `Lattice`.
    rule : Rule
        The rule that was applied; public, like the algorithm.
    state : ndarray of int8, shape (organizations, columns)
        Index into `STATES`.
    n, numerator : ndarray of int64, shape (organizations, columns)
        Published counts, or -1.
    """

    organizations: tuple[str, ...]
    parent: tuple[int, ...]
    groups: tuple[Group, ...]
    rule: Rule
    state: NDArray[np.int8]
    n: NDArray[np.int64]
    numerator: NDArray[np.int64]

    def state_of(self, organization: int, column: int) -> State:
        """Return the state of one cell."""
        return STATES[int(self.state[organization, column])]

    def is_in(self, *states: State) -> NDArray[np.bool_]:
        """Return which cells are in one of `states`."""
        return np.isin(self.state, [STATES.index(state) for state in states])

    def interval(self, organization: int, column: int) -> tuple[float, float] | None:
        """Return the published share as an interval (both ends equal when exact), or None when withheld.

        Examples
        --------
        A group of 45 in which nobody has the attribute is told as "at most 5 %": see `protect`.
        """
        state = self.state_of(organization, column)
        size = int(self.n[organization, column])
        if state is State.SHOWN:
            if size == 0:
                return None
            value = int(self.numerator[organization, column]) / size
            return value, value
        share = float(self.rule.share(size)) if size > 0 else 0.0
        if state is State.BOTTOM:
            return 0.0, share
        if state is State.TOP:
            return 1.0 - share, 1.0
        return None
