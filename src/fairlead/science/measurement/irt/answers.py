"""Answers as they come: who answered what, most of it missing by design."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import coded, numbers

Codes = NDArray[np.int8]
MISSING = -1
HIGHEST = 100  # an answer is a level, not a score of many points


@dataclass(frozen=True, slots=True, eq=False)
class Responses:
    """One row a person, one column an item: whole numbers from 0, −1 where not asked or not answered."""

    answers: Codes  # (persons, items)
    items: tuple[str, ...]
    persons: tuple[Any, ...] | None = None  # their labels, where given

    def of(self, items: Sequence[str]) -> Responses:
        """The answers to these items, in this order; an item that nobody was asked is a column of missing answers."""
        place = {name: j for j, name in enumerate(self.items)}
        found = np.full((self.answers.shape[0], len(items)), MISSING, dtype=np.int8)
        for column, name in enumerate(items):
            if name in place:
                found[:, column] = self.answers[:, place[name]]
        return Responses(found, tuple(items), self.persons)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """(persons, items)"""
        return self.answers != MISSING


def responses(
    answers: ArrayLike, *, items: Sequence[Any] | None = None, persons: Sequence[Any] | None = None
) -> Responses:
    """Take a table of persons by items as answers.

    Parameters
    ----------
    answers : (n, J) whole numbers from 0 to 100: right or wrong as 1 and 0, or the level chosen. NaN, None or −1 where the
        person was not asked or did not answer. An ``int8`` array is taken as it is, without a copy.
    items : J names; without them the columns are called "1" to "J".
    persons : n labels, which scores carry back.

    Returns
    -------
    Responses

    Raises
    ------
    MeasurementError
        No table, answers that are not such numbers, names that are missing or stand twice.

    Notes
    -----
    Whether an item that was skipped is wrong or unknown is the caller's to say: here it is unknown, which assumes that
    people do not skip *because* they would have failed.

    Examples
    --------
    >>> responses([[1, 0, None], [1, 1, 0]], items=["a", "b", "c"]).answers
    array([[ 1,  0, -1],
           [ 1,  1,  0]], dtype=int8)
    """
    table = answers if isinstance(answers, np.ndarray) and answers.dtype == np.int8 else _coded(answers)
    if table.ndim != 2 or 0 in table.shape:
        raise refusal("answers", "a table of persons by items is needed", f"shape {table.shape}")
    if table.min() < MISSING or table.max() > HIGHEST:
        raise _no_level(f"from {table.min()} to {table.max()}")
    n, count = table.shape
    names = tuple(str(name) for name in items) if items is not None else tuple(str(j + 1) for j in range(count))
    _labels("items", names, count)
    if persons is not None and len(persons) != n:
        raise refusal("persons", "one label a row is needed", f"{len(persons)} labels, {n} rows")
    return Responses(table, names, None if persons is None else tuple(persons))


def responses_from_long(person: Sequence[Any], item: Sequence[Any], answer: ArrayLike) -> Responses:
    """Lay answers that stand one below the other out as a table of persons by items.

    Parameters
    ----------
    person, item : n labels each.
    answer : (n,) whole numbers from 0 to 100; NaN or None where there is none.

    Returns
    -------
    Responses
        Persons and items in the order in which they first appear.

    Raises
    ------
    MeasurementError
        Lengths differ, or somebody answers an item twice: which of the two counts is the caller's to say.

    Examples
    --------
    >>> found = responses_from_long(["p", "p", "q"], ["a", "b", "b"], [1, 0, 1])
    >>> found.items, found.answers.tolist()
    (('a', 'b'), [[1, 0], [-1, 1]])
    """
    values = _coded(answer)
    if values.ndim != 1 or not len(person) == len(item) == values.size:
        raise refusal(
            "lengths",
            "one person, one item and one answer belong together",
            f"{len(person)}, {len(item)} and {values.size}",
        )
    if not values.size:
        raise refusal("answers", "a table of persons by items is needed", "no rows")
    rows, persons = coded(person)
    columns, items = coded(item)
    cells = rows * len(items) + columns
    if twice := cells.size - np.unique(cells).size:
        raise refusal(
            "item",
            "a person may answer an item once",
            f"{twice} answers beyond the first",
            next="keep one of them, or take each sitting as a person of its own",
        )
    table = np.full(len(persons) * len(items), MISSING, dtype=np.int8)
    table[cells] = values
    return responses(table.reshape(len(persons), len(items)), items=items, persons=persons)


def _coded(answers: ArrayLike) -> Codes:
    table = numbers(answers, "answers")
    missing = np.isnan(table)
    filled = np.where(missing, MISSING, table)
    if not (np.isfinite(filled) & (filled == np.round(filled)) & (filled >= MISSING) & (filled <= HIGHEST)).all():
        raise _no_level(f"from {filled.min():g} to {filled.max():g}")
    return filled.astype(np.int8)


def _no_level(got: str) -> Exception:
    return refusal(
        "answers",
        "an answer is a level, counted from 0",
        got,
        f"whole numbers from 0 to {HIGHEST}; −1, NaN or None where missing",
        "key choices as 1 (right) and 0 (wrong), and reverse items that are worded the other way round",
    )


def _labels(where: str, names: tuple[str, ...], count: int) -> None:
    if len(names) != count:
        raise refusal(where, "one name a column is needed", f"{len(names)} names, {count} columns")
    if len(set(names)) != count:
        twice = next(name for name in names if names.count(name) > 1)
        raise refusal(where, "a name stands twice", twice)
