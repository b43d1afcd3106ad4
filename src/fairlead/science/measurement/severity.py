"""How severe raters are, with what is behind each estimate, and whether they drift.

Source: predicted effects of a crossed mixed model, Robinson (1991), doi:10.1214/ss/1177011926; the test of a variance at its
edge, Self & Liang (1987), doi:10.1080/01621459.1987.10478472. In the many-facet tradition: Linacre (1989), Many-Facet Rasch
Measurement; on drift, Myford & Wolfe (2009), Journal of Applied Measurement 10(2), 163-189.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from scipy import sparse, special
from scipy.sparse.csgraph import connected_components

from fairlead.science.measurement.generalizability.study import GStudy, g_study
from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import coded, is_missing

FEW_VISITS = 5


@dataclass(frozen=True, slots=True)
class RaterSeverity:
    """One rater. `effect` is in points of the score: below zero severe, above it lenient, drawn toward zero as far as
    little is behind it; `reliability` is how far it is not drawn."""

    rater: Any
    effect: float
    low: float
    high: float
    se: float
    reliability: float
    visits: int
    ratings: int
    objects: int  # how many teachers
    shared: int  # of them, how many someone else rated, too
    set: int  # raters of different sets rated nobody in common


@dataclass(frozen=True, slots=True, eq=False)
class Severity:
    """All raters, from severe to lenient, with the study behind them. `sd` is how much raters differ."""

    raters: tuple[RaterSeverity, ...]
    sd: float
    share: float  # of the variance of one rating
    sets: int
    level: float
    study: GStudy
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Shift:
    """A rater in one period: how far from the own usual severity, shrunken."""

    rater: Any
    period: Any
    effect: float
    se: float
    ratings: int
    beyond: bool  # its interval excludes zero


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """Whether raters' severity moves between periods. `p` is of the test that it does not; `beyond` is beside `expected`, the
    number that would seem to have moved if none had."""

    sd: float
    moments: float  # the variance by the method of moments, which may be negative
    p: float
    shifts: tuple[Shift, ...]
    beyond: int
    expected: float
    study: GStudy
    warnings: tuple[str, ...]


def rater_severity(
    data: Mapping[str, Any],
    *,
    score: str = "score",
    object: str = "teacher",
    rater: str = "rater",
    visit: str | None = None,
    item: str | None = None,
    level: float = 0.95,
) -> Severity:
    """How far each rater's scores lie from what others give the same people, and how much is behind it.

    For feedback to raters and for whom to calibrate again; not for correcting single scores, and never from raw means, which
    mix the rater with whom they happened to see.

    Parameters
    ----------
    data : columns by name, a rating a row.
    score, object, rater, visit, item : their names. Without `visit` each pair of object and rater is one visit.
    level : float

    Returns
    -------
    Severity
        Sorted from severe to lenient.

    Raises
    ------
    MeasurementError
        As `g_study`, and where no rater's severity can be told from whom they rated.

    Notes
    -----
    Assumed: who rates whom has nothing to do with how good they are, as far as it is not seen by other raters of the same people.
    `shared` says how many were; raters of another `set` are compared by this assumption alone.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(2)
    >>> teacher, rater = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60)
    >>> score = rng.normal(size=60)[teacher] + np.array([-0.5, 0.0, 0.1, 0.4])[rater] + 0.5 * rng.normal(size=240)
    >>> found = rater_severity({"teacher": teacher, "rater": rater, "score": score})
    >>> [one.rater for one in found.raters], found.sets
    ([0, 1, 2, 3], 1)
    """
    facets = [name for name in (rater, visit, item) if name is not None]
    nested = {visit: (object, rater)} if visit is not None else None
    study = g_study(data, score=score, object=object, facets=facets, nested=nested)
    if rater not in study.predicted:
        raise refusal(
            rater,
            f"how severe a {rater} is cannot be told from whom they rated",
            f"each {rater} rated their own",
            next=f"have some of each {object} rated by two",
        )
    rows = _rows(data, score, object, rater, visit)
    sets, members = _sets(rows)
    seen: dict[Any, set[Any]] = {}
    visits: dict[Any, set[Any]] = {}
    by: dict[Any, set[Any]] = {}
    for one_object, one_rater, one_visit in rows:
        seen.setdefault(one_rater, set()).add(one_object)
        visits.setdefault(one_rater, set()).add((one_object, one_visit))
        by.setdefault(one_object, set()).add(one_rater)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    component = study.component(rater)
    unsorted = [
        RaterSeverity(
            rater=one.label,
            effect=one.effect,
            low=one.effect - z * one.se,
            high=one.effect + z * one.se,
            se=one.se,
            reliability=one.reliability,
            visits=len(visits[one.label]),
            ratings=one.ratings,
            objects=len(seen[one.label]),
            shared=sum(len(by[name]) > 1 for name in seen[one.label]),
            set=members[one.label],
        )
        for one in study.effects(rater)
    ]
    found = tuple(sorted(unsorted, key=lambda one: (one.effect, str(one.rater))))
    warnings = list(study.warnings)
    if sets > 1:
        warnings.append(
            f"raters fall into {sets} sets that rated nobody in common: between sets they are compared by assumption"
        )
    few = sum(one.visits < FEW_VISITS for one in found)
    if few:
        warnings.append(f"{few} raters have fewer than {FEW_VISITS} visits: their severity is mostly drawn to zero")
    return Severity(
        found, float(np.sqrt(max(component.variance, 0.0))), component.share, sets, level, study, tuple(warnings)
    )


def rater_drift(
    data: Mapping[str, Any],
    *,
    period: str,
    score: str = "score",
    object: str = "teacher",
    rater: str = "rater",
    level: float = 0.95,
) -> Drift:
    """Whether raters become more severe or lenient from period to period, beyond chance and beyond what all see.

    That all scores rise in spring is not drift (teachers may have got better); that one rater's rise more than others' of the
    same teachers is.

    Parameters
    ----------
    data, score, object, rater : as for `rater_severity`.
    period : the column of months or terms, two or more; six visits of a rater in each are few.
    level : of the intervals by which a shift counts as beyond chance.

    Returns
    -------
    Drift

    Raises
    ------
    MeasurementError
        As `g_study`; one period; raters who each rate in one period only.

    Notes
    -----
    A component of raters by periods beside those of objects, raters, periods, and objects by periods where two raters saw the
    same one in a period. `p` is half the tail of χ²(1) of the restricted likelihood ratio: a variance cannot be below zero.

    Examples
    --------
    See the tests: of raters who do not drift, `beyond` is about `expected`.
    """
    drifting = f"{rater}:{period}"
    base = [object, rater, period]
    options: dict[str, Any] = {"score": score, "object": object, "facets": (rater, period)}
    candidates = [*base, drifting, f"{object}:{period}"]
    study = g_study(data, components=candidates, **options)
    names = {one.name for one in study.components}
    if drifting not in names or any(merged.into == drifting for merged in study.merged):
        raise refusal(
            drifting,
            "a shift of a rater cannot be told from other differences",
            ", ".join(sorted(names)),
            next="have raters rate in more than one period, several ratings in each",
        )
    without = g_study(data, components=[name for name in candidates if name != drifting], **options)
    assert study.deviance is not None
    assert without.deviance is not None
    ratio = max(without.deviance - study.deviance, 0.0)
    component = study.component(drifting)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    shifts = tuple(
        Shift(one.label[0], one.label[1], one.effect, one.se, one.ratings, abs(one.effect) > z * one.se > 0)
        for one in study.effects(drifting)
    )
    warnings = [note for note in (*study.warnings, *without.warnings) if note not in study.warnings] + list(
        study.warnings
    )
    return Drift(
        sd=float(np.sqrt(max(component.variance, 0.0))),
        moments=component.moments,
        p=float(0.5 * special.chdtrc(1, ratio)) if ratio > 0 else 1.0,
        shifts=shifts,
        beyond=sum(one.beyond for one in shifts),
        expected=len(shifts) * (1 - level),
        study=study,
        warnings=tuple(dict.fromkeys(warnings)),
    )


Row = tuple[Any, Any, Any]  # object, rater, visit


def _rows(data: Mapping[str, Any], score: str, object: str, rater: str, visit: str | None) -> list[Row]:
    names = [object, rater, *([visit] if visit else [])]
    columns = [list(data[name]) for name in (score, *names)]
    return [
        (row[1], row[2], row[3] if visit else None)
        for row in zip(*columns, strict=True)
        if not any(is_missing(value) for value in row)
    ]


def _sets(rows: list[Row]) -> tuple[int, dict[Any, int]]:
    """Raters who are joined by people they rated in common, also through others."""
    objects, _ = coded([row[0] for row in rows])
    raters, labels = coded([row[1] for row in rows])
    size = len(labels) + int(objects.max()) + 1
    ties = sparse.coo_matrix((np.ones(objects.size), (raters, objects + len(labels))), shape=(size, size))
    _, found = connected_components(ties, directed=False)
    order: dict[int, int] = {}
    members = {label: order.setdefault(int(found[i]), len(order)) for i, label in enumerate(labels)}
    return len(order), members
