"""What teachers know about number, before and after the autumn's learning cycle: two forms, six questions in both.

Not quite half of those who took part learned a good deal, the others little or nothing, as it goes; some sat one form
only. Everything after the sealed ballots is what the application itself makes of them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

import numpy as np

from fairlead.apps.growth import counting as growth
from fairlead.apps.growth.models import Comparison
from fairlead.apps.instruments.models import Item, Version
from fairlead.apps.surveys import counting as surveys
from fairlead.apps.surveys.models import Administration, SchoolAsked
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.world import ZONE, World

SCHOOLS = 6
SAT = 0.93
GREW = 0.45
ROUNDS = (
    (1, "Teaching number: before the autumn", "Enseñar números: antes del otoño", date(2026, 8, 27), date(2026, 9, 11)),
    (2, "Teaching number: after the autumn", "Enseñar números: después del otoño", date(2026, 10, 28), date(2026, 11, 13)),
)  # fmt: skip
BALLOT = ("id", "administration_id", "organization_id", "anonymous", "invitation_id", "answers")
INVITATION = ("id", "administration_id", "organization_id", "anonymous", "person_id", "state", "mailed")


def build(world: World, rng: np.random.Generator) -> None:
    """Both surveys, counted, and their comparison."""
    here = world.section_school < SCHOOLS
    people, schools = world.section_teacher[here], world.school_ids[world.section_school[here]]
    people, first = np.unique(people, return_index=True)
    schools = schools[first]
    theta = rng.normal(-0.1, 1.0, people.size)
    gain = np.where(
        rng.random(people.size) < GREW, rng.normal(1.7, 0.4, people.size), rng.normal(0.1, 0.2, people.size)
    )
    gain[people == world.person["amara"]] = 2.2
    hard: dict[int, float] = {}
    made = []
    for later, (number, name, name_es, opens, closes) in enumerate(ROUNDS):
        version = Version.objects.get(instrument__key="teaching-number", number=number)
        items = list(Item.objects.filter(version=version))
        for item in items:
            hard[item.pk] = hard[item.same_as_id] if item.same_as_id in hard else float(rng.uniform(-1.3, 1.3))
        known = _survey(world, version, name, name_es, opens, closes, sorted(set(schools.tolist())))
        sat = rng.random(people.size) < SAT
        sat |= people == world.person["amara"]
        at = theta + gain * later
        right = rng.random((people.size, len(items))) < 1 / (1 + np.exp(-(at[:, None] - [hard[i.pk] for i in items])))
        _ballots(world, known, items, people, schools, sat, right, rng)
        surveys.count(known.pk, datetime.combine(closes, time(20), tzinfo=ZONE))
        made.append(known)
    known_pair = Comparison.objects.create(
        organization_id=world.network_id, before=made[0], after=made[1], made_by_id=world.person["tomas"],
        made_at=datetime.combine(ROUNDS[1][4], time(21), tzinfo=ZONE),
    )  # fmt: skip
    growth.count(known_pair.pk, datetime.combine(ROUNDS[1][4], time(21, 1), tzinfo=ZONE))


def _survey(
    world: World, version: Version, name: str, name_es: str, opens: date, closes: date, schools: list[int]
) -> Administration:
    known = Administration.objects.create(
        organization_id=world.network_id, version=version, name=name, name_es=name_es, purpose="survey",
        mode=Administration.Mode.CONFIDENTIAL, asked=Administration.Asked.STAFF, role="teacher", opens_on=opens,
        closes_on=closes, made_by_id=world.person["tomas"], made_at=datetime.combine(opens, time(8), tzinfo=ZONE),
        opened_at=datetime.combine(opens, time(9), tzinfo=ZONE),
        closed_at=datetime.combine(closes, time(19), tzinfo=ZONE),
    )  # fmt: skip
    SchoolAsked.objects.bulk_create(SchoolAsked(administration=known, organization_id=pk) for pk in schools)
    return known


def _ballots(
    world: World, known: Administration, items: list[Item], people: Any, schools: Any, sat: Any, right: Any,
    rng: np.random.Generator,
) -> None:  # fmt: skip
    ids = world.take_ids("surveys_invitation", people.size)
    copy_rows(
        "surveys_invitation",
        INVITATION,
        (
            (int(pk), known.pk, int(school), False, int(person), "answered" if here else "waiting", False)
            for pk, school, person, here in zip(ids, schools, people, sat, strict=True)
        ),
    )
    advance_ids("surveys_invitation")

    def rows() -> Iterator[tuple[Any, ...]]:
        for i in np.flatnonzero(sat):
            said = {item.pk: _said(item, bool(right[i, j]), rng) for j, item in enumerate(items)}
            token = uuid.uuid5(uuid.NAMESPACE_URL, f"fairlead:demo:ballot:{ids[i]}")
            yield token, known.pk, int(schools[i]), False, int(ids[i]), json.dumps(said)

    copy_rows("surveys_ballot", BALLOT, rows())


def _said(item: Item, right: bool, rng: np.random.Generator) -> dict[str, Any]:
    """A right answer, or one of the wrong ones."""
    every = range(1, len(item.options) + 1)
    if item.kind == "multiple":
        return {"chosen": item.correct if right else [int(rng.choice([n for n in every if n not in item.correct]))]}
    wrong = [n for n in every if n not in item.correct]
    return {"level": item.correct[0] if right else int(rng.choice(wrong))}
