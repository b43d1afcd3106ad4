"""Make a comparison: read the rows, find partners or weights, account for everybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.matching.balance import balance_table, effective_size
from fairlead.science.impact.matching.comparison import Comparison, merged
from fairlead.science.impact.matching.entropy import Balancing, entropy_weights
from fairlead.science.impact.matching.greedy import ALL_TAKEN, NO_STRATUM, TOO_FAR, Neighbours, nearest
from fairlead.science.impact.matching.groups import GroupMatch, group_labels, mahalanobis_coordinates, match_groups
from fairlead.science.impact.matching.score import Score, logit
from fairlead.science.impact.matching.strata import cell_weights, cells
from fairlead.science.impact.matching.units import Units, check_columns, combinations, read_units
from fairlead.science.impact.notices import Notice, notice
from fairlead.science.impact.problems import DataError, EstimationError, Problem
from fairlead.science.impact.sample import Dropped
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

METHODS = ("nearest", "mahalanobis", "cem", "ebal", "ipw")
ORDERS = ("largest", "smallest", "data", "random")
PAIRING = ("nearest", "mahalanobis")
SMALL_EFFECTIVE = 0.5
_WHY = {NO_STRATUM: "no_exact_partner", TOO_FAR: "outside_caliper", ALL_TAKEN: "no_partner_left"}


def match(
    data: Any,
    *,
    treated: str,
    on: str,
    method: str = "nearest",
    estimand: str = "ATT",
    ratio: int = 1,
    replace: bool = False,
    exact: Sequence[str] = (),
    within: str | None = None,
    caliper: float | None = None,
    caliper_unit: str = "sd",
    calipers: Mapping[str, float] | None = None,
    order: str | None = None,
    support: bool = False,
    hierarchical: Sequence[str] = (),
    group_ratio: int = 1,
    group_caliper: float | None = None,
    bins: Mapping[str, int] | None = None,
    trim: float = 0.0,
    also: Sequence[str] = (),
    rng: np.random.Generator | None = None,
) -> Comparison:
    """Compare treated rows with untreated ones that are alike in what was measured before.

    What for: a study in which nobody assigned the treatment by lot. When not: where what drives people into treatment was
    not measured, no method here helps; where a lot was drawn, compare as it was drawn.

    Parameters
    ----------
    data : whatever `moments.open_source` takes.
    treated : a column of 0 and 1 or booleans, or `column=level`.
    on : covariates as the right side of a formula, measured before the treatment.
    method : "nearest" (propensity score, a logit), "mahalanobis", "cem" (coarsened exact), "ebal" (entropy balancing) or
        "ipw" (inverse probability weights).
    estimand : "ATT"; "ATE" only for ipw.
    ratio, replace : controls for each treated row; whether one may serve several.
    exact : columns in which partners must be equal. within : the same for the school (or other group) that both must
        be in; errors are then by that column.
    caliper, caliper_unit : the greatest difference in the score, in "sd" of the score over all rows, or "raw". With
        mahalanobis it asks for a score too.
    calipers : the same by covariate, in the unit of the covariate.
    order : who chooses first: the "largest" or "smallest" score, as in the "data", or "random" (needs `rng`). By default
        "largest" where there is a score and "data" where there is none.
    support : leave out treated rows whose score is beyond that of every control.
    hierarchical : columns that name a group (school, or school and class): groups are matched first, on the means of
        their rows, then rows within matched groups. `group_ratio` groups for each, at most `group_caliper` apart.
    bins : for cem, intervals by column (see `strata.cells`).
    trim : for ipw, leave out rows whose score is below this or above one less this (for the ATT only the latter).
    also : columns that every row must have too, such as the outcome: balance is then that of the rows analysed.

    Returns
    -------
    Comparison

    Raises
    ------
    DataError, EstimationError
        Among them: separation (no score exists), no feasible balancing weights, nobody left, options that the method
        does not have.

    Notes
    -----
    Pairs are greedy and depend on who chooses first. Equally near controls are counted; which of them is taken is
    settled as in MatchIt 4.7: walking outward from the treated row along the score, the first that is met; along the
    first coordinate of the Mahalanobis distance, the last.
    Scores are the probabilities themselves, not their log odds, as in MatchIt.

    Examples
    --------
    >>> import polars as pl
    >>> rows = pl.DataFrame({"t": [1, 1, 0, 0, 0], "age": [20, 30, 31, 22, 50], "size": [3, 4, 4, 2, 9]})
    >>> found = match(rows, treated="t", on="age + size", method="mahalanobis")
    >>> found.pairs.tolist()
    [[0, 3], [1, 2]]
    """
    exact, hierarchical, also = tuple(exact), tuple(hierarchical), tuple(also)
    calipers, bins = dict(calipers or {}), dict(bins or {})
    settings: dict[str, Any] = {
        "ratio": ratio,
        "replace": replace,
        "exact": list(exact),
        "within": within,
        "caliper": caliper,
        "caliper_unit": caliper_unit,
        "calipers": calipers,
        "support": support,
        "hierarchical": list(hierarchical),
        "group_ratio": group_ratio,
        "group_caliper": group_caliper,
        "bins": bins,
        "trim": trim,
    }
    _check_options(method, estimand, order, rng, settings)
    extra = (*exact, *((within,) if within else ()), *hierarchical, *also)
    units = read_units(data, treated, on, also=dict.fromkeys(extra))
    if method != "cem":
        check_columns(units.x, units.names)
    dropped = list(units.left)
    score: Score | None = None
    if method in ("nearest", "ipw") or caliper is not None or support or order in ("largest", "smallest"):
        score = logit(units.x, units.treated, units.names)
    keep = np.ones(units.n, dtype=bool)
    weights, subclass = np.zeros(units.n), np.full(units.n, -1, dtype=np.intp)
    pairs, distances, ties = np.zeros((0, 2), dtype=np.int64), np.zeros(0), 0
    groups: GroupMatch | None = None
    fitted: Score | Balancing | None = None
    if method in PAIRING:
        if hierarchical:
            codes = units.codes(hierarchical)
            labels = group_labels(units.frame, hierarchical, codes)
            groups = match_groups(codes, labels, units.treated, units.x, ratio=group_ratio, caliper=group_caliper)
            keep &= groups.stratum >= 0
            for reason in ("group_outside_caliper", "no_group_left", "group_not_chosen"):
                dropped.append(_dropped(reason, ",".join(hierarchical), units, groups.reason == reason))
        if support:
            assert score is not None
            p, control = score.probability, keep & ~units.treated
            off = keep & units.treated & ((p > p[control].max()) | (p < p[control].min()))
            dropped.append(_dropped("off_support", "", units, off))
            keep &= ~off
        order = order or ("largest" if score is not None else "data")
        stratum = combinations(units.frame, (*exact, *((within,) if within else ())))
        if groups is not None:
            stratum = np.unique(np.column_stack([groups.stratum, stratum]), axis=0, return_inverse=True)[1].reshape(
                -1
            )
        found, t, c = _pair(units, score, keep, stratum, method, order, settings, rng)
        weights, subclass, pairs, distances = _from_pairs(units, found, t, c, replace)
        ties = found.ties
        why = np.zeros(units.n, dtype=np.int8)
        why[t] = found.why
        for code, reason in _WHY.items():
            dropped.append(
                _dropped(
                    reason,
                    ",".join((*exact, *((within,) if within else ()))) if code == NO_STRATUM else "",
                    units,
                    why == code,
                )
            )
        has_treated = np.isin(stratum, stratum[t])
        idle = keep & ~units.treated & (weights == 0)
        dropped.append(_dropped("no_exact_partner", ",".join(exact), units, idle & ~has_treated))
        dropped.append(_dropped("not_chosen", "", units, idle & has_treated))
    elif method == "cem":
        weights, subclass = cell_weights(cells(units.x, units.names, bins), units.treated)
        dropped.append(_dropped("no_exact_partner", "cell", units, weights == 0))
    elif method == "ebal":
        of_treated = units.x[units.treated]
        fitted = entropy_weights(units.x[~units.treated], of_treated.mean(axis=0), units.x.std(axis=0), units.names)
        weights[units.treated], weights[~units.treated] = 1.0, fitted.weights
    else:
        assert score is not None
        fitted = score
        p = score.probability
        off = (p > 1 - trim) | ((p < trim) if estimand == "ATE" else False) if trim else np.zeros(units.n, dtype=bool)
        dropped.append(_dropped("off_support", "score", units, off))
        raw = (
            np.where(units.treated, 1 / p, 1 / (1 - p))
            if estimand == "ATE"
            else np.where(units.treated, 1.0, p / (1 - p))
        )
        for arm in (units.treated & ~off, ~units.treated & ~off):
            weights[arm] = raw[arm] * arm.sum() / raw[arm].sum() if arm.any() else 0.0
    if not (weights[units.treated] > 0).any() or not (weights[~units.treated] > 0).any():
        told = "; ".join(f"{counted(d.n, 'row')}: {d.reason} {d.column}".strip() for d in dropped if d.n)
        raise DataError(
            [
                Problem(
                    "match",
                    "nobody is left to compare",
                    told,
                    "rows of both arms",
                    "wider calipers or fewer exact columns",
                )
            ]
        )
    if order is not None:
        settings["order"] = order
    if groups is not None:
        settings["group_distance"] = groups.distance
    if score is not None:
        settings["score_steps"] = score.steps
    if isinstance(fitted, Balancing):
        settings["gap"], settings["dual_steps"] = fitted.gap, fitted.steps
    table = balance_table(
        units.shown_x,
        units.shown,
        units.treated,
        weights,
        estimand=estimand,
        score=None if score is None else score.probability,
    )
    effective = (effective_size(weights[units.treated]), effective_size(weights[~units.treated]))
    comparison = Comparison(
        method=method,
        estimand=estimand,
        treatment=treated,
        on=on,
        settings=tuple(settings.items()),
        source=units.source,
        read=units.read,
        rows=units.rows,
        treated=units.treated,
        weights=weights,
        subclass=subclass,
        score=None if score is None else score.probability,
        pairs=pairs,
        distances=distances,
        ties=ties,
        dropped=merged(dropped),
        balance=table,
        effective=effective,
        groups=None if groups is None else groups.stratum,
        group_pairs=() if groups is None else groups.pairs,
        notices=(),
        units=units,
        fitted=fitted,
    )
    object.__setattr__(comparison, "notices", _notices(comparison))
    return comparison


def _pair(
    units: Units,
    score: Score | None,
    keep: NDArray[np.bool_],
    stratum: Codes,
    method: str,
    order: str,
    settings: Mapping[str, Any],
    rng: np.random.Generator | None,
) -> tuple[Neighbours, Codes, Codes]:
    t, c = np.flatnonzero(keep & units.treated), np.flatnonzero(keep & ~units.treated)
    unit = 1.0
    if method == "nearest":
        assert score is not None
        where = score.probability[:, None]
        unit = max(float(where.std()), 1e-300)
    else:
        n1, n0 = int(units.treated.sum()), int((~units.treated).sum())
        if n1 + n0 <= units.x.shape[1] + 2:
            raise EstimationError(
                [
                    Problem(
                        "on",
                        "too few rows for the covariance of the covariates",
                        f"{counted(n1 + n0, 'row')}, {counted(units.x.shape[1], 'covariate')}",
                        next="fewer covariates",
                    )
                ]
            )
        where = mahalanobis_coordinates(units.x, units.treated)
    widths, held = [], []
    if settings["caliper"] is not None:
        assert score is not None
        spread = float(score.probability.std(ddof=1)) if settings["caliper_unit"] == "sd" else 1.0
        widths.append(settings["caliper"] * spread)
        held.append(score.probability)
    for name, width in settings["calipers"].items():
        if name not in units.shown:
            raise EstimationError(
                [Problem("calipers", "no such covariate", name, ", ".join(units.shown), "name a covariate")]
            )
        widths.append(width)
        held.append(units.shown_x[:, units.shown.index(name)])
    calipered = np.column_stack(held) if held else np.zeros((units.n, 0))
    if order == "data":
        first = np.arange(t.size)
    elif order == "random":
        assert rng is not None
        first = rng.permutation(t.size)
    else:
        assert score is not None
        first = np.argsort((-1 if order == "largest" else 1) * score.probability[t], kind="stable")
    found = nearest(
        where[t],
        where[c],
        order=first,
        treated_row=t,
        control_row=c,
        treated_stratum=stratum[t],
        control_stratum=stratum[c],
        treated_calipered=calipered[t],
        control_calipered=calipered[c],
        calipers=np.array(widths),
        ratio=settings["ratio"],
        replace=settings["replace"],
        last=method == "mahalanobis",
        unit=unit,
    )
    return found, t, c


def _from_pairs(
    units: Units, found: Neighbours, t: Codes, c: Codes, replace: bool
) -> tuple[Array, Codes, NDArray[np.int64], Array]:
    """Weights: one for a treated row; for a control the sum of 1/k over its treated rows, k their number of partners;
    then averaging one over the controls that have any."""
    weights, subclass = np.zeros(units.n), np.full(units.n, -1, dtype=np.intp)
    has = found.control >= 0
    size = has.sum(axis=1)
    which, turn = np.nonzero(has)
    partner = c[found.control[which, turn]]
    weights[t[size > 0]] = 1.0
    np.add.at(weights, partner, 1.0 / size[which])
    used = np.unique(partner)
    if used.size:
        weights[used] *= used.size / weights[used].sum()
    if not replace:
        number = np.cumsum(size > 0) - 1
        subclass[t[size > 0]] = number[size > 0]
        subclass[partner] = number[which]
    pairs = np.column_stack([units.rows[t[which]], units.rows[partner]])
    return weights, subclass, pairs, found.distance[which, turn]


def _dropped(reason: str, column: str, units: Units, gone: NDArray[np.bool_]) -> Dropped:
    return Dropped(reason, column, int((gone & units.treated).sum()), int((gone & ~units.treated).sum()), 0)


def _notices(found: Comparison) -> tuple[Notice, ...]:
    told: list[Notice] = []
    complete, compared = found.complete, found.compared
    if compared.intervention < complete.intervention and found.estimand == "ATT":
        lost = complete.intervention - compared.intervention
        told.append(notice("treated_left_out", lost=lost, all=complete.intervention))
    for arm, size, rows in zip(
        (("treated", "tratadas"), ("control", "de control")),
        found.effective,
        (compared.intervention, compared.comparison),
        strict=True,
    ):
        if size < SMALL_EFFECTIVE * rows:
            told.append(notice("small_effective_sample", rows=rows, arm=arm, size=f"{size:.1f}"))
    for code, standing in (("balance_fails", "fails"), ("balance_adjust", "adjust")):
        names = [b.measure for b in found.balance if b.kind != "score" and b.after.standing == standing]
        if names:
            told.append(notice(code, measures=", ".join(names)))
    if found.score is not None and (found.score.max() > 1 - 1e-6 or found.score.min() < 1e-6):
        told.append(notice("score_extreme"))
    return tuple(told)


def _check_options(
    method: str, estimand: str, order: str | None, rng: np.random.Generator | None, settings: Mapping[str, Any]
) -> None:
    problems: list[Problem] = []

    def refuse(where: str, what: str, got: Any, allowed: str = "", then: str = "") -> None:
        problems.append(Problem(where, what, str(got), allowed, then))

    if method not in METHODS:
        refuse("method", "no such method", method, ", ".join(METHODS))
    if estimand not in ("ATT", "ATE"):
        refuse("estimand", "no such estimand", estimand, "ATT, ATE")
    elif estimand == "ATE" and method != "ipw":
        refuse(
            "estimand", f"{method} gives the average over the treated only", estimand, "ATT", "use ipw for the ATE"
        )
    if order is not None and order not in ORDERS:
        refuse("order", "no such order", order, ", ".join(ORDERS))
    if order == "random" and rng is None:
        refuse("order", "a random order needs a generator", "none", "rng=np.random.default_rng(seed)")
    if settings["ratio"] < 1:
        refuse("ratio", "at least one control for each treated row", settings["ratio"], "1, 2, …")
    if settings["group_ratio"] < 1:
        refuse("group_ratio", "at least one group for each treated group", settings["group_ratio"], "1, 2, …")
    if settings["caliper_unit"] not in ("sd", "raw"):
        refuse("caliper_unit", "no such unit", settings["caliper_unit"], "sd, raw")
    widths = {"caliper": settings["caliper"], "group_caliper": settings["group_caliper"]}
    widths |= {f"calipers.{name}": value for name, value in settings["calipers"].items()}
    for where, width in widths.items():
        if width is not None and not (np.isfinite(width) and width >= 0):
            refuse(where, "a caliper is a number from zero", width)
    if not 0 <= settings["trim"] < 0.5:
        refuse("trim", "a share from 0 to below one half", settings["trim"])
    if any(value < 0 for value in settings["bins"].values()):
        refuse("bins", "a number of intervals, or 0 for exact values", settings["bins"])
    if method not in PAIRING:
        asked = ["replace", "exact", "within", "calipers", "support", "hierarchical"]
        given = [key for key in asked if settings[key]] + [key for key in ("caliper",) if settings[key] is not None]
        if settings["ratio"] != 1:
            given.append("ratio")
        if given or order is not None:
            refuse(
                "method",
                f"{method} makes no pairs",
                ", ".join([*given, *(["order"] if order else [])]),
                "",
                f"use {' or '.join(PAIRING)}",
            )
    if settings["hierarchical"] and settings["within"]:
        refuse(
            "within", "groups are matched first, or students stay within their group: not both", settings["within"]
        )
    if settings["bins"] and method != "cem":
        refuse("bins", "only cem cuts covariates", method, "cem")
    if settings["trim"] and method != "ipw":
        refuse("trim", "only ipw trims by the score", method, "ipw", "use a caliper or support")
    if problems:
        raise EstimationError(problems)
