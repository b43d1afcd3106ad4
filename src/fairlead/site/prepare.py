"""Bring the database to this version: migrations, the demo network on an empty database, static files.

Starting must take seconds, so what was done is remembered: the database itself carries the digest of the
migrations that it has seen (as its comment), and the static folder the digest of its sources.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from fairlead.site import postgres
from fairlead.site.folder import data_folder
from fairlead.site.progress import say, step
from fairlead.site.refusal import Refusal

PACKAGE = Path(__file__).resolve().parent.parent
# Packages that bring migrations of their own.
WITH_MIGRATIONS = ("django", "django-allauth", "django-pghistory", "django-pgtrigger", "procrastinate")
MARK = "fairlead-migrated "
AS_OWNER = {"FAIRLEAD_LOGIN": "owner", "DJANGO_SETTINGS_MODULE": "fairlead.site.settings"}


def prepare() -> bool:
    """Do what is missing, each as the owner of the schema and in a process of its own.

    True when the database holds the demo network. An empty database gets it, unless FAIRLEAD_DEMO=0; one
    with a real roster in it never does, and is never opened as a demo by accident.
    """
    migrate()
    _collect_static()
    with owner() as connection:
        filled = _has_rows(connection, "roster_organization")
    if filled or os.environ.get("FAIRLEAD_DEMO") == "0":
        return holds_demo() and os.environ.get("FAIRLEAD_DEMO") != "0"
    with step("Building the demo network (invented: 18 schools, 12,000 students)"):
        manage("build_demo")
    with owner() as connection:
        connection.execute(
            "VACUUM (ANALYZE)"
        )  # so that an index alone can answer, as on a server that has run a while
        if postgres.is_embedded():  # else a start after a crash would replay all these rows from the log
            connection.execute("CHECKPOINT")
    return True


def migrate(seen: str = "") -> None:
    """Bring the schema to this version. `seen`: the digest of the migrations that the database has seen, when known."""
    if seen == migrations_digest():
        with owner() as connection:
            _remember(connection, MARK + seen)
    elif not is_migrated():
        with step("Bringing the database schema up to date"):
            manage("migrate", "--no-input", "--verbosity=0", "--skip-checks")
        with owner() as connection:
            _remember(connection, MARK + migrations_digest())


def holds_demo() -> bool:
    """Whether the database holds the demo network, whose clock stands on a day of its own."""
    with owner() as connection:
        return _has_rows(connection, "site_democlock")


def is_migrated() -> bool:
    """Whether the database has seen all migrations of this version."""
    with owner() as connection:
        return migrations_seen(connection) == migrations_digest()


def migrations_seen(connection: psycopg.Connection[Any]) -> str:
    """The digest of the migrations that the database has seen; empty when nobody noted it."""
    comment = _comment(connection) or ""
    return comment.removeprefix(MARK) if comment.startswith(MARK) else ""


def _has_rows(connection: psycopg.Connection[Any], table: str) -> bool:
    query = sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(table))
    row = connection.execute(query).fetchone()
    return bool(row and row[0])


def owner() -> psycopg.Connection[Any]:
    """A plain connection as the owner of the schema: the checks here are quicker than Django starts."""
    entry = postgres.connection("owner")
    return psycopg.connect(
        host=entry["HOST"] or None,
        port=entry["PORT"] or None,
        dbname=entry["NAME"],
        user=entry["USER"],
        password=entry["PASSWORD"] or None,
        autocommit=True,
        **entry.get("OPTIONS", {}),
    )


def manage(*arguments: str, output: IO[str] = sys.stderr) -> None:
    """A Django command as the owner of the schema. What a step of the start-up prints is progress."""
    environment = {"FAIRLEAD_DEMO": "1", "PYTHONUNBUFFERED": "1"} | os.environ | AS_OWNER
    command = [sys.executable, "-m", "django", *arguments]
    process = subprocess.Popen(command, env=environment, stdout=output)  # noqa: S603
    began = time.monotonic()
    while (status := _wait(process)) is None:
        say(f"… still at it ({time.monotonic() - began:.0f} s)")
    if status != 0:
        raise Refusal(
            f"The step `{arguments[0]}` failed.",
            allowed="a step that ends without an error",
            got=f"status {status}; its own message is above",
            where=postgres.status(),
            then="mend what it says and start again; `fairlead doctor` shows the set-up",
        )


def _wait(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        return None
    except KeyboardInterrupt:  # the step got the Ctrl-C too: let it roll back first
        process.wait()
        raise


def migrations_digest() -> str:
    """Changes whenever a migration is added or edited, here or in a package that brings its own."""
    return _digest(PACKAGE.glob("**/migrations/*.py"), _versions())


def packages_digest() -> str:
    """Changes with the version of a package that brings migrations of its own."""
    return _digest((), _versions())


def migration_digests() -> dict[str, str]:
    """The digest of each migration of ours, by its name: label of the app, dot, name of the file."""
    files = (f for f in PACKAGE.glob("**/migrations/*.py") if f.stem != "__init__")
    return {f"{file.parent.parent.name}.{file.stem}": _digest([file]) for file in files}


def _versions() -> list[str]:
    return [f"{name} {version_of(name)}" for name in WITH_MIGRATIONS]


def version_of(name: str) -> str:
    """The installed version of a package, or "absent"."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _digest(files: Iterable[Path], more: Iterable[str] = ()) -> str:
    digest = hashlib.sha256("\n".join(more).encode())
    for file in sorted(files):
        digest.update(f"\0{file.relative_to(PACKAGE)}\0".encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:32]


def _comment(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    ).fetchone()
    return row[0] if row else None


def _remember(connection: psycopg.Connection[Any], comment: str) -> None:
    """An owner of the schema who does not own the database may not comment: then each start migrates."""
    name = sql.Identifier(connection.info.dbname)
    try:
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(name, sql.Literal(comment)))
    except psycopg.errors.InsufficientPrivilege:
        return


def _collect_static() -> None:
    """Gather the static files for the web server when they changed."""
    sources = [path for path in PACKAGE.glob("**/static/**/*") if path.is_file()]
    wanted = _digest(sources, [version_of("django"), str(PACKAGE)])
    stamp = data_folder() / "static.stamp"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    with step("Gathering static files"):
        manage("collectstatic", "--no-input", "--verbosity=0", "--skip-checks")
    stamp.write_text(wanted)
