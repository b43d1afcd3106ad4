"""How well a version measures: the statistics of `science.measurement`, put together for each kind of instrument.

Answers in, plain data out, as it is stored and shown. No page estimates and nothing here asks the database. A number is
told only where enough stands behind it; otherwise `waiting` says how many are there and how many are needed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.apps.instruments.standards import Standards
from fairlead.science import measurement
from fairlead.science.measurement import MeasurementError

FORMAT = 1
VISITED = frozenset({"observation", "walkthrough", "appraisal"})
POINTS = (-2.0, -1.0, 0.0, 1.0, 2.0)  # of the scale, at which information is told

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """Scored answers, one a row in every column. `by`: who answered or rated; `about`: the teacher, where there is one."""

    response: Sequence[str]
    item: Sequence[str]
    score: Sequence[float]
    by: Sequence[int | None]
    about: Sequence[int | None]
    visit: Sequence[int | None]
    group: Sequence[int | None]  # the class, or the school

    def only(self, rows: Sequence[int]) -> Told:
        """Some of the rows."""
        return Told(*([getattr(self, name)[i] for i in rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Asked:
    """What of a version the statistics need: its items with a scale, by domain, in order."""

    kind: str
    domains: Mapping[str, tuple[str, ...]]
    right_or_wrong: frozenset[str] = frozenset()
    demographics: Mapping[int, Mapping[str, str]] = field(default_factory=dict)  # of who answered


def measure(asked: Asked, told: Told, second: Told, standards: Standards) -> Found:
    """Everything that is known of a version. `second`: second ratings of visits that `told` has, too."""
    found: Found = {"counted": _counted(told)}
    if asked.kind in VISITED:
        found["visits"] = visits(told, standards)
    elif asked.right_or_wrong:
        found["knowledge"] = knowledge(asked, told, standards)
    else:
        found["scales"] = scales(asked, told, standards)
    if asked.kind in VISITED or second.response:
        found["agreement"] = agreement(told, second, standards)
    return found


def waiting(what: str, there: int, wanted: int) -> Found:
    """Not enough yet: so many of so many."""
    return {"what": what, "n": there, "wanted": wanted}


def _counted(told: Told) -> Found:
    return {
        "responses": len(set(told.response)),
        "answers": len(told.response),
        "teachers": len(set(told.about) - {None}),
        "people": len(set(told.by) - {None}),
        "groups": len(set(told.group) - {None}),
    }


# Visits ------------------------------------------------------------------------------------------------------------


def visits(told: Told, standards: Standards) -> Found:
    """The generalizability study of teachers by raters, visits and items, and the decision study that follows."""
    whole = [i for i in range(len(told.score)) if None not in (told.about[i], told.by[i], told.visit[i])]
    told = told.only(whole)
    seen: dict[int | None, set[int | None]] = {}
    for teacher, visit in zip(told.about, told.visit, strict=True):
        seen.setdefault(teacher, set()).add(visit)
    each = sorted(len(own) for own in seen.values())
    least = standards.least
    found: Found = {"has": {"teachers": len(each), "median": median(each) if each else 0}}
    if len(each) < least.objects:
        return found | {"waiting": waiting("teachers", len(each), least.objects)}
    if (twice := sum(n > 1 for n in each)) < least.twice:
        return found | {"waiting": waiting("teachers_twice", twice, least.twice)}
    items = len(set(told.item))
    raters = len(set(told.by))
    facets = [*(["rater"] if raters > 1 else []), "visit", *(["item"] if items > 1 else [])]
    above = ("teacher", "rater") if raters > 1 else ("teacher",)
    data = {"teacher": told.about, "rater": told.by, "visit": told.visit, "item": told.item, "score": told.score}
    try:
        study = measurement.g_study(data, object="teacher", facets=facets, nested={"visit": above})
        return found | _decided(study, items, raters, standards)
    except MeasurementError as error:
        return found | {"refused": str(error)}


def _decided(study: measurement.GStudy, items: int, raters: int, standards: Standards) -> Found:
    look = standards.look
    fixed = ["item"] if "item" in study.facets else []
    nested = {"rater": "teacher"} if "rater" in study.facets else None  # each teacher has raters of her own
    several = [n for n in look.raters if "rater" in study.facets or n == 1]

    def sizes(rater: int, visit: int) -> dict[str, int]:
        every = {"rater": rater, "visit": visit, "item": items}
        return {facet: every[facet] for facet in study.facets}

    curve = []
    for n in several:
        for each in range(1, look.visits // n + 1):
            at = measurement.decide(study, sizes(n, each), nested=nested, fixed=fixed)
            curve.append(
                {"raters": n, "visits": n * each, "value": at.phi.value, "low": at.phi.low, "high": at.phi.high,
                 "off": at.absolute_error}
            )  # fmt: skip
    needed = []
    for use in standards.asking:
        for n in several:
            one = measurement.needed(
                study, "visit", use.wanted, sizes=sizes(n, 1), coefficient=use.coefficient, nested=nested, fixed=fixed,
                most=max(1, look.most // n),
            )  # fmt: skip
            reached = getattr(one.reached, use.coefficient) if one.reached else None
            needed.append(
                {"use": use.key, "raters": n, "visits": None if one.n is None else one.n * n, "limit": one.limit,
                 "low": reached.low if reached else None, "high": reached.high if reached else None}
            )  # fmt: skip
    return {
        "mean": study.mean,
        "items": items,
        "raters": raters,
        "components": [
            {"name": one.name, "levels": one.levels, "variance": one.variance, "se": one.se, "share": one.share,
             "edge": one.edge}
            for one in study.components
        ],
        "merged": [{"into": one.into, "names": list(one.names)} for one in study.merged],
        "converged": study.converged,
        "convergence": study.convergence,
        "curve": curve,
        "needed": needed,
    }  # fmt: skip


def agreement(told: Told, second: Told, standards: Standards) -> Found:
    """Two raters in the same room: how often they say the same, and how far that is beyond chance."""
    first = {(v, item): score for v, item, score in zip(told.visit, told.item, told.score, strict=True)}
    pairs = [
        (visit, first[visit, item], score)
        for visit, item, score in zip(second.visit, second.item, second.score, strict=True)
        if visit is not None and (visit, item) in first
    ]
    wanted = standards.least.pairs
    if len(pairs) < wanted:
        return {"waiting": waiting("pairs", len(pairs), wanted)}
    room, one, two = ([pair[k] for pair in pairs] for k in range(3))
    try:
        counted = measurement.exact_and_adjacent(one, two, cluster=room)
        beyond = measurement.kappa(one, two, weights="quadratic")
    except MeasurementError as error:
        return {"refused": str(error)}
    near = counted.adjacent
    return {
        "pairs": counted.pairs,
        "rooms": len(set(room)),
        "exact": _interval(counted.exact),
        "adjacent": _interval(near) if near else None,
        "kappa": _interval(beyond),
    }


# Scales ------------------------------------------------------------------------------------------------------------


def scales(asked: Asked, told: Told, standards: Standards) -> Found:
    """Each domain as a scale: consistency, items, and how many answers the mean of a class or school needs."""
    found = []
    for domain, items in asked.domains.items():
        if len(items) > 1:
            found.append({"domain": domain} | _scale(items, told, standards))
    return {"domains": found, "dif": _dif(asked, told, standards)}


def _scale(items: Sequence[str], told: Told, standards: Standards) -> Found:
    table, _who, groups = _wide(items, told)
    whole = int((~np.isnan(table)).all(axis=1).sum()) if table.size else 0
    wanted = standards.least.responses
    if whole < wanted:
        return {"waiting": waiting("responses", whole, wanted)}
    varied = [k for k in range(len(items)) if np.nanstd(table[:, k]) > 0]
    alike = [items[k] for k in range(len(items)) if k not in varied]
    names, part = [items[k] for k in varied], table[:, varied]
    found: Found = {"alike": alike, "incomplete": int(len(table) - whole)}
    try:
        alpha = measurement.cronbach_alpha(part, names=names)
        found["alpha"] = _interval(alpha) | {"n": alpha.n, "sem": alpha.sem / alpha.k}
        found["items"] = [
            {"item": one.name, "rest": _number(one.with_rest), "without": one.alpha_without} for one in alpha.items
        ]
        if len(names) > 2:
            omega = measurement.mcdonald_omega(part, names=names)
            found["omega"] = {"value": omega.value, "converged": omega.converged, "rmsea": omega.fit.rmsea}
    except MeasurementError as error:
        found["refused"] = str(error)
    with np.errstate(invalid="ignore"):
        scores = np.nanmean(table, axis=1)
    return found | {"means": _means(groups, scores, standards)}


def _means(groups: Sequence[int | None], scores: NDArray[np.float64], standards: Standards) -> Found:
    """How much of the variance lies between classes (or schools), and how many answers their mean needs."""
    rows = [i for i, group in enumerate(groups) if group is not None and isfinite(scores[i])]
    sizes = Counter(groups[i] for i in rows)
    large = [group for group, n in sizes.items() if n > 1]
    wanted = standards.least.objects
    if len(large) < wanted:
        return {"waiting": waiting("groups", len(large), wanted)}
    data = {"group": [groups[i] for i in rows], "one": rows, "score": scores[rows]}
    try:
        study = measurement.g_study(data, object="group", facets=["one"], nested={"one": "group"})
        single = measurement.decide(study, {"one": 1})
        needed = [
            {"use": use.key, "n": measurement.needed(
                study, "one", use.wanted, sizes={}, coefficient=use.coefficient, most=500).n}
            for use in standards.asking
        ]  # fmt: skip
        usual = round(median(sizes.values()))
        mean = measurement.decide(study, {"one": usual})
    except MeasurementError as error:
        return {"refused": str(error)}
    return {
        "groups": len(sizes),
        "usual": usual,
        "converged": study.converged,
        "single": _interval(single.rho2),
        "mean": _interval(mean.rho2),
        "needed": needed,
    }


# Knowledge ---------------------------------------------------------------------------------------------------------


def knowledge(asked: Asked, told: Told, standards: Standards) -> Found:
    """An item-response model of right and wrong: how precise, where, and which items fit it."""
    from fairlead.science.measurement import irt

    items = [item for own in asked.domains.values() for item in own if item in asked.right_or_wrong]
    table, _who, _groups = _wide(items, told)
    least = standards.least
    if len(table) < least.calibrated:
        return {"waiting": waiting("persons", len(table), least.calibrated)}
    answers = irt.responses(table, items=items)
    try:
        fit = irt.calibrate(answers, "rasch")
        if len(table) >= least.own_slopes:
            other = irt.calibrate(answers, "2pl")
            fit = other if other.converged and other.bic < fit.bic else fit
        good = irt.item_fit(fit, answers)
        information = irt.form_information(fit, POINTS)
    except MeasurementError as error:
        return {"refused": str(error)}
    by_item = {one.item: one for one in good.items}
    return {
        "model": fit.model.key,
        "persons": fit.persons,
        "converged": fit.converged,
        "convergence": fit.convergence.message,
        "reliability": irt.marginal_reliability(fit),
        "sd": fit.sd,
        "left_out": [{"item": gone.item, "reason": gone.reason} for gone in fit.left_out],
        "items": [
            {"item": one.name, "difficulty": one.difficulties[0], "se": one.difficulty_ses[0], "slope": one.slope,
             "answers": one.answers, "infit": by_item[one.name].infit, "p": _number(by_item[one.name].p)}
            for one in fit.items
        ],
        "tested": good.tested,
        "below": good.below,
        "expected": good.expected_below,
        "information": [
            {"at": at, "error": float(1 / np.sqrt(one)) if one > 0 else None}
            for at, one in zip(POINTS, information.total.tolist(), strict=True)
        ],
        "dif": _dif(asked, told, standards),
    }  # fmt: skip


def _dif(asked: Asked, told: Told, standards: Standards) -> list[Found]:
    """Items that ask more of one group than of another that answers alike otherwise; groups over the minimum only."""
    from fairlead.science.measurement import irt

    items = [item for own in asked.domains.values() for item in own]
    known = asked.right_or_wrong
    items = [item for item in items if not known or item in known]
    table, who, _groups = _wide(items, told)
    found: list[Found] = []
    for by in sorted({name for row in asked.demographics.values() for name in row}):
        groups = [asked.demographics.get(person, {}).get(by) if person is not None else None for person in who]
        usual = Counter(group for group in groups if group is not None).most_common(2)
        if len(usual) < 2 or usual[1][1] < standards.least.compared:
            continue
        two = {name for name, _n in usual}
        kept = [group if group in two else None for group in groups]
        answers = irt.responses(table, items=items)
        try:
            seen = irt.mantel_haenszel(answers, kept) if known else irt.logistic_dif(answers, kept)
        except MeasurementError as error:
            found.append({"by": by, "refused": str(error)})
            continue
        found.append(
            {
                "by": by,
                "groups": {str(name): n for name, n in seen.groups.items()},
                "large": [one.item for one in seen.items if one.size == "C"],
                "moderate": [one.item for one in seen.items if one.size == "B"],
                "tested": seen.tested,
                "below": seen.below,
                "expected": seen.expected_below,
            }
        )
    return found


# -------------------------------------------------------------------------------------------------------------------


def _wide(items: Sequence[str], told: Told) -> tuple[NDArray[np.float64], list[int | None], list[int | None]]:
    """(responses, items), who answered, and of which group; a response without any of these items is not there."""
    column = {item: k for k, item in enumerate(items)}
    row: dict[str, int] = {}
    cells = [i for i in range(len(told.item)) if told.item[i] in column]
    for i in cells:
        row.setdefault(told.response[i], len(row))
    table = np.full((len(row), len(items)), np.nan)
    who: list[int | None] = [None] * len(row)
    groups: list[int | None] = [None] * len(row)
    for i in cells:
        at = row[told.response[i]]
        table[at, column[told.item[i]]] = told.score[i]
        who[at], groups[at] = told.by[i], told.group[i]
    return table, who, groups


def _interval(found: Any) -> Found:
    return {"value": float(found.value), "low": _number(found.low), "high": _number(found.high)}


def _number(value: float | None) -> float | None:
    return float(value) if value is not None and isfinite(value) else None
