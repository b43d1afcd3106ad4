"""A year of requests: who asked for what, who took it off the school's hands, when, and whom the late ones were brought to."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from fairlead.apps.operations import rules
from fairlead.demo import operations_words as words
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.support import BEGINS, BREAKS, LAST_YEAR_ENDS
from fairlead.demo.world import TODAY, YEAR_BEGINS, ZONE, World, school_days

A_SCHOOL = 600 / 18  # requests of a school in a year
SHARES = {"facilities": 0.24, "staffing": 0.16, "enrolment": 0.12, "safety": 0.08, "it": 0.2, "transport": 0.1,
          "food": 0.05, "other": 0.05}  # fmt: skip
REQUEST = ("id", "organization_id", "purpose", "kind", "urgency", "asker_id", "asked_at", "state", "owner_id", "waiting_on",
           "answered_at", "solved_at", "confirmed_at", "reopened", "another_way", "by_school", "rule", "answer_due",
           "solve_due", "hours", "hours_low", "hours_high", "hours_said")  # fmt: skip
LINE = ("id", "request_id", "organization_id", "purpose", "asker_id", "owner_id", "author_id", "at", "kind", "text")
ESCALATION = ("id", "request_id", "organization_id", "purpose", "level", "told_id", "at", "mailed")
FORGOTTEN = timedelta(days=14)  # what was solved before has been confirmed by now
Rows = defaultdict[str, list[tuple[Any, ...]]]


@dataclass(slots=True)
class Story:
    """One request, and what became of it."""

    school: int  # index
    asker: int
    kind: str
    urgency: str
    asked: datetime
    text: str
    owner: int | None = None
    answered: datetime | None = None
    solved: datetime | None = None
    confirmed: datetime | None = None
    waiting_on: str = ""
    sensitive: bool = False
    reopened: bool = False
    another_way: bool = False
    by_school: bool = False
    said: Decimal | None = None
    answer: str = ""


def build(world: World, rng: np.random.Generator) -> None:
    """Write them."""
    days = [d for d in school_days(BEGINS, LAST_YEAR_ENDS) if not any(a <= d <= b for a, b in BREAKS)]
    days += school_days(YEAR_BEGINS, TODAY)
    rows: Rows = defaultdict(list)
    for story in (*_cast(world), *_drawn(world, rng, days)):
        _write(world, rng, rows, story, days)
    copy_rows("operations_request", REQUEST, rows["request"])
    copy_rows("operations_requestline", LINE, rows["line"])
    copy_rows("operations_escalation", ESCALATION, rows["escalation"])
    for table in ("operations_requestline", "operations_escalation"):
        advance_ids(table)


def _moment(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=ZONE)


def _cast(world: World) -> list[Story]:
    """What the people of the walk find this morning."""
    who, yesterday = world.person, TODAY - timedelta(days=1)
    director = int(world.school_director[0])
    return [
        Story(0, who["grace"], "facilities", "soon", _moment(yesterday, 7, 50), words.ASKED["facilities"][0], director,
              _moment(yesterday, 8, 20), waiting_on="supplier", answer=words.TAKEN[1]),
        Story(0, who["luis"], "it", "today", _moment(yesterday, 8, 5), words.ASKED["it"][2], who["priya"],
              _moment(yesterday, 8, 40), _moment(yesterday, 14, 30), answer=words.TAKEN[2]),
        Story(0, who["amara"], "safety", "soon", _moment(yesterday, 15, 10),
              "A visitor waits for a colleague at the gate every afternoon; she does not want it told around.", who["ines"],
              _moment(yesterday, 15, 25), sensitive=True, answer="I call you tonight."),
        Story(1, who["owen"], "transport", "today", _moment(yesterday, 7, 40), words.ASKED["transport"][0]),
    ]  # fmt: skip


def _drawn(world: World, rng: np.random.Generator, days: list[date]) -> list[Story]:
    n = round(A_SCHOOL * world.schools) - 4
    weight = 0.6 + world.school_need
    schools = rng.choice(world.schools, n, p=weight / weight.sum())
    kinds = rng.choice(list(SHARES), n, p=np.array(list(SHARES.values())))
    urgencies = rng.choice(["today", "soon", "later"], n, p=[0.2, 0.55, 0.25])
    on = np.where(rng.random(n) < 0.94, rng.choice(len(days) - 1, n), len(days) - 2 - rng.choice(5, n))
    askers = rng.choice(["principal", "office", "teacher"], n, p=[0.45, 0.35, 0.2])
    minutes = rng.integers(0, 8 * 60, n)
    return [
        _story(world, rng, int(schools[i]), str(kinds[i]), str(urgencies[i]), str(askers[i]),
               _moment(days[on[i]], 7, 30) + timedelta(minutes=int(minutes[i])))
        for i in range(n)
    ]  # fmt: skip


def _story(
    world: World, rng: np.random.Generator, school: int, kind: str, urgency: str, asks: str, asked: datetime
) -> Story:
    level = rules.in_force(asked.date()).kinds[kind].levels[urgency]
    asker = world.person.get(f"{asks}:{school}")
    if asker is None:
        mine = world.section_teacher[world.section_school == school]
        asker = int(mine[int(rng.integers(len(mine)))])
    story = Story(school, asker, kind, urgency, asked, str(rng.choice(words.ASKED[kind])))
    story.sensitive = kind == "safety" and rng.random() < 0.3
    wait = float(rng.exponential(0.18 + 0.35 * level.answer))
    answered = _working(asked + timedelta(days=wait))
    solved = _working(answered + timedelta(days=float(rng.lognormal(np.log(0.2 + 0.5 * level.solve), 0.85))))
    now = world.moment
    if rng.random() < 0.03 and solved <= now:
        story.by_school, story.solved, story.confirmed = True, answered, answered
        return story
    if answered > now:
        return story
    director = int(world.school_director[school])
    story.owner = (
        world.person["ines"] if story.sensitive
        else world.person["priya"] if kind in ("it", "enrolment") and rng.random() < 0.7
        else director if rng.random() < 0.75 else world.person["ines"]
    )  # fmt: skip
    story.answered, story.answer = answered, str(rng.choice(words.TAKEN))
    if solved > now:
        story.waiting_on = str(rng.choice(["", "", "supplier", "district", "school"]))
        return story
    story.solved = solved
    story.another_way, story.reopened = rng.random() < 0.04, rng.random() < 0.05
    confirmed = _working(solved + timedelta(days=float(rng.exponential(1.5))))
    if confirmed <= now and (rng.random() < 0.85 or solved < now - FORGOTTEN):
        story.confirmed = confirmed
        if rng.random() < 0.35:
            likely = float(rules.in_force(asked.date()).kinds[kind].hours.likely)
            story.said = Decimal(round(4 * likely * float(rng.lognormal(0.0, 0.45)))) / 4
    return story


def _working(at: datetime) -> datetime:
    """The moment itself, or the next morning of a weekday."""
    if at.hour >= 17:
        at = at.replace(hour=8) + timedelta(days=1)
    if at.hour < 7:
        at = at.replace(hour=8)
    return at + timedelta(days=max(0, 7 - at.isoweekday() + 1) if at.isoweekday() > 5 else 0)


def _write(world: World, rng: np.random.Generator, rows: Rows, story: Story, days: list[date]) -> None:
    pk = uuid.UUID(bytes=rng.bytes(16), version=4)
    asked = story.asked.date()
    pack = rules.in_force(asked)
    kind = pack.kinds[story.kind]
    level, hours = kind.levels[story.urgency], kind.hours
    dues = [rules.due(asked, n, days, TODAY) for n in (level.answer, level.solve)]
    state = (
        "confirmed" if story.confirmed else "solved" if story.solved
        else "waiting" if story.waiting_on else "taken" if story.answered else "asked"
    )  # fmt: skip
    org = int(world.school_ids[story.school])
    purpose = "safety" if story.sensitive else "improvement"
    rows["request"].append(
        (pk, org, purpose, story.kind, story.urgency, story.asker, story.asked, state, story.owner, story.waiting_on,
         story.answered, story.solved, story.confirmed, int(story.reopened), story.another_way or story.by_school,
         story.by_school, pack.key, *dues, hours.likely, hours.low, hours.high, story.said)
    )  # fmt: skip

    def line(author: int | None, at: datetime | None, step: str, text: str) -> None:
        if author is not None and at is not None:
            number = int(world.take_ids("operations_requestline", 1)[0])
            rows["line"].append((number, pk, org, purpose, story.asker, story.owner, author, at, step, text))

    line(story.asker, story.asked, "asked", story.text)
    line(story.owner, story.answered, "taken", story.answer)
    if story.waiting_on and story.answered:
        line(
            story.owner,
            story.answered + timedelta(minutes=30),
            "waiting",
            str(rng.choice(words.WAITING[story.waiting_on])),
        )
    if story.solved:
        if story.reopened and story.answered:
            middle = story.answered + (story.solved - story.answered) / 2
            line(story.asker, middle, "reopened", str(rng.choice(words.REOPENED)))
        other = story.another_way or story.by_school
        line(story.asker if story.by_school else story.owner, story.solved, "another" if other else "solved",
             str(rng.choice(words.ANOTHER_WAY if other else words.SOLVED)))  # fmt: skip
    if not story.by_school:
        line(story.asker, story.confirmed, "confirmed", "")
    director, lead = int(world.school_director[story.school]), world.person["ines"]
    over = story.solved or world.moment
    for name, due, ended in (("answer", dues[0], story.answered or over), ("solve", dues[1], over)):
        if ended.date() > due:
            told = lead if story.sensitive or name == "solve" else director
            at = _working(_moment(due + timedelta(days=1), 7, 5))
            number = int(world.take_ids("operations_escalation", 1)[0])
            rows["escalation"].append((number, pk, org, purpose, name, told, at, True))
