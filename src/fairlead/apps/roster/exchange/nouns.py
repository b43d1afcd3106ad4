"""Which row of the roster each staged organization, session, course, section and person is, and what would change.

For each noun three tables are made, in sets and not row by row: `resolved_x` (every row of the file, with its id, the
values before and after, and its outcome), `map_x` (every identifier that the file may refer to → id) and `closing_x`
(what a bulk file no longer lists). New rows get their ids here, so that merging is plain INSERT … SELECT.

Outcomes: n new, c changed, s same, x closed by the file itself, q quarantined.
"""

# ruff: noqa: S608 (tables and columns are named by constants of this package; values are parameters)
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from fairlead.apps.access import erasure
from fairlead.apps.roster.exchange.job import Job
from fairlead.apps.roster.exchange.problems import gettext_noop as _

NOT_IN_FILE = _("It refers to something that is neither in the file nor known, or that was itself refused.")
SEND_TOO = _("Send the row that it refers to as well, or mend the identifier.")
OUTSIDE = _("It belongs to an organization outside of the one that is being imported into.")
ASK_ABOVE = _("Let the data manager of the network import it, or mend the identifier.")
OTHER_KIND = _("This identifier belongs to a person of another kind (student, staff or guardian).")
ONE_KIND = _("Give the two persons different identifiers, or mend the role.")
TWO_PERSONS = _("Its identifiers belong to two different persons.")
WHICH_PERSON = _("Mend the identifiers in the system that made the file, so that they name one person.")
SAME_PERSON = _("Another row of the file is the same person.")
ERASED = _("This person was erased here and is not brought back.")
ASK_WHO_ERASED = _("Take the person out of the export. If the erasure was a mistake, ask whoever runs Fairlead.")
NO_SESSION = _("It names no session, and no school year holds today.")
SEND_SESSION = _("Send the sessions as well (academicSessions.csv), or name one.")


@dataclass(frozen=True, slots=True)
class Value:
    """A column of the roster: what the file gives for it. `exact`: nothing in the file means nothing, not "as it was"."""

    column: str
    given: str
    exact: bool = False
    empty: str = "NULL"

    @property
    def after(self) -> str:
        if self.exact:
            return self.given
        return f"coalesce({self.given}, o.{self.column}, {self.empty})"


@dataclass(frozen=True, slots=True)
class Check:
    """When a row cannot be taken: the condition, the file's column, the sentences."""

    wrong: str
    column: str
    problem: str
    next: str


@dataclass(frozen=True, slots=True)
class Noun:
    """One noun: its table in the roster, its columns, how it refers to others."""

    name: str
    rows: str
    values: tuple[Value, ...]
    joins: str = ""
    checks: tuple[Check, ...] = ()
    match: str = ""  # another way to find the row, after the identifiers
    map_more: str = "NULL::text AS more"  # what others need to know beside the id; over `n` (after) or `o` (as it is)
    map_known: str = "NULL::text AS more"


def text(column: str, given: str | None = None) -> Value:
    return Value(column, given or f"s.{column}", empty="''")


NOUNS: tuple[Noun, ...] = (
    Noun(
        "orgs",
        "roster_organization",
        (
            # The organization that a roster comes into keeps its own name and kind, whatever the file calls it.
            Value("name", "CASE WHEN o.id = %(root)s THEN o.name ELSE s.name END", exact=True),
            Value("kind", "CASE WHEN o.id = %(root)s THEN o.kind ELSE s.kind END", exact=True),
            text("zip"),
            Value("grade_low", "s.grade_low"),
            Value("grade_high", "s.grade_high"),
            Value("begins", "s.begins"),
            Value("ends", "s.ends", exact=True),
        ),
        checks=(Check("o.id IS NOT NULL AND NOT EXISTS (SELECT FROM import_reach r WHERE r.id = o.id)", "sourcedId", OUTSIDE, ASK_ABOVE),),
        match="CASE WHEN s.sourced_id = %(root_in_file)s THEN %(root)s ELSE "
        "(SELECT g.id FROM roster_organization g JOIN import_reach r ON r.id = g.id WHERE g.sourced_id = s.sourced_id) END",
    ),
    Noun(
        "sessions",
        "roster_academicsession",
        (
            Value("organization_id", "coalesce(org.id, CASE WHEN s.org IS NULL THEN %(root)s END)", exact=True),
            Value("name", "s.name", exact=True),
            Value("kind", "s.kind", exact=True),
            Value("begins", "s.begins", exact=True),
            Value("ends", "s.ends", exact=True),
        ),
        joins="LEFT JOIN map_orgs org ON org.key = s.org",
        checks=(
            Check("s.org IS NOT NULL AND org.id IS NULL", "org", NOT_IN_FILE, SEND_TOO),
            Check("NOT EXISTS (SELECT FROM import_reach r WHERE r.id = o.organization_id) AND o.id IS NOT NULL", "sourcedId", OUTSIDE, ASK_ABOVE),
        ),
    ),
    Noun(
        "courses",
        "roster_course",
        (
            Value("organization_id", "coalesce(org.id, CASE WHEN s.org IS NULL THEN %(root)s END)", exact=True),
            Value("name", "s.name", exact=True),
            text("subject"),
        ),
        joins="LEFT JOIN map_orgs org ON org.key = s.org",
        checks=(
            Check("s.org IS NOT NULL AND org.id IS NULL", "org", NOT_IN_FILE, SEND_TOO),
            Check("NOT EXISTS (SELECT FROM import_reach r WHERE r.id = o.organization_id) AND o.id IS NOT NULL", "sourcedId", OUTSIDE, ASK_ABOVE),
        ),
    ),
    Noun(
        "people",
        "roster_person",
        (
            Value("organization_id", "org.id", exact=True),
            Value("kind", "s.kind", exact=True),
            Value("given_name", "s.given_name", exact=True),
            Value("family_name", "s.family_name", exact=True),
            Value("sort_name", "s.sort_name", exact=True),
            Value("born", "s.born"),
            Value("grade", "s.grade"),
            text("language"),
            text("email"),
            text("phone"),
            text("zip"),
        ),
        joins="LEFT JOIN map_orgs org ON org.key = s.org",
        checks=(
            Check("org.id IS NULL", "org", NOT_IN_FILE, SEND_TOO),
            Check("o.id IS NOT NULL AND NOT EXISTS (SELECT FROM import_reach r WHERE r.id = o.organization_id)", "sourcedId", OUTSIDE, ASK_ABOVE),
            Check("o.id IS NOT NULL AND o.kind <> s.kind", "sourcedId", OTHER_KIND, ONE_KIND),
            Check("m.found > 1", "identifiers", TWO_PERSONS, WHICH_PERSON),
        ),
        match="m.id",
        map_more="n_kind AS kind, n_organization_id AS organization_id",
        map_known="o.kind, o.organization_id",
    ),
    Noun(
        "classes",
        "roster_section",
        (
            Value("organization_id", "org.id", exact=True),
            Value("session_id", "coalesce(session.id, CASE WHEN s.session IS NULL THEN coalesce(o.session_id, %(default_session)s) END)", exact=True),
            Value("course_id", "coalesce(course.id, o.course_id, %(no_course)s)", exact=True),
            Value("teacher_id", "coalesce(lead.id, o.teacher_id, %(vacancy)s)", exact=True),
            Value("name", "s.name", exact=True),
            Value("grade", "s.grade"),
            Value("kind", "s.kind", empty="'scheduled'"),
            text("periods"),
        ),
        joins="LEFT JOIN map_orgs org ON org.key = s.org LEFT JOIN map_sessions session ON session.key = s.session "
        "LEFT JOIN map_courses course ON course.key = s.course LEFT JOIN import_leads lead ON lead.section = s.sourced_id",
        checks=(
            Check("org.id IS NULL", "org", NOT_IN_FILE, SEND_TOO),
            Check("s.session IS NOT NULL AND session.id IS NULL", "session", NOT_IN_FILE, SEND_TOO),
            Check("s.session IS NULL AND o.id IS NULL AND %(default_session)s IS NULL", "session", NO_SESSION, SEND_SESSION),
            Check("s.course IS NOT NULL AND course.id IS NULL", "course", NOT_IN_FILE, SEND_TOO),
            Check("o.id IS NOT NULL AND NOT EXISTS (SELECT FROM import_reach r WHERE r.id = o.organization_id)", "sourcedId", OUTSIDE, ASK_ABOVE),
        ),
        map_more="n_organization_id AS organization_id, n_session_id AS session_id, o_teacher_id",
        map_known="o.organization_id, o.session_id, o.teacher_id AS o_teacher_id",
    ),
)  # fmt: skip
BY_NAME = {noun.name: noun for noun in NOUNS}


def run(sql: str, job: Job, **more: Any) -> int:
    """One statement, with the job's parameters by name; how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {**job.parameters, **more})
        return int(cursor.rowcount)


def ask(sql: str, job: Job, **more: Any) -> list[tuple[Any, ...]]:
    """The rows of one question."""
    with connection.cursor() as cursor:
        cursor.execute(sql, {**job.parameters, **more})
        return cursor.fetchall()


def known(noun: Noun) -> str:
    """What the source called this noun's rows so far."""
    if noun.name == "people":
        return (
            "SELECT value, person_id AS row_id, ends, shared FROM roster_personidentifier WHERE source = %(source)s"
        )
    return f"SELECT value, row_id, ends FROM roster_knownas WHERE source = %(source)s AND noun = '{noun.name}'"


def reach(job: Job) -> None:
    """The organizations that this import may touch: its own and all below."""
    run(
        f"CREATE {job.kind} TABLE import_reach AS WITH RECURSIVE below AS ("
        "SELECT id FROM roster_organization WHERE id = %(root)s UNION "
        "SELECT o.id FROM roster_organization o JOIN below b ON o.parent_id = b.id) SELECT id FROM below",
        job,
    )
    run(
        f'CREATE {job.kind} TABLE import_refused (_file smallint, _line bigint, "column" text, "table" text, '
        "problem text, next text)",
        job,
    )
    run(f"CREATE {job.kind} TABLE import_answers (value text, person_id bigint)", job)
    for value, person in job.answers.items():
        run("INSERT INTO import_answers VALUES (%(value)s, %(person)s)", job, value=value, person=person)


def resolve(noun: Noun, job: Job) -> None:
    """Make the three tables of one noun."""
    match, joins = noun.match, noun.joins
    if noun.name == "people":
        joins = f"LEFT JOIN ({_OTHER_IDENTIFIERS}) m ON m.sourced_id = s.sourced_id {joins}"
    found = ["k.row_id", *([match] if match else []), "own.id"]
    before = ", ".join(f"o.{v.column} AS o_{v.column}" for v in noun.values)
    after = ", ".join(f"{v.after} AS n_{v.column}" for v in noun.values)
    wrong = ", ".join(f"coalesce({c.wrong}, false) AS wrong_{i}" for i, c in enumerate(noun.checks))
    any_wrong = " OR ".join(f"wrong_{i}" for i in range(len(noun.checks))) or "false"
    olds = ", ".join(f"o_{v.column}" for v in noun.values)
    news = ", ".join(f"n_{v.column}" for v in noun.values)
    extra = (
        ", s.parent"
        if noun.name in ("orgs", "sessions")
        else ", s.identifiers, coalesce(s.identifiers, '') <> coalesce(k.shared, '') AS renamed"
        if noun.name == "people"
        else ""
    )
    run(
        f"CREATE {job.kind} TABLE resolved_{noun.name} AS SELECT r.*, CASE "
        f"WHEN {any_wrong} THEN 'q' WHEN _gone AND (fresh OR known_ends IS NOT NULL) THEN 's' WHEN _gone THEN 'x' "
        f"WHEN fresh THEN 'n' WHEN known_ends IS NOT NULL OR ({olds}) IS DISTINCT FROM ({news}) THEN 'c' ELSE 's' END "
        "AS outcome FROM (SELECT s._file, s._line, s._gone, s.sourced_id AS key, k.ends AS known_ends, "
        "k.value IS NOT NULL AS known, o.id IS NULL AS fresh, "
        f"coalesce(o.id, nextval(pg_get_serial_sequence('{noun.rows}', 'id'))) AS id{extra}, "
        f"{before}, {after}{', ' + wrong if wrong else ''} "
        f"FROM staged_{noun.name} s LEFT JOIN ({known(noun)}) k ON k.value = s.sourced_id "
        f"LEFT JOIN {noun.rows} own ON %(own)s AND {_our_key(noun, 'own')} = s.sourced_id {_before_o(noun, joins)} "
        f"LEFT JOIN {noun.rows} o ON o.id = coalesce({', '.join(found)}) {_after_o(noun, joins)}) r",
        job,
    )
    checks = [(f"wrong_{i}", check) for i, check in enumerate(noun.checks)]
    quarantine(job, noun.name, checks)
    if noun.name == "people":
        _one_row_a_person(job)
        _not_again(job)
    run(f"ANALYZE resolved_{noun.name}", job)
    _map(noun, job)
    if noun.name in ("orgs", "sessions"):
        _moved(noun, job)
    _closing(noun, job)


def _moved(noun: Noun, job: Job) -> None:
    """A row that hangs below another one than before has changed."""
    default = "%(root)s" if noun.name == "orgs" else "NULL::bigint"
    run(
        f"UPDATE resolved_{noun.name} r SET outcome = 'c' FROM {noun.rows} o WHERE o.id = r.id AND r.outcome = 's' "
        f"AND r.id <> %(root)s AND NOT r._gone AND o.parent_id IS DISTINCT FROM "
        f"coalesce((SELECT m.id FROM map_{noun.name} m WHERE m.key = r.parent), {default})",
        job,
    )


def _our_key(noun: Noun, row: str) -> str:
    """What we call a row ourselves, as `writer` does: a session or course made by hand has no identifier but its id."""
    if noun.name in ("sessions", "courses"):
        return f"coalesce({row}.sourced_id, '{noun.name.removesuffix('s')}:' || {row}.id)"
    return f"{row}.sourced_id"


def _before_o(noun: Noun, joins: str) -> str:
    return joins.split(" LEFT JOIN map_")[0] if noun.name == "people" else ""


def _after_o(noun: Noun, joins: str) -> str:
    return "LEFT JOIN map_" + joins.split(" LEFT JOIN map_")[1] if noun.name == "people" else joins


# Persons that the source's own identifier does not find: by what somebody said, else by identifiers shared by systems.
_OTHER_IDENTIFIERS = (
    "SELECT sourced_id, min(person_id) AS id, count(DISTINCT person_id) AS found FROM ("
    "SELECT value AS sourced_id, person_id FROM import_answers UNION ALL "
    "SELECT t.sourced_id, i.person_id FROM staged_people t "
    "CROSS JOIN LATERAL unnest(string_to_array(t.identifiers, '|')) AS u(pair) "
    "JOIN roster_personidentifier i ON i.source = %(root_key)s || ':' || split_part(u.pair, ':', 1) || '/' || t.kind "
    "AND i.value = substr(u.pair, strpos(u.pair, ':') + 1) WHERE t.identifiers IS NOT NULL) f GROUP BY sourced_id"
)


def _one_row_a_person(job: Job) -> None:
    """Two identifiers of the file that lead to one person: the first row is taken."""
    twice = (
        "SELECT id, _file, _line FROM (SELECT id, _file, _line, row_number() OVER (PARTITION BY id ORDER BY known DESC, _file, _line) AS n "
        "FROM resolved_people WHERE NOT fresh AND outcome <> 'q') r WHERE n > 1"
    )
    found = ask(f"SELECT _file, _line FROM ({twice}) t", job)
    for file, line in found + _same_as_another(job):
        _refuse_person(job, file, line, SAME_PERSON, WHICH_PERSON)


def _same_as_another(job: Job) -> list[tuple[int, int]]:
    """Rows that lead to a person whom another row, the same as ever and not staged, names already."""
    if job.shortcut.people is None:
        return []
    found = ask("SELECT id, _file, _line FROM resolved_people WHERE NOT fresh AND outcome <> 'q'", job)
    named = set(job.shortcut.people["id"].filter(job.shortcut.people["id"].is_in([row[0] for row in found])))
    return [(file, line) for person, file, line in found if person in named]


def _not_again(job: Job) -> None:
    """New rows under an identifier whose person was erased: as we would call the person, or would have."""
    if not erasure.any_erased():
        return
    new = ask("SELECT key, _file, _line FROM resolved_people WHERE outcome = 'n'", job)
    erased = erasure.was_erased([name for key, *_place in new for name in (key, f"{job.source}:{key}")])
    for key, file, line in new:
        if key in erased or f"{job.source}:{key}" in erased:
            _refuse_person(job, file, line, ERASED, ASK_WHO_ERASED)


def _refuse_person(job: Job, file: int, line: int, problem: str, remedy: str) -> None:
    """Take one row of people out, with its reason."""
    run(
        "INSERT INTO import_refused VALUES (%(file)s, %(line)s, 'sourcedId', 'people', %(problem)s, %(next)s)",
        job, file=file, line=line, problem=problem, next=remedy,
    )  # fmt: skip
    run(
        "UPDATE resolved_people SET outcome = 'q' WHERE _file = %(file)s AND _line = %(line)s",
        job,
        file=file,
        line=line,
    )


def quarantine(job: Job, table: str, checks: list[tuple[str, Check]]) -> None:
    """Put the refused rows with each of their reasons: (column that says so, check)."""
    sentences: dict[str, str] = {}
    reasons = []
    for i, (wrong, check) in enumerate(checks):
        sentences |= {f"column_{i}": check.column, f"problem_{i}": check.problem, f"next_{i}": check.next}
        reasons.append(f"({wrong}, %(column_{i})s, %(problem_{i})s, %(next_{i})s)")
    run(
        f"INSERT INTO import_refused SELECT _file, _line, v.c, '{table}', v.p, v.n FROM resolved_{table} "
        f"CROSS JOIN LATERAL (VALUES {', '.join(reasons)}) AS v(wrong, c, p, n) WHERE outcome = 'q' AND v.wrong",
        job,
        **sentences,
    )


def _map(noun: Noun, job: Job) -> None:
    """Identifier → id: rows of the file that were taken, and rows that the source, or we ourselves, named before."""
    name, ours = noun.name, _our_key(noun, "o")
    parts = [
        f"SELECT key, id, {noun.map_more} FROM resolved_{name} WHERE outcome <> 'q'",
        f"SELECT k.value, o.id, {noun.map_known} FROM ({known(noun)}) k JOIN {noun.rows} o ON o.id = k.row_id "
        f"WHERE {_unlisted(noun, job)}",
    ]
    if job.own or name == "orgs":  # by our own identifiers: in an export of ours, and for the tree always
        within = " JOIN import_reach i ON i.id = o." + ("id" if name == "orgs" else "organization_id")
        parts.append(
            f"SELECT {ours}, o.id, {noun.map_known} FROM {noun.rows} o{within} "
            f"WHERE NOT EXISTS (SELECT FROM staged_{name} s WHERE s.sourced_id = {ours}) "
            f"AND NOT EXISTS (SELECT FROM ({known(noun)}) k WHERE k.value = {ours})"
        )
    run(f"CREATE {job.kind} TABLE map_{name} AS " + " UNION ALL ".join(parts), job)
    run(f"ANALYZE map_{name}", job)


def _unlisted(noun: Noun, job: Job) -> str:
    """Whether an identifier that the source used so far is not in the file. Who passed by the staging tables is."""
    if noun.name == "people" and job.shortcut.people is not None:
        return "k.value IN (SELECT value FROM unlisted_people)"
    return f"NOT EXISTS (SELECT FROM staged_{noun.name} s WHERE s.sourced_id = k.value)"


# What is still going on, and so may close: a session or section of the past has ended by itself.
_CURRENT = {
    "orgs": "(o.ends IS NULL OR o.ends >= %(today)s) AND o.id <> %(root)s",
    "sessions": "o.ends >= %(today)s",
    "classes": "EXISTS (SELECT FROM roster_academicsession y WHERE y.id = o.session_id AND y.ends >= %(today)s)",
}


def _closing(noun: Noun, job: Job) -> None:
    """What the source listed until now and a bulk file does not; rows that the file itself ends stand in `resolved`."""
    current = _CURRENT.get(noun.name, "true")
    gone = _unlisted(noun, job) if job.bulk(noun.name) else "false"
    run(
        f"CREATE {job.kind} TABLE closing_{noun.name} AS SELECT k.value AS key, o.id FROM ({known(noun)}) k "
        f"JOIN {noun.rows} o ON o.id = k.row_id WHERE k.ends IS NULL AND {current} AND {gone}",
        job,
    )


def count_known(noun: Noun, job: Job) -> int:
    """How many the source had going on before: what the stop at 10 %% rests on."""
    if noun.name in job.shortcut.known:
        return job.shortcut.known[noun.name]
    current = _CURRENT.get(noun.name, "true")
    return int(
        ask(
            f"SELECT count(*) FROM ({known(noun)}) k JOIN {noun.rows} o ON o.id = k.row_id "
            f"WHERE k.ends IS NULL AND {current}",
            job,
        )[0][0]
    )


def leads(job: Job) -> None:
    """Who takes each section's roll: of those who teach it still the primary one, else the first; else the last."""
    run(
        f"CREATE {job.kind} TABLE import_leads AS SELECT DISTINCT ON (t.section) t.section, p.id FROM staged_teaching t "
        "JOIN map_people p ON p.key = t.teacher AND p.kind = 'staff' WHERE NOT t._gone "
        "ORDER BY t.section, (t.ends IS NULL OR t.ends >= %(today)s) DESC, "
        't."primary" DESC NULLS LAST, t.ends DESC, t._file, t._line',
        job,
    )
    run("ANALYZE import_leads", job)
