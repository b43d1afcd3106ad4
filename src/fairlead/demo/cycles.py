"""Supports of every kind with their steps, and a leadership team at every school: its page, decisions, promises, goals."""

from __future__ import annotations

import json
import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np
from django.db import connection

from fairlead.apps.cycles.templates import newest
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.world import TODAY, YEAR_BEGINS, ZONE, World

BEGUN = YEAR_BEGINS + timedelta(days=7)
SUPPORT = ("id", "organization_id", "kind", "purpose", "goal", "lead_id", "begins", "ends", "planned_minutes_per_month",
           "indicator", "template", "template_version")  # fmt: skip
DECISION = ("support_id", "organization_id", "decided_on", "text", "why", "owner_id", "due", "done_on", "another_way")
CONTACT = (
    "id",
    "token",
    "organization_id",
    "support_id",
    "lead_id",
    "with_person_id",
    "at",
    "minutes",
    "kind",
    "purpose",
)
MEETINGS = (date(2026, 9, 16), date(2026, 10, 14), date(2026, 11, 11))
VISIONS = (
    "In every room students explain how they know. A visitor hears their words before the teacher's.",
    "Every child reads something worth reading every day, and somebody asks what they think of it.",
    "Students talk to each other about mathematics, and nobody's question is too small.",
)
RHYTHM = "Every second Wednesday, 2:45 to 3:45; data in the first meeting of the month."
COLLABORATION = (
    "Grades plan together on Tuesdays with the unit's own materials; each brings two pieces of student work.",
    "Teachers of one grade share a planning hour a week; the coach joins every second one.",
)
FAMILIES = (
    "Every family hears something good by phone before the first report. Room leaders invite to two evenings a year.",
    "Calls about absences are made by nine; families say in October what they want to know about reading.",
)
DECIDED = (
    ("Ask for one explanation in every lesson", "In nine of twelve rooms nobody asked how a student knew."),
    ("Bring two pieces of student work to each planning hour", "Plans said what is taught, and not what is understood."),
    ("Call families of children who missed two days in a week", "Most of them had never been called before the tenth day."),
    ("Visit one room together each month", "We talked about teaching that most of us had not seen."),
    ("Open the year's evening with what children wrote", "Families said that they hear about rules, not about learning."),
)  # fmt: skip
INSTEAD = "The evening was moved; children read to their families at pick-up."
PROMISED = (
    "I bring the exit slips of three rooms to the next meeting.",
    "I ask two families what they would like to hear about reading.",
    "I show the team how we plan with the unit's materials.",
)
CYCLES = ("Fractions on a number line", "Writing about what one reads", "Talk in mathematics", "Asking about a text")
ABOUT: tuple[tuple[str, int, int, list[str], tuple[tuple[str, str], ...]], ...] = (  # of each: subject, grades, standards, and its two subtopics with their materials
    ("Mathematics", 3, 4, ["3.NF.A.2", "3.NF.A.3"],
     (("A fraction is a number", "Unit 5, lessons 1 to 6; strips and number lines"),
      ("Which is larger, and how one knows", "Unit 5, lessons 7 to 11; exit slips of lesson 9"))),
    ("Reading and writing", 2, 5, ["RL.3.1"],
     (("A sentence that says why", "Two stories of the unit; a page of sentence frames"),
      ("From talk to a paragraph", "The same stories; four pieces of student work"))),
    ("Mathematics", 1, 5, ["3.OA.A.1"],
     (("Who explains, and to whom", "Any lesson of the week with a task of two ways"),
      ("Listening to the second way", "Recordings of ten minutes from two rooms"))),
    ("Reading", 3, 5, [],
     (("Questions that send one back to the text", "The unit's first book, chapters 1 to 4"),
      ("Questions that students ask", "The same book, chapters 5 to 9"))),
)  # fmt: skip


def build(world: World, rng: np.random.Generator) -> None:
    """Teams and learning cycles at every school, a network's own two, and the steps of all that follow a template."""
    supports: list[tuple[Any, ...]] = []
    people: list[tuple[Any, ...]] = []
    pages: list[tuple[Any, ...]] = []
    decisions: list[tuple[Any, ...]] = []
    contents: list[tuple[Any, ...]] = []
    world.extra["teams"] = {}
    for school in range(world.schools):
        org, lead = int(world.school_ids[school]), world.person[f"principal:{school}"]
        staff = [int(t) for t in world.section_teacher[world.section_school == school]]
        grades = world.section_grade[world.section_school == school].tolist()
        team = sorted({grade: person for person, grade in zip(staff[::-1], grades[::-1], strict=True)}.values())[:5]
        if school == 0 and world.person["amara"] not in team:
            team[-1] = world.person["amara"]
        pk = _support(
            world, supports, people, "leadership_team", org, lead, team, "Students explain how they know", 90
        )
        world.extra["teams"][pk] = (org, lead, team)
        pages.append(_page(rng, pk, org))
        decisions += _decisions(rng, pk, org, lead, team)
        asked = staff[1 : 1 + max(2, len(staff) // 6)]
        coach = _coach(world, org)
        begins = TODAY - timedelta(days=int(rng.integers(10, 30)))
        topic = CYCLES[school % len(CYCLES)]
        pk = _support(world, supports, people, "content_cycle", org, coach, asked, topic, 120, begins)
        contents.append(_content(pk, org, school))
    ines, marcus, grace = (world.person[key] for key in ("ines", "marcus", "grace"))
    _support(
        world,
        supports,
        people,
        "consulting",
        world.network_id,
        ines,
        [marcus, grace],
        "Fewer days lost in winter",
        60,
    )
    _support(world, supports, people, "working_group", world.network_id, ines, [marcus, grace], "Who calls families, and when", 60)  # fmt: skip
    copy_rows("support_support", SUPPORT, supports)
    copy_rows("support_supportparticipant", ("support_id", "organization_id", "person_id", "begins", "ends"), people)
    columns = ("support_id", "organization_id", "vision", "rhythm", "next_meeting", "collaboration", "families")
    copy_rows("cycles_teampage", columns, pages)
    copy_rows("cycles_decision", DECISION, decisions)
    columns = ("support_id", "organization_id", "subject", "grade_low", "grade_high", "standards", "subtopics")
    copy_rows("cycles_cyclecontent", columns, contents)
    advance_ids("support_support")
    _meetings(world)
    _steps()


def _support(
    world: World, supports: list[tuple[Any, ...]], people: list[tuple[Any, ...]], kind: str, org: int, lead: int,
    team: list[int], goal: str, minutes: int, begins: date = BEGUN,
) -> int:  # fmt: skip
    pk = int(world.take_ids("support_support", 1)[0])
    cycle = newest(kind)
    assert cycle is not None
    supports.append((pk, org, kind, cycle.purpose, goal, lead, begins, None, minutes, "", kind, cycle.version))
    people += [(pk, org, person, begins, None) for person in team]
    return pk


def _coach(world: World, org: int) -> int:
    """Who coaches at a school."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT lead_id FROM support_support WHERE organization_id = %s AND kind = 'teacher_coaching' LIMIT 1",
            [org],
        )
        found = cursor.fetchone()
    return int(found[0]) if found else world.person["dana"]


def _page(rng: np.random.Generator, pk: int, org: int) -> tuple[Any, ...]:
    vision, together, families = (
        words[int(rng.integers(len(words)))] for words in (VISIONS, COLLABORATION, FAMILIES)
    )
    return (pk, org, vision, RHYTHM, TODAY + timedelta(days=6), together, families)


def _content(pk: int, org: int, school: int) -> tuple[Any, ...]:
    subject, low, high, codes, told = ABOUT[school % len(ABOUT)]
    subtopics = json.dumps([{"name": name, "materials": materials} for name, materials in told])
    return (pk, org, subject, low, high, codes, subtopics)


def _decisions(rng: np.random.Generator, pk: int, org: int, lead: int, team: list[int]) -> list[tuple[Any, ...]]:
    rows = []
    able = [lead, *team]
    for n, at in enumerate(sorted(rng.choice(len(DECIDED), 4, replace=False).tolist())):
        text, why = DECIDED[at]
        day = MEETINGS[min(n, 2)]
        owner, due = able[int(rng.integers(len(able)))], day + timedelta(days=int(rng.choice((7, 14, 21))))
        done = due if n < 2 else None
        rows.append((pk, org, day, text, why, owner, due, done, INSTEAD if n == 1 and at == len(DECIDED) - 1 else ""))
    return rows


def _meetings(world: World) -> None:
    """An hour together each month, everybody's own minutes, and at the last one a promise of a member to the lead."""
    contacts, presences, promises, words = [], [], [], []
    for pk, (org, lead, team) in world.extra["teams"].items():
        ids = world.take_ids("support_contact", len(MEETINGS)).tolist()
        for contact, day in zip(ids, MEETINGS, strict=True):
            at = datetime.combine(day, time(14, 45), tzinfo=ZONE)
            token = uuid.UUID(int=0xC1C1E << 96 | contact, version=4)
            contacts.append((contact, token, org, pk, lead, team[0], at, 60, "team", "improvement"))
            presences += [(contact, org, "improvement", pk, lead, person, at, "team", 60) for person in team]
        promise, made = int(world.take_ids("support_promise", 1)[0]), at + timedelta(minutes=50)
        promises.append((promise, org, "improvement", contact, team[0], lead, made, day + timedelta(days=14), False))
        words.append((promise, org, "improvement", team[0], lead, PROMISED[pk % len(PROMISED)], ""))
    copy_rows("support_contact", CONTACT, contacts)
    columns = "contact_id organization_id purpose support_id lead_id person_id at kind minutes"
    copy_rows("support_contactpresence", columns.split(), presences)
    columns = "id organization_id purpose contact_id owner_id made_to_id made_at due done_another_way"
    copy_rows("support_promise", columns.split(), promises)
    columns = "promise_id organization_id purpose owner_id made_to_id text because"
    copy_rows("support_promisewords", columns.split(), words)
    for table in ("support_contact", "support_promise"):
        advance_ids(table)


_STEPS = """
INSERT INTO cycles_step (support_id, organization_id, purpose, lead_id, person_id, position, due, done_on, another_way)
SELECT s.id, s.organization_id, s.purpose, s.lead_id, x.person_id, t.position, s.begins + t.days,
       CASE WHEN s.begins + t.days + late.days < %(today)s THEN s.begins + t.days + late.days END,
       s.begins + t.days + late.days < %(today)s AND (s.id + t.position) %% 17 = 0
FROM support_support s
JOIN support_supportparticipant x ON x.support_id = s.id
JOIN unnest(%(kinds)s::text[], %(positions)s::int[], %(days)s::int[]) AS t(kind, position, days) ON t.kind = s.template
CROSS JOIN LATERAL (SELECT (s.id %% 6)::int AS days) late
"""
# What is said of a step is said to each who takes part; of a context that advice follows, it must be there.
_WORDS = """
INSERT INTO cycles_stepwords (support_id, organization_id, purpose, position, author_id, reader_id, written_at, text)
SELECT t.support_id, t.organization_id, t.purpose, t.position, t.lead_id, t.person_id, t.done_on + time '15:30', w.text
FROM cycles_step t
JOIN support_support s ON s.id = t.support_id
JOIN unnest(%(kinds)s::text[], %(positions)s::int[], %(texts)s::text[]) AS w(kind, position, text)
  ON (w.kind, w.position) = (s.kind, t.position)
WHERE t.done_on IS NOT NULL
"""
SAID = (
    ("consulting", 0, "Attendance in January fell by four points in three years running. Principals and the city's bus "
     "office said why: two routes are late on icy days."),
    ("consulting", 1, "What stands out: the days lost are the same days at six schools, on two routes."),
    ("leadership_team", 0, "Written with everybody's words on the wall; it fits on one card."),
    ("leadership_team", 2, "Every second Wednesday; whoever cannot come sends a page of student work."),
    ("content_cycle", 0, "We solved the task ourselves in three ways and named what a child has to know for each."),
)  # fmt: skip


def _steps() -> None:
    """The steps of every support that follows a template, done a few days after their day."""
    kinds = ("teacher_coaching", "principal_coaching", "supervision", "content_cycle", "leadership_team", "consulting",
             "working_group")  # fmt: skip
    rows = [(k, n, s.days) for k in kinds if (t := newest(k)) for n, s in enumerate(t.steps)]
    with connection.cursor() as cursor:
        columns = dict(zip(("kinds", "positions", "days"), (list(c) for c in zip(*rows, strict=True)), strict=True))
        cursor.execute(_STEPS, {**columns, "today": TODAY})
        columns = dict(zip(("kinds", "positions", "texts"), (list(c) for c in zip(*SAID, strict=True)), strict=True))
        cursor.execute(_WORDS, columns)


_GOALS = """
INSERT INTO cycles_supportgoal (support_id, organization_id, indicator, why, target, by, set_on, began_at, dropped_because)
SELECT s.id, s.organization_id, g.indicator, g.why, least(1.0, coalesce(r.value + 0.02, 0.95)), %(by)s, %(set)s, r.value, ''
FROM support_support s
CROSS JOIN unnest(%(indicators)s::text[], %(whys)s::text[]) AS g(indicator, why)
LEFT JOIN LATERAL (
    SELECT p.numerator / p.denominator AS value FROM progress_reading p
    WHERE p.organization_id = s.organization_id AND p.indicator = g.indicator AND p.denominator > 0 AND p.ends <= %(set)s
    ORDER BY p.begins DESC LIMIT 1
) r ON true
WHERE s.kind = 'leadership_team'
"""


def goals(world: World, rng: np.random.Generator) -> None:
    """Each team's goals, with where the indicator stood on the day they were set."""
    chosen = (
        ("regular_attendance", "Nobody learns from a lesson that they missed."),
        ("families_reached", "Families are the first to know why."),
        ("feedback_in_time", "Teachers asked for it in the spring."),
    )
    indicators, whys = (list(column) for column in zip(*chosen, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _GOALS,
            {"indicators": indicators, "whys": whys, "set": date(2026, 9, 16), "by": date(2027, 6, 11)},
        )
