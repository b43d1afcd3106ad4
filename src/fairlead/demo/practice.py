"""Visits for research before and after the programme on number: three each, of a sample of those who take part.

Who is in the coaching lottery or in the rubric's own sample is left out, as nothing here may change what those show. Two in
five of the rest changed a good deal, the others hardly. How well the rubric measures is the worker's to find out, and only
then it counts whose practice changed.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

import numpy as np
from procrastinate.contrib.django import app as jobs

from fairlead.apps.instruments.models import Item, Version
from fairlead.apps.learning.models import Measured, Programme
from fairlead.apps.learning.services import RECOUNT
from fairlead.demo.technical import Row, copy_visits
from fairlead.demo.world import ZONE, World, school_days

MOST, EACH = 80, 3
CHANGED, GAIN, SPREAD = 0.4, 0.95, 0.2  # of those seen, by so many levels
TEACHERS, LESSONS, REST = 0.38, 0.30, 0.48  # standard deviations, in levels
BEFORE = (date(2026, 5, 11), date(2026, 6, 5))
AFTER = (date(2026, 11, 2), date(2026, 11, 17))
UNTIL, SINCE = date(2026, 8, 30), date(2026, 11, 2)


def build(
    world: World, rng: np.random.Generator, programme: Programme, people: np.ndarray, schools: np.ndarray
) -> None:
    """Write the visits, and say that they stand for the fourth level."""
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    Measured.objects.create(
        programme=programme, organization_id=world.network_id, level=Measured.Level.USE, source=Measured.Source.VISITS,
        reference=str(version.pk), until=UNTIL, since=SINCE,
    )  # fmt: skip
    rubric = world.extra.get("rubric")
    if rubric is not None:
        taken = [*world.extra["lottery"]["teacher_ids"].tolist(), *rubric["teachers"].tolist(), world.person["amara"]]
        free = np.flatnonzero(~np.isin(people, taken))
        drawn = np.sort(rng.permutation(free)[:MOST])
        _visits(world, rng, version.pk, people[drawn], schools[drawn], rubric["visitors"])
    jobs.configure_task(RECOUNT).defer(
        programme_id=programme.pk
    )  # after the rubric's own numbers, which wait before it


def _visits(
    world: World,
    rng: np.random.Generator,
    version: int,
    people: np.ndarray,
    schools: np.ndarray,
    visitors: np.ndarray,
) -> None:
    rated = [i.pk for i in Item.objects.filter(version_id=version, kind="rating").order_by("position")]
    section = dict(zip(world.section_teacher.tolist(), world.section_ids.tolist(), strict=True))
    good = rng.normal(2.3, TEACHERS, people.size)
    gain = np.where(
        rng.random(people.size) < CHANGED, rng.normal(GAIN, SPREAD, people.size), rng.normal(0.05, 0.1, people.size)
    )
    shape = (people.size, 2, EACH)
    days = [school_days(*times) for times in (BEFORE, AFTER)]
    which = np.stack(
        [np.sort(rng.random((people.size, len(d))).argsort(axis=1)[:, :EACH], axis=1) for d in days], axis=1
    )
    raters, minutes = rng.integers(0, len(visitors), shape), rng.integers(0, 60, shape)
    lesson = (
        good[:, None, None]
        + np.stack([np.zeros(people.size), gain], axis=1)[:, :, None]
        + rng.normal(0, LESSONS, shape)
    )
    levels = np.clip(np.rint(lesson[..., None] + rng.normal(0, REST, (*shape, len(rated)))), 1, 4).astype(int)
    visits: list[Row] = []
    responses: list[Row] = []
    answers: list[Row] = []
    contacts: list[Row] = []
    n = int(np.prod(shape))
    ids = [world.take_ids(name, n).tolist() for name in ("instruments_visit", "support_contact")]
    for k, (i, later, turn) in enumerate(np.ndindex(shape)):
        teacher, school = int(people[i]), int(schools[i])
        at = datetime.combine(days[later][which[i, later, turn]], time(8, 30), tzinfo=ZONE) + timedelta(
            minutes=5 * int(minutes[i, later, turn])
        )
        done, token = at + timedelta(minutes=20), uuid.UUID(bytes=rng.bytes(16), version=4)
        who = (school, "research", int(visitors[raters[i, later, turn]]), teacher)
        room = section[teacher] if later else None
        visits.append(
            (
                ids[0][k],
                token,
                *who,
                room,
                at,
                20,
                version,
                "",
                "",
                "",
                done,
                done,
                "Visits for research give no feedback to one teacher.",
            )
        )
        contacts.append((ids[1][k], school, ids[0][k], who[2], teacher, at, 20, "visit", "research", done))
        responses.append((token, *who, version, "single", ids[0][k], room, False, at.date(), done, "en"))
        answers += [
            (token, *who, item, level, False)
            for item, level in zip(rated, levels[i, later, turn].tolist(), strict=True)
        ]
    copy_visits(visits, responses, answers, contacts)
