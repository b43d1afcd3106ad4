"""The attacker: everything published, put into one linear system and solved for each withheld number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import scipy
from numpy.typing import NDArray

from fairlead.science.disclosure.lattice import equations
from fairlead.science.disclosure.release import HIDDEN, Release, State

Quantity = Literal["n", "numerator", "rest"]
QUANTITIES: tuple[Quantity, ...] = ("n", "numerator", "rest")


@dataclass(frozen=True, slots=True)
class Interval:
    """What the attacker knows about one withheld number: it lies between `lower` and `upper`.

    `quantity` is the size of the group (``n``), how many have the attribute (``numerator``), or how many have
    not (``rest``).
    """

    organization: int
    column: int
    quantity: Quantity
    lower: int
    upper: int

    @property
    def width(self) -> int:
        """How far the ends are apart; 0 means that the number is known."""
        return self.upper - self.lower


def attack(release: Release, *, integer: bool = False) -> tuple[Interval, ...]:
    """Recover withheld numbers as far as the published ones allow.

    Parameters
    ----------
    release : Release
        What is published, and nothing else.
    integer : bool
        Also use that people are counted in whole numbers inside the system (slower, sharper). Otherwise
        only the ends are rounded inwards.

    Returns
    -------
    tuple of Interval
        One for each withheld size, numerator and rest, in order of cell.

    Notes
    -----
    The attacker is a strong one: told the rule and the *reason* for each cell, so a primary cell has at most
    ``min_n - 1`` people, a complementary one at least ``min_n``, and a withheld value is not an extreme one.
    For each number two programmes are solved, least and greatest, subject to every sum in the lattice: the
    audit step of cell suppression (Hundepool et al. 2012, ch. 4; Fischetti & Salazar 2001,
    doi:10.1287/mnsc.47.7.1008.9805). What the attacker is not told is the true size of small groups from
    another source; a minimum size cannot protect against that.

    Examples
    --------
    >>> from fairlead.science.disclosure import Group, Lattice, protect
    >>> sex = Group("gender", ("f", "m"))
    >>> it = Lattice.build(["net", "a", "b"], [-1, 0, 0], [sex],
    ...                    [[0, 0, 0], [30, 27, 3], [60, 28, 32]], [[0, 0, 0], [9, 8, 1], [17, 7, 10]])
    >>> next((i.lower, i.upper) for i in attack(protect(it)) if (i.organization, i.column) == (1, 2))
    (1, 9)
    """
    system = System(release)
    found = []
    for target in system.targets:
        low, high = system.extent(target, integer=integer)
        organization, column = divmod(target.cell, release.n.shape[1])
        found.append(Interval(organization, column, target.quantity, low, high))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Target:
    """A withheld number as a linear form: ``weights . x + constant`` over the variables of its component."""

    cell: int
    quantity: Quantity
    component: int
    variables: tuple[int, ...]
    weights: tuple[float, ...]
    constant: float


class System:
    """The published sums as ``A x = b`` within bounds, cut into parts that do not touch each other."""

    def __init__(self, release: Release) -> None:
        self._read(release)
        self._cut()
        self.targets = tuple(self._targets())
        self._of = {(target.cell, target.quantity): number for number, target in enumerate(self.targets)}
        self._forms()
        self._seen_low = np.full(len(self.targets), np.inf)
        self._seen_high = np.full(len(self.targets), -np.inf)

    def _read(self, release: Release) -> None:
        cells = release.n.size
        n, numerator = release.n.ravel(), release.numerator.ravel()
        minimum = release.rule.min_n
        bound = release.rule.bound(n)
        primary = release.is_in(State.PRIMARY).ravel()
        sums = equations(release.parent, release.groups)
        part_of_small = np.zeros(cells, dtype=bool)
        for total, *parts in sums:
            if primary[total]:
                part_of_small[parts] = True
        self._n, self._numerator = n, numerator
        self._size = np.full(cells, -1)  # variable number of the size, of the numerator
        self._attribute = np.full(cells, -1)
        hidden_n, hidden_k = np.flatnonzero(n == HIDDEN), np.flatnonzero(numerator == HIDDEN)
        self._size[hidden_n] = np.arange(len(hidden_n))
        self._attribute[hidden_k] = len(hidden_n) + np.arange(len(hidden_k))
        count = len(hidden_n) + len(hidden_k)
        far = float(4 * max(int(n.max(initial=0)), 100 * minimum))
        self._lower, self._upper = np.zeros(count), np.full(count, far)
        for cell in hidden_n:
            least = 0 if part_of_small[cell] else 1
            ends = (least, minimum - 1) if primary[cell] else (minimum, far)
            self._lower[self._size[cell]], self._upper[self._size[cell]] = ends
        states = {state: release.is_in(state).ravel() for state in (State.BOTTOM, State.TOP, State.VALUE)}
        for cell in hidden_k[n[hidden_k] != HIDDEN]:
            size, coded = int(n[cell]), int(bound[cell])
            if states[State.BOTTOM][cell]:
                ends = (0, coded)
            elif states[State.TOP][cell]:
                ends = (size - coded, size)
            else:
                ends = (coded + 1, size - coded - 1)
            self._lower[self._attribute[cell]], self._upper[self._attribute[cell]] = ends
        rows: list[tuple[list[int], list[float], float, float]] = []
        for published, variable in ((n, self._size), (numerator, self._attribute)):
            for total, *parts in sums:
                members = [(cell, -1.0 if cell == total else 1.0) for cell in (total, *parts)]
                unknown = [(int(variable[cell]), sign) for cell, sign in members if variable[cell] >= 0]
                if unknown:
                    known = -sum(sign * float(published[cell]) for cell, sign in members if variable[cell] < 0)
                    rows.append(([v for v, _ in unknown], [s for _, s in unknown], known, known))
        for cell in hidden_n:  # 0 <= numerator <= size
            rows.append(([int(self._size[cell]), int(self._attribute[cell])], [1.0, -1.0], 0.0, np.inf))
        at = np.repeat(np.arange(len(rows)), [len(row[0]) for row in rows])
        self._matrix = scipy.sparse.csr_array(
            (
                np.array([weight for row in rows for weight in row[1]], dtype=float),
                (at, np.array([variable for row in rows for variable in row[0]], dtype=int)),
            ),
            shape=(len(rows), count),
        )
        self._least = np.array([row[2] for row in rows], dtype=float)
        self._most = np.array([row[3] for row in rows], dtype=float)

    def _cut(self) -> None:
        pattern = abs(self._matrix)
        _, self._component = scipy.sparse.csgraph.connected_components(pattern.T @ pattern, directed=False)
        row_component = self._component[[self._matrix.indices[start] for start in self._matrix.indptr[:-1]]]
        self._parts: dict[int, tuple[NDArray[np.intp], scipy.optimize.LinearConstraint]] = {}
        for part in np.unique(self._component):
            variables = np.flatnonzero(self._component == part)
            rows = np.flatnonzero(row_component == part)
            matrix = self._matrix[rows][:, variables]
            self._parts[int(part)] = (
                variables,
                scipy.optimize.LinearConstraint(matrix, self._least[rows], self._most[rows]),
            )

    def _targets(self) -> Iterable[Target]:
        for cell in np.flatnonzero(self._attribute >= 0):
            size, attribute = int(self._size[cell]), int(self._attribute[cell])
            component = int(self._component[attribute])
            if size >= 0:
                yield Target(int(cell), "n", component, (size,), (1.0,), 0.0)
            yield Target(int(cell), "numerator", component, (attribute,), (1.0,), 0.0)
            if size >= 0:
                yield Target(int(cell), "rest", component, (size, attribute), (1.0, -1.0), 0.0)
            else:
                yield Target(int(cell), "rest", component, (attribute,), (-1.0,), float(self._n[cell]))

    def _forms(self) -> None:
        """Put the targets of each component into one matrix, to read all of them from every solution."""
        self._members: dict[int, NDArray[np.intp]] = {}
        self._form: dict[int, scipy.sparse.csr_array] = {}
        self._constant: dict[int, NDArray[np.float64]] = {}
        component = np.array([target.component for target in self.targets], dtype=int)
        for part, (variables, _) in self._parts.items():
            mine = np.flatnonzero(component == part)
            entries = [
                (row, int(np.searchsorted(variables, variable)), weight)
                for row, number in enumerate(mine)
                for variable, weight in zip(self.targets[number].variables, self.targets[number].weights, strict=True)
            ]
            row, column, weight = (np.array(part_) for part_ in zip(*entries, strict=True))
            self._members[part] = mine
            self._form[part] = scipy.sparse.csr_array((weight, (row, column)), shape=(len(mine), len(variables)))
            self._constant[part] = np.array([self.targets[number].constant for number in mine])

    def target(self, cell: int, quantity: Quantity) -> Target | None:
        """Return the withheld number, or None when it is published."""
        number = self._of.get((cell, quantity))
        return None if number is None else self.targets[number]

    def extent(self, target: Target, *, integer: bool = False) -> tuple[int, int]:
        """Return the least and the greatest whole number that `target` can be."""
        low = self._solve(target, 1.0, integer)
        high = self._solve(target, -1.0, integer)
        return int(np.ceil(low - 1e-6)), int(np.floor(high + 1e-6))

    def explore(self, rounds: int = 12) -> None:
        """Visit some corners of each component, in fixed directions, to save `narrower` most of its way."""
        for part, form in self._form.items():
            number = np.arange(1, form.shape[0] + 1)
            for step in range(1, rounds + 1 if form.shape[0] > 2 * rounds else 1):
                direction = form.T @ np.cos(2.399963 * number * step)  # the golden angle: never in step
                for sign in (1.0, -1.0):
                    self._visit(part, sign * direction, integer=False)

    def narrower(self, target: Target, width: int) -> tuple[int, int] | None:
        """Return the interval of `target` if it is narrower than `width`, else None.

        Every solution found on the way is a possible world for all other targets too, so most of them are
        known to be wide enough before they are asked for.
        """
        number = self._of[(target.cell, target.quantity)]
        if np.floor(self._seen_high[number] + 1e-6) - np.ceil(self._seen_low[number] - 1e-6) >= width:
            return None
        low, high = self.extent(target)
        return (low, high) if high - low < width else None

    def _solve(self, target: Target, direction: float, integer: bool) -> float:
        objective = np.zeros(len(self._parts[target.component][0]))
        objective[np.searchsorted(self._parts[target.component][0], target.variables)] = target.weights
        values = self._visit(target.component, objective * direction, integer)
        mine = self._members[target.component]
        return float(values[np.searchsorted(mine, self._of[(target.cell, target.quantity)])])

    def _visit(self, component: int, objective: NDArray[np.float64], integer: bool) -> NDArray[np.float64]:
        """Solve one programme and note what every target of the component is in that possible world."""
        variables, constraint = self._parts[component]
        answer = scipy.optimize.milp(
            objective,
            constraints=constraint,
            bounds=scipy.optimize.Bounds(self._lower[variables], self._upper[variables]),
            integrality=np.full(len(variables), int(integer)),
        )
        if answer.x is None:
            raise ValueError(f"the published tables contradict each other ({answer.message})")
        values = self._form[component] @ answer.x + self._constant[component]
        mine = self._members[component]
        self._seen_low[mine] = np.minimum(self._seen_low[mine], values)
        self._seen_high[mine] = np.maximum(self._seen_high[mine], values)
        return values
