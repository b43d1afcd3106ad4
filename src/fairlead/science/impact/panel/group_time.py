"""Group-time effects of Callaway & Sant'Anna (2021), doi:10.1016/j.jeconom.2020.12.001. A panel in, arrays out.

ATT(g, t) (their eq. 2.2) compares the change of cohort g since its base period with that of units not treated by then:
the never treated (assumption 4) or the not yet treated (assumption 5). Everything else is a weighted sum of these, and
so is its influence function.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.notices import Notice, notice
from fairlead.science.impact.panel.data import Panel
from fairlead.science.impact.panel.doubly_robust import TwoByTwo, difference, doubly_robust
from fairlead.science.impact.problems import DataError, EstimationError, Problem
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
Codes = NDArray[np.intp]

CONTROLS = ("never", "notyet")
BASES = ("varying", "universal")
ESTIMATORS = ("dr", "improved")
FEW_EFFECTIVE = 20


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Every ATT(g, t), with the clusters' influences.

    Attributes
    ----------
    group : (K,) position of the cohort in `panel.cohorts`.
    first, time, base : (K,) the cohort's first treated period, the period, and the period it is compared with.
    estimate : (K,).
    treated, controls : (K,) units compared.
    influence : (C, K) sums over each cluster; the covariance of the estimates is ΣΨΨ′ ÷ n².
    shares : (G,) of the units in each cohort.
    """

    group: Codes
    first: Array
    time: Array
    base: Array
    estimate: Array
    treated: Codes
    controls: Codes
    influence: Array
    shares: Array
    notes: tuple[Notice, ...]

    @property
    def post(self) -> NDArray[np.bool_]:
        return self.time >= self.first


def comparable(panel: Panel, control: str) -> Panel:
    """The part of the panel in which somebody is left to compare with.

    Without never-treated units the last cohort is the comparison, until it is treated itself.
    """
    if np.isinf(panel.cohorts[-1]):
        return panel
    last = panel.cohorts[-1]
    if control == "never":
        raise DataError(
            [
                Problem(
                    "control",
                    "every unit is treated in the end, so nobody is never treated",
                    "0 never-treated units",
                    "notyet",
                    "compare with the not yet treated: --control notyet",
                )
            ]
        )
    if panel.cohorts.size == 1:
        raise DataError(
            [
                Problem(
                    "cohort",
                    "every unit is treated from the same period on, so there is nobody to compare with",
                    f"one cohort, {last:g}",
                    "two cohorts, or never-treated units",
                    "bring units that were not treated; before and after alone cannot tell the effect from the times",
                )
            ]
        )
    kept = panel.times < last
    cohorts = np.where(panel.cohorts >= last, np.inf, panel.cohorts)
    if kept.sum() < 2 or not (cohorts[:-1] <= panel.times[kept][-1]).any():
        raise DataError(
            [
                Problem(
                    "time", "nobody is treated before the last cohort with a period between", f"last cohort {last:g}"
                )
            ]
        )
    note = notice("nobody_never", cohort=f"{last:g}", count=int((~kept).sum()))
    return replace(
        panel,
        times=panel.times[kept],
        cohorts=cohorts,
        outcome=panel.outcome[:, kept],
        covariates=panel.covariates[:, kept],
        notes=(*panel.notes, note),
    )


def group_time_cells(
    panel: Panel, *, control: str = "never", base: str = "varying", anticipation: float = 0.0, estimator: str = "dr"
) -> Cells:
    """Compute every ATT(g, t) that the panel allows.

    Parameters
    ----------
    panel : as `comparable` returns it.
    control : "never" or "notyet" treated units.
    base : before treatment, "varying" compares with the period before (so each pre-period is a change of one period);
        "universal" always with the last period before treatment.
    anticipation : for how long before its first period a cohort may already react, in the unit of time.
    estimator : with covariates, "dr" (logit and least squares) or "improved" (tilting and weighted least squares).
    """
    _check(control, base, anticipation, estimator)
    times, sizes = panel.times, panel.sizes
    found: list[tuple[int, float, float, float, int, int]] = []
    finite = int(np.isfinite(panel.cohorts).sum())
    influence = np.zeros((panel.clusters, finite * times.size), order="F")
    troubles: dict[str, list[str]] = {}
    notes: list[Notice] = []
    thin: list[float] = []
    for group, first in enumerate(panel.cohorts):
        if np.isinf(first):
            continue
        before = np.flatnonzero(times < first - anticipation)
        if not before.size:
            notes.append(notice("nothing_before", cohort=f"{first:g}"))
            continue
        for place in range(times.size):
            now = times[place]
            if base == "universal" or now >= first - anticipation:
                origin = int(before[-1])
            elif place > 0:
                origin = place - 1
            else:
                continue
            if place == origin:
                found.append((group, now, times[origin], 0.0, int(sizes[group]), 0))
                continue
            others = np.isinf(panel.cohorts)
            if control == "notyet":
                others |= panel.cohorts > max(now, times[origin]) + anticipation
            others[group] = False
            if not others.any():
                continue
            cell, count = _cell(panel, group, np.flatnonzero(others), place, origin, estimator == "improved")
            if cell.trouble:
                troubles.setdefault(cell.trouble, []).append(
                    f"cohort {first:g} at {now:g} ({sizes[group]:,} treated, {count:,} comparison units)"
                )
                continue
            if cell.effective is not None and cell.effective < FEW_EFFECTIVE:
                thin.append(cell.effective)
            found.append((group, now, times[origin], cell.estimate, int(sizes[group]), count))
            influence[:, len(found) - 1] = _spread(panel, cell.influence, group, others)
    if troubles:
        raise EstimationError(
            Problem(
                "covariates",
                trouble,
                f"{cells[0]}" + (f" and {counted(len(cells) - 1, 'cell')} more" if cells[1:] else ""),
                "units of both kinds with like covariates",
                "use fewer covariates, join cohorts, or compare with the not yet treated",
            )
            for trouble, cells in troubles.items()
        )
    if thin:
        notes.append(
            notice(
                "weak_overlap", thin=len(thin), all=len(found), size=f"{min(thin):.1f}", least=f"{FEW_EFFECTIVE:g}"
            )
        )
    table = np.array(found, dtype=float).reshape(-1, 6)
    groups = table[:, 0].astype(np.intp)
    if not (table[:, 1] >= panel.cohorts[groups]).any():
        raise EstimationError([Problem("cohort", "no cohort has a treated period with anybody to compare with", "")])
    return Cells(
        group=groups,
        first=panel.cohorts[groups],
        time=table[:, 1],
        base=table[:, 2],
        estimate=table[:, 3],
        treated=table[:, 4].astype(np.intp),
        controls=table[:, 5].astype(np.intp),
        influence=influence[:, : len(found)],
        shares=sizes / panel.n,
        notes=tuple(notes),
    )


def _cell(panel: Panel, group: int, others: Codes, place: int, origin: int, improved: bool) -> tuple[TwoByTwo, int]:
    parts = [panel.units(int(position)) for position in (group, *others)]
    change = np.concatenate([panel.outcome[part, place] - panel.outcome[part, origin] for part in parts])
    ones = parts[0].stop - parts[0].start
    treated = np.zeros(change.size, dtype=bool)
    treated[:ones] = True
    if not panel.covariate_names:
        return difference(change, treated), change.size - ones
    x = np.concatenate([panel.covariates[part, min(place, origin)] for part in parts])
    return (
        doubly_robust(change, treated, np.column_stack([np.ones(change.size), x]), improved=improved),
        change.size - ones,
    )


def _spread(panel: Panel, influence: Array, group: int, others: NDArray[np.bool_]) -> Array:
    """Influences of the units compared, scaled to the whole sample and summed within clusters."""
    whole = np.zeros(panel.n)
    at, scale = 0, panel.n / influence.size
    for position in (group, *np.flatnonzero(others)):
        part = panel.units(int(position))
        stop = at + part.stop - part.start
        whole[part] = influence[at:stop] * scale
        at = stop
    if panel.clusters == panel.n:
        summed = np.empty(panel.n)
        summed[panel.cluster] = whole
        return summed
    return np.asarray(np.bincount(panel.cluster, weights=whole, minlength=panel.clusters), dtype=float)


def _check(control: str, base: str, anticipation: float, estimator: str) -> None:
    problems = [
        Problem(where, "no such choice", got, ", ".join(allowed), "choose one")
        for where, got, allowed in (
            ("control", control, CONTROLS),
            ("base", base, BASES),
            ("estimator", estimator, ESTIMATORS),
        )
        if got not in allowed
    ]
    if not anticipation >= 0:
        problems.append(Problem("anticipation", "must not be negative", f"{anticipation:g}", "0 or more"))
    if problems:
        raise DataError(problems)
