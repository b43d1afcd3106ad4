"""Two years of closed appraisals of principals, this year's with their goals, and decision rights at two dates."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from fairlead.apps.supervision import template
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.world import ZONE, World

WALL = ("organization_id", "purpose", "author_id", "subject_id")
APPRAISAL = ("id", *WALL, "year", "template", "stage", "begun_on", "midyear", "rated_at", "respond_by", "response",
             "responded_at", "closed_at", "plan_goals", "plan_help", "plan_review")  # fmt: skip
SOURCE = ("id", "appraisal_id", *WALL, "kind", "declared", "title", "text", "context", "given_by_id", "given_at")
REASON = ("id", "appraisal_id", *WALL, "standard", "level", "text", "source_id", "answer")
RIGHT = ("id", "organization_id", "decision", "holder", "since", "document", "reason", "by_id", "at")
LAST, NOW = date(2025, 9, 10), date(2026, 9, 9)
PAST = (date(2024, 9, 11), LAST)
GOALS = (
    ("Attendance: fewer children absent for a tenth of the year", "Two of a hundred fewer than last year; calls home by nine."),
    ("Time in classrooms, with feedback closed", "Two rooms a day, and a word to the teacher on the same day."),
    ("Teachers of grade 3 plan together", "Every week, with the unit's own materials on the table."),
)  # fmt: skip
LEVELS = ("support", "growing", "strong")
WITH_PLAN = 3  # index of the school whose principal has a support plan
EARLIER = {
    1: "people",
    3: "teaching",
    9: "families",
    14: "teaching",
}  # who had one in the year before, and on which standard
FIRST = {"staffing": "shared", "hiring": "shared", "budget": "network", "schedule": "school", "calendar": "network",
         "curriculum": "network", "discipline": "school", "learning": "network"}  # fmt: skip
SECOND = {"hiring": "school", "learning": "shared"}


def build(world: World, rng: np.random.Generator) -> None:
    """Write them."""
    rows: dict[str, list[tuple[Any, ...]]] = {"appraisal": [], "source": [], "reason": []}
    for school in range(world.schools):
        for begun in PAST:
            _closed_year(world, rng, school, begun, rows)
        _this_year(world, rng, school, rows)
    copy_rows("supervision_appraisal", APPRAISAL, rows["appraisal"])
    copy_rows("supervision_source", SOURCE, rows["source"])
    copy_rows("supervision_reason", REASON, rows["reason"])
    copy_rows("supervision_decisionright", RIGHT, _rights(world))
    for table in ("appraisal", "source", "reason", "decisionright"):
        advance_ids(f"supervision_{table}")


def _wall(world: World, school: int) -> tuple[int, str, int, int]:
    author, subject = int(world.school_director[school]), world.person[f"principal:{school}"]
    return int(world.school_ids[school]), "leadership", author, subject


def _id(world: World, table: str) -> int:
    return int(world.take_ids(f"supervision_{table}", 1)[0])


def _at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=ZONE)


def _goal(world: World, rng: np.random.Generator, pk: int, wall: tuple[Any, ...], begun: date) -> tuple[Any, ...]:
    title, text = GOALS[int(rng.integers(len(GOALS)))]
    return (_id(world, "source"), pk, *wall, "goal", "appraisal", title, text, "", wall[2], _at(begun))


def _closed_year(
    world: World, rng: np.random.Generator, school: int, begun: date, rows: dict[str, list[tuple[Any, ...]]]
) -> None:
    rated = datetime(begun.year + 1, 5, 27, 15, 0, tzinfo=ZONE)
    wall, pk = _wall(world, school), _id(world, "appraisal")
    need = "high" if world.school_need[school] > np.median(world.school_need) else "moderate"
    brought = [
        _goal(world, rng, pk, wall, begun),
        (_id(world, "source"), pk, *wall, "results", "appraisal", "Attendance of the year",
         "A little better than the year before.",
         f"Need of the school: {need}. Rolls submitted: 96 of 100. A school of this size moves by a point either way by chance.",
         wall[2], rated - timedelta(days=30)),
        (_id(world, "source"), pk, *wall, "self", "appraisal", "The principal's own review",
         "The mornings are calmer. Planning together is where I want to be next year.", "", wall[3], rated - timedelta(days=12)),
    ]  # fmt: skip
    rows["source"] += brought
    weak = {LAST: "teaching" if school == WITH_PLAN else "", PAST[0]: EARLIER.get(school, "")}[begun]
    plan = bool(weak)
    for number, key in enumerate(template.in_force(begun).standards):
        level = "support" if key == weak else LEVELS[int(rng.choice((1, 2), p=(0.5, 0.5)))]
        source = brought[number % len(brought)]
        text = f"What the source shows: {str(source[8]).lower().rstrip('.')}."
        answer = "disagree" if level == "support" else "agree"
        rows["reason"].append((_id(world, "reason"), pk, *wall, key, level, text, source[0], answer))
    closed = rated + timedelta(days=int(rng.integers(2, 12)))
    rows["appraisal"].append(
        (pk, *wall, template.year_of(begun), template.in_force(begun).key, "closed", begun, "On the way; the goal stays.", rated,
         rated.date() + timedelta(days=14), "I read it as fair." if not plan else "I see it otherwise: we lost two teachers in March.",
         closed, closed,
         "Feedback to every teacher of grades 3 and 4 within a day." if plan else "",
         "A morning a week in classrooms together; a substitute's hours for planning." if plan else "",
         date(begun.year + 2, 1, 20) if plan else None)
    )  # fmt: skip


def _this_year(world: World, rng: np.random.Generator, school: int, rows: dict[str, list[tuple[Any, ...]]]) -> None:
    wall, pk = _wall(world, school), _id(world, "appraisal")
    rows["source"].append(_goal(world, rng, pk, wall, NOW))
    rows["appraisal"].append(
        (pk, *wall, template.year_of(NOW), template.in_force(NOW).key, "midyear", NOW, "", None, None, "", None, None, "", "", None)
    )  # fmt: skip


def _rights(world: World) -> list[tuple[Any, ...]]:
    lead, found = world.person["ines"], []
    for held, since, document, reason in (
        (FIRST, date(2024, 7, 1), "Agreement of network and schools, 2024", "As it was when the network began."),
        (
            SECOND,
            date(2026, 7, 1),
            "Agreement of network and schools, 2026",
            "Schools asked for it: they know whom they need.",
        ),
    ):
        for decision, holder in held.items():
            found.append((_id(world, "decisionright"), world.network_id, decision, holder, since, document, reason, lead, _at(since)))  # fmt: skip
    found.append(
        (_id(world, "decisionright"), int(world.school_ids[0]), "schedule", "shared", date(2026, 7, 1),
         "Letter of 12 June 2026", "The school shares its buses with a neighbour this year.", lead, _at(date(2026, 7, 1)))
    )  # fmt: skip
    return found
