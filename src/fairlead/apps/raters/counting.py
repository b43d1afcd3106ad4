"""What is known of how people rate, counted by the worker: agreement, severity, drift, each with what is behind it.

From two sources, never mixed. *Cases*: levels of a calibration beside the agreed ones; of the purpose *calibration*, so
whoever trains raters reads them by name. *Visits*: both levels of visits seen by two; of the visit's own purpose, so of
coaching visits only the rater reads their own, and not even all raters together are counted for others (a coaching
visit enters no indicator). Below a least number there is no number: `behind` says how many there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import transaction

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.purposes import allowed
from fairlead.apps.raters.models import CALIBRATION, AgreedWith, Basis, Together
from fairlead.science.measurement import (
    MeasurementError,
    exact_and_adjacent,
    kappa,
    krippendorff_alpha,
    rater_drift,
    rater_severity,
)

# Below these a number would be more noise than rater: at 15 visits of five items a share is known to about ±0.13.
LEAST = {Basis.VISITS: 15, Basis.CASES: 8}
RESAMPLES = 500  # of the interval of alpha
SEED = 20_261_119


@dataclass(frozen=True, slots=True)
class Both:
    """One item rated by somebody beside another level: the agreed one, or another rater's of the same visit."""

    rater: int
    unit: str  # the case in its attempt, or the visit: what its items share
    thing: str  # what was rated: the case, or the visit
    item: str
    level: int
    other: int
    period: str


def period_of(day: date) -> str:
    """The half-year of a day: raters are looked at twice a year, with their calibrations."""
    return f"{day.year}-{1 if day.month < 7 else 2}"


def count(network_id: int, at: datetime) -> int:
    """Count a network anew; how many rows about raters were written."""
    written = 0
    with transaction.atomic():
        AgreedWith.objects.filter(organization_id=network_id).delete()
        Together.objects.filter(organization_id=network_id).delete()
        for (version, purpose, basis), rows in _sources(network_id).items():
            numbers = numbers_of(rows, basis)
            for rater, behind in _behind(rows).items():
                AgreedWith.objects.create(
                    organization_id=network_id,
                    purpose=purpose,
                    person_id=rater,
                    version_id=version,
                    basis=basis,
                    behind=behind,
                    numbers=numbers.of_raters.get(rater, {}),
                    counted_at=at,
                )
                written += 1
            if (
                purpose == CALIBRATION
                or allowed(purpose, "indicators", "network")
                or allowed(purpose, "indicators", "analyst")
            ):
                Together.objects.create(
                    organization_id=network_id,
                    purpose=purpose,
                    version_id=version,
                    basis=basis,
                    behind=len({row.unit for row in rows}),
                    raters=len({row.rater for row in rows}),
                    numbers=numbers.together,
                    counted_at=at,
                )
    return written


def _sources(network_id: int) -> dict[tuple[int, str, Basis], list[Both]]:
    found: dict[tuple[int, str, Basis], list[Both]] = {}
    for version, rater, attempt, case, item, level, agreed, day in fetch(_CASES, network=network_id):
        row = Both(rater, f"{attempt}:{case}", str(case), item, level, agreed, period_of(day))
        found.setdefault((version, CALIBRATION, Basis.CASES), []).append(row)
    for version, purpose, look, rater, second, day, levels in fetch(_VISITS, network=network_id):
        told: Mapping[str, Sequence[int | None]] = json.loads(levels)
        for item, (first, other) in told.items():
            if first is not None and other is not None:
                both = found.setdefault((version, purpose, Basis.VISITS), [])
                both.append(Both(rater, str(look), str(look), item, first, other, period_of(day)))
                both.append(Both(second, str(look), str(look), item, other, first, period_of(day)))
    return found


_CASES = """
SELECT s.version_id, t.person_id, t.id, c.id, i.key, a.level, g.level, (t.submitted_at AT TIME ZONE 'UTC')::date
FROM raters_attempt t
JOIN raters_calibrationset s ON s.id = t.calibration_set_id
JOIN raters_attemptcase m ON m.attempt_id = t.id
JOIN raters_calibrationcase c ON c.id = m.case_id
JOIN instruments_answer g ON g.response_id = c.standard_id AND g.level IS NOT NULL
JOIN instruments_item i ON i.id = g.item_id
JOIN instruments_answer a ON a.response_id = m.response_id AND a.item_id = i.id AND a.level IS NOT NULL
WHERE t.organization_id = %(network)s AND t.scored_at IS NOT NULL
ORDER BY s.version_id, t.person_id, t.id, c.position, i.position
"""
_VISITS = """
WITH RECURSIVE below AS (
    SELECT %(network)s::bigint AS id UNION ALL SELECT o.id FROM roster_organization o JOIN below b ON o.parent_id = b.id
)
SELECT b.version_id, b.purpose, b.look_id, b.rater_id, b.second_id, b.day, b.levels
FROM raters_ratedtwice b WHERE b.organization_id IN (SELECT id FROM below)
ORDER BY b.version_id, b.purpose, b.look_id
"""


def _behind(rows: Iterable[Both]) -> dict[int, int]:
    units: dict[int, set[str]] = {}
    for row in rows:
        units.setdefault(row.rater, set()).add(row.unit)
    return {rater: len(of_them) for rater, of_them in units.items()}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of each rater who has enough behind them, and of all together."""

    of_raters: dict[int, dict[str, Any]]
    together: dict[str, Any]


def numbers_of(rows: Sequence[Both], basis: Basis) -> Numbers:
    """Agreement by rater; severity and drift from one model of all of them, so that nobody is compared by whom they saw."""
    behind = _behind(rows)
    enough = [rater for rater in behind if behind[rater] >= LEAST[basis]]
    severity, shared = _severity(rows, basis)
    drift, moved = _drift(rows, basis)
    of_raters = {}
    for rater in enough:
        own = [row for row in rows if row.rater == rater]
        told = {
            **_agreement(own),
            "severity": severity.get(rater),
            "alike": shared.get("severity_sd") == 0,
            "drift": drift.get(rater, []),
        }
        of_raters[rater] = told
    # Of a visit both raters' rows say the same pair: once.
    once = rows if basis == Basis.CASES else list({(row.unit, row.item): row for row in rows}.values())
    together: dict[str, Any] = {}
    if len({row.unit for row in rows}) >= LEAST[basis]:
        together = {**_agreement(once), "alpha": _alpha(rows, basis), **shared, **moved}
        if basis == Basis.CASES:
            together["lean"] = float(np.mean([row.level - row.other for row in rows]))
    return Numbers(of_raters, together)


def _agreement(rows: Sequence[Both]) -> dict[str, Any]:
    levels, others = [row.level for row in rows], [row.other for row in rows]
    found = exact_and_adjacent(levels, others, cluster=[row.unit for row in rows])
    assert found.adjacent is not None
    try:
        beyond = interval(kappa(levels, others, weights="quadratic"))
    except MeasurementError:  # one level throughout
        beyond = None
    return {
        "pairs": found.pairs,
        "exact": interval(found.exact),
        "adjacent": interval(found.adjacent),
        "kappa": beyond,
    }


def interval(found: Any) -> dict[str, float]:
    """A number with its interval, as it is kept."""
    return {"value": float(found.value), "low": float(found.low), "high": float(found.high)}


def _alpha(rows: Sequence[Both], basis: Basis) -> dict[str, float] | None:
    """Krippendorff's alpha over all who rated the same thing; its interval by resampling."""
    raters = {rater: n for n, rater in enumerate(dict.fromkeys(row.rater for row in rows))}
    table: dict[tuple[str, str], list[int | None]] = {}
    for row in rows:
        table.setdefault((row.thing, row.item), [None] * len(raters))[raters[row.rater]] = row.level
    try:
        found = krippendorff_alpha(
            list(table.values()), metric="ordinal", rng=np.random.default_rng(SEED), resamples=RESAMPLES
        )
    except MeasurementError:
        return None
    return None if found.low is None or found.high is None else interval(found)


def _columns(rows: Sequence[Both], basis: Basis) -> dict[str, list[Any]]:
    """For the models. Of cases what was agreed is taken off: cases then differ by nothing that raters are to see."""
    return {
        "score": [row.level - (row.other if basis == Basis.CASES else 0) for row in rows],
        "thing": [f"{row.thing}:{row.item}" for row in rows],
        "rater": [row.rater for row in rows],
        "period": [row.period for row in rows],
    }


def _severity(rows: Sequence[Both], basis: Basis) -> tuple[dict[int, dict[str, float]], dict[str, Any]]:
    try:
        found = rater_severity(_columns(rows, basis), object="thing")
    except MeasurementError as error:
        return {}, {"severity_refused": str(error)}
    if not found.study.converged:
        return {}, {"severity_refused": "; ".join(found.warnings)}
    if found.sd == 0:  # a variance at its edge: every effect is drawn to zero, with no interval to be honest about
        return {}, {"severity_sd": 0.0}
    each = {
        one.rater: {"value": one.effect, "low": one.low, "high": one.high, "reliability": one.reliability}
        for one in found.raters
    }
    return each, {"severity_sd": found.sd}


def _drift(rows: Sequence[Both], basis: Basis) -> tuple[dict[int, list[dict[str, Any]]], dict[str, Any]]:
    if len({row.period for row in rows}) < 2:
        return {}, {}
    try:
        found = rater_drift(_columns(rows, basis), object="thing", period="period")
    except MeasurementError as error:
        return {}, {"drift_refused": str(error)}
    if not found.study.converged:
        return {}, {"drift_refused": "; ".join(found.warnings)}
    each: dict[int, list[dict[str, Any]]] = {}
    for shift in sorted(found.shifts, key=lambda s: str(s.period)):
        half = 1.959963984540054 * shift.se
        behind = len({row.unit for row in rows if row.rater == shift.rater and row.period == shift.period})
        each.setdefault(shift.rater, []).append(
            {
                "period": shift.period,
                "value": shift.effect,
                "low": shift.effect - half,
                "high": shift.effect + half,
                "behind": behind,
                "beyond": shift.beyond,
            }
        )
    return each, {"drift_p": found.p, "drift_beyond": found.beyond, "drift_expected": found.expected}
