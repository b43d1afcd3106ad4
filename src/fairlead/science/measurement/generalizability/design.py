"""Which variance components a set of ratings has: facets, crossed or nested, and what cannot be told apart.

A component is a set of facets that contains, with each facet, all that it is nested in. Its levels are the combinations
that occur. The one with a rating in every cell of its own is the residual.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.science.measurement.problems import MeasurementError, Problem, refusal
from fairlead.science.measurement.ratings import Codes, coded, compact, is_missing, numbers

Array = NDArray[np.float64]
RESIDUAL = "residual"
MOST_COMPONENTS = 12
MOST_ALONE = 0.9  # a component with more levels than this share of the ratings is left in the residual unless named


@dataclass(frozen=True, slots=True)
class Merged:
    """Components that these ratings cannot tell apart: `names` are counted in `into`."""

    into: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Ratings without holes, and for each component (the residual apart) which level a rating belongs to."""

    y: Array  # (n,)
    object: str
    facets: tuple[str, ...]  # without the object
    nested: dict[str, frozenset[str]]  # facet: all that it is nested in
    names: tuple[str, ...]  # of components
    sets: tuple[frozenset[str], ...]  # their facets, the object among them
    codes: tuple[Codes, ...]  # (n,) each, from 0 up
    labels: dict[str, tuple[Any, ...]]  # of the levels of each component; tuples where it has several facets
    residual: frozenset[str]  # the facets of the residual
    merged: tuple[Merged, ...]
    missing: dict[str, int]  # ratings left out, by reason

    @property
    def levels(self) -> tuple[int, ...]:
        """How many levels each component has."""
        return tuple(int(codes.max()) + 1 for codes in self.codes)

    def touching(self, name: str) -> Codes | None:
        """The codes of a component, None if it is none."""
        return self.codes[self.names.index(name)] if name in self.names else None


def lay_out(
    data: Mapping[str, Any],
    *,
    score: str,
    object: str,
    facets: Sequence[str],
    nested: Mapping[str, str | Sequence[str]] | None,
    components: Iterable[str] | None,
) -> Layout:
    """Read the ratings and find their components; complains of all that is wrong with the call at once."""
    order = (object, *facets)
    above = _nesting(order, nested or {})
    columns, y, missing = _read(data, score, order)
    single = {facet: columns[facet][0] for facet in order}
    partitions: dict[frozenset[str], Codes] = {}
    for size in range(1, len(order) + 1):
        for chosen in combinations(order, size):
            closed = frozenset(chosen)
            if all(above[facet] <= closed for facet in chosen):
                partitions[closed] = _combined([single[facet] for facet in order if facet in closed])
    full = frozenset(order)
    wanted = _wanted(components, order, above) if components is not None else None
    if wanted is None and len(partitions) > MOST_COMPONENTS:
        raise refusal(
            "components",
            "too many components to estimate all of them",
            f"{len(partitions)}",
            f"at most {MOST_COMPONENTS}",
            "name those that matter, as components=['teacher', 'rater', 'teacher:rater']",
        )
    considered = {key: codes for key, codes in partitions.items() if wanted is None or key in wanted}
    _enough_levels(considered, order, above)
    kept, merged, residual = _told_apart(considered, order, full, y.size if wanted else MOST_ALONE * y.size)
    if frozenset({object}) not in kept and above[object] == frozenset():
        raise refusal(
            object,
            f"what differs between each {object} cannot be told from what differs between ratings",
            "no replication, or one rater each",
            next=f"two or more ratings of each {object}, by raters who rate several",
        )
    ordered = sorted(kept, key=lambda key: (len(key), [order.index(facet) for facet in order if facet in key]))
    labels = {name_of(key, order): _labels(key, order, columns, kept[key]) for key in ordered}
    return Layout(
        y=y,
        object=object,
        facets=tuple(facets),
        nested=above,
        names=tuple(name_of(key, order) for key in ordered),
        sets=tuple(ordered),
        codes=tuple(kept[key] for key in ordered),
        labels=labels,
        residual=residual,
        merged=tuple(merged),
        missing=missing,
    )


def name_of(facets: frozenset[str], order: Sequence[str]) -> str:
    """As "teacher:rater", in the order of the call."""
    return ":".join(facet for facet in order if facet in facets)


def closure(facets: Iterable[str], above: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The facets with all that they are nested in."""
    out: set[str] = set()
    for facet in facets:
        out |= {facet} | above.get(facet, frozenset())
    return frozenset(out)


def _nesting(order: tuple[str, ...], nested: Mapping[str, str | Sequence[str]]) -> dict[str, frozenset[str]]:
    """Each facet with all that it lies in, also at second hand."""
    direct = {facet: frozenset([above] if isinstance(above, str) else above) for facet, above in nested.items()}
    problems = []
    if len(set(order)) != len(order):
        problems.append(Problem("facets", "a facet is named twice, or is the object", ", ".join(order)))
    for facet, parents in direct.items():
        for name in (facet, *parents):
            if name not in order:
                problems.append(Problem("nested", "no such facet", repr(name), ", ".join(order)))
    if problems:
        raise MeasurementError(problems)
    above: dict[str, frozenset[str]] = {facet: direct.get(facet, frozenset()) for facet in order}
    for _ in order:
        above = {facet: parents.union(*(above[p] for p in parents)) for facet, parents in above.items()}
    if circular := [facet for facet in order if facet in above[facet]]:
        raise refusal("nested", "a facet cannot lie within itself", ", ".join(circular))
    return above


def _read(
    data: Mapping[str, Any], score: str, order: tuple[str, ...]
) -> tuple[dict[str, tuple[Codes, tuple[Any, ...]]], Array, dict[str, int]]:
    """Codes and labels of every column, and the scores; rows that lack anything are left out and counted."""
    names = (score, *order)
    there = set(data.keys()) if isinstance(data, Mapping) else set(getattr(data, "columns", ()))
    if absent := [name for name in names if name not in there]:
        raise MeasurementError(
            [
                Problem(name, "the ratings have no such column", "", ", ".join(map(str, sorted(there))))
                for name in absent
            ]
        )
    y = numbers(_array(data[score]), score)
    known = ~np.isnan(y)
    missing = {f"no {score}": int((~known).sum())} if not known.all() else {}
    raw: dict[str, Any] = {}
    for name in order:
        raw[name] = _array(data[name])
        if raw[name].shape != y.shape:
            raise refusal(name, "one label a rating", f"{raw[name].shape}", f"{y.shape}")
        if raw[name].dtype.kind in "OfM":
            here = np.array([not is_missing(value) for value in raw[name].tolist()], dtype=bool)
            if lost := int((known & ~here).sum()):
                missing[f"no {name}"] = lost
            known &= here
    if not known.any():
        raise refusal(score, "no rating is left", f"{y.size} rows", next="look at the rows left out: " + str(missing))
    columns = {}
    for name in order:
        values = raw[name][known]
        if values.dtype.kind in "iub":
            columns[name] = _whole(values)
        else:
            columns[name] = coded(values.tolist())
    return columns, y[known], missing


def _whole(values: NDArray[Any]) -> tuple[Codes, tuple[Any, ...]]:
    """Codes and labels of whole numbers, in their order."""
    low, high = int(values.min()), int(values.max())
    if values.dtype.kind == "b" or high - low > 16 * values.size:
        distinct, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.intp), tuple(distinct.tolist())
    codes = compact((values - low).astype(np.intp), high - low + 1)
    labels = np.zeros(int(codes.max()) + 1, dtype=values.dtype)
    labels[codes] = values
    return codes, tuple(labels.tolist())


def _array(column: Any) -> NDArray[Any]:
    values = column.to_numpy() if hasattr(column, "to_numpy") else column
    return values if isinstance(values, np.ndarray) else np.array(values, dtype=None if len(values) else float)


def _combined(columns: list[Codes]) -> Codes:
    """Codes of the combinations that occur."""
    codes = columns[0]
    for column in columns[1:]:
        width = int(column.max()) + 1
        codes = compact(codes * width + column, (int(codes.max()) + 1) * width)
    return codes


def _wanted(
    components: Iterable[str], order: tuple[str, ...], above: dict[str, frozenset[str]]
) -> set[frozenset[str]]:
    problems, out = [], set()
    for name in components:
        parts = frozenset(name.split(":"))
        if name == RESIDUAL:
            continue
        if strangers := parts - set(order):
            problems.append(
                Problem(
                    "components",
                    "no such facet",
                    ", ".join(sorted(strangers)),
                    ", ".join(order),
                    "as 'teacher:rater'",
                )
            )
            continue
        out.add(closure(parts, above))
    if problems:
        raise MeasurementError(problems)
    return out | {closure([order[0]], above)}


def _enough_levels(
    considered: dict[frozenset[str], Codes], order: tuple[str, ...], above: dict[str, frozenset[str]]
) -> None:
    problems = []
    for facet in order:
        key = frozenset({facet}) | above[facet]
        if key in considered and int(considered[key].max()) == 0:
            what = "one of them says nothing of how they differ"
            then = (
                "two or more are needed"
                if facet == order[0]
                else "leave the facet out, and say that the result holds for this one only"
            )
            problems.append(Problem(facet, what, "1", "two or more", then))
    if problems:
        raise MeasurementError(problems)


def _told_apart(
    considered: dict[frozenset[str], Codes], order: tuple[str, ...], full: frozenset[str], most: float
) -> tuple[dict[frozenset[str], Codes], list[Merged], frozenset[str]]:
    """Components with the same cells are one: it bears the largest name, for what is in any of them is in it."""
    forms: list[tuple[Codes, list[frozenset[str]]]] = []
    residual = [full]
    for key, codes in considered.items():
        if int(codes.max()) + 1 >= most:
            residual.append(key)
            continue
        for other, keys in forms:
            if int(other.max()) == int(codes.max()) and int(_combined([other, codes]).max()) == int(codes.max()):
                keys.append(key)
                break
        else:
            forms.append((codes, [key]))
    merged: list[Merged] = []
    kept: dict[frozenset[str], Codes] = {}
    for codes, keys in forms:
        union: frozenset[str] = frozenset[str]().union(*keys)
        kept[union] = codes
        if same := [name_of(key, order) for key in keys if key != union]:
            merged.append(Merged(name_of(union, order), tuple(same)))
    whole = frozenset[str]().union(*residual)
    if others := sorted({name_of(key, order) for key in residual if key != full}):
        merged.append(Merged(RESIDUAL, tuple(others)))
    return kept, merged, whole


def _labels(
    key: frozenset[str], order: tuple[str, ...], columns: dict[str, tuple[Codes, tuple[Any, ...]]], codes: Codes
) -> tuple[Any, ...]:
    first = np.zeros(int(codes.max()) + 1, dtype=np.intp)
    first[codes[::-1]] = np.arange(codes.size)[::-1]
    parts = [[columns[facet][1][i] for i in columns[facet][0][first].tolist()] for facet in order if facet in key]
    return tuple(parts[0]) if len(parts) == 1 else tuple(zip(*parts, strict=True))
