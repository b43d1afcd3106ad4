"""Two years of closed appraisals of principals; this year's, some further on and some late; days, decision rights."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.supervision import template
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.world import ZONE, World

WALL = ("organization_id", "purpose", "author_id", "subject_id")
APPRAISAL = ("id", *WALL, "year", "template", "stage", "begun_on", "midyear", "rated_at", "respond_by", "response",
             "responded_at", "closed_at", "plan_goals", "plan_help", "plan_review")  # fmt: skip
SOURCE = ("id", "appraisal_id", *WALL, "kind", "declared", "title", "text", "context", "given_by_id", "given_at",
          "origin", "response_id")  # fmt: skip
RESPONSE = ("id", *WALL, "version_id", "part", "anonymous", "day", "submitted_at", "language")
ANSWER = (*WALL, "response_id", "item_id", "level", "not_observed")
NOTE = ("id", *WALL, "response_id", "tags", "text")
SUPPORT = (
    "id",
    "organization_id",
    "kind",
    "purpose",
    "goal",
    "lead_id",
    "begins",
    "ends",
    "planned_minutes_per_month",
)
DAY = ("id", "organization_id", "year", "stage", "due", "by_id", "at")
DAYS = (("goals", date(2026, 10, 30)), ("midyear", date(2027, 1, 29)), ("evidence", date(2027, 4, 23)),
        ("self", date(2027, 5, 14)), ("rating", date(2027, 5, 28)))  # fmt: skip
# Where this year stands, by school in turn: most await the mid-year talk, some are before it and late, one is ahead.
STANDS = ("midyear", "midyear", "goals", "midyear", "evidence", "midyear")
SEEN = (
    "Leadership team of 28 October: the two goals stood on the agenda, and each item named one of them.",
    "Walk of 27 October: four rooms in an hour; two teachers could say what was seen last week.",
    "Minutes of the grade teams: the unit's own materials, three weeks of four.",
    "Talk with the coach's plan on the table: nine of twelve teachers have a next step.",
    "Letter to families in two languages, and what came of the last one in it.",
    "Arrival and lunch watched: calm; the same three children were sent out again.",
    "Schedule of October: common planning was kept on seven of eight days.",
)
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
    seen: dict[str, list[tuple[Any, ...]]] = {"response": [], "answer": [], "note": []}
    of_marcus = [s for s in range(world.schools) if int(world.school_director[s]) == world.person["marcus"]]
    with_plan = of_marcus[-1]  # his last school's principal has a support plan; his first one's is Grace
    for school in range(world.schools):
        for begun in PAST:
            _closed_year(world, rng, school, begun, rows, plan=school == with_plan)
        _this_year(world, rng, school, rows, seen)
    copy_rows("instruments_response", RESPONSE, seen["response"])
    copy_rows("instruments_answer", ANSWER, seen["answer"])
    copy_rows("instruments_note", NOTE, seen["note"])
    copy_rows("supervision_appraisal", APPRAISAL, rows["appraisal"])
    copy_rows("supervision_source", SOURCE, rows["source"])
    copy_rows("supervision_reason", REASON, rows["reason"])
    copy_rows("supervision_decisionright", RIGHT, _rights(world))
    lead, at = world.person["ines"], _at(date(2026, 8, 24))
    copy_rows("supervision_stageday", DAY, [(_id(world, "stageday"), world.network_id, template.year_of(NOW), stage, due, lead, at) for stage, due in DAYS])  # fmt: skip
    _help(world, with_plan, next(r for r in rows["appraisal"] if r[1] == int(world.school_ids[with_plan]) and r[8] == LAST)[0])  # fmt: skip
    for table in ("appraisal", "source", "reason", "decisionright", "stageday", "plansupport"):
        advance_ids(f"supervision_{table}")
    advance_ids("support_support")


def _help(world: World, school: int, appraisal: int) -> None:
    """The support that was opened for the plan: its goal says what is to get better, and nothing of the rating."""
    wall, pk = _wall(world, school), int(world.take_ids("support_support", 1)[0])
    begins, ends = date(2026, 11, 12), date(2027, 1, 20)
    copy_rows("support_support", SUPPORT, [(pk, wall[0], "supervision", "supervision", "A word to every teacher within a day of a visit", wall[2], begins, ends, 240)])  # fmt: skip
    copy_rows(
        "support_supportparticipant", ("support_id", "organization_id", "person_id", "begins", "ends"),
        [(pk, wall[0], wall[3], begins, ends)],
    )  # fmt: skip
    copy_rows("supervision_plansupport", ("id", *WALL, "appraisal_id", "support_id", "at"), [(_id(world, "plansupport"), *wall, appraisal, pk, _at(begins))])  # fmt: skip


def _wall(world: World, school: int) -> tuple[int, str, int, int]:
    author, subject = int(world.school_director[school]), world.person[f"principal:{school}"]
    return int(world.school_ids[school]), "leadership", author, subject


def _id(world: World, table: str) -> int:
    return int(world.take_ids(f"supervision_{table}", 1)[0])


def _at(day: date) -> datetime:
    return datetime.combine(day, time(10), tzinfo=ZONE)


def _goal(world: World, rng: np.random.Generator, pk: int, wall: tuple[Any, ...], begun: date) -> tuple[Any, ...]:
    title, text = GOALS[int(rng.integers(len(GOALS)))]
    return (_id(world, "source"), pk, *wall, "goal", "appraisal", title, text, "", wall[2], _at(begun), "", None)


def _closed_year(
    world: World, rng: np.random.Generator, school: int, begun: date, rows: dict[str, list[tuple[Any, ...]]], *, plan: bool
) -> None:  # fmt: skip
    rated = datetime(begun.year + 1, 5, 27, 15, 0, tzinfo=ZONE)
    wall, pk = _wall(world, school), _id(world, "appraisal")
    need = "high" if world.school_need[school] > np.median(world.school_need) else "moderate"
    brought = [
        _goal(world, rng, pk, wall, begun),
        (_id(world, "source"), pk, *wall, "results", "appraisal", "Attendance of the year",
         "A little better than the year before.",
         f"Need of the school: {need}. Rolls submitted: 96 of 100. A school of this size moves by a point either way by chance.",
         wall[2], rated - timedelta(days=30), "indicator:attendance", None),
        (_id(world, "source"), pk, *wall, "self", "appraisal", "The principal's own review",
         "The mornings are calmer. Planning together is where I want to be next year.", "", wall[3], rated - timedelta(days=12), "", None),
    ]  # fmt: skip
    rows["source"] += brought
    weak = {LAST: "teaching" if plan else "", PAST[0]: EARLIER.get(school, "")}[begun]
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


def _this_year(
    world: World, rng: np.random.Generator, school: int, rows: dict[str, list[tuple[Any, ...]]],
    seen: dict[str, list[tuple[Any, ...]]],
) -> None:  # fmt: skip
    wall, pk, stage = _wall(world, school), _id(world, "appraisal"), STANDS[school % len(STANDS)]
    midyear = ""
    if stage != "goals":
        rows["source"].append(_goal(world, rng, pk, wall, NOW))
    if stage == "evidence":
        midyear = (
            "We talked early, in November: the goal of the mornings is nearly reached, and planning together is not."
        )
        rows["source"].append(_seen(world, rng, pk, wall, seen))
    rows["appraisal"].append(
        (pk, *wall, template.year_of(NOW), template.in_force(NOW).key, stage, NOW, midyear, None, None, "", None, None, "", "", None)
    )  # fmt: skip


def _seen(world: World, rng: np.random.Generator, pk: int, wall: tuple[Any, ...], seen: dict[str, list[tuple[Any, ...]]]) -> tuple[Any, ...]:  # fmt: skip
    """A rubric of leadership that was filled in on a day, and the source that it became."""
    version = instruments.current_version("a-years-leading")
    assert version is not None  # a starter
    day, token, lines = date(2026, 10, 28), UUID(bytes=rng.bytes(16), version=4), []
    at = _at(day)
    seen["response"].append((token, *wall, version.pk, "single", False, day, at, "en"))
    for item, words in zip(instruments.items_of(version.pk), SEEN, strict=True):
        level = int(rng.choice((2, 3), p=(0.4, 0.6)))
        seen["answer"].append((*wall, token, item.pk, level, False))
        seen["note"].append((UUID(bytes=rng.bytes(16), version=4), *wall, token, [item.key], words))
        lines.append(f"{item}: {item.anchors[level - 1]['name']}. {words}")
    title = f"{version.instrument}, {day:%m/%d/%Y}"
    return (_id(world, "source"), pk, *wall, "observation", "appraisal", title, "\n".join(lines), "A meeting, a walk and papers of the week", wall[2], at, "", token)  # fmt: skip


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
