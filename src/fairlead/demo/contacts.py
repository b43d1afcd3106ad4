"""What was said around contacts, who was there with others, and what is planned."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
from django.db import connection

from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.world import TODAY, ZONE, World

LATELY = TODAY - timedelta(days=35)
NOTES = (
    "We agreed to try the exit question at the start of two lessons and to compare on Friday.",
    "Next time we look at three notebooks together before we talk about the task.",
    "You will ask the back table first; I will count who answers.",
    "We planned the launch: one question, twenty seconds of quiet, then pairs.",
)
SUPERVISION_NOTES = (
    "The two open positions come first. I speak with the network on Monday; you keep the schedule as it is.",
    "We read the attendance of grade 4 together. You meet the team about the three families this week.",
    "The leadership team takes feedback to teachers as its topic; we look at the first minutes in two weeks.",
)
REPLIES = (
    "Yes, that is what I took from it. Thank you.",
    "Agreed. Monday is better for me than Friday.",
    "I tried it this morning: it needs a shorter question.",
)


def build(world: World, rng: np.random.Generator) -> None:
    """Words and answers of the latest contacts, presences of a team, and what is planned."""
    _words(world, rng)
    _team(world)
    _leadership_team(world)
    _with_directors(world)
    _planned(world, rng)
    _never_logged(world)


def _read(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _words(world: World, rng: np.random.Generator) -> None:
    rows = _read(
        "SELECT id, organization_id, purpose, lead_id, with_person_id, at FROM support_contact "
        "WHERE kind <> 'visit' AND purpose IN ('coaching', 'supervision') AND at >= %s AND at < %s ORDER BY id",
        LATELY, datetime.combine(TODAY, time(8), tzinfo=ZONE),
    )  # fmt: skip
    words = []
    for contact, org, purpose, lead, person, at in rows:
        if rng.random() < 0.3:
            continue
        notes = NOTES if purpose == "coaching" else SUPERVISION_NOTES
        written = at + timedelta(hours=1)
        words.append((contact, org, purpose, lead, person, written, notes[int(rng.integers(len(notes)))]))
        if rng.random() < 0.5:
            said = REPLIES[int(rng.integers(len(REPLIES)))]
            words.append((contact, org, purpose, person, lead, written + timedelta(minutes=40), said))
    copy_rows(
        "support_contactwords",
        ("contact_id", "organization_id", "purpose", "author_id", "reader_id", "written_at", "text"),
        words,
    )


def _team(world: World) -> None:
    """Dana's hour of planning with Amara and two of her colleagues: one of them came later than was written."""
    dana, amara, org = world.person["dana"], world.person["amara"], int(world.school_ids[0])
    team = [amara, *(int(t) for t in world.section_teacher[world.section_school == 0] if int(t) != amara)][:3]
    at = datetime(2026, 11, 17, 14, 45, tzinfo=ZONE)
    contact = int(world.take_ids("support_contact", 1)[0])
    columns = ("id", "organization_id", "lead_id", "with_person_id", "at", "minutes", "kind", "purpose", "token")
    token = uuid.UUID(int=0x5EED << 96 | contact, version=4)
    copy_rows("support_contact", columns, [(contact, org, dana, amara, at, 60, "planning", "coaching", token)])
    advance_ids("support_contact")
    said = datetime(2026, 11, 17, 17, 5, tzinfo=ZONE)
    copy_rows(
        "support_contactpresence",
        ("contact_id", "organization_id", "purpose", "lead_id", "person_id", "at", "kind", "minutes", "said_minutes",
         "said_at"),
        [
            (contact, org, "coaching", dana, person, at, "planning", 60, 45 if n == 1 else None, said if n == 1 else None)
            for n, person in enumerate(team)
        ],
    )  # fmt: skip
    words = [
        (contact, org, "coaching", dana, person, at + timedelta(hours=1), "We chose the comparing task for Thursday. "
         "Each of you brings two notebooks: one that shows the idea, one that shows the slip.")
        for person in team
    ]  # fmt: skip
    copy_rows(
        "support_contactwords",
        ("contact_id", "organization_id", "purpose", "author_id", "reader_id", "written_at", "text"),
        words,
    )


CONTACT = ("id", "organization_id", "support_id", "lead_id", "with_person_id", "at", "minutes", "kind", "purpose", "token")
PRESENCE = ("contact_id", "organization_id", "purpose", "lead_id", "person_id", "at", "kind", "minutes")


def _token(pk: int) -> uuid.UUID:
    return uuid.UUID(int=0x5EED << 96 | pk, version=4)


def _leadership_team(world: World) -> None:
    """Grace's team on Monday: one hour of hers, and of each of three colleagues."""
    grace, amara, org = world.person["grace"], world.person["amara"], int(world.school_ids[0])
    teachers = [int(t) for t in world.section_teacher[world.section_school == 0] if int(t) != amara]
    team = list(dict.fromkeys(teachers))[-3:]
    at = datetime(2026, 11, 16, 15, 30, tzinfo=ZONE)
    pk = int(world.take_ids("support_contact", 1)[0])
    copy_rows("support_contact", CONTACT, [(pk, org, None, grace, team[0], at, 50, "team", "improvement", _token(pk))])
    advance_ids("support_contact")
    copy_rows(
        "support_contactpresence", PRESENCE, [(pk, org, "improvement", grace, one, at, "team", 50) for one in team]
    )


def _with_directors(world: World) -> None:
    """The network's lead meets each director once a month; Marcus this Tuesday."""
    ines, org = world.person["ines"], world.network_id
    marcus = world.person["marcus"]
    directors = [marcus, *sorted({int(pk) for pk in world.school_director} - {marcus})]
    days = [TODAY - timedelta(days=2 + 28 * month + n) for month in range(12) for n in range(len(directors))]
    whom = directors * 12
    rows = []
    for pk, day, director in zip(world.take_ids("support_contact", len(days)), days, whom, strict=True):
        at = datetime.combine(day - timedelta(days=max(0, day.weekday() - 4)), time(16, 15), tzinfo=ZONE)
        rows.append((int(pk), org, None, ines, director, at, 45, "meeting", "supervision", _token(int(pk))))
    copy_rows("support_contact", CONTACT, rows)
    advance_ids("support_contact")


def _never_logged(world: World) -> None:
    """What was planned with principals, is over, and was neither logged nor called off: calendars alone know it."""
    supports = _read(
        "SELECT s.organization_id, s.purpose, s.lead_id, x.person_id FROM support_support s "
        "JOIN support_supportparticipant x ON x.support_id = s.id "
        "WHERE s.ends IS NULL AND s.kind = 'supervision' ORDER BY s.id"
    )
    rows = []
    for n, (org, purpose, lead, person) in enumerate(supports):
        day = TODAY - timedelta(days=1 + n % 3)
        at = datetime.combine(day, time(16 if n % 2 else 14), tzinfo=ZONE)
        made = at - timedelta(days=6)
        if n % 3 == 0:
            rows.append((uuid.uuid5(_token(n), "planned"), org, purpose, lead, person, at, 45, "meeting", made, made, 0))
    copy_rows(
        "support_plannedcontact",
        ("token", "organization_id", "purpose", "lead_id", "with_person_id", "at", "minutes", "kind", "made_at",
         "changed_at", "sequence"),
        rows,
    )  # fmt: skip


def _planned(world: World, rng: np.random.Generator) -> None:
    """The rest of this week and the next: every director sees each school, coaches a few teachers."""
    supports = _read(
        "SELECT s.organization_id, s.purpose, s.kind, s.lead_id, x.person_id FROM support_support s "
        "JOIN support_supportparticipant x ON x.support_id = s.id WHERE s.ends IS NULL ORDER BY s.id"
    )
    made = datetime.combine(TODAY - timedelta(days=3), time(16), tzinfo=ZONE)
    rows = []
    days = [d for n in range(9) if (d := TODAY + timedelta(days=n)).weekday() < 5 and d.day not in (26, 27)]
    for org, purpose, kind, lead, person in supports:
        own = {lead, person} <= {world.person["dana"], world.person["amara"]}
        if kind == "teacher_coaching" and not own and rng.random() > 0.3:
            continue
        day = days[1] if own else days[int(rng.integers(len(days)))]
        hour, minute = int(rng.integers(10, 16)), int(rng.choice([0, 15, 30, 45]))
        at = datetime.combine(day, time(hour, minute), tzinfo=ZONE)
        what, minutes = ("meeting", 30) if kind == "teacher_coaching" else ("school_visit", 60)
        token = uuid.UUID(bytes=rng.bytes(16), version=4)
        rows.append((token, org, purpose, lead, person, at, minutes, what, made, made, 0))
    copy_rows(
        "support_plannedcontact",
        ("token", "organization_id", "purpose", "lead_id", "with_person_id", "at", "minutes", "kind", "made_at",
         "changed_at", "sequence"),
        rows,
    )  # fmt: skip
