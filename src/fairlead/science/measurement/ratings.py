"""Ratings as they come: who rated whom and how; missing ones are None or NaN."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.measurement.problems import refusal

Array = NDArray[np.float64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Wide:
    """One row a subject, one column a rater; NaN where that rater did not rate that subject."""

    values: Array  # (subjects, raters)
    subjects: tuple[Any, ...]
    raters: tuple[Any, ...]


def wide(subject: Sequence[Any], rater: Sequence[Any], value: ArrayLike) -> Wide:
    """Lay ratings that stand one below the other out as a table of subjects by raters.

    Parameters
    ----------
    subject, rater : sequences of n labels
    value : (n,) numbers; NaN or None where the rater gave none.

    Returns
    -------
    Wide
        Subjects and raters in the order in which they first appear.

    Raises
    ------
    MeasurementError
        Lengths differ, or a rater rated a subject twice: what to do with the two is the caller's to say.

    Examples
    --------
    >>> wide(["a", "a", "b"], ["x", "y", "x"], [3, 4, 2]).values
    array([[ 3.,  4.],
           [ 2., nan]])
    """
    values = numbers(value, "value")
    if values.ndim != 1 or not len(subject) == len(rater) == values.size:
        raise refusal(
            "lengths",
            "one subject, one rater and one value belong to each rating",
            f"{len(subject)}, {len(rater)} and {values.size}",
        )
    rows, subjects = coded(subject)
    columns, raters = coded(rater)
    cell = rows * len(raters) + columns
    twice = cell.size - np.unique(cell).size
    if twice:
        raise refusal(
            "rater",
            "a rater may rate a subject once",
            f"{twice} ratings beyond the first",
            next="take the visit as the subject, or average the ratings first",
        )
    table = np.full(len(subjects) * len(raters), np.nan)
    table[cell] = values
    return Wide(table.reshape(len(subjects), len(raters)), subjects, raters)


def numbers(values: ArrayLike, where: str) -> Array:
    """As floats, None as NaN; what is no number is refused, and infinity is no rating."""
    try:
        array = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise refusal(
            where, "ratings must be numbers, or None where missing", "text", next="code them first"
        ) from None
    if np.isinf(array).any():
        raise refusal(where, "infinity is no rating", f"{int(np.isinf(array).sum())} of them")
    return array


def matrix(values: ArrayLike, *, rows: str = "subjects", columns: str = "raters") -> Array:
    """A table of at least two rows and columns."""
    array = numbers(values, "ratings")
    if array.ndim != 2:
        raise refusal("ratings", f"a table of {rows} by {columns} is needed", f"{array.ndim} dimensions")
    if array.shape[1] < 2:
        raise refusal(columns, f"at least two {columns} are needed", f"{array.shape[1]}")
    if np.isnan(array).all():
        raise refusal("ratings", "no rating is left", "all missing" if array.size else "no rows")
    if array.shape[0] < 2:
        raise refusal(rows, f"at least two {rows} are needed", f"{array.shape[0]}")
    return array


def complete(array: Array, *, rows: str = "subjects") -> tuple[Array, int]:
    """The rows that lack nothing, and how many rows were left out."""
    whole = ~np.isnan(array).any(axis=1)
    if whole.sum() < 2:
        raise refusal(
            rows,
            f"at least two {rows} with every rating are needed",
            f"{int(whole.sum())} of {array.shape[0]}",
            next="use a generalizability study or Krippendorff's alpha, which work with what is there",
        )
    return array[whole], int((~whole).sum())


def coded(labels: Sequence[Any]) -> tuple[Codes, tuple[Any, ...]]:
    """A number for each label, and the labels in the order in which they first appear."""
    seen: dict[Any, int] = {}
    codes = np.fromiter((seen.setdefault(label, len(seen)) for label in labels), dtype=np.intp, count=len(labels))
    return codes, tuple(seen)


def compact(codes: Codes, size: int) -> Codes:
    """The codes (from 0 to below `size`) numbered anew, in the same order, without gaps."""
    if size <= 16 * codes.size + 1024:  # counting is quicker than sorting where the numbers are not far apart
        return np.asarray((np.cumsum(np.bincount(codes, minlength=size) > 0) - 1)[codes], dtype=np.intp)
    return np.unique(codes, return_inverse=True)[1].astype(np.intp)


def is_missing(value: Any) -> bool:
    """None and NaN are no answer."""
    return value is None or (isinstance(value, (float, np.floating)) and bool(np.isnan(value)))
