"""An ordinary PostgreSQL for `make prove`: Debian's server (or another one's programs), in a folder that is thrown away."""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg

from fairlead.site.folder import make_folder, service_user
from fairlead.site.progress import say

NOT_HERE = "no server below /usr/lib/postgresql; as root on Debian: apt-get install postgresql"
OWNER = "prover"


class NotHere(Exception):
    """There is no ordinary PostgreSQL on this machine, and we may not install one."""


def _programs(install: Callable[[str], bool]) -> Path:
    for attempt in (1, 2):
        found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[4]))
        if found:
            return found[-1].parent
        if attempt == 1 and not install("postgresql"):
            break
    raise NotHere(NOT_HERE)


@contextlib.contextmanager
def ordinary_postgres(
    folder: Path, install: Callable[[str], bool] = lambda _: False, programs: Path | None = None
) -> Iterator[str]:
    """The DATABASE_URL of a fresh server, whose login may make databases and roles but is no superuser."""
    programs = programs or _programs(install)
    user = service_user()
    as_user: dict[str, Any] = {"cwd": "/", "check": True, "capture_output": True}
    data = make_folder(folder / "ordinary")
    if user:
        as_user |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        data.chmod(0o700)
        os.chown(data, user.pw_uid, user.pw_gid)
    say(f"A throwaway server of {programs}")
    initdb = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8"]
    subprocess.run([*initdb, "--locale=C.UTF-8", "--no-sync"], **as_user)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off"
    options += " -c max_connections=60 -c full_page_writes=off"
    control = [programs / "pg_ctl", "-D", data, "-w"]
    subprocess.run([*control, "-t", "120", "-l", data / "log", "-o", options, "start"], **as_user)
    try:
        password = secrets.token_urlsafe(12)
        with psycopg.connect(host="127.0.0.1", port=port, user="postgres", autocommit=True) as admin:
            say(f"PostgreSQL {admin.info.parameter_status('server_version')}")
            admin.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB CREATEROLE PASSWORD '{password}'")
            admin.execute(f"CREATE DATABASE fairlead OWNER {OWNER}")
        yield f"postgresql://{OWNER}:{password}@127.0.0.1:{port}/fairlead"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], **as_user)
