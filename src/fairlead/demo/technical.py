"""A sample drawn to learn how well the short rubric measures: teachers seen four times, by two of six trained visitors.

Teachers of the coaching lottery are left out: what is seen of them is the study's, and nothing here may change it.
The true shares of variance stand below, so that the technical page can be held against them.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta

import numpy as np
from procrastinate.contrib.django import app as jobs

from fairlead.apps.instruments.models import Item, Version
from fairlead.apps.instruments.technical import MEASURE
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.support import research_visitors
from fairlead.demo.world import TODAY, ZONE, World, school_days

VISITORS = (("Ada", "Nkemelu"), ("Jonas", "Ferreira"), ("Mei", "Castellanos"), ("Ruben", "Ashworth"),
            ("Salma", "Idrissi"), ("Petra", "Vance"))  # fmt: skip
SHARE, MOST = 0.15, 80  # of the teachers outside the lottery
VISITS, RATERS = 4, 2
# Standard deviations, in levels: teachers, how severe raters are, the lesson that happened to be seen, items,
# what is particular to a teacher in one item, and the rest.
TEACHERS, SEVERITY, LESSONS, ITEMS, OWN, REST = 0.40, 0.22, 0.34, 0.20, 0.18, 0.45
TWICE = 0.30  # of the visits, scored by a second visitor in the same room

Row = tuple[object, ...]


def build(world: World, rng: np.random.Generator) -> None:
    """Write visits, their contacts and levels, and second ratings. Leaves `world.extra["rubric"]`: who was drawn, and who visits."""
    teachers = _drawn(world, rng)
    if not len(teachers):
        return
    visitors = np.array(research_visitors(world, VISITORS))
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    rated = [i.pk for i in Item.objects.filter(version=version, kind="rating").order_by("position")]
    severity = rng.normal(0, SEVERITY, len(visitors))
    hard, own = rng.normal(0, ITEMS, len(rated)), rng.normal(0, OWN, (len(teachers), len(rated)))
    good = rng.normal(2.45, TEACHERS, len(teachers))
    days = school_days(date(2026, 9, 8), TODAY - timedelta(days=2))
    visits: list[Row] = []
    responses: list[Row] = []
    answers: list[Row] = []
    contacts: list[Row] = []
    for t, index in enumerate(teachers.tolist()):
        org = int(world.school_ids[int(world.section_school[index])])
        section, teacher = int(world.section_ids[index]), int(world.section_teacher[index])
        two = rng.choice(len(visitors), RATERS, replace=False)
        for k, day in enumerate(sorted(rng.choice(len(days), VISITS, replace=False).tolist())):
            rater, other = int(two[k % RATERS]), int(two[(k + 1) % RATERS])
            at = datetime.combine(days[day], time(8, 30), tzinfo=ZONE) + timedelta(
                minutes=5 * int(rng.integers(0, 66))
            )
            done = at + timedelta(minutes=20)
            token = uuid.UUID(bytes=rng.bytes(16), version=4)
            pk, contact = (int(world.take_ids(name, 1)[0]) for name in ("instruments_visit", "support_contact"))
            who = (org, "research", int(visitors[rater]), teacher)
            visits.append(
                (
                    pk,
                    token,
                    *who,
                    section,
                    at,
                    20,
                    version.pk,
                    "",
                    "",
                    "",
                    done,
                    done,
                    "A sample drawn to study the rubric.",
                )
            )
            contacts.append((contact, org, pk, int(visitors[rater]), teacher, at, 20, "visit", "research", done))
            lesson = good[t] + hard + own[t] + rng.normal(0, LESSONS)
            rows = [(rater, token, "single")]
            if rng.random() < TWICE:
                rows.append((other, uuid.UUID(bytes=rng.bytes(16), version=4), "second"))
            for by, response, part in rows:
                walled = (org, "research", int(visitors[by]), teacher)
                responses.append((response, *walled, version.pk, part, pk, section, False, days[day], done, "en"))
                levels = np.clip(np.rint(lesson + severity[by] + rng.normal(0, REST, len(rated))), 1, 4).astype(int)
                seen = rng.random(len(rated)) > 0.05
                answers += [
                    (response, *walled, item, level if there else None, not there)
                    for item, level, there in zip(rated, levels.tolist(), seen.tolist(), strict=True)
                ]
    world.extra["rubric"] = {"teachers": world.section_teacher[teachers], "visitors": visitors}
    copy_visits(visits, responses, answers, contacts)
    jobs.configure_task(MEASURE).defer(network_id=world.network_id)  # the demo's worker begins with it


def copy_visits(visits: list[Row], responses: list[Row], answers: list[Row], contacts: list[Row]) -> None:
    """Write visits for research, with their levels and contacts."""
    people = ("organization_id", "purpose", "visitor_id", "subject_id")
    walled_by = ("organization_id", "purpose", "author_id", "subject_id")
    copy_rows("instruments_visit", ("id", "token", *people, "section_id", "began_at", "minutes", "version_id", "note",
                                    "feedback", "answer", "recorded_at", "closed_at", "closed_because"), visits)  # fmt: skip
    copy_rows("instruments_response", ("id", *walled_by, "version_id", "part", "visit_id", "section_id", "anonymous",
                                       "day", "submitted_at", "language"), responses)  # fmt: skip
    copy_rows("instruments_answer", ("response_id", *walled_by, "item_id", "level", "not_observed"), answers)
    copy_rows("support_contact", ("id", "organization_id", "visit_id", "lead_id", "with_person_id", "at", "minutes",
                                  "kind", "purpose", "feedback_closed_at"), contacts)  # fmt: skip
    for table in ("instruments_visit", "support_contact"):
        advance_ids(table)


def _drawn(world: World, rng: np.random.Generator) -> np.ndarray:
    """Which homerooms' teachers, as places in the arrays of the world; whom somebody else shows is not drawn."""
    cast = {world.person[key] for key in ("amara", "yusuf") if key in world.person}
    outside = np.flatnonzero(
        ~np.isin(world.section_teacher, [*world.extra["lottery"]["teacher_ids"].tolist(), *cast])
    )
    _teachers, first = np.unique(world.section_teacher[outside], return_index=True)
    return np.sort(rng.permutation(outside[first])[: min(MOST, round(SHARE * world.teachers))])
