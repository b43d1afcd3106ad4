"""`fairlead backup`: one file with the schema, every table's rows, the frozen extracts, and how to check them.

The schema comes from pg_dump, the rows from COPY, both of one moment. Rows are kept as COPY writes them, so that a
server of another version can take them, and people can read their data without Fairlead.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from psycopg import Connection, sql

from fairlead.site import postgres
from fairlead.site.folder import data_folder, kept_secret
from fairlead.site.keeping import manifest, programs, tables
from fairlead.site.owner import transaction
from fairlead.site.prepare import migrations_seen, version_of
from fairlead.site.progress import say, step
from fairlead.site.refusal import Refusal

BEFORE, AFTER, SECRET = "schema/before.sql", "schema/after.sql", "secret"
ROWS, EXTRACTS = "rows/", "extracts/"
SECTIONS = {BEFORE: "pre-data", AFTER: "post-data"}


def backup(path: Path) -> manifest.Manifest:
    """Write a backup of everything to `path`; a backup that was broken off leaves no file of that name."""
    _refuse_there(path)
    postgres.ensure_running()
    half = path.with_name(path.name + ".part")
    half.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with step("Backing up"):
                made = _write(file)
            file.flush()
            os.fsync(file.fileno())
        half.rename(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    size = path.stat().st_size / 1e6
    say(f"{path}: {len(made.tables)} tables, {made.rows:,} rows, frozen extracts: {_extracts(made)}, {size:,.1f} MB")
    return made


def _extracts(made: manifest.Manifest) -> int:
    return sum(name.startswith(EXTRACTS) for name in made.files)


def _write(file: IO[bytes]) -> manifest.Manifest:
    with transaction() as connection, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        tables.speak_plainly(connection)
        _refuse_empty(connection)
        ((snapshot, now),) = connection.execute("SELECT pg_export_snapshot(), now()::text").fetchall()
        program, its_version = programs.pg_dump(connection.info.server_version // 10000)
        files = {}
        for name, section in SECTIONS.items():
            schema = _schema(program, section, snapshot)
            files[name] = _add(archive, name, [schema])
        parts = {}
        for name, columns in tables.columns(connection).items():
            found = tables.measure(connection, name, columns)
            digest = _add(archive, f"{ROWS}{name}.copy", _rows(connection, name, columns))
            parts[name] = manifest.TablePart(f"{ROWS}{name}.copy", list(columns), found.rows, found.checksum, digest)
        for extract in sorted((data_folder() / "extracts").glob("*.parquet")):
            files[EXTRACTS + extract.name] = _add(archive, EXTRACTS + extract.name, _chunks(extract))
        if secret := kept_secret("django"):
            files[SECRET] = _add(archive, SECRET, [secret.encode()])
        made = manifest.Manifest(
            fairlead=version_of("fairlead"),
            made_at=now,
            server=str(connection.info.parameter_status("server_version")),
            pg_dump=its_version,
            migrations=migrations(connection),
            tables=parts,
            sequences=tables.sequences(connection),
            digest=migrations_seen(connection),
            files=files,
        )
        archive.writestr(manifest.FILE, made.to_json())
    return made


def migrations(connection: Connection[Any]) -> dict[str, list[str]]:
    """Which migrations a database has seen, by app."""
    found: dict[str, list[str]] = {}
    for app, name in connection.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall():
        found.setdefault(app, []).append(name)
    return found


def _schema(program: Path, section: str, snapshot: str) -> bytes:
    """One half of the schema, as pg_dump writes it: without owners, with grants and policies."""
    entry = postgres.connection("owner")
    names = {"HOST": "PGHOST", "PORT": "PGPORT", "NAME": "PGDATABASE", "USER": "PGUSER", "PASSWORD": "PGPASSWORD"}
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    environment |= {variable: str(entry[key]) for key, variable in names.items() if entry.get(key)}
    environment |= {f"PG{key.upper()}": str(value) for key, value in entry.get("OPTIONS", {}).items()}
    command = [
        str(program),
        "--format=plain",
        f"--section={section}",
        "--no-owner",
        f"--snapshot={snapshot}",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, check=False, cwd="/")  # noqa: S603
    if done.returncode != 0:
        raise Refusal(
            "pg_dump could not read the schema.",
            allowed="a dump of the whole schema",
            got=done.stderr.decode(errors="replace").strip()[-600:],
            where=f"{program}, {postgres.status()}",
            then="mend what it says and run this again; no backup was written",
        )
    return done.stdout


def _rows(connection: Connection[Any], name: str, columns: Iterable[str]) -> Iterable[bytes]:
    query = sql.SQL("COPY {table} ({columns}) TO STDOUT").format(
        table=sql.Identifier("public", name), columns=sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.cursor().copy(query) as copy:
        for chunk in copy:
            yield bytes(chunk)


def _chunks(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _add(archive: zipfile.ZipFile, name: str, chunks: Iterable[bytes]) -> str:
    """Write one member; its SHA-256."""
    digest, waiting = hashlib.sha256(), bytearray()
    with archive.open(name, "w", force_zip64=True) as member:
        for chunk in chunks:
            digest.update(chunk)
            waiting += chunk
            if len(waiting) > 1 << 20:  # COPY gives a row at a time
                member.write(waiting)
                waiting.clear()
        member.write(waiting)
    return digest.hexdigest()


def _refuse_there(path: Path) -> None:
    if path.exists():
        raise Refusal(
            "There is a file of this name.",
            allowed="a name that is free: a backup never overwrites another",
            got=f"{path.stat().st_size:,} bytes",
            where=str(path),
            then="choose another name, e.g. with the date, or remove that file",
        )
    if not path.parent.is_dir():
        raise Refusal(
            "The folder for this backup is not there.",
            allowed="a file in a folder that exists",
            got=str(path),
            where=str(path.parent),
            then="make the folder, or choose another one",
        )
    with suppress(OSError):
        if path.parent.resolve().is_relative_to(data_folder().resolve()):
            say("This backup lies in the data folder that it protects; copy it to another machine.")


def _refuse_empty(connection: Connection[Any]) -> None:
    if tables.is_empty(connection):
        raise Refusal(
            "There is nothing to back up.",
            allowed="a database with Fairlead's tables",
            got="an empty database",
            where=postgres.status(),
            then="`fairlead migrate` first, or check DATABASE_URL and FAIRLEAD_DATA",
        )
