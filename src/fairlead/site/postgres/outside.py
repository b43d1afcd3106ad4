"""An ordinary PostgreSQL, named by DATABASE_URL (its login is the owner of the schema)."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from typing import Any

import psycopg
from psycopg import conninfo, sql

from fairlead.site.folder import secret
from fairlead.site.postgres.logins import ROLES, ensure_role, grant_membership
from fairlead.site.refusal import Refusal

# Views with security_invoker came with 15; without them a view would step around row-level security.
OLDEST = 15
VARIABLES = {"owner": "DATABASE_URL", "worker": "DATABASE_URL_WORKER", "app": "DATABASE_URL_APP"}


def connection(login: str) -> dict[str, Any]:
    """Where `login` finds the database."""
    ensure_logins()
    given = os.environ.get(VARIABLES[login])
    if given:
        return _entry(_parsed(given, VARIABLES[login]))
    owner = _parsed(os.environ["DATABASE_URL"], "DATABASE_URL")
    return _entry(owner | {"user": ROLES[login], "password": _password(login)})


def _parsed(url: str, variable: str) -> dict[str, Any]:
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise Refusal(
            f"{variable} cannot be read.",
            allowed="postgresql://login:password@host:port/database",
            got=str(error).strip(),
            where=f"the environment variable {variable}",
            then="mend it, or unset it to use the embedded PostgreSQL",
        ) from None
    if not parts.get("dbname") or not parts.get("user"):
        raise Refusal(
            f"{variable} names no {'database' if parts.get('user') else 'login'}.",
            allowed="postgresql://login:password@host:port/database",
            got=f"database {parts.get('dbname')!r}, login {parts.get('user')!r}",
            where=f"the environment variable {variable}",
            then="add what is missing",
        )
    return dict(parts)


def _entry(parts: dict[str, Any]) -> dict[str, Any]:
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    options = {key: value for key, value in parts.items() if key not in named and value is not None}
    return {django: str(parts.get(libpq) or "") for libpq, django in named.items()} | {"OPTIONS": options}


def _password(login: str) -> str:
    """The password of a login that Fairlead made on this server; one for each server."""
    parts = _parsed(os.environ["DATABASE_URL"], "DATABASE_URL")
    server = f"{parts.get('host')}:{parts.get('port') or 5432}"
    return secret(f"outside-{hashlib.sha256(server.encode()).hexdigest()[:12]}-{login}")


@cache
def ensure_logins() -> None:
    """Check the server's version, and that the app and worker logins are there; make them if we may."""
    url = os.environ["DATABASE_URL"]
    parts = _parsed(url, "DATABASE_URL")
    with _connected(parts, "DATABASE_URL") as owner:
        _refuse_old(owner)
        missing = [login for login in ("app", "worker") if not os.environ.get(VARIABLES[login])]
        for login in missing:
            _ensure_login(owner, login)
        if missing:
            grant_membership(owner, sql.SQL("CURRENT_USER"))
    for login in ("app", "worker"):
        if given := os.environ.get(VARIABLES[login]):
            _refuse_strange(_parsed(given, VARIABLES[login]), login)


def _connected(parts: dict[str, Any], variable: str) -> psycopg.Connection[Any]:
    try:
        return psycopg.connect(**(parts | {"connect_timeout": 10}), autocommit=True)
    except psycopg.OperationalError as error:
        raise Refusal(
            f"The PostgreSQL server of {variable} does not let us in.",
            allowed="a server that answers, with the login and the password of the URL",
            got=str(error).strip(),
            where=f"{variable} (host {parts.get('host')}, database {parts.get('dbname')})",
            then="start the server, mend the URL, or unset it to use the embedded PostgreSQL",
        ) from None


def _refuse_old(owner: psycopg.Connection[Any]) -> None:
    version = owner.info.server_version // 10000
    if version < OLDEST:
        raise Refusal(
            "This PostgreSQL is too old for Fairlead.",
            allowed=f"PostgreSQL {OLDEST} or later (views must obey row-level security, security_invoker)",
            got=f"PostgreSQL {version}",
            where=f"DATABASE_URL (host {owner.info.host})",
            then="upgrade the server, or unset DATABASE_URL to use the embedded PostgreSQL 18",
        )


def _ensure_login(owner: psycopg.Connection[Any], login: str) -> None:
    """Make the login, or check that the password that we keep opens it."""
    role = ROLES[login]
    try:
        if not owner.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            ensure_role(owner, role, _password(login), "LOGIN")
            return
        own = _parsed(os.environ["DATABASE_URL"], "DATABASE_URL")
        psycopg.connect(**(own | {"user": role, "password": _password(login), "connect_timeout": 10})).close()
    except psycopg.errors.InsufficientPrivilege as error:
        raise _no_login(login, str(error).strip()) from None
    except psycopg.OperationalError:
        raise _no_login(login, f"{role} is there, with a password unknown to this data folder") from None


def _no_login(login: str, got: str) -> Refusal:
    role = ROLES[login]
    return Refusal(
        f"Fairlead has no database login for its {login}.",
        allowed=f"a login {role}, made by the owner if it has CREATEROLE, or one in {VARIABLES[login]}",
        got=got,
        where="the PostgreSQL server of DATABASE_URL",
        then=f"as an administrator: CREATE ROLE {role} LOGIN PASSWORD '…'; GRANT {role} TO the owner; "
        f"then set {VARIABLES[login]}",
    )


def _refuse_strange(parts: dict[str, Any], login: str) -> None:
    """A given login must be, or be a member of, the role that policies and grants name."""
    role = ROLES[login]
    with _connected(parts, VARIABLES[login]) as given:
        member = given.execute(
            "SELECT pg_has_role(current_user, oid, 'USAGE') FROM pg_roles WHERE rolname = %s", [role]
        ).fetchone()
    if not member or not member[0]:
        raise Refusal(
            f"The login of {VARIABLES[login]} has no rights in Fairlead's database.",
            allowed=f"the login {role}, or a member of it",
            got=f"{parts['user']!r}, " + ("not a member" if member else f"and there is no role {role}"),
            where=VARIABLES[login],
            then=("" if member else f"CREATE ROLE {role}; ") + f'GRANT {role} TO "{parts["user"]}"',
        )


def status() -> str:
    """One line about the server."""
    parts = _parsed(os.environ["DATABASE_URL"], "DATABASE_URL")
    with _connected(parts, "DATABASE_URL") as owner:
        version = owner.info.parameter_status("server_version")
    return f"PostgreSQL {version} at {parts.get('host')}:{parts.get('port') or 5432} (DATABASE_URL)"
