"""The confirmed change, written: INSERT … SELECT and UPDATE … FROM, low to high, in the caller's transaction.

New rows have their ids from the comparison. Updates pass the history triggers as every other update does; inserts are
not tracked. Nothing is ever deleted: what ended gets its last day.
"""

# ruff: noqa: S608 (tables and columns are named by constants of this package; values are parameters)
from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import connection

from fairlead.apps.roster.exchange import shortcut
from fairlead.apps.roster.exchange.job import Job
from fairlead.apps.roster.exchange.nouns import NOUNS, Noun, ask, run
from fairlead.apps.roster.exchange.problems import ExchangeError
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.ties import DEMOGRAPHICS, YESTERDAY

# Tables that may grow by very much at once, with the rows that come.
GROWING = (
    ("roster_person", "resolved_people"),
    ("roster_personidentifier", "resolved_people"),
    ("roster_demographics", "resolved_demographics"),
    ("roster_guardianship", "resolved_guardianships"),
    ("roster_enrollment", "resolved_enrollments"),
)
MANY = 20_000  # from so many new rows on, building an index once is cheaper than keeping it up row by row


def merge(job: Job) -> None:
    """Write everything. The owner may build the indexes of tables that grow by much anew; the worker may not."""
    _vacancy_and_no_course(job)
    with ExitStack() as stack:
        if job.kind == "UNLOGGED":
            for rows, resolved in GROWING:
                stack.enter_context(_built_once(rows, resolved, job))
        for noun in NOUNS:
            _write_noun(noun, job)
        _follow(job)
        _roles(job)
        _demographics(job)
        _guardianships(job)
        _enrollments(job)
        _teaching(job)
        _names(job)
    _check_tree(job)


def _write_noun(noun: Noun, job: Job) -> None:
    columns = [v.column for v in noun.values]
    names, news = ", ".join(columns), ", ".join(f"n_{c}" for c in columns)
    more, more_values = "", ""
    if noun.name == "orgs":
        zone = "(SELECT time_zone FROM roster_organization WHERE id = %(root)s)"
        due = "(SELECT roll_due FROM roster_organization WHERE id = %(root)s)"
        more, more_values = ", time_zone, roll_due, invented", f", {zone}, {due}, false"
    taken = (
        f"CASE WHEN EXISTS (SELECT FROM {noun.rows} o WHERE o.sourced_id = r.key) "
        "THEN %(source)s || ':' || r.key ELSE r.key END"
    )
    run(
        f"INSERT INTO {noun.rows} (id, sourced_id, {names}{more}) SELECT id, {taken}, {news}{more_values} "
        f"FROM resolved_{noun.name} r WHERE outcome = 'n' ORDER BY id",
        job,
    )
    sets = ", ".join(f"{c} = r.n_{c}" for c in columns)
    before, after = ", ".join(f"r.o_{c}" for c in columns), ", ".join(f"r.n_{c}" for c in columns)
    run(
        f"UPDATE {noun.rows} o SET {sets} FROM resolved_{noun.name} r "
        f"WHERE r.id = o.id AND r.outcome = 'c' AND ({before}) IS DISTINCT FROM ({after})",
        job,
    )
    if noun.name in ("orgs", "sessions"):
        default = "%(root)s" if noun.name == "orgs" else "NULL::bigint"
        run(
            f"UPDATE {noun.rows} o SET parent_id = w.parent FROM (SELECT r.id, coalesce(m.id, {default}) AS parent "
            f"FROM resolved_{noun.name} r LEFT JOIN map_{noun.name} m ON m.key = r.parent "
            f"WHERE r.outcome IN ('n', 'c') AND r.id <> %(root)s) w "
            "WHERE w.id = o.id AND o.parent_id IS DISTINCT FROM w.parent AND w.parent <> o.id",
            job,
        )
    if noun.name == "orgs":
        run(
            f"UPDATE roster_organization o SET ends = {YESTERDAY} FROM "
            "(SELECT id FROM closing_orgs UNION SELECT id FROM resolved_orgs WHERE outcome = 'x') c "
            "WHERE c.id = o.id AND (o.ends IS NULL OR o.ends >= %(today)s) AND o.id <> %(root)s",
            job,
        )


def _vacancy_and_no_course(job: Job) -> None:
    """The rows that stand for "no teacher yet" and "no course", where a section needs them."""
    run(
        "INSERT INTO roster_course (id, organization_id, name, subject, sourced_id) SELECT %(no_course)s, %(root)s, "
        "'–', '', 'none:' || %(root_key)s WHERE EXISTS (SELECT FROM resolved_classes WHERE n_course_id = %(no_course)s "
        "AND outcome IN ('n', 'c')) ON CONFLICT DO NOTHING",
        job,
    )
    run(
        "INSERT INTO roster_person (id, organization_id, kind, given_name, family_name, sort_name, language, email, "
        "phone, sourced_id) SELECT %(vacancy)s, %(root)s, 'staff', '–', '–', '–', '', '', '', 'vacancy:' || %(root_key)s "
        "WHERE EXISTS (SELECT FROM resolved_classes WHERE n_teacher_id = %(vacancy)s AND outcome IN ('n', 'c')) "
        "ON CONFLICT DO NOTHING",
        job,
    )


def _follow(job: Job) -> None:
    """What carries its person's or section's organization moves with it."""
    moved = "resolved_people r WHERE r.outcome = 'c' AND r.o_organization_id IS DISTINCT FROM r.n_organization_id"
    for rows, column in (
        ("roster_demographics", "person_id"),
        ("roster_guardianship", "student_id"),
        ("roster_personidentifier", "person_id"),
    ):
        run(f"UPDATE {rows} t SET organization_id = r.n_organization_id FROM {moved} AND t.{column} = r.id", job)
    moved = "resolved_classes r WHERE r.outcome = 'c' AND r.o_organization_id IS DISTINCT FROM r.n_organization_id"
    for rows in ("roster_enrollment", "roster_teaching"):
        run(f"UPDATE {rows} t SET organization_id = r.n_organization_id FROM {moved} AND t.section_id = r.id", job)


def _roles(job: Job) -> None:
    run(
        "INSERT INTO roster_role (person_id, organization_id, role, fte, begins, ends, source) SELECT person_id, "
        "organization_id, role, 1, n_begins, n_ends, %(source)s FROM resolved_roles WHERE outcome = 'n'",
        job,
    )
    run(
        "UPDATE roster_role o SET begins = r.n_begins, ends = r.n_ends FROM resolved_roles r "
        "WHERE r.id = o.id AND r.outcome IN ('c', 'x')",
        job,
    )
    # A person whom the source no longer lists holds none of the roles that it gave.
    run(
        f"UPDATE roster_role o SET ends = greatest(o.begins, {YESTERDAY}) WHERE (o.ends IS NULL OR o.ends >= %(today)s) "
        "AND o.source = %(source)s AND (o.id IN (SELECT id FROM closing_roles) OR o.person_id IN ("
        "SELECT id FROM closing_people UNION SELECT id FROM resolved_people WHERE outcome = 'x'))",
        job,
    )


def _demographics(job: Job) -> None:
    columns = ", ".join(DEMOGRAPHICS)
    run(
        f"INSERT INTO roster_demographics (person_id, organization_id, {columns}) SELECT person_id, organization_id, "
        f"{', '.join(f'n_{c}' for c in DEMOGRAPHICS)} FROM resolved_demographics WHERE outcome = 'n'",
        job,
    )
    run(
        f"UPDATE roster_demographics o SET {', '.join(f'{c} = r.n_{c}' for c in DEMOGRAPHICS)} "
        "FROM resolved_demographics r WHERE r.id = o.id AND r.outcome = 'c'",
        job,
    )


def _guardianships(job: Job) -> None:
    run(
        "INSERT INTO roster_guardianship (student_id, guardian_id, organization_id, relation, may_contact, rank, source) "
        "SELECT student_id, guardian_id, organization_id, n_relation, n_may_contact, n_rank, %(source)s "
        "FROM resolved_guardianships WHERE outcome = 'n'",
        job,
    )
    run(
        "UPDATE roster_guardianship o SET relation = r.n_relation, may_contact = r.n_may_contact, rank = r.n_rank, "
        "ends = r.n_ends FROM resolved_guardianships r WHERE r.id = o.id AND r.outcome IN ('c', 'x')",
        job,
    )
    run(f"UPDATE roster_guardianship o SET ends = {YESTERDAY} FROM closing_guardianships c WHERE c.id = o.id", job)


def _enrollments(job: Job) -> None:
    run(
        "INSERT INTO roster_enrollment (section_id, student_id, organization_id, begins, ends) SELECT section_id, "
        "student_id, organization_id, n_begins, n_ends FROM resolved_enrollments WHERE outcome = 'n'",
        job,
    )
    shortcut.write_fresh(job)
    run(
        "UPDATE roster_enrollment o SET begins = r.n_begins, ends = r.n_ends FROM resolved_enrollments r "
        "WHERE r.id = o.id AND r.outcome IN ('c', 'x')",
        job,
    )
    run("UPDATE roster_enrollment o SET ends = c.ends FROM closing_enrollments c WHERE c.id = o.id", job)
    if "enrollments" not in job.modes:  # nobody says where they went: they go with the person
        run(
            f"UPDATE roster_enrollment o SET ends = greatest(o.begins, {YESTERDAY}) WHERE o.student_id IN ("
            "SELECT id FROM closing_people UNION SELECT id FROM resolved_people WHERE outcome = 'x') "
            "AND (o.ends IS NULL OR o.ends >= %(today)s) AND o.section_id IN (SELECT id FROM map_classes)",
            job,
        )


def _teaching(job: Job) -> None:
    run(
        'INSERT INTO roster_teaching (section_id, teacher_id, organization_id, "primary", begins, ends) SELECT section_id, '
        "teacher_id, organization_id, n_primary, n_begins, n_ends FROM resolved_teaching WHERE outcome = 'n'",
        job,
    )
    run(
        'UPDATE roster_teaching o SET "primary" = r.n_primary, begins = r.n_begins, ends = r.n_ends '
        "FROM resolved_teaching r WHERE r.id = o.id AND r.outcome IN ('c', 'x')",
        job,
    )
    run(
        f"UPDATE roster_teaching o SET ends = greatest(o.begins, {YESTERDAY}) FROM closing_teaching c WHERE c.id = o.id",
        job,
    )


def _names(job: Job) -> None:
    """Remember every identifier under which the source knows its rows; and which of them it no longer lists."""
    # Its one index that tells may be away while very many come in; nobody else is let in meanwhile.
    guarded = ask("SELECT count(*) FROM pg_constraint WHERE conname = 'one_person_per_identifier'", job)[0][0]
    twice = "ON CONFLICT (source, value) DO NOTHING" if guarded else ""
    for noun in NOUNS:
        if noun.name == "people":
            run(
                "INSERT INTO roster_personidentifier (person_id, organization_id, source, value, shared) SELECT id, "
                "n_organization_id, %(source)s, key, coalesce(identifiers, '') FROM resolved_people "
                f"WHERE outcome <> 'q' AND NOT known AND NOT _gone {twice}",
                job,
            )
            run(
                "INSERT INTO roster_personidentifier (person_id, organization_id, source, value) "
                "SELECT DISTINCT ON (t.source, t.value) t.id, t.n_organization_id, t.source, t.value "
                "FROM (SELECT r.id, r.n_organization_id, r._line, "
                "%(root_key)s || ':' || split_part(u.pair, ':', 1) || '/' || r.n_kind AS source, "
                "substr(u.pair, strpos(u.pair, ':') + 1) AS value FROM resolved_people r "
                "CROSS JOIN LATERAL unnest(string_to_array(r.identifiers, '|')) AS u(pair) "
                "WHERE r.outcome IN ('n', 'c', 's') AND r.renamed AND strpos(u.pair, ':') > 0) t "
                # Rows under the file's own name were written above: looking among them would cost as much as the writing.
                "WHERE t.source <> %(source)s AND NOT EXISTS (SELECT FROM roster_personidentifier i "
                "WHERE (i.source, i.value) = (t.source, t.value) AND i.source <> %(source)s) "
                f"ORDER BY t.source, t.value, t._line {twice}",  # of two with one number the first of the file has it
                job,
            )
            run(
                "UPDATE roster_personidentifier t SET shared = coalesce(r.identifiers, '') FROM resolved_people r WHERE t.source = "
                "%(source)s AND t.value = r.key AND r.known AND r.renamed AND r.outcome <> 'q'",
                job,
            )
            mark, row, where = "roster_personidentifier", "person_id", "t.source = %(source)s"
        else:
            org = "n_organization_id" if noun.name != "orgs" else "id"
            run(
                f"INSERT INTO roster_knownas (organization_id, source, noun, value, row_id) SELECT {org}, %(source)s, "
                f"'{noun.name}', key, id FROM resolved_{noun.name} WHERE outcome <> 'q' AND NOT known AND NOT _gone "
                "ON CONFLICT (source, noun, value) DO NOTHING",
                job,
            )
            mark, row = "roster_knownas", "row_id"
            where = f"t.source = %(source)s AND t.noun = '{noun.name}'"
        run(
            f"UPDATE {mark} t SET ends = NULL FROM resolved_{noun.name} r WHERE {where} AND t.{row} = r.id "
            "AND t.ends IS NOT NULL AND r.outcome IN ('n', 'c')",
            job,
        )
        run(
            f"UPDATE {mark} t SET ends = {YESTERDAY} FROM (SELECT id FROM closing_{noun.name} UNION "
            f"SELECT id FROM resolved_{noun.name} WHERE outcome = 'x') c WHERE {where} AND t.{row} = c.id AND t.ends IS NULL",
            job,
        )


def _check_tree(job: Job) -> None:
    """Every organization of the file must hang below the one that is imported into, without circles."""
    lost = ask(
        "WITH RECURSIVE below AS (SELECT id FROM roster_organization WHERE id = %(root)s UNION "
        "SELECT o.id FROM roster_organization o JOIN below b ON o.parent_id = b.id) "
        "SELECT r.key FROM resolved_orgs r WHERE r.outcome <> 'q' AND r.id NOT IN (SELECT id FROM below) LIMIT 3",
        job,
    )
    if lost:
        raise ExchangeError(
            _("An organization would stand above itself."),
            allowed=_("a tree: each organization has one parent, and the chain of parents ends"),
            got=", ".join(key for (key,) in lost),
            where="orgs.parentSourcedId",
            then=_("mend the parents and import again; nothing was changed"),
        )


@contextmanager
def _built_once(rows: str, resolved: str, job: Job) -> Iterator[None]:
    """While many rows come into a small table: without its secondary indexes and foreign keys, which are built after.

    A foreign key is then checked by one join over all rows; the transaction holds the table for itself meanwhile.
    """
    new = int(ask(f"SELECT count(*) FROM {resolved} WHERE outcome = 'n'", job)[0][0])
    if rows == "roster_enrollment" and job.shortcut.fresh is not None:
        new += job.shortcut.fresh.height
    there = int(ask(f"SELECT count(*) FROM (SELECT FROM {rows} LIMIT %(new)s) t", job, new=max(new, 1))[0][0])
    if new < MANY or there >= new:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass "
            "AND (contype = 'f' OR conname = 'one_person_per_identifier')",
            [rows],
        )
        keys = cursor.fetchall()
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i "
            "WHERE i.indrelid = %s::regclass AND NOT i.indisprimary AND NOT EXISTS "
            "(SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)",
            [rows],
        )
        indexes = cursor.fetchall()
        # Deferred checks of the rows written so far must be done before a table may be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name, _definition in keys:
            cursor.execute(f'ALTER TABLE {rows} DROP CONSTRAINT "{name}"')
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for _name, definition in indexes:
            cursor.execute(definition)
        for name, definition in keys:
            cursor.execute(f'ALTER TABLE {rows} ADD CONSTRAINT "{name}" {definition}')
