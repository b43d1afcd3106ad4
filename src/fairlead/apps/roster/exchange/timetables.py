"""The timetable that comes with a roster: periods, bell times, calendar days, and which section meets in which period.

Readers give `Reading.timetable` (Ed-Fi has all three tables); in which periods a section meets is the column `periods`
of the canonical classes, whatever the source. Like the roster's rows these are staged, compared, counted and shown
before they are merged. What a file may not do: change a day that has passed or is today, or open again a day that the
school's office has closed.

Outcomes beside the roster's own: p a day that has passed, i a day of which the file says nothing, u no such period.
"""

# ruff: noqa: S608 (tables and columns are named by constants of this package; values are parameters)
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import polars as pl
from django.db import DatabaseError, connection

from fairlead.apps.roster.exchange.canonical import FILL_IT, MISSING, SHORTEN, TOO_LONG, Reading
from fairlead.apps.roster.exchange.diff import EXAMPLES, LIMIT, NAMES, Diff, Example
from fairlead.apps.roster.exchange.job import Job
from fairlead.apps.roster.exchange.nouns import NOT_IN_FILE, SEND_TOO, ask, run
from fairlead.apps.roster.exchange.problems import gettext_noop as _

TABLES: dict[str, dict[str, Any]] = {
    "periods": {"org": pl.String, "name": pl.String, "position": pl.Int32},
    "bells": {"org": pl.String, "schedule": pl.String, "period": pl.String, "begins": pl.Time, "ends": pl.Time},
    "days": {"org": pl.String, "date": pl.Date, "meets": pl.Boolean, "schedule": pl.String, "day_type": pl.String},
}
COUNTED = (*TABLES, "meetings")
ORIGIN: dict[str, Any] = {"_file": pl.String, "_line": pl.Int64}
_SQL = {pl.String: "text", pl.Int32: "integer", pl.Time: "time", pl.Date: "date", pl.Boolean: "boolean"}
LONGEST_PERIOD, LONGEST_SCHEDULE, LONGEST_TYPE = 30, 60, 10
MOST_NAMED = 10
TYPED = r"^(.*)\(([A-Za-z0-9]{1,10})\)$"  # a period with a type of day

NO_TIMES = _("This period has no times here, or it ends before it begins.")
GIVE_TIMES = _("Give the period its times in the system that made the file, and export again.")
NO_PERIOD = _("It names a period that is neither in the file nor known at this school.")
NO_DATE = _("This is no date.")
UNKNOWN_PERIODS = _(
    "%(n)s sections name a period that their school does not have; they do not meet in it until the school has a "
    "period of that name. Periods: %(names)s."
)
PASSED = _("%(n)s calendar days have passed or are today: they stay as they were.")
SAYS_NOTHING = _("%(n)s calendar days say nothing about the school: of single students, or of another kind of event.")
STAYS_CLOSED = _("%(n)s days stay closed, or extra, as the school's office has said.")
NO_WEEKDAYS = _("%(n)s bell schedules ring on no weekday until the school's office says on which.")


@contextmanager
def tables(kind: str) -> Iterator[None]:
    """Staging tables of the timetable, as long as one import lasts."""
    _drop()
    with connection.cursor() as cursor:
        for name, schema in TABLES.items():
            columns = ", ".join(f"{column} {_SQL[dtype]}" for column, dtype in schema.items())
            cursor.execute(f"CREATE {kind} TABLE staged_{name} ({columns}, _file smallint, _line bigint)")
    try:
        yield
    finally:
        with suppress(DatabaseError):
            _drop()


def _drop() -> None:
    with connection.cursor() as cursor:
        for stem in ("staged", "resolved", "closing"):
            for name in COUNTED:
                cursor.execute(f"DROP TABLE IF EXISTS {stem}_{name}")
        cursor.execute("DROP TABLE IF EXISTS import_periods")


def stage(reading: Reading, files: list[str]) -> None:
    """The reading's timetable into its staging tables, by COPY."""
    number = {name: i for i, name in enumerate(files)}
    for name, schema in TABLES.items():
        frame = reading.timetable.get(name)
        if frame is None or not frame.height:
            continue
        columns = [*schema, *ORIGIN]
        with (
            connection.connection.cursor() as cursor,
            cursor.copy(f"COPY staged_{name} ({', '.join(columns)}) FROM STDIN") as copy,
        ):
            for *values, file, line in frame.select(columns).iter_rows():
                copy.write_row((*values, number[file], line))


def compare(job: Job, reading: Reading, files: list[str], diff: Diff) -> list[dict[str, Any]]:
    """Resolve, count into `diff`, and give the notes. After the roster's own comparison: it needs its maps."""
    stage(reading, files)
    _periods(job)
    _bells(job)
    _days(job)
    _meetings(job)
    present = [name for name in TABLES if ask(f"SELECT 1 FROM staged_{name} LIMIT 1", job)]
    if ask(
        "SELECT 1 FROM resolved_meetings WHERE outcome <> 'u' UNION ALL SELECT 1 FROM closing_meetings LIMIT 1", job
    ):
        present.append("meetings")
    for name in present:
        job.modes.setdefault(name, "bulk" if name == "bells" else "delta")
        diff.counts[name] = _counts(name, job)
        if diff.counts[name]["closed"] > LIMIT * diff.counts[name]["known"]:
            diff.over.append(name)
        diff.examples += _examples(name, job)
    diff.refused = sorted(diff.refused + _refused(job, files), key=lambda row: (row[0], row[1]))
    _account(job, files, diff)
    return _notes(job)


def _network(job: Job) -> int:
    found = ask(
        "WITH RECURSIVE up AS (SELECT id, parent_id, kind, 0 AS steps FROM roster_organization WHERE id = %(root)s UNION ALL "
        "SELECT o.id, o.parent_id, o.kind, u.steps + 1 FROM roster_organization o JOIN up u ON u.parent_id = o.id) "
        "SELECT id FROM up WHERE kind = 'network' ORDER BY steps LIMIT 1",
        job,
    )
    return int(found[0][0]) if found else job.root_id


def _periods(job: Job) -> None:
    run(
        f"CREATE {job.kind} TABLE resolved_periods AS SELECT s.*, m.id AS organization_id, o.id, CASE "
        f"WHEN m.id IS NULL OR s.name IS NULL OR length(s.name) > {LONGEST_PERIOD} THEN 'q' "
        "WHEN o.id IS NOT NULL OR row_number() OVER (PARTITION BY m.id, s.name ORDER BY s._file, s._line) > 1 THEN 's' "
        "ELSE 'n' END AS outcome "
        "FROM staged_periods s LEFT JOIN map_orgs m ON m.key = s.org "
        "LEFT JOIN roster_period o ON o.organization_id = m.id AND o.name = s.name",
        job,
    )
    # Every period that a school has or is about to have, by its name in small letters.
    run(
        f"CREATE {job.kind} TABLE import_periods AS SELECT organization_id, lower(name) AS name, min(name) AS written FROM ("
        "SELECT organization_id, name FROM resolved_periods WHERE outcome <> 'q' UNION "
        "SELECT p.organization_id, p.name FROM roster_period p JOIN import_reach r ON r.id = p.organization_id) p "
        "GROUP BY 1, 2",
        job,
    )
    run(f"CREATE {job.kind} TABLE closing_periods (id bigint)", job)


def _bells(job: Job) -> None:
    run(
        f"CREATE {job.kind} TABLE resolved_bells AS SELECT s.*, m.id AS organization_id, o.id, p.written AS name, "
        "o.begins AS o_begins, o.ends AS o_ends, p.name IS NULL AS no_period, CASE "
        f"WHEN m.id IS NULL OR p.name IS NULL OR s.schedule IS NULL OR length(s.schedule) > {LONGEST_SCHEDULE} "
        "OR s.begins IS NULL OR s.ends IS NULL OR s.ends <= s.begins THEN 'q' "
        "WHEN row_number() OVER (PARTITION BY m.id, s.schedule, p.name ORDER BY s._file, s._line) > 1 THEN 's' "
        "WHEN o.id IS NULL THEN 'n' WHEN (o.begins, o.ends) <> (s.begins, s.ends) THEN 'c' ELSE 's' END AS outcome "
        "FROM staged_bells s LEFT JOIN map_orgs m ON m.key = s.org "
        "LEFT JOIN import_periods p ON p.organization_id = m.id AND p.name = lower(s.period) "
        "LEFT JOIN (SELECT t.id, t.begins, t.ends, b.organization_id, b.name AS schedule, lower(q.name) AS period "
        "FROM roster_belltime t JOIN roster_bellschedule b ON b.id = t.schedule_id JOIN roster_period q ON q.id = t.period_id) o "
        "ON o.organization_id = m.id AND o.schedule = s.schedule AND o.period = p.name",
        job,
    )
    # A schedule that the file lists is listed whole; others are the school's own.
    run(
        f"CREATE {job.kind} TABLE closing_bells AS SELECT t.id FROM roster_belltime t "
        "JOIN roster_bellschedule b ON b.id = t.schedule_id JOIN roster_period q ON q.id = t.period_id "
        "WHERE EXISTS (SELECT FROM resolved_bells r WHERE r.organization_id = b.organization_id AND r.schedule = b.name) "
        "AND NOT EXISTS (SELECT FROM resolved_bells r WHERE r.organization_id = b.organization_id AND r.schedule = b.name "
        "AND lower(r.period) = lower(q.name))",
        job,
    )


def _days(job: Job) -> None:
    told = (
        "SELECT s._file, s._line, m.id AS organization_id, s.date, bool_or(s.meets) OVER day AS meets, "
        "min(s.schedule) OVER day AS schedule, coalesce(min(s.day_type) OVER day, '') AS day_type, "
        "row_number() OVER (PARTITION BY m.id, s.date ORDER BY s._file, s._line) AS nth "
        "FROM staged_days s LEFT JOIN map_orgs m ON m.key = s.org WINDOW day AS (PARTITION BY m.id, s.date)"
    )
    after = (
        "SELECT t.*, o.id, coalesce(o.kind, 'network') AS o_kind, coalesce(b.name, '') AS o_schedule, "
        "coalesce(o.day_type, '') AS o_day_type, n.date IS NOT NULL AS usual, "
        "CASE WHEN t.meets IS NULL OR (t.meets = (n.date IS NOT NULL) AND o.id IS NOT NULL) THEN coalesce(o.kind, 'network') "
        "WHEN t.meets = (n.date IS NOT NULL) THEN 'network' WHEN t.meets THEN 'extra' ELSE 'closed' END AS n_kind, "
        "coalesce(t.schedule, b.name, '') AS n_schedule, coalesce(nullif(t.day_type, ''), o.day_type, '') AS n_day_type, "
        "coalesce(o.kind IN ('closed', 'extra') AND t.meets = (n.date IS NOT NULL), false) AS stays "
        f"FROM ({told}) t LEFT JOIN roster_schoolday n ON n.organization_id = %(network)s AND n.date = t.date "
        "LEFT JOIN roster_calendarday o ON o.organization_id = t.organization_id AND o.date = t.date "
        "LEFT JOIN roster_bellschedule b ON b.id = o.schedule_id"
    )
    run(
        f"CREATE {job.kind} TABLE resolved_days AS SELECT d.*, CASE "
        f"WHEN organization_id IS NULL OR date IS NULL OR length(day_type) > {LONGEST_TYPE} THEN 'q' "
        "WHEN meets IS NULL AND schedule IS NULL AND day_type = '' THEN 'i' "
        "WHEN nth > 1 OR (o_kind, o_schedule, o_day_type) = (n_kind, n_schedule, n_day_type) THEN 's' "
        "WHEN date <= %(today)s THEN 'p' WHEN id IS NULL THEN 'n' ELSE 'c' END AS outcome "
        f"FROM ({after}) d",
        job,
        network=_network(job),
    )
    run(f"CREATE {job.kind} TABLE closing_days (id bigint)", job)


def _meetings(job: Job) -> None:
    # "1(A)": period 1 on days of the type A, as many systems write it.
    told = (
        "SELECT c._file, c._line, c.periods, m.id AS section_id, m.organization_id, trim(u.name) AS written, "
        "coalesce(o.periods, '') <> c.periods AS renamed, o.organization_id IS DISTINCT FROM m.organization_id AS moved "
        "FROM staged_classes c JOIN map_classes m ON m.key = c.sourced_id LEFT JOIN roster_section o ON o.id = m.id "
        "CROSS JOIN LATERAL unnest(CASE WHEN EXISTS (SELECT FROM import_periods p "
        "WHERE p.organization_id = m.organization_id AND p.name = lower(trim(c.periods))) "
        "THEN ARRAY[c.periods] ELSE string_to_array(c.periods, ',') END) AS u(name) "
        "WHERE c.periods <> '' AND NOT c._gone AND trim(u.name) <> ''"
    )
    split = (
        "SELECT t.*, whole.name IS NULL AND t.written ~ %(typed)s AS typed, "
        "CASE WHEN whole.name IS NULL THEN trim(regexp_replace(t.written, %(typed)s, '\\1')) ELSE t.written END AS period "
        f"FROM ({told}) t LEFT JOIN import_periods whole "
        "ON whole.organization_id = t.organization_id AND whole.name = lower(t.written)"
    )
    run(
        f"CREATE {job.kind} TABLE resolved_meetings AS SELECT DISTINCT ON (t.section_id, lower(t.period), t.day_type) t.*, "
        "p.written AS name, CASE WHEN p.name IS NULL THEN 'u' WHEN EXISTS (SELECT FROM roster_sectionmeeting o "
        "JOIN roster_period q ON q.id = o.period_id WHERE o.section_id = t.section_id "
        "AND q.organization_id = t.organization_id AND lower(q.name) = p.name AND t.day_type IN ('', o.day_type)) "
        "THEN 's' ELSE 'n' END AS outcome FROM (SELECT s.*, "
        "CASE WHEN typed THEN regexp_replace(s.written, %(typed)s, '\\2') ELSE '' END AS day_type "
        f"FROM ({split}) s) t "
        "LEFT JOIN import_periods p ON p.organization_id = t.organization_id AND p.name = lower(t.period) "
        "ORDER BY t.section_id, lower(t.period), t.day_type, t._file, t._line",
        job,
        typed=TYPED,
    )
    # A section that moves to other periods leaves those that it had; weekdays and day types set by hand stay with theirs.
    run(
        f"CREATE {job.kind} TABLE closing_meetings AS SELECT o.id FROM roster_sectionmeeting o "
        "JOIN roster_period q ON q.id = o.period_id WHERE EXISTS (SELECT FROM resolved_meetings r "
        "WHERE r.section_id = o.section_id AND r.outcome <> 'u' AND (r.renamed OR r.moved)) "
        "AND NOT EXISTS (SELECT FROM resolved_meetings r WHERE r.section_id = o.section_id "
        "AND r.organization_id = q.organization_id AND lower(r.period) = lower(q.name) AND r.day_type IN ('', o.day_type))",
        job,
    )


# What was there before of which the file speaks: what the stop at 10 % rests on.
_KNOWN = {
    "periods": "SELECT count(*) FROM roster_period o WHERE o.organization_id IN (SELECT organization_id FROM resolved_periods)",
    "bells": "SELECT count(*) FROM roster_belltime o JOIN roster_bellschedule b ON b.id = o.schedule_id WHERE EXISTS "
    "(SELECT FROM resolved_bells r WHERE r.organization_id = b.organization_id AND r.schedule = b.name)",
    "days": "SELECT count(*) FROM roster_calendarday o WHERE o.organization_id IN (SELECT organization_id FROM resolved_days)",
    "meetings": "SELECT count(*) FROM roster_sectionmeeting o WHERE o.section_id IN (SELECT section_id FROM resolved_meetings)",
}


def _counts(name: str, job: Job) -> dict[str, int]:
    found = dict(ask(f"SELECT outcome, count(*) FROM resolved_{name} GROUP BY outcome", job))
    counts = {word: int(found.get(letter, 0)) for letter, word in NAMES.items()}
    counts["closed"] += int(ask(f"SELECT count(*) FROM closing_{name}", job)[0][0])
    counts["known"] = int(ask(_KNOWN[name], job)[0][0])
    return counts


_LONG = f"length(coalesce(name, '')) > {LONGEST_PERIOD}"
_REASONS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    # table: (condition, the file's word for the column, sentence, next)
    "periods": (
        ("organization_id IS NULL", "SchoolId", NOT_IN_FILE, SEND_TOO),
        ("name IS NULL", "ClassPeriodName", MISSING, FILL_IT),
        (_LONG, "ClassPeriodName", TOO_LONG, SHORTEN),
    ),
    "bells": (
        ("organization_id IS NULL", "SchoolId", NOT_IN_FILE, SEND_TOO),
        ("schedule IS NULL", "BellScheduleName", MISSING, FILL_IT),
        (f"length(schedule) > {LONGEST_SCHEDULE}", "BellScheduleName", TOO_LONG, SHORTEN),
        ("no_period AND organization_id IS NOT NULL", "ClassPeriodName", NO_PERIOD, SEND_TOO),
        ("begins IS NULL OR ends IS NULL OR ends <= begins", "MeetingTime", NO_TIMES, GIVE_TIMES),
    ),
    "days": (
        ("organization_id IS NULL", "SchoolId", NOT_IN_FILE, SEND_TOO),
        ("date IS NULL", "Date", NO_DATE, FILL_IT),
        (f"length(day_type) > {LONGEST_TYPE}", "AlternateDayName", TOO_LONG, SHORTEN),
    ),
}


def _refused(job: Job, files: list[str]) -> list[tuple[str, int, str, str, str, str]]:
    return [
        (files[file], line, column, table, problem, remedy)
        for table, reasons in _REASONS.items()
        for wrong, column, problem, remedy in reasons
        for file, line in ask(
            f"SELECT DISTINCT _file, _line FROM resolved_{table} WHERE outcome = 'q' AND ({wrong})", job
        )
    ]


def _account(job: Job, files: list[str], diff: Diff) -> None:
    """Lines of the files that were kept by nobody until now, by their weightiest outcome."""
    both = " UNION ALL ".join(f"SELECT _file, _line, outcome FROM resolved_{name}" for name in TABLES)
    weight = "CASE outcome WHEN 'q' THEN '6q' WHEN 'n' THEN '5n' WHEN 'c' THEN '4c' WHEN 's' THEN '2s' ELSE '1' END"
    for file, outcome, n in ask(
        f"SELECT _file, w, count(*) FROM (SELECT _file, _line, max({weight}) AS w FROM ({both}) u "
        "GROUP BY _file, _line) l WHERE w <> '1' GROUP BY 1, 2",
        job,
    ):
        row = diff.files[files[file]]
        row[NAMES[outcome[1]]] += n
        row["unused"] -= n
    # A section whose own columns stay and that comes into a period has changed.
    taken = "SELECT _file, _line FROM resolved_classes WHERE outcome IN ('n', 'c', 'x') UNION SELECT _file, _line FROM import_refused"
    if job.bulk("teaching") or "teaching" in job.modes:
        taken += " UNION SELECT _file, _line FROM resolved_teaching WHERE outcome IN ('n', 'c', 'x')"
    for file, n in ask(
        f"SELECT _file, count(*) FROM (SELECT _file, _line FROM resolved_meetings WHERE outcome = 'n' EXCEPT ({taken})) l "
        "GROUP BY _file",
        job,
    ):
        row = diff.files[files[file]]
        moved = min(n, row["same"])
        row["changed"] += moved
        row["same"] -= moved


# The school's name, also of one that comes with this file.
_PLACE = "coalesce(g.name, (SELECT n_name FROM resolved_orgs x WHERE x.id = r.organization_id LIMIT 1))"
_EXAMPLES = {
    # table: (label, columns compared, what is joined), over its resolved table r
    "periods": (_PLACE + " || ' · ' || r.name", (), ""),
    "bells": (_PLACE + " || ' · ' || r.schedule || ' · ' || r.name", ("begins", "ends"), ""),
    "days": (_PLACE + " || ' · ' || r.date", ("kind", "schedule", "day_type"), ""),
    "meetings": ("coalesce(c.n_name, o.name) || ' · ' || r.name || rtrim(' ' || r.day_type)", (), "LEFT JOIN (SELECT DISTINCT ON (id) id, n_name "
                 "FROM resolved_classes) c ON c.id = r.section_id LEFT JOIN roster_section o ON o.id = r.section_id"),
}  # fmt: skip
_CLOSING = {
    "bells": "SELECT b.name || ' · ' || q.name FROM closing_bells c JOIN roster_belltime o ON o.id = c.id "
    "JOIN roster_bellschedule b ON b.id = o.schedule_id JOIN roster_period q ON q.id = o.period_id",
    "meetings": "SELECT s.name || ' · ' || q.name FROM closing_meetings c JOIN roster_sectionmeeting o ON o.id = c.id "
    "JOIN roster_section s ON s.id = o.section_id JOIN roster_period q ON q.id = o.period_id",
}


def _examples(name: str, job: Job) -> list[Example]:
    label, columns, joined = _EXAMPLES[name]
    new = {c: f"r.n_{c}" if name == "days" else f"r.{c}" for c in columns}
    olds = ", ".join(f"r.o_{c}::text" for c in columns) or "NULL"
    news = ", ".join(f"{new[c]}::text" for c in columns) or "NULL"
    result = []
    for outcome in ("n", "c"):
        for told, before, after in ask(
            f"SELECT {label}, ARRAY[{olds}], ARRAY[{news}] FROM resolved_{name} r "
            f"LEFT JOIN roster_organization g ON g.id = r.organization_id {joined} "
            f"WHERE r.outcome = '{outcome}' ORDER BY r._file, r._line, 1 LIMIT {EXAMPLES}",
            job,
        ):
            fields = {c: [b, a] for c, b, a in zip(columns, before, after, strict=False) if b != a and (a or b)}
            result.append(Example(name, NAMES[outcome], "", told or "–", fields))
    if name in _CLOSING:
        result += [
            Example(name, "closed", "", told, {})
            for (told,) in ask(f"{_CLOSING[name]} ORDER BY 1 LIMIT {EXAMPLES}", job)
        ]
    return result


def _notes(job: Job) -> list[dict[str, Any]]:
    notes = []
    unknown = ask("SELECT DISTINCT period FROM resolved_meetings WHERE outcome = 'u' ORDER BY 1", job)
    if unknown:
        n = ask("SELECT count(DISTINCT section_id) FROM resolved_meetings WHERE outcome = 'u'", job)[0][0]
        names = [period for (period,) in unknown[:MOST_NAMED]] + (["…"] if len(unknown) > MOST_NAMED else [])
        notes.append({"file": "", "text": UNKNOWN_PERIODS, "n": int(n), "names": names})
    for text, table, where in (
        (PASSED, "resolved_days", "outcome = 'p'"),
        (SAYS_NOTHING, "resolved_days", "outcome = 'i'"),
        (STAYS_CLOSED, "resolved_days", "stays AND nth = 1 AND date > %(today)s"),
        (NO_WEEKDAYS, f"({_SCHEDULES}) s", "cardinality(weekdays) = 0 AND NOT dated"),
    ):
        if n := int(ask(f"SELECT count(*) FROM {table} WHERE {where}", job)[0][0]):
            notes.append({"file": "", "text": text, "n": n})
    return notes


# Schedules that are not there yet. The only one of a school that names no dates rings from Monday to Friday.
_SCHEDULES = (
    "SELECT r.organization_id, r.schedule, d.dated, CASE WHEN d.dated OR d.others OR count(*) FILTER (WHERE NOT d.dated) "
    "OVER (PARTITION BY r.organization_id) > 1 THEN ARRAY[]::smallint[] ELSE ARRAY[1, 2, 3, 4, 5]::smallint[] END AS weekdays "
    "FROM (SELECT DISTINCT organization_id, schedule FROM resolved_bells WHERE outcome <> 'q') r CROSS JOIN LATERAL "
    "(SELECT EXISTS (SELECT FROM resolved_days y WHERE y.organization_id = r.organization_id AND y.schedule = r.schedule) AS dated, "
    "EXISTS (SELECT FROM roster_bellschedule b WHERE b.organization_id = r.organization_id AND cardinality(b.weekdays) > 0) AS others) d "
    "WHERE NOT EXISTS (SELECT FROM roster_bellschedule b WHERE b.organization_id = r.organization_id AND b.name = r.schedule)"
)
_PERIOD = "JOIN roster_period q ON q.organization_id = r.organization_id AND q.name = r.name"
_SCHEDULE = "roster_bellschedule b ON b.organization_id = r.organization_id AND b.name = "


def merge(job: Job) -> None:
    """Write what was compared, in the caller's transaction, after the roster itself."""
    run(
        "INSERT INTO roster_period (organization_id, name, position) SELECT organization_id, name, coalesce(position, 0) "
        "FROM resolved_periods WHERE outcome = 'n' ORDER BY organization_id, position",
        job,
    )
    run(
        "INSERT INTO roster_bellschedule (organization_id, name, weekdays) "
        f"SELECT organization_id, schedule, weekdays FROM ({_SCHEDULES}) s ORDER BY 1, 2",
        job,
    )
    run("DELETE FROM roster_belltime o USING closing_bells c WHERE c.id = o.id", job)
    run(
        "INSERT INTO roster_belltime (organization_id, schedule_id, period_id, begins, ends) "
        f"SELECT r.organization_id, b.id, q.id, r.begins, r.ends FROM resolved_bells r {_PERIOD} "
        f"JOIN {_SCHEDULE}r.schedule WHERE r.outcome = 'n'",
        job,
    )
    run(
        "UPDATE roster_belltime o SET begins = r.begins, ends = r.ends FROM resolved_bells r "
        "WHERE r.id = o.id AND r.outcome = 'c'",
        job,
    )
    run(
        "INSERT INTO roster_calendarday (organization_id, date, kind, schedule_id, late_minutes, day_type, note) "
        "SELECT r.organization_id, r.date, r.n_kind, b.id, 0, r.n_day_type, '' FROM resolved_days r "
        f"LEFT JOIN {_SCHEDULE}r.n_schedule WHERE r.outcome = 'n'",
        job,
    )
    run(
        "UPDATE roster_calendarday o SET kind = w.n_kind, schedule_id = w.schedule_id, day_type = w.n_day_type FROM "
        f"(SELECT r.id, r.n_kind, r.n_day_type, b.id AS schedule_id FROM resolved_days r LEFT JOIN {_SCHEDULE}r.n_schedule "
        "WHERE r.outcome = 'c') w WHERE w.id = o.id",
        job,
    )
    run("DELETE FROM roster_sectionmeeting o USING closing_meetings c WHERE c.id = o.id", job)
    run(
        "INSERT INTO roster_sectionmeeting (organization_id, section_id, period_id, day_type) "
        f"SELECT r.organization_id, r.section_id, q.id, r.day_type FROM resolved_meetings r {_PERIOD} WHERE r.outcome = 'n'",
        job,
    )
