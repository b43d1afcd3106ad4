"""`fairlead restore`: a backup into an empty database, in one transaction, compared before it counts."""

from __future__ import annotations

import hashlib
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql

from fairlead.site import postgres
from fairlead.site.folder import data_folder, keep_secret
from fairlead.site.keeping import manifest, tables
from fairlead.site.keeping.backup import AFTER, BEFORE, EXTRACTS, SECRET
from fairlead.site.keeping.erase import erased_since
from fairlead.site.owner import refuse_while_running, start_django, transaction
from fairlead.site.prepare import PACKAGE, migrate
from fairlead.site.progress import say, step
from fairlead.site.refusal import Refusal

SETTING = re.compile(r"^SET (\w+) = [^;]*;$")
EXTRACT = re.compile(r"extracts/[0-9a-f]{64}\.parquet")


def restore(path: Path) -> manifest.Manifest:
    """Bring a backup back. What is interrupted, or does not come out equal, leaves the database as empty as it was."""
    with _opened(path) as archive:
        made = manifest.read(_member(archive, manifest.FILE, path), str(path))
        _refuse_newer(made, path)
        refuse_while_running("Fairlead is running on this database.")
        postgres.ensure_running()
        with step(f"Restoring {made.rows:,} rows of {made.made_at}"), transaction() as connection:
            _refuse_used(connection)
            _check_files(archive, made, path)
            _fill(connection, archive, made, path)
            differences = _differences(connection, made)
            if differences:
                connection.rollback()
                raise _unequal(differences, path)
            _place_extracts(archive, made, path)
            if SECRET in made.files:
                keep_secret("django", _member(archive, SECRET, path).decode())
            connection.commit()
    say(f"{len(made.tables)} tables, {made.rows:,} rows: counts and checksums equal those of the backup")
    migrate(made.digest)
    _erase_again()
    return made


def _erase_again() -> None:
    """A backup of before an erasure still has the person: who was erased from this data folder goes again."""
    with transaction() as connection:
        known = [digest for (digest,) in connection.execute("SELECT digest FROM access_erasure").fetchall()]
    since = erased_since(known)
    if not since:
        return
    start_django()
    from django.apps import apps

    from fairlead.apps.access import erasure

    people = [p for p in apps.get_model("roster", "Person").objects.all() if erasure.digest(p.sourced_id) in since]
    for person in people:
        erasure.erase(person)
    say(f"people who were erased after this backup was made, and have been erased again: {len(people)}")


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise Refusal(
            "This is no backup that can be opened.",
            allowed="a file written by `fairlead backup`",
            got=str(error),
            where=str(path),
            then="check the path; a file that was cut off while it was copied must be copied again",
        ) from None


def _member(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        return archive.read(name)
    except (KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
        raise _damaged(f"{name}: {error}", path) from None


def _damaged(what: str, path: Path) -> Refusal:
    return Refusal(
        "This backup is damaged. Nothing was restored.",
        allowed="parts that are as their manifest says",
        got=what,
        where=str(path),
        then="use another copy of it, or another backup",
    )


def _refuse_newer(made: manifest.Manifest, path: Path) -> None:
    """A schema that has seen migrations unknown to this version cannot be used by it."""
    ours = {(p.parent.parent.name, p.stem) for p in PACKAGE.glob("**/migrations/[0-9]*.py")}
    apps = {app for app, _ in ours}
    unknown = [
        f"{app} {name}"
        for app, names in made.migrations.items()
        for name in names
        if app in apps and (app, name) not in ours
    ]
    if unknown:
        raise Refusal(
            "This backup was made by a later version of Fairlead.",
            allowed="a backup of this version or an earlier one",
            got=f"made by {made.fairlead}, with migrations that are unknown here: {', '.join(unknown[:4])}",
            where=str(path),
            then="upgrade Fairlead, then restore",
        )


def _refuse_used(connection: Connection[Any]) -> None:
    if not tables.is_empty(connection):
        raise Refusal(
            "This database is not empty. Nothing was changed.",
            allowed="an empty database: a backup is never laid over other rows",
            got="a database with tables",
            where=f"{postgres.status()}, database {connection.info.dbname}",
            then="choose another data folder (FAIRLEAD_DATA=… fairlead restore …) or an empty database in DATABASE_URL",
        )


def _check_files(archive: zipfile.ZipFile, made: manifest.Manifest, path: Path) -> None:
    """Every part must be there and be what was written, before anything is begun."""
    wanted = made.files | {part.file: part.sha256 for part in made.tables.values()}
    for name, digest in wanted.items():
        if not (name in (BEFORE, AFTER, SECRET) or EXTRACT.fullmatch(name) or re.fullmatch(r"rows/\w+\.copy", name)):
            raise _damaged(f"a part of an unknown kind: {name!r}", path)
        found = hashlib.sha256()
        try:
            with archive.open(name) as member:
                while chunk := member.read(1 << 20):
                    found.update(chunk)
        except (KeyError, zipfile.BadZipFile, OSError, EOFError) as error:
            raise _damaged(f"{name}: {error}", path) from None
        if found.hexdigest() != digest:
            raise _damaged(f"{name} is not what was written (SHA-256 differs)", path)


def _fill(connection: Connection[Any], archive: zipfile.ZipFile, made: manifest.Manifest, path: Path) -> None:
    known = {name for (name,) in connection.execute("SELECT name FROM pg_settings").fetchall()}
    try:
        _run(connection, _member(archive, BEFORE, path), known)
        tables.speak_plainly(connection)
        for name, part in made.tables.items():
            copied = sql.SQL("COPY {table} ({columns}) FROM STDIN").format(
                table=sql.Identifier("public", name), columns=sql.SQL(", ").join(map(sql.Identifier, part.columns))
            )
            with archive.open(part.file) as member, connection.cursor().copy(copied) as copy:
                while chunk := member.read(1 << 20):
                    copy.write(chunk)
        for name, value in made.sequences.items():
            if value:
                connection.execute("SELECT setval(%s::regclass, %s)", [f'public."{name}"', value])
        _run(connection, _member(archive, AFTER, path), known)
    except psycopg.Error as error:
        raise Refusal(
            "This server does not take the backup. Nothing was restored.",
            allowed="PostgreSQL 15 or later, an owner who may make tables, and the logins that Fairlead makes",
            got=str(error).strip()[:600],
            where=postgres.status(),
            then="mend what it says; `fairlead doctor` shows the set-up",
        ) from None


def _run(connection: Connection[Any], script: bytes, known: set[str]) -> None:
    """Run a script of pg_dump. Settings that this server does not have are left out (18 sets transaction_timeout,
    which 16 refuses), and so are psql's own commands."""
    lines = []
    for line in script.decode().splitlines():
        setting = SETTING.match(line)
        if (setting and setting[1] not in known) or line.startswith(("\\restrict ", "\\unrestrict ")):
            continue
        lines.append(line)
    connection.execute("\n".join(lines))


def _differences(connection: Connection[Any], made: manifest.Manifest) -> list[str]:
    """Tables that did not come out as they were."""
    connection.execute("SET LOCAL search_path = public")
    tables.speak_plainly(connection)
    there = tables.columns(connection)
    found = [f"{name} is not in the backup" for name in there if name not in made.tables]
    for name, part in made.tables.items():
        if there.get(name) != tuple(part.columns):
            found.append(f"{name} has other columns")
            continue
        now = tables.measure(connection, name, there[name])
        if (now.rows, now.checksum) != (part.rows, part.checksum):
            found.append(f"{name} has {now.rows} rows for {part.rows}, checksum {now.checksum} for {part.checksum}")
    return found


def _unequal(differences: list[str], path: Path) -> Refusal:
    return Refusal(
        "What was restored is not equal to the backup. Nothing was kept.",
        allowed="the same rows and checksums in every table",
        got="\n           ".join(differences[:8]),
        where=str(path),
        then="report this with both versions of PostgreSQL; the backup is unchanged",
    )


def _place_extracts(archive: zipfile.ZipFile, made: manifest.Manifest, path: Path) -> None:
    """Frozen extracts, named by what they say: one that is there already is the same."""
    folder = data_folder() / "extracts"
    for name in made.files:
        if not EXTRACT.fullmatch(name):
            continue
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / name.removeprefix(EXTRACTS)
        half = target.with_suffix(".new")
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(_member(archive, name, path))
        half.replace(target)
