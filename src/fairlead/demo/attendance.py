"""Rolls and marks of the invented network: absences in spells, teachers' habits of submission, calls to families."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta

import numpy as np
import polars as pl
from django.db import connection

from fairlead.demo.copying import advance_ids, copy_text
from fairlead.demo.world import ZONE, World

GOES_ON = 0.42  # chance that an absence goes on to the next school day
WEEKDAY = np.array([1.15, 0.92, 0.88, 0.97, 1.22])  # Mondays and Fridays are worse
HABITS = ("punctual", "casual", "late")
HABIT_SHARES = (0.77, 0.16, 0.07)
MINUTES = np.array([[-14.0, 5.0], [-5.0, 8.0], [13.0, 16.0]])  # around the deadline: mean and spread by habit
FORGETS = np.array([0.006, 0.014, 0.07])  # the roll never comes
REASONS = ("Fever", "Doctor's appointment", "Stomach flu", "Family travel", "Missed the bus", "Funeral in the family")
OUTCOMES = ("reached", "left_message", "no_answer", "wrong_number")
OUTCOME_SHARES = (0.44, 0.29, 0.22, 0.05)
CHANNELS = ("phone", "text", "in_person")
CHANNEL_SHARES = (0.84, 0.12, 0.04)
ROLL, MARK, CONTACT = "attendance_roll", "attendance_attendancemark", "attendance_familycontact"


def build(world: World, rng: np.random.Generator) -> None:
    """Fill rolls, marks, explanations, calls and a reminder for all of the world's days; today as it stands at 9:31."""
    absent = _absences(world, rng)
    minutes, sent = _submissions(world, rng)
    waiting = _waiting(world, absent, sent)
    due = np.array([_utc(world, i, time(9, 15)) for i in range(len(world.dates))])
    roll_ids = world.take_ids(ROLL, sent.size).reshape(sent.shape)
    _rolls(world, roll_ids, due, minutes, sent)
    day, student = np.nonzero(sent[:, world.student_section])
    marks = _Marks(day, student, absent[day, student])
    _marks(world, rng, roll_ids, due, marks, waiting)
    _contacts(world, rng, due, marks, waiting)
    _reminder(world, roll_ids, sent)
    world.student_days_marked = np.bincount(student, minlength=world.students)
    world.student_days_absent = np.bincount(student[marks.absent], minlength=world.students)
    for table in (ROLL, MARK, CONTACT):
        advance_ids(table)
    with connection.cursor() as cursor:  # the parts that follow ask these tables, and nobody else tidies them
        cursor.execute(f"ANALYZE {ROLL}, {MARK}, {CONTACT}, roster_enrollment, roster_person, roster_demographics")


class _Marks:
    """Every mark: its day and student as positions, and whether it is an absence; who explained it, filled later."""

    def __init__(self, day: np.ndarray, student: np.ndarray, absent: np.ndarray) -> None:
        self.day, self.student, self.absent = day, student, absent
        self.explained = np.zeros(len(day), bool)


def _waiting(world: World, absent: np.ndarray, sent: np.ndarray) -> np.ndarray:
    """Students with whom the walk is never empty: at the first two schools three of the most often absent are absent
    today (the first of them for four days), and nobody has explained it or called yet."""
    waiting = np.zeros(world.students, bool)
    for school in (0, 1):
        here = np.flatnonzero((world.student_school == school) & sent[-1, world.student_section])
        chosen = here[np.argsort(-world.student_risk[here], kind="stable")][:3]
        waiting[chosen] = True
        absent[-1, chosen] = True
        absent[-4:, chosen[0]] = True
    return waiting


def _utc(world: World, day: int, at: time) -> int:
    """A local time of a day of the world as microseconds since 1970, UTC."""
    return int(datetime.combine(world.dates[day], at, tzinfo=ZONE).timestamp() * 1_000_000)


def _absences(world: World, rng: np.random.Generator) -> np.ndarray:
    """Days × students: absent or not. Absences come in spells; in the long run a student's share is their risk."""
    risk = world.student_risk
    goes_on = GOES_ON + 0.35 * risk
    starts = risk * (1 - goes_on) / (1 - risk)
    absent = np.zeros((len(world.dates), world.students), bool)
    before = rng.random(world.students) < risk
    for i, date in enumerate(world.dates):
        chance = np.where(before, goes_on, starts * WEEKDAY[date.weekday()])
        before = absent[i] = rng.random(world.students) < chance
    return absent


def _submissions(world: World, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Days × sections: minutes after the deadline, and whether the roll has come (today: by 9:31)."""
    shape = (len(world.dates), world.teachers)
    habit = rng.choice(len(HABITS), world.teachers, p=HABIT_SHARES)
    habit[0] = HABITS.index("punctual")  # Amara
    minutes = rng.normal(MINUTES[habit, 0], MINUTES[habit, 1], shape).clip(-32, 330)
    sent = rng.random(shape) >= FORGETS[habit]
    sent[:-1, 0] = True
    latest = (world.moment - datetime.combine(world.today, time(9, 15), tzinfo=ZONE)).total_seconds() / 60
    sent[-1] &= (minutes[-1] < latest) & (rng.random(world.teachers) > 0.02)
    own = np.flatnonzero(world.section_school == 0)
    sent[-1, own] = True
    sent[-1, own[0]] = False  # Amara has not taken her roll yet: she does it in the walk
    sent[-1, rng.choice(own[1:], 4 if len(own) > 12 else 1, replace=False)] = False
    minutes[-1] = np.minimum(minutes[-1], latest - 1)
    return minutes, sent


def _stamp(name: str, values: np.ndarray, there: np.ndarray) -> pl.Series:
    """Microseconds UTC as PostgreSQL's text, null where not `there`."""
    text = pl.Series(name, values).cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S+00")
    return pl.select(pl.when(pl.Series(there)).then(text).alias(name)).to_series()


def _copy(table: str, frame: pl.DataFrame) -> None:
    text = frame.write_csv(separator="\t", include_header=False, null_value="\\N", quote_style="never")
    copy_text(table, frame.columns, text.encode())


def _dates(world: World, day: np.ndarray) -> np.ndarray:
    return np.array(world.dates, "datetime64[D]")[day]


def _rolls(world: World, ids: np.ndarray, due: np.ndarray, minutes: np.ndarray, sent: np.ndarray) -> None:
    day, section = (a.ravel() for a in np.indices(sent.shape))
    there = sent.ravel()
    at = due[day] + (minutes.ravel() * 60).astype(np.int64) * 1_000_000
    everywhere = np.ones(len(day), bool)
    _copy(
        ROLL,
        pl.DataFrame(
            {
                "id": ids.ravel(),
                "organization_id": world.school_ids[world.section_school[section]],
                "section_id": world.section_ids[section],
                "date": _dates(world, day),
                "due_at": _stamp("due_at", due[day], everywhere),
                "submitted_at": _stamp("submitted_at", at, there),
                "submitted_by_id": pl.select(
                    pl.when(pl.Series(there)).then(pl.Series(world.section_teacher[section]))
                ).to_series(),
                "source": np.where(there, "desk", ""),
            }
        ),
    )


def _marks(
    world: World,
    rng: np.random.Generator,
    roll_ids: np.ndarray,
    due: np.ndarray,
    marks: _Marks,
    waiting: np.ndarray,
) -> None:
    n = len(marks.day)
    last = marks.day == len(world.dates) - 1
    calls_in = rng.beta(3.0, 2.4, world.students)[marks.student]  # some families always call, some never
    draw = rng.random(n)
    excused = marks.absent & (draw < np.where(last, 0.4 * calls_in, 0.92 * calls_in))
    excused &= ~(last & waiting[marks.student])
    unexcused = marks.absent & ~excused & ~last & (rng.random(n) < 0.55)
    marks.explained = excused
    school = world.student_school[marks.student]
    office = np.array([world.person[f"office:{i}"] for i in range(world.schools)])
    after = np.where(last, rng.integers(-40, 14, n), rng.integers(-40, 240, n)) * 60_000_000
    explained_by = pl.select(pl.when(pl.Series(excused)).then(pl.Series(office[school]))).to_series()
    frame = pl.DataFrame(
        {
            "id": world.take_ids(MARK, n),
            "roll_id": roll_ids[marks.day, world.student_section[marks.student]],
            "student_id": world.student_ids[marks.student],
            "organization_id": world.school_ids[school],
            "date": _dates(world, marks.day),
            "status": np.where(marks.absent, "absent", "present"),
            "reason": np.where(excused, "excused", np.where(unexcused, "unexcused", "")),
            "explained_at": _stamp("explained_at", due[marks.day] + after, excused),
            "explained_by_id": explained_by,
            "explanation": np.where(excused, rng.choice(REASONS, n, p=(0.38, 0.22, 0.2, 0.09, 0.08, 0.03)), ""),
        }
    )
    with _bare(MARK):
        _copy(MARK, frame)


def _contacts(world: World, rng: np.random.Generator, due: np.ndarray, marks: _Marks, waiting: np.ndarray) -> None:
    """Calls about absences that nobody explained: on most past days; this morning the first few."""
    first = _First(world)
    last = marks.day == len(world.dates) - 1
    called = marks.absent & ~marks.explained & (rng.random(len(marks.day)) < np.where(last, 0.14, 0.58))
    at = np.flatnonzero(called & ~(last & waiting[marks.student]))
    day, student = marks.day[at], marks.student[at]
    school = world.student_school[student]
    after = np.where(last[at], rng.integers(2, 15, len(at)), rng.integers(5, 300, len(at))) * 60_000_000
    guardian = first.person[student]
    outcome = rng.choice(OUTCOMES, len(at), p=OUTCOME_SHARES)
    channel = rng.choice(CHANNELS, len(at), p=CHANNEL_SHARES)
    spoke = outcome == "reached"
    language = np.where(spoke, first.language[student], "")
    back = spoke & (rng.random(len(at)) < 0.35)
    ahead = np.array([*world.dates[1:], world.dates[-1] + timedelta(days=1)], "datetime64[D]")
    _copy(
        CONTACT,
        pl.DataFrame(
            {
                "id": world.take_ids(CONTACT, len(at)),
                "student_id": world.student_ids[student],
                "organization_id": world.school_ids[school],
                "date": _dates(world, day),
                "at": _stamp("at", due[day] + after, np.ones(len(at), bool)),
                "by_id": np.array([world.person[f"office:{i}"] for i in range(world.schools)])[school],
                "guardian_id": pl.select(pl.when(pl.Series(guardian > 0)).then(pl.Series(guardian))).to_series(),
                "outcome": outcome,
                "note": np.full(len(at), ""),
                "channel": np.where(outcome == "wrong_number", "phone", channel),
                "language": language,
                "interpreter": spoke & ~np.isin(language, ("en", "es", "")) & (rng.random(len(at)) < 0.7),
                "return_on": pl.select(pl.when(pl.Series(back)).then(pl.Series(ahead[day]))).to_series(),
                "phone": np.where(outcome == "wrong_number", first.phone[student], ""),
            }
        ),
    )


class _First:
    """Each student's first guardian who may be contacted; 0 where there is none."""

    def __init__(self, world: World) -> None:
        self.person = np.zeros(world.students, np.int64)
        self.language, self.phone = np.full(world.students, "", "U8"), np.full(world.students, "", "U30")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT ON (g.student_id) g.student_id, g.guardian_id, p.language, p.phone "
                "FROM roster_guardianship g JOIN roster_person p ON p.id = g.guardian_id "
                "WHERE g.may_contact ORDER BY g.student_id, g.rank"
            )
            students, guardians, languages, phones = zip(*cursor.fetchall(), strict=True)
        at = np.searchsorted(world.student_ids, np.array(students, np.int64))
        self.person[at], self.language[at], self.phone[at] = guardians, languages, phones


def _reminder(world: World, roll_ids: np.ndarray, sent: np.ndarray) -> None:
    """At Harbor Point the office has already asked for one missing roll."""
    own = np.flatnonzero(world.section_school == 0)[1:]
    section = int(own[~sent[-1, own]][0])
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO attendance_reminder (roll_id, organization_id, sent_at, sent_by_id, channel, email_state, email_at) "
            "VALUES (%s, %s, %s, %s, 'email', 'sent', %s)",
            [
                int(roll_ids[-1, section]),
                int(world.school_ids[0]),
                datetime.combine(world.today, time(9, 22), tzinfo=ZONE),
                world.person["luis"],
                datetime.combine(world.today, time(9, 22, 20), tzinfo=ZONE),
            ],
        )


@contextmanager
def _bare(table: str) -> Iterator[None]:
    """Lay a table's foreign keys and indexes aside while it is filled, and check and build them once afterwards.

    Row by row they take most of the time of a large COPY.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
            [table],
        )
        keys = cursor.fetchall()
        cursor.execute(
            "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index i "
            "WHERE indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
            [table],
        )
        indexes = cursor.fetchall()
        for name, _ in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for _, definition in indexes:
            cursor.execute(definition)
        for name, definition in keys:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
