"""Working a comparison out, once: sealed answers are paired, put on one scale, and what may be told is stored.

Nothing of this can be done by the app's login: which answer is whose is sealed against it. What is told of groups goes
through the same lattice as a survey's results; a person's own two scores stand behind a wall of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from fairlead.apps.growth.models import Comparison, OwnGrowth, Told
from fairlead.apps.instruments import policy, scoring
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.surveys import counting as surveys
from fairlead.apps.surveys.selectors import least_group
from fairlead.apps.surveys.ties import Tied, tied
from fairlead.science.measurement import MeasurementError
from fairlead.science.measurement.irt import BeforeAfter, Form, PartGrowth, before_and_after, part

DIGITS = 2
LEAST_SHARED = 3
_WITH_MEAN = frozenset({Told.State.SHOWN, Told.State.BOTTOM, Told.State.TOP})


@dataclass(frozen=True, slots=True)
class Asked:
    """An item that has a score, under the name that it has on both forms."""

    pk: int
    name: str
    key: str
    domain: str
    item: Any
    least: float
    top: float


@transaction.atomic
def count(comparison_id: int, at: datetime) -> bool:
    """Work out a comparison that waits. False when there is nothing to do."""
    known = (
        Comparison.objects.select_for_update(of=("self",))
        .select_related("before__version__instrument", "after__version")
        .filter(pk=comparison_id, state=Comparison.State.WAITING)
        .first()
    )
    if known is None:
        return False
    instrument = known.before.version.instrument
    least = least_group(instrument)
    forms = [(asked(a.version_id), tied(a.pk)) for a in (known.before, known.after)]
    schools = {row.person_id: row.organization_id for row in forms[0][1]}
    found: dict[str, Any] = {"measures": {}, "refused": {}}
    for position, measure in enumerate(_measures(instrument.kind, forms[0][0])):
        one, two = (_form(items, rows, measure) for items, rows in forms)
        if code := _why_not(one, two, least):
            found["refused"][measure] = code
            continue
        try:
            result = before_and_after(
                one, two, cluster=[schools[p] for p in one.persons], by_points=bool(measure),
                rng=np.random.default_rng([known.pk, position]),
            )  # fmt: skip
        except MeasurementError:
            found["refused"][measure] = "unclear"
            continue
        found["measures"][measure] = _facts(result, {a.name: a.key for a in forms[0][0]})
        _keep(known, measure, position, result, schools, shown=policy.counts_shown(instrument), least=least)
    known.state = Comparison.State.DONE if found["measures"] else Comparison.State.REFUSED
    known.found, known.counted_at = found, at
    known.save(update_fields=["state", "found", "counted_at"])
    return True


def asked(version_id: int) -> list[Asked]:
    """A version's items with a score; an item that repeats an earlier one bears the first one's name."""
    found = []
    first = instruments.first_items(version_id)
    for item in instruments.items_of(version_id):
        ends = scoring.scale(item)
        if ends is not None:
            found.append(
                Asked(item.pk, str(first[item.pk]), item.key, item.domain.key, item, ends[0], ends[1] - ends[0])
            )
    return found


def _measures(kind: str, items: Sequence[Asked]) -> list[str]:
    """What is known is one scale; what is held true has one for each domain."""
    return list(dict.fromkeys(item.domain for item in items)) if kind == "beliefs" else [""]


def _form(items: Sequence[Asked], rows: Sequence[Tied], measure: str) -> Form:
    own = [item for item in items if measure in ("", item.domain)]
    column = {item.pk: j for j, item in enumerate(own)}
    people = {person: i for i, person in enumerate(dict.fromkeys(row.person_id for row in rows))}
    scores = np.full((len(people), len(own)), np.nan)
    for row in rows:
        if row.item_id in column:
            item = own[column[row.item_id]]
            value = scoring.score(item.item, row.level, row.chosen)
            if value is not None:
                scores[people[row.person_id], column[row.item_id]] = value - item.least
    return Form(scores, tuple(item.name for item in own), tuple(item.top for item in own), tuple(people))


def _why_not(one: Form, two: Form, least: int) -> str:
    """Why nothing can be told, as a word that the page explains; "" when it can."""
    if len(set(one.items) & set(two.items)) < LEAST_SHARED:
        return "shared"
    return "few" if len(set(one.persons) & set(two.persons)) < least else ""


def _facts(result: BeforeAfter, keys: Mapping[str, str]) -> dict[str, Any]:
    """How it was found, for the page. Shares of single items are left out: of few people they would tell answers."""
    by_model = result.unit == "logits"
    return {
        "method": result.method, "why_points": result.why_points, "unit": result.unit, "chance": result.chance,
        "n": len(result.persons), "seated_before": result.seated_before, "seated_after": result.seated_after,
        "only_before": result.only_before, "only_after": result.only_after, "unscored": result.unscored,
        "reliability_before": _round(result.reliability_before), "reliability_after": _round(result.reliability_after),
        "link_se": _round(result.link_se), "true_sd": _round(result.true_sd),
        "linked_low": result.growers.linked_low, "linked_high": result.growers.linked_high,
        "shared": [
            {"key": keys[s.item], "drifted": s.drifted}
            | ({"before": _round(s.before), "after": _round(s.after), "z": _round(s.z)} if by_model else {})
            for s in result.shared
        ],
        "left_out": sorted({keys.get(gone.item, gone.item) for gone in result.left_out}),
    }  # fmt: skip


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _keep(
    known: Comparison, measure: str, position: int, result: BeforeAfter, schools: Mapping[int, int], *, shown: bool,
    least: int,
) -> None:  # fmt: skip
    """Store what may be told of groups, and each person's own."""
    top = known.organization_id
    at = [schools[person] for person in result.persons]
    below = sorted(set(at) - {top})
    people = [surveys.Form(school, None, {}) for school in at]
    release = surveys.protected(top, below, people, [bool(one) for one in result.grew], surveys.rule_for(least))
    rows = []
    for row, organization in enumerate((top, *below)):
        members = np.ones(len(at), dtype=bool) if row == 0 else np.array([school == organization for school in at])
        told = surveys.told(release, row)
        if told["state"] in _WITH_MEAN:
            told |= _numbers(part(result, members), exact=told["state"] == Told.State.SHOWN)
        rows.append(
            Told(
                comparison=known, organization_id=organization, measure=measure, position=position,
                **(told if shown else told | {"n": None}),
            )
        )  # fmt: skip
    Told.objects.bulk_create(rows)
    OwnGrowth.objects.bulk_create(_own(known, measure, result, at), batch_size=2000)


def _numbers(found: PartGrowth, *, exact: bool) -> dict[str, float]:
    told = {
        "by_chance": found.by_chance / found.n, "chance_low": found.chance_low / found.n,
        "chance_high": found.chance_high / found.n, "mean": found.mean, "mean_low": found.mean_low,
        "mean_high": found.mean_high,
    } | ({"low": found.share.low, "high": found.share.high} if exact else {})  # fmt: skip
    return {name: round(value, DIGITS) for name, value in told.items()}


def _own(known: Comparison, measure: str, result: BeforeAfter, at: Sequence[int]) -> Iterable[OwnGrowth]:
    for i, (person, school) in enumerate(zip(result.persons, at, strict=True)):
        yield OwnGrowth(
            comparison=known, organization_id=school, person_id=person, measure=measure,
            before=float(result.before[i]), after=float(result.after[i]),
            se_before=float(result.se_before[i]), se_after=float(result.se_after[i]),
            verdict="grew" if result.grew[i] else "fell" if result.fell[i] else "same",
        )  # fmt: skip
