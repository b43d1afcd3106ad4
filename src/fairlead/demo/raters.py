"""How the coaches rate: two calibration sets of the short rubric, a year of attempts, and one coach who grows lenient.

Whoever coaches calibrated in December and in May, and most again in October: the year's certificate of Dana ends soon.
Lena did not pass at first. Héctor's levels of October lie well above what was agreed; that is for the page to find.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import numpy as np

from fairlead.apps.instruments.models import Answer, Item, Response, Version
from fairlead.apps.raters import judging
from fairlead.apps.raters.models import CALIBRATION, Attempt, AttemptCase, CalibrationCase, CalibrationSet
from fairlead.demo import lessons
from fairlead.demo.cast import COACHES
from fairlead.demo.copying import copy_rows
from fairlead.demo.world import ZONE, World

MADE = datetime(2025, 11, 20, 15, 0, tzinfo=ZONE)
RULE = {"exact": 0.6, "adjacent": 0.95, "domain_exact": 0.5, "kappa": 0.5, "wait_days": 7, "months": 12}
WALLED = ("organization_id", "purpose", "author_id", "subject_id")
# When who took which set; the number is how many of twenty levels lie off what was agreed, and where they lean.
ROUNDS = (
    (date(2025, 12, 9), 0, {"dana": (4, 0.0), "nadia": (3, 0.0), "hector": (4, 0.0), "may": (5, 0.0), "isaac": (4, 0.0), "lena": (12, -1.0)}),
    (date(2025, 12, 17), 1, {"lena": (5, -1.0)}),
    (date(2026, 5, 12), 1, {"dana": (5, 0.0), "nadia": (4, 0.0), "hector": (4, 0.5), "may": (4, 0.0), "isaac": (6, 0.0), "lena": (5, -0.5)}),
    (date(2026, 10, 13), 0, {"nadia": (3, 0.0), "hector": (10, 1.0), "may": (4, 0.0), "isaac": (4, 0.0), "lena": (4, 0.0)}),
)  # fmt: skip


def build(world: World, rng: np.random.Generator) -> None:
    """Sets, attempts and what came of them."""
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    items = [Item.objects.get(version=version, key=key) for key in lessons.ITEMS]
    sets = [
        _set(world, version, items, name, name_es, rows)
        for name, name_es, rows in (
            ("Four lessons, first set", "Cuatro clases, primera serie", lessons.FIRST),
            ("Four lessons, second set", "Cuatro clases, segunda serie", lessons.SECOND),
        )
    ]
    for day, which, raters in ROUNDS:
        for key, (off, lean) in raters.items():
            _attempt(world, rng, sets[which], items, world.person[key], day, off, lean)
    assert set(ROUNDS[0][2]) == {coach.key for coach in COACHES}


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), tzinfo=ZONE)


def _set(
    world: World, version: Version, items: list[Item], name: str, name_es: str, rows: tuple[lessons.Lesson, ...]
) -> CalibrationSet:
    made = CalibrationSet.objects.create(
        organization_id=world.network_id, version=version, name=name, name_es=name_es, rule=RULE
    )
    walled = (world.network_id, CALIBRATION, world.person["ines"], None)
    responses, answers, notes = [], [], []
    for n, row in enumerate(rows, start=1):
        token = uuid.uuid5(uuid.NAMESPACE_URL, f"fairlead:demo:{name}:{n}")
        responses.append((token, *walled, version.pk, "standard", False, MADE.date(), MADE, "en"))
        for item, (level, why) in zip(items, row.agreed, strict=True):
            answers.append((token, *walled, item.pk, level, False))
            notes.append((uuid.uuid5(token, item.key), token, *walled, [item.key], why))
    _copy(responses, answers)
    copy_rows("instruments_note", ("id", "response_id", *WALLED, "tags", "text"), notes)
    CalibrationCase.objects.bulk_create(
        CalibrationCase(
            organization_id=world.network_id, calibration_set=made, position=n, title=row.title, title_es=row.title_es,
            script=row.script, script_es=row.script_es, standard_id=responses[n - 1][0],
        )
        for n, row in enumerate(rows, start=1)
    )  # fmt: skip
    made.published_at = MADE
    made.save(update_fields=["published_at"])
    return made


def _copy(responses: Sequence[tuple[object, ...]], answers: Sequence[tuple[object, ...]]) -> None:
    copy_rows(
        "instruments_response",
        ("id", *WALLED, "version_id", "part", "anonymous", "day", "submitted_at", "language"),
        responses,
    )
    copy_rows("instruments_answer", ("response_id", *WALLED, "item_id", "level", "not_observed"), answers)


def _attempt(
    world: World, rng: np.random.Generator, of: CalibrationSet, items: list[Item], person: int, day: date, off: int, lean: float
) -> None:  # fmt: skip
    """`off` levels one away from what was agreed: up with the chance (1 + lean) ÷ 2, else down."""
    cases = list(of.cases.all())
    agreed: dict[tuple[uuid.UUID | None, int], int | None] = {
        (a.response_id, a.item_id): a.level
        for a in Answer.objects.filter(response_id__in=[case.standard_id for case in cases])
    }
    cells = [(case, item) for case in cases for item in items]
    away = {int(i) for i in rng.permutation(len(cells))[:off]}
    up = rng.random(len(cells)) < (1 + lean) / 2
    attempt = Attempt.objects.create(
        organization_id=world.network_id, person_id=person, calibration_set=of, begun_at=_at(day, 14),
        submitted_at=_at(day, 15) + timedelta(minutes=int(rng.integers(0, 40))),
    )  # fmt: skip
    walled = (world.network_id, CALIBRATION, person, None)
    tokens = {case.pk: uuid.uuid5(attempt.token, str(case.pk)) for case in cases}
    responses: list[tuple[object, ...]] = [
        (token, *walled, of.version_id, Response.Part.CALIBRATION, False, day, attempt.submitted_at, "en")
        for token in tokens.values()
    ]
    answers: list[tuple[object, ...]] = []
    for i, (case, item) in enumerate(cells):
        level = agreed[case.standard_id, item.pk] or 1
        if i in away:
            step = 1 if up[i] else -1
            level = level + step if 1 <= level + step <= 4 else level - step
        answers.append((tokens[case.pk], *walled, item.pk, level, False))
    _copy(responses, answers)
    AttemptCase.objects.bulk_create(
        AttemptCase(
            organization_id=world.network_id,
            person_id=person,
            attempt=attempt,
            case=case,
            response_id=tokens[case.pk],
        )
        for case in cases
    )
    judging.judge(attempt.pk)
    Attempt.objects.filter(pk=attempt.pk).update(scored_at=attempt.submitted_at)
