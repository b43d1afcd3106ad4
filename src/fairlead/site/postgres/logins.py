"""The three logins, and the check that the app's one is held by row-level security."""

from __future__ import annotations

from typing import Any, Literal

from psycopg import Connection, sql

from fairlead.site.refusal import Refusal

Login = Literal["owner", "worker", "app"]

DATABASE = "fairlead"
# Policies and grants name these two, whatever login is a member of them (see DATABASE_URL_APP).
ROLES: dict[str, str] = {"owner": "fairlead_owner", "worker": "fairlead_worker", "app": "fairlead_app"}
HELD = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS"


def ensure_role(connection: Connection[Any], role: str, password: str, attributes: str = HELD) -> None:
    """Make the login `role`, or set its password and attributes again."""
    there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    connection.execute(
        sql.SQL("{verb} ROLE {role} {attributes} PASSWORD {password}").format(
            verb=sql.SQL("ALTER" if there else "CREATE"),
            role=sql.Identifier(role),
            attributes=sql.SQL(attributes),
            password=sql.Literal(password),
        )
    )


def grant_membership(connection: Connection[Any], member: sql.Composable) -> None:
    """Let the owner become the held logins by SET ROLE: tests see the database as the app sees it."""
    held = sql.SQL(", ").join(sql.Identifier(ROLES[name]) for name in ("app", "worker"))
    connection.execute(sql.SQL("GRANT {} TO {}").format(held, member))


UNSAFE = """
    SELECT r.rolname, r.rolsuper, r.rolbypassrls,
           ARRAY(SELECT c.oid::regclass::text
                   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'p') AND pg_has_role(r.oid, c.relowner, 'MEMBER')
                    AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
                  ORDER BY 1 LIMIT 3)
      FROM pg_roles r WHERE r.rolname = session_user
"""


def refuse_unsafe_login(connection: Any) -> None:
    """Refuse a login that row-level security does not hold: superuser, BYPASSRLS, or owner of tables.

    `connection` is a Django or a psycopg connection.
    """
    with connection.cursor() as cursor:
        cursor.execute(UNSAFE)
        name, superuser, bypass, owned = cursor.fetchone()
    faults = [
        *(["it is a superuser"] if superuser else []),
        *(["it has BYPASSRLS"] if bypass else []),
        *([f"it owns tables or may act as their owner ({', '.join(owned)})"] if owned and not superuser else []),
    ]
    if faults:
        raise Refusal(
            f"The database login {name!r} must not serve pages: row-level security does not hold it.",
            allowed="a login that is not a superuser, has no BYPASSRLS and owns no table",
            got=f"{name!r}: {'; '.join(faults)}",
            where="DATABASE_URL_APP or DATABASE_URL_WORKER (or FAIRLEAD_LOGIN=owner while serving pages)",
            then=f"CREATE ROLE another LOGIN; GRANT {ROLES['app']} TO another; set DATABASE_URL_APP",
        )
