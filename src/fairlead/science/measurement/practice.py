"""Whose practice changed by more than the rubric's own error, from visits before and after.

The error of each person's change comes from the variance components of the rubric (`generalizability`): a change is a
difference of weighted means of ratings, and each component adds its variance times the squared weights of its levels
(Brennan 2001, *Generalizability Theory*, chapter 4, for one mean; a difference has weights of both signs). What both
times share, as the items of one rubric or a visitor who came both times, cancels as far as it is shared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fairlead.science.measurement.growth import Growth, growth_beyond_error
from fairlead.science.measurement.problems import MeasurementError, Problem, refusal
from fairlead.science.measurement.ratings import Codes, coded, numbers

Array = NDArray[np.float64]
OBJECT, RESIDUAL = "teacher", "residual"
FACETS = ("rater", "visit", "item")


@dataclass(frozen=True, slots=True)
class PracticeChange:
    """Who changed beyond error (`growth`), with what each person's change had to exceed.

    Arrays have one place a person, in the order of `persons`; `threshold` is the least change that counts.
    """

    persons: tuple[Any, ...]
    growth: Growth
    before: Array
    after: Array
    threshold: Array
    visits_before: NDArray[np.intp]
    visits_after: NDArray[np.intp]
    raters: int
    only_before: tuple[Any, ...]
    only_after: tuple[Any, ...]


def practice_change(
    person: Sequence[Any],
    later: ArrayLike,
    *,
    rater: Sequence[Any],
    visit: Sequence[Any],
    item: Sequence[Any],
    score: ArrayLike,
    components: Mapping[str, float],
    cluster: Mapping[Any, Any] | None = None,
    level: float = 0.95,
) -> PracticeChange:
    """Compare each person's visits before with those after, beside what the rubric's error alone would bring.

    For a group whose practice was rated in visits at two times with one version of a rubric. Not for judging one person,
    and not for saying that a programme did it: without others who had none of it, a change has no cause. Where many were
    chosen for being low, they rise by themselves.

    Parameters
    ----------
    person, rater, visit, item : n labels: of whom, by whom, in which visit, of which item a rating is.
    later : (n,) whether a rating belongs to the later time.
    score : (n,) ratings in levels of the rubric; NaN where not observed: left out.
    components : variance by name as `g_study` with object "teacher" names them ("teacher:rater:visit", …, "residual").
    cluster : what persons share, as their school, by person: for the error of the mean change.
    level : of the intervals; chance alone brings (1 − level) ÷ 2 to each side.

    Returns
    -------
    PracticeChange
        A person's score is the mean of their visits, and that of a visit the mean of its items. Persons of one time only
        are named in `only_before` and `only_after` and enter nothing else.

    Raises
    ------
    MeasurementError
        Lengths, nobody seen at both times, a component of another facet, no residual variance.

    Notes
    -----
    var(change) = Σ_c σ²_c Σ_l (Σ_{i in l} w_i)², over components c and their levels l within the person, with
    w = ±1 ÷ (visits × items of the visit). Negative components count as zero; components are taken as known. Changes of
    teachers within the time that the components were learned from count as error there, so that thresholds come out
    too high rather than too low.

    References
    ----------
    .. [1] Brennan, R. L. (2001). Generalizability Theory. Springer. doi:10.1007/978-1-4757-3456-0
    .. [2] Jacobson, N. S., & Truax, P. (1991). Clinical significance: a statistical approach to defining meaningful change
       in psychotherapy research. Journal of Consulting and Clinical Psychology 59(1), 12-19. doi:10.1037/0022-006X.59.1.12

    Examples
    --------
    One visit with two items before and one after, by two visitors: (0.1 + 0.3 ÷ 2) × 2 is the variance of the change.

    >>> found = practice_change(
    ...     ["Ada"] * 4, [0, 0, 1, 1], rater=["x", "x", "y", "y"], visit=[1, 1, 2, 2], item=["a", "b", "a", "b"],
    ...     score=[2, 2, 4, 3], components={"rater": 0.02, "teacher:rater:visit": 0.08, "item": 0.5, "residual": 0.3})
    >>> round(float(found.threshold[0]) / 1.959964, 4), round(0.5 ** 0.5, 4), found.growth.improved
    (0.7071, 0.7071, 1)
    """
    rows = _rows(person, later, rater, visit, item, score)
    who, labels = coded(rows.person)
    seen = np.zeros((2, len(labels)), dtype=bool)
    seen[rows.later, who] = True
    both = np.asarray(seen.all(axis=0))
    if not both.any():
        raise refusal("later", "nobody was seen at both times", f"{len(labels)} persons at one")
    rooms, room_names = coded(list(zip(rows.person, rows.later.tolist(), rows.visit, strict=True)))
    first = np.unique(rooms, return_index=True)[1]
    of_room, when = who[first], rows.later[first]
    visits = np.zeros((2, len(labels)), dtype=np.intp)
    np.add.at(visits, (when, of_room), 1)
    in_room = np.bincount(rooms, minlength=len(room_names))
    weight = 1.0 / (visits[rows.later, who] * in_room[rooms])
    means = np.zeros((2, len(labels)))
    np.add.at(means, (rows.later, who), weight * rows.score)
    signed = np.where(rows.later == 1, weight, -weight)
    se = np.sqrt(_error(rows, who, len(labels), signed, components))[both]
    half = se / np.sqrt(2)  # only the error of the difference is known: what both times share has cancelled in it
    here = both.tolist()
    kept = tuple(label for label, k in zip(labels, here, strict=True) if k)
    before, after = means[0][both], means[1][both]
    growth = growth_beyond_error(
        before, after, se_before=half, se_after=half, level=level,
        cluster=_shared(kept, cluster),
    )  # fmt: skip
    return PracticeChange(
        persons=kept, growth=growth, before=before, after=after, threshold=se * NormalDist().inv_cdf(0.5 + level / 2),
        visits_before=visits[0][both], visits_after=visits[1][both],
        raters=len({name for name, k in zip(rows.rater, both[who].tolist(), strict=True) if k}),
        only_before=tuple(p for p, b, a in zip(labels, seen[0].tolist(), seen[1].tolist(), strict=True) if b and not a),
        only_after=tuple(p for p, b, a in zip(labels, seen[0].tolist(), seen[1].tolist(), strict=True) if a and not b),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Rows:
    """Ratings without holes."""

    person: list[Any]
    rater: list[Any]
    visit: list[Any]
    item: list[Any]
    later: NDArray[np.intp]
    score: Array


def _rows(
    person: Sequence[Any], later: ArrayLike, rater: Sequence[Any], visit: Sequence[Any], item: Sequence[Any],
    score: ArrayLike,
) -> _Rows:  # fmt: skip
    values, times = numbers(score, "score"), np.asarray(later)
    sizes = {len(person), len(rater), len(visit), len(item), times.size, values.size}
    if len(sizes) != 1 or values.ndim != 1 or times.ndim != 1:
        raise refusal(
            "lengths", "each rating has a person, a time, a rater, a visit, an item and a score", f"{sizes}"
        )
    there = np.flatnonzero(~np.isnan(values))
    who, by, room, what = ([column[i] for i in there.tolist()] for column in (person, rater, visit, item))
    return _Rows(who, by, room, what, times[there].astype(bool).astype(np.intp), values[there])


def _error(rows: _Rows, who: Codes, persons: int, signed: Array, components: Mapping[str, float]) -> Array:
    """(persons,) variance of each change by error: every component times its levels' squared weights."""
    known = {OBJECT, *FACETS}
    problems = [
        Problem("components", "a component of a facet that visits do not have", name, ", ".join(sorted(known)))
        for name in components
        if name != RESIDUAL and not set(name.split(":")) <= known
    ]
    if not components.get(RESIDUAL, 0.0) > 0:
        problems.append(
            Problem("components", "a residual variance above zero is needed", f"{components.get(RESIDUAL)}")
        )
    if problems:
        raise MeasurementError(problems)
    facets = {"rater": coded(rows.rater)[0], "visit": coded(rows.visit)[0], "item": coded(rows.item)[0]}
    found = np.zeros(persons)
    for name, variance in components.items():
        own = FACETS if name == RESIDUAL else tuple(f for f in FACETS if f in name.split(":"))
        level = who
        for facet in own:
            level = np.unique(level * (int(facets[facet].max()) + 1) + facets[facet], return_inverse=True)[1]
        weights = np.bincount(level, weights=signed)
        first = np.unique(level, return_index=True)[1]
        np.add.at(found, who[first], max(variance, 0.0) * weights**2)
    return found


def _shared(kept: Sequence[Any], cluster: Mapping[Any, Any] | None) -> list[Any] | None:
    """Each person's cluster; None where there are fewer than two."""
    labels = [cluster[person] for person in kept] if cluster is not None else []
    return labels if len(set(labels)) > 1 else None
