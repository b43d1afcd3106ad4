"""This morning for one school among 5 and among 500, beside the same rows by hand-written SQL.

A scratch database gets the schema of the demo's and a network of bare rows: sections of 25 students, 67 school days,
marks written day by day as they come in. Then one school's morning is asked for under the app's login, in turns with
the hand-written statements. Two ratios count: 500 schools ÷ 5 schools, and the morning ÷ by hand.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as clock_time
from typing import Any

import django
import psycopg
from psycopg import sql

from bench.by_hand import MORNING
from fairlead.demo.world import YEAR_BEGINS, ZONE, school_days
from fairlead.site import postgres, prepare
from fairlead.site.folder import data_folder
from fairlead.site.postgres import embedded

SCRATCH = "fairlead_bench_morning"
FEW, SECTIONS, SEATS = 5, 24, 25  # 600 students a school
DAYS = 67
BYTES_A_MARK = 380  # with its indexes and while they are built
WARM, TURNS = 10, 100
SCHOOL = 3  # the school that is asked about; organization 1 is the network

# Rows for the schools from %(first)s to %(last)s. Numbers of rows say what they are, so that no join is needed.
_PEOPLE = """
INSERT INTO roster_organization (id, name, kind, sourced_id, zip, time_zone, roll_due, invented, parent_id)
SELECT o, 'School ' || o, 'school', 'o' || o, '', 'America/New_York', '09:15', true, 1
  FROM generate_series(%(first)s::int, %(last)s::int) o;
INSERT INTO roster_person (id, kind, given_name, family_name, sort_name, born, grade, language, email, phone,
                           sourced_id, organization_id)
SELECT o * 10000 + k, CASE WHEN k < 1000 THEN 'student' WHEN k < 2000 THEN 'guardian' ELSE 'staff' END,
       'Given' || k %% 97, 'Family' || o * k %% 911, 'family' || o * k %% 911,
       CASE WHEN k < 1000 THEN date '2015-01-01' + k END, CASE WHEN k < 1000 THEN k / %(seats)s / 4 END, 'en', '',
       '555 0100', 'p' || o * 10000 + k, o
  FROM generate_series(%(first)s::int, %(last)s::int) o,
       LATERAL (SELECT generate_series(0, %(seats)s * %(sections)s - 1) UNION ALL
                SELECT generate_series(1000, 999 + %(seats)s * %(sections)s) UNION ALL
                SELECT generate_series(2000, 2000 + %(sections)s)) k (k);
INSERT INTO roster_role (id, role, fte, begins, organization_id, person_id, source)
SELECT o, 'office', 1, %(begins)s, o, o * 10000 + 2000 + %(sections)s, ''
  FROM generate_series(%(first)s::int, %(last)s::int) o;
INSERT INTO roster_course (id, name, subject, organization_id)
SELECT o, 'Homeroom', '', o FROM generate_series(%(first)s::int, %(last)s::int) o;
INSERT INTO roster_section (id, name, grade, sourced_id, course_id, organization_id, session_id, teacher_id)
SELECT o * 100 + s, 'Section ' || s, s / 4, 's' || o * 100 + s, o, o, 1, o * 10000 + 2000 + s
  FROM generate_series(%(first)s::int, %(last)s::int) o, generate_series(0, %(sections)s - 1) s;
INSERT INTO roster_enrollment (begins, organization_id, student_id, section_id)
SELECT %(begins)s, o, o * 10000 + k, o * 100 + k / %(seats)s
  FROM generate_series(%(first)s::int, %(last)s::int) o, generate_series(0, %(seats)s * %(sections)s - 1) k;
INSERT INTO roster_guardianship (relation, may_contact, rank, organization_id, guardian_id, student_id)
SELECT 'mother', true, 1, o, o * 10000 + 1000 + k, o * 10000 + k
  FROM generate_series(%(first)s::int, %(last)s::int) o, generate_series(0, %(seats)s * %(sections)s - 1) k;
"""
# One day's rolls and marks: on the last day each tenth roll is missing. One student in twelve is absent.
_DAY = """
INSERT INTO attendance_roll (id, date, due_at, submitted_at, source, organization_id, section_id)
SELECT s.id * 1000 + %(nth)s, %(day)s, %(due)s, CASE WHEN %(late)s AND s.id %% 10 = 7 THEN NULL ELSE %(due)s END,
       'desk', s.organization_id, s.id
  FROM roster_section s WHERE s.organization_id BETWEEN %(first)s AND %(last)s;
INSERT INTO attendance_attendancemark (date, status, reason, explanation, organization_id, student_id, roll_id)
SELECT %(day)s, CASE WHEN gone THEN 'absent' ELSE 'present' END, CASE WHEN gone AND h %% 3 = 0 THEN 'unexcused' ELSE '' END,
       '', r.organization_id, k.student, r.id
  FROM attendance_roll r,
       LATERAL (SELECT r.organization_id * 10000 + r.section_id %% 100 * %(seats)s + seat AS student
                  FROM generate_series(0, %(seats)s - 1) seat) k,
       LATERAL (SELECT abs(hashint8(k.student * 1000 + %(nth)s)) AS h) d,
       LATERAL (SELECT h %% 12 = 0 AS gone) g
 WHERE r.date = %(day)s AND r.submitted_at IS NOT NULL AND r.organization_id BETWEEN %(first)s AND %(last)s;
"""
_TODAY = """
INSERT INTO attendance_familycontact (date, at, outcome, note, by_id, organization_id, student_id)
SELECT m.date, %(due)s, CASE WHEN m.student_id %% 2 = 0 THEN 'reached' ELSE 'no_answer' END, '',
       m.organization_id * 10000 + 2000 + %(sections)s, m.organization_id, m.student_id
  FROM attendance_attendancemark m
 WHERE m.date = %(day)s AND m.status = 'absent' AND m.student_id %% 5 < 2
   AND m.organization_id BETWEEN %(first)s AND %(last)s;
INSERT INTO attendance_reminder (sent_at, channel, organization_id, sent_by_id, roll_id)
SELECT r.due_at, 'in_app', r.organization_id, r.organization_id * 10000 + 2000 + %(sections)s, r.id
  FROM attendance_roll r
 WHERE r.date = %(day)s AND r.submitted_at IS NULL AND r.organization_id BETWEEN %(first)s AND %(last)s;
"""


@dataclass(frozen=True)
class Times:
    """Milliseconds of single askings."""

    all: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.all)

    @property
    def p95(self) -> float:
        return statistics.quantiles(self.all, n=20)[18]


def main(arguments: list[str]) -> int:
    """Build the scratch database, measure among few and among many schools, print the ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench morning", description=__doc__)
    parser.add_argument("--schools", type=int, default=500, help="how many in the large network (500)")
    parser.add_argument("--keep", action="store_true", help=f"leave the database {SCRATCH} behind, to look into")
    chosen = parser.parse_args(arguments)
    schools = chosen.schools
    if not postgres.is_embedded():
        print("Needs the embedded PostgreSQL: a scratch database is made beside the demo's.", file=sys.stderr)
        return 1
    postgres.ensure_running()
    prepare.prepare()
    free = shutil.disk_usage(data_folder()).free // 2
    fits = int(free // (BYTES_A_MARK * DAYS * SECTIONS * SEATS))
    if fits < schools:
        print(f"The disk has room for {fits} schools, not {schools}: scaled down.")
        schools = max(fits, FEW)
    with _scratch(chosen.keep) as admin:
        _session(admin)
        few = _among(admin, 2, FEW + 1)
        many = _among(admin, FEW + 2, schools + 1)
        print(
            f"\nthe morning among {schools} schools ÷ among {FEW}: median {many[0].median / few[0].median:.2f}×, ",
            end="",
        )
        print(f"p95 {many[0].p95 / few[0].p95:.2f}× (wanted: at most 1.3×)")
        print(f"the morning ÷ by hand: {many[0].median / many[1].median:.2f}× among {schools}, ", end="")
        print(f"{few[0].median / few[1].median:.2f}× among {FEW} (medians; wanted: at most 3×)")
    return 0


@contextmanager
def _scratch(keep: bool) -> Iterator[psycopg.Connection[Any]]:
    """A database with the demo's schema and no row; thrown away at the end unless kept. As the superuser: triggers must be quiet."""
    admin = embedded._as_superuser(embedded.cluster(), embedded.ensure_running())
    name, demo = sql.Identifier(SCRATCH), sql.Identifier(embedded.DATABASE)
    admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
    try:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, demo))
    except psycopg.errors.ObjectInUse:
        raise SystemExit("Somebody is using the demo's database: stop `make run`, then measure.") from None
    info = admin.info
    try:
        with psycopg.connect(
            host=info.host, port=info.port, user=info.user, password=info.password, dbname=SCRATCH, autocommit=True
        ) as inside:
            inside.execute("SET session_replication_role = replica")
            inside.execute("SET maintenance_work_mem = '1GB'")
            inside.execute("SET synchronous_commit = off")
            inside.execute("TRUNCATE roster_organization, attendance_attendancemark, attendance_roll CASCADE")
            yield inside
    finally:
        if django.apps.apps.ready:
            from django.db import connection

            connection.close()
        if not keep:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        admin.close()


def _days() -> list[date]:
    return school_days(YEAR_BEGINS, date(2026, 12, 31))[:DAYS]


def _due(day: date) -> datetime:
    return datetime.combine(day, clock_time(9, 15), tzinfo=ZONE)


def _now() -> datetime:
    return datetime.combine(_days()[-1], clock_time(9, 31), tzinfo=ZONE)


def _session(admin: psycopg.Connection[Any]) -> None:
    admin.execute(
        "INSERT INTO roster_organization (id, name, kind, sourced_id, zip, time_zone, roll_due, invented) "
        "VALUES (1, 'Network', 'network', 'n', '', 'America/New_York', '09:15', true)"
    )
    admin.execute(
        "INSERT INTO roster_academicsession (id, name, begins, ends, organization_id) VALUES (1, '2026-27', %s, %s, 1)",
        [YEAR_BEGINS, date(2027, 6, 15)],
    )


def _among(admin: psycopg.Connection[Any], first: int, last: int) -> tuple[Times, Times]:
    """Add these schools, then time one school's morning and the same rows by hand, in turns."""
    began = time.monotonic()
    values = {"first": first, "last": last, "seats": SEATS, "sections": SECTIONS, "begins": YEAR_BEGINS}
    _run(admin, _PEOPLE, values)
    with _without_indexes(admin):
        for nth, day in enumerate(_days()):
            late = day == _days()[-1]
            _run(admin, _DAY, {**values, "day": day, "nth": nth, "due": _due(day), "late": late})
            if os.isatty(1):
                print(f"\r  {nth + 1} of {DAYS} days", end="", flush=True)
    _run(admin, _TODAY, {**values, "day": _days()[-1], "due": _due(_days()[-1])})
    admin.execute("VACUUM (ANALYZE)")
    counts = [
        (admin.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone() or (0,))[0]
        for table in ("roster_enrollment", "attendance_attendancemark")
    ]
    print(f"\r{last - 1} schools, {counts[0]:,} students, {counts[1]:,} marks ", end="")
    print(f"(made in {time.monotonic() - began:.0f} s; load {os.getloadavg()[0]:.1f})", flush=True)
    times = _timed()
    for name, one in zip(("this morning", "by hand"), times, strict=True):
        print(f"  {name:<14} median {one.median:6.2f} ms   p95 {one.p95:6.2f} ms", flush=True)
    return times


def _run(admin: psycopg.Connection[Any], statements: str, values: dict[str, Any]) -> None:
    cursor = psycopg.ClientCursor(admin)
    for statement in statements.split(";\n"):
        if statement.strip():
            cursor.execute(statement, values)


@contextmanager
def _without_indexes(admin: psycopg.Connection[Any]) -> Iterator[None]:
    """The marks' indexes are built after the rows: twenty million entries one by one would take half an hour."""
    rows = admin.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
        "WHERE conrelid = 'attendance_attendancemark'::regclass AND contype = 'u'"
    ).fetchall()
    for name, _definition in rows:
        admin.execute(
            sql.SQL("ALTER TABLE attendance_attendancemark DROP CONSTRAINT {}").format(sql.Identifier(name))
        )
    indexes = admin.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index "
        "WHERE indrelid = 'attendance_attendancemark'::regclass AND NOT indisprimary"
    ).fetchall()
    for name, _definition in indexes:
        admin.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        admin.execute(definition)
    for name, definition in rows:
        admin.execute(
            sql.SQL("ALTER TABLE attendance_attendancemark ADD CONSTRAINT {} {}").format(
                sql.Identifier(name), sql.SQL(definition)
            )
        )


def _timed() -> tuple[Times, Times]:
    """The morning and the hand-written statements, in turns, each in a transaction that PostgreSQL was told of."""
    django.setup()
    from django.db import connection, transaction

    from fairlead.apps.access import rls
    from fairlead.apps.attendance.selectors import this_morning
    from fairlead.apps.roster.selectors import scope_for

    connection.close()
    connection.settings_dict["NAME"] = SCRATCH
    now = _now()
    with transaction.atomic():
        scope = scope_for(SCHOOL * 10000 + 2000 + SECTIONS, now.date())
    assert scope is not None
    told, settings = rls.telling(scope)
    parameters = {"school": SCHOOL, "today": now.date(), "now": now}
    kept = connection.settings_dict
    seen: dict[str, int] = {}

    def morning() -> None:
        with transaction.atomic():
            rls.apply(scope)
            found = this_morning(scope, SCHOOL, now)
            seen["morning"] = len(found.to_reach) + len(found.reached) + len(found.explained)

    with psycopg.connect(
        host=kept["HOST"], port=kept["PORT"], user=kept["USER"], password=kept["PASSWORD"], dbname=SCRATCH
    ) as hand:

        def by_hand() -> None:
            with hand.transaction():
                hand.execute(told, settings)
                rows = [hand.execute(statement, parameters).fetchall() for statement in MORNING]
                seen["hand"] = len(rows[1])

        times = _in_turns(morning, by_hand)
    assert seen["morning"] == seen["hand"] > 0, seen  # else two different things are timed
    return times


def _in_turns(*askings: Callable[[], None]) -> tuple[Times, ...]:
    took: list[list[float]] = [[] for _ in askings]
    for turn in range(WARM + TURNS):
        for asking, into in zip(askings, took, strict=True):
            before = time.perf_counter()
            asking()
            if turn >= WARM:
                into.append((time.perf_counter() - before) * 1000)
    return tuple(Times(one) for one in took)
