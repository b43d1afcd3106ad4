"""How the coaches rate: two calibration sets of the short rubric, a year of attempts, and one coach who grows lenient.

Whoever coaches calibrated in December and in May, and most again in October: the year's certificate of Dana ends soon.
Lena did not pass at first. Héctor's levels of October lie well above what was agreed; that is for the page to find.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import numpy as np
from django.db import connection

from fairlead.apps.instruments.models import Answer, Item, Response, Version
from fairlead.apps.raters import counting, drawing, judging, pairing
from fairlead.apps.raters.models import (
    CALIBRATION,
    Attempt,
    AttemptCase,
    CalibrationCase,
    CalibrationSet,
    SecondDraw,
    SecondLook,
)
from fairlead.demo import lessons
from fairlead.demo.cast import COACHES
from fairlead.demo.copying import copy_rows
from fairlead.demo.world import ZONE, World
from fairlead.science.impact import lottery

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


class Plan(NamedTuple):
    """A draw of the year: of which visits, when, how many; how often nobody came along."""

    purpose: str
    begins: date
    ends: date
    share: float
    refused: float


DRAWS = (
    Plan("coaching", date(2026, 9, 8), date(2026, 12, 18), 0.45, 0.08),
    Plan("research", date(2026, 11, 2), date(2026, 11, 18), 0.45, 0.03),
)
LENIENT_FROM = date(2026, 10, 1)  # Héctor, also in classrooms
SALT = "kept in the network's safe until the draw"


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
    with connection.cursor() as cursor:  # tables that were empty a moment ago are looked through row by row otherwise
        cursor.execute("ANALYZE instruments_response, instruments_answer, instruments_note")
    for day, which, raters in ROUNDS:
        for key, (off, lean) in raters.items():
            _attempt(world, rng, sets[which], items, world.person[key], day, off, lean)
    for plan in DRAWS:
        _draw(world, rng, version, items, plan)
    pairing.pair()
    counting.count(world.network_id, world.moment)
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


def _draw(world: World, rng: np.random.Generator, version: Version, items: list[Item], plan: Plan) -> None:
    """A drawn list with the second raters' levels of the visits since; what has not been visited waits."""
    made = Response.objects.filter(part="single", purpose=plan.purpose, version=version, visit__isnull=False)
    visits = list(
        made.filter(day__gte=plan.begins, day__lte=plan.ends)
        .order_by("day", "submitted_at")
        .values_list("author_id", "subject_id", "organization_id", "id", "day", "submitted_at")
    )
    before = plan.begins - timedelta(days=4)
    first = {(rater or 0, subject or 0): (org, pk, day, at) for rater, subject, org, pk, day, at in reversed(visits)}
    frame = [drawing.Pair(rater, subject, rest[0]) for (rater, subject), rest in sorted(first.items())]
    if not frame:
        return
    seed = f"Tidewater, second raters, {plan.purpose}, autumn 2026"
    held = SecondDraw.objects.create(
        organization_id=world.network_id, version=version, purpose=plan.purpose, begins=plan.begins, ends=plan.ends,
        share=plan.share, commitment=lottery.commit(seed, SALT), committed_at=_at(before, 9), seed=seed, salt=SALT,
        drawn_at=_at(before + timedelta(days=1), 9),
    )  # fmt: skip
    tickets = lottery.draw([p.name for p in frame], [str(p.rater_id) for p in frame], plan.share, seed)
    drawn = [p for p, ticket in zip(frame, tickets, strict=True) if ticket.selected]
    everywhere = frozenset(int(pk) for pk in world.school_ids)
    raters = {p.rater_id for p in frame}
    seconds = drawing.assign(drawn, dict.fromkeys(sorted(raters), everywhere), seed)
    levels: dict[uuid.UUID, dict[int, int | None]] = {}
    for response, item_id, level in Answer.objects.filter(
        response_id__in=[rest[1] for rest in first.values()]
    ).values_list("response_id", "item_id", "level"):
        levels.setdefault(response, {})[item_id] = level
    responses, answers, looks = [], [], []
    for pair, ticket in zip(frame, tickets, strict=True):
        organization, response, day, at = first[pair.rater_id, pair.subject_id]
        second = seconds.get(pair.name)
        look = SecondLook(
            organization_id=organization, purpose=plan.purpose, draw=held, version=version, begins=plan.begins, ends=plan.ends, rater_id=pair.rater_id,
            subject_id=pair.subject_id, second_id=second, position=ticket.order, drawn=ticket.selected,
        )  # fmt: skip
        looks.append(look)
        waits = plan.ends > world.today and rng.random() < 0.12  # the visit seen by two is still to come
        if not ticket.selected or second is None or waits:
            continue
        if rng.random() < plan.refused:
            look.refused, look.refused_at = SecondLook.Refused.TEACHER, at
            continue
        token = uuid.uuid5(response, "second")
        look.response_id = token
        walled = (organization, plan.purpose, second, pair.subject_id)
        responses.append((token, *walled, version.pk, "second", False, day, at, "en"))
        lean = 0.55 * ((second == world.person["hector"]) - (pair.rater_id == world.person["hector"]))
        lean = lean if day >= LENIENT_FROM else 0.0
        for item in items:
            level = levels[response].get(item.pk)
            if level is not None:
                other = int(np.clip(round(level + lean + float(rng.normal(0, 0.42))), 1, 4))
                answers.append((token, *walled, item.pk, other, False))
    _copy(responses, answers)
    SecondLook.objects.bulk_create(looks)
