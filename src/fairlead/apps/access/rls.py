"""Row-level security from one helper, in two shapes only: organization membership, and purpose wall.

Settings are read as InitPlans, `(select nullif(current_setting(…, true), ''))`: once a query and not once a row
(a bare call per row was 50 times slower; an unset setting is '', not NULL). Three logins: `owner` migrates and
copies and is bound by no policy; `worker` has policies of its own name; `app` has the walls below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from django.db import connection, migrations

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import USES, Scope

APP, WORKER = "fairlead_app", "fairlead_worker"
Worker = Literal["read", "write"]
Statements = list[str | tuple[str, dict[str, Any] | list[Any] | tuple[Any, ...] | None]]  # as RunSQL takes them

# The cast outside repeats the type inside: it changes nothing, but without it `= ANY (select …)` would mean the rows of
# a query. The cast inside runs once a query; outside alone it read the text anew for each row.
ORGS = "((select nullif(current_setting('fairlead.orgs', true), '')::bigint[])::bigint[])"
UP_ORGS = "((select nullif(current_setting('fairlead.up_orgs', true), '')::bigint[])::bigint[])"
# One object for each use, with a key for each open pair, purpose@organization: found by halving, however many there are.
GROUNDS = {use: f"(select nullif(current_setting('fairlead.{use}', true), '')::jsonb)" for use in USES}
PERSON = "(select nullif(current_setting('fairlead.person', true), '')::bigint)"


def _install(table: str, wall: str, shape: str, worker: Worker) -> migrations.RunSQL:
    verbs = "SELECT" if worker == "read" else "SELECT, INSERT, UPDATE, DELETE"
    forward: Statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP}",
        f"GRANT {verbs} ON {table} TO {WORKER}",
        f"CREATE POLICY {shape} ON {table} FOR ALL TO {APP} USING ({wall}) WITH CHECK ({wall})",
        f"CREATE POLICY worker ON {table} FOR {'SELECT' if worker == 'read' else 'ALL'} TO {WORKER} USING (true)",
    ]
    backward: Statements = [
        f"DROP POLICY worker ON {table}",
        f"DROP POLICY {shape} ON {table}",
        f"REVOKE ALL ON {table} FROM {APP}, {WORKER}",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]
    return migrations.RunSQL(forward, backward)


def organization_wall(
    table: str,
    org_column: str = "organization_id",
    *,
    up: bool = False,
    own: Sequence[str] = (),
    worker: Worker = "read",
) -> migrations.RunSQL:
    """Rows of the asking person's organizations (`up`: and of those above), and rows whose `own` column is that person."""
    wall = f"{org_column} = ANY ({UP_ORGS if up else ORGS})"
    for column in own:
        wall += f" OR {column} = {PERSON}"
    return _install(table, wall, "organization_wall", worker)


def purpose_wall(
    table: str,
    *,
    person_columns: Sequence[str],
    org_column: str = "organization_id",
    purpose_column: str = "purpose",
    use: Literal["notes", "scores", "dose"] = "notes",
    worker: Worker = "read",
) -> migrations.RunSQL:
    """Rows that the person made or is the subject of; others only where this purpose is open in this organization.

    `use` says what the table holds, notes, scores or dose: the purpose × use table opens them to different audiences.
    """
    wall = f"({org_column} = ANY ({ORGS}) AND {GROUNDS[use]} ? ({purpose_column} || '@' || {org_column}))"
    for column in person_columns:
        wall += f" OR {column} = {PERSON}"
    return _install(table, wall, "purpose_wall", worker)


def open_table(table: str, *, write: bool = False, worker: Worker = "read") -> migrations.RunSQL:
    """A table without personal data (a catalogue): grants and no wall."""
    verbs = "SELECT, INSERT, UPDATE, DELETE"
    forward: Statements = [
        f"GRANT {verbs if write else 'SELECT'} ON {table} TO {APP}",
        f"GRANT {verbs if worker == 'write' else 'SELECT'} ON {table} TO {WORKER}",
    ]
    backward: Statements = [f"REVOKE ALL ON {table} FROM {APP}, {WORKER}"]
    return migrations.RunSQL(forward, backward)


def sealed_table(table: str) -> migrations.RunSQL:
    """A table that the app's login neither reads nor writes, whoever is asking: the worker's, and that of functions."""
    forward: Statements = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {WORKER}",
        f"CREATE POLICY worker ON {table} FOR ALL TO {WORKER} USING (true)",
    ]
    backward: Statements = [
        f"DROP POLICY worker ON {table}",
        f"REVOKE ALL ON {table} FROM {WORKER}",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
    ]
    return migrations.RunSQL(forward, backward)


def open_view(view: str) -> migrations.RunSQL:
    """A view made WITH (security_invoker = true): readable, and bound by the walls of the tables below it."""
    return migrations.RunSQL(
        [f"GRANT SELECT ON {view} TO {APP}, {WORKER}"], [f"REVOKE ALL ON {view} FROM {APP}, {WORKER}"]
    )


def worker_writes(table: str, *, walled: bool = True) -> migrations.RunSQL:
    """Let the worker write a table that it only read so far: it brings rosters in that were sent by the web."""
    verbs = "INSERT, UPDATE, DELETE"
    forward: Statements = [f"GRANT {verbs} ON {table} TO {WORKER}"]
    backward: Statements = [f"REVOKE {verbs} ON {table} FROM {WORKER}"]
    if walled:
        policy = f"CREATE POLICY worker ON {table} FOR"
        drop = f"DROP POLICY worker ON {table}"
        forward += [drop, f"{policy} ALL TO {WORKER} USING (true)"]
        backward += [drop, f"{policy} SELECT TO {WORKER} USING (true)"]
    return migrations.RunSQL(forward, backward)


def worker_numbers(table: str) -> migrations.RunSQL:
    """Let the worker draw the table's next ids before it inserts: rows that refer to each other come in sets."""
    on_sequence = f"ON SEQUENCE ' || pg_get_serial_sequence('{table}', 'id') || '"
    return migrations.RunSQL(
        f"DO $$ BEGIN EXECUTE 'GRANT USAGE {on_sequence} TO {WORKER}'; END $$",
        f"DO $$ BEGIN EXECUTE 'REVOKE USAGE {on_sequence} FROM {WORKER}'; END $$",
    )


def apply(scope: Scope) -> None:
    """Tell PostgreSQL, for this transaction only, who is asking."""
    told, values = telling(scope)
    fetch(told, **values)


def telling(scope: Scope) -> tuple[str, dict[str, str]]:
    """The statement that tells PostgreSQL who is asking, with its values."""
    settings = {
        "person": str(scope.person_id),
        "orgs": _array(scope.org_ids),
        "up_orgs": _array(scope.up_org_ids),
        **{use: pairs(scope, use) for use in USES},
    }
    calls = ", ".join(f"set_config('fairlead.{name}', %(fairlead_{name})s, true)" for name in settings)
    return f"SELECT {calls}", {f"fairlead_{name}": value for name, value in settings.items()}


def _array(values: frozenset[int]) -> str:
    return "{" + ",".join(map(str, sorted(values))) + "}"


def pairs(scope: Scope, use: str) -> str:
    """What is open for a use, as the wall reads it; in hand-written SQL: `%(use)s::jsonb ? (purpose || '@' || …)`."""
    grounds = scope.grounds(use)
    keys = (f'"{purpose}@{pk}":1' for g in grounds for purpose in g.purposes for pk in g.organization_ids)
    return "{" + ",".join(keys) + "}"


def renew_walls() -> migrations.RunSQL:
    """Bring walls made by an earlier version of this module to the present rules (a fresh database has none of them)."""
    return migrations.RunSQL([_RENEW], migrations.RunSQL.noop)


# As PostgreSQL prints the old rules.
_OLD = "(( SELECT NULLIF(current_setting('fairlead.{name}'::text, true), ''::text) AS \"nullif\"))::{type}[]"
_OLD_RULES = {
    _OLD.format(name="orgs", type="bigint"): ORGS,
    _OLD.format(name="up_orgs", type="bigint"): UP_ORGS,
    **{
        f"((purpose)::text = ANY ({_OLD.format(name=f'{use}_purposes', type='text')}))": (
            f"({GROUNDS[use]} ? (purpose || '@' || organization_id))"
        )
        for use in USES
    },
}
_RENEW_RULES = "\n        ".join(
    f"rule := replace(rule, $old${old}$old$, $new${new}$new$);" for old, new in _OLD_RULES.items()
)
_RENEW = f"""
DO $renew$
DECLARE wall record; rule text;
BEGIN
    FOR wall IN SELECT schemaname, tablename, policyname, qual FROM pg_policies
                WHERE policyname IN ('organization_wall', 'purpose_wall') LOOP
        rule := wall.qual;
        {_RENEW_RULES}
        IF rule ~ '_purposes' THEN
            RAISE EXCEPTION 'the wall of % is not one that can be renewed: %', wall.tablename, wall.qual;
        END IF;
        IF rule <> wall.qual THEN
            EXECUTE format('ALTER POLICY %I ON %I.%I USING (%s) WITH CHECK (%s)',
                           wall.policyname, wall.schemaname, wall.tablename, rule, rule);
        END IF;
    END LOOP;
END $renew$
"""  # noqa: S608


# Tables of libraries: they hold sessions, sign-in and jobs, not a child's data; the library guards them.
FRAMEWORK_PREFIXES = ("django_", "auth_", "account_", "mfa_", "procrastinate_", "pghistory_")


def grant_framework() -> None:
    """Let the app and worker logins use the libraries' own tables, sequences and functions. Run after every migrate."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE n.nspname = 'public' AND c.relkind IN ('r', 'S', 'v') AND c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user)"
        )
        for name, kind in cursor.fetchall():
            if name.startswith(FRAMEWORK_PREFIXES):
                verbs = "USAGE, SELECT" if kind == "S" else "SELECT, INSERT, UPDATE, DELETE"
                cursor.execute(
                    f'GRANT {verbs} ON {"SEQUENCE" if kind == "S" else "TABLE"} "{name}" TO {APP}, {WORKER}'
                )
        cursor.execute(f"GRANT USAGE ON SCHEMA public TO {APP}, {WORKER}")
