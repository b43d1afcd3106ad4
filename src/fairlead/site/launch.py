"""What `fairlead run` does: database, schema, demo, then the web server and the worker, watched over.

Every child carries the mark FAIRLEAD_RUN in its environment. A launcher holds a lock as long as it lives, so
children found while the lock is free belong to a launcher that was killed: they are stopped first.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import psutil

from fairlead.site import postgres
from fairlead.site.folder import Wait, data_folder
from fairlead.site.prepare import prepare
from fairlead.site.progress import say
from fairlead.site.refusal import Refusal

MARK = "FAIRLEAD_RUN"
HOST = "127.0.0.1"
PATIENCE = 10.0  # seconds that a child has to end before it is killed
QUICK, TOO_OFTEN = 20.0, 4  # a child that dies this often within seconds of its start is given up


def run() -> int:
    """Start everything and stay until it is stopped (Ctrl-C, SIGTERM) or a part cannot be kept alive."""
    began = time.monotonic()
    port = _port()
    with _only_one() as alone:
        if not alone:
            say(f"Fairlead is running already: {_read_address()}")
            return 0
        _stop_orphans()
        _refuse_taken(port)
        with _stopping() as stop:
            postgres.ensure_running()
            os.environ["FAIRLEAD_DEMO"] = "1" if prepare() else "0"
            try:
                return _serve(port, began, stop)
            finally:
                if postgres.is_embedded():
                    postgres.stop()
                say("Stopped.")


@dataclass
class Stop:
    """Set by a signal; looked at between the waits."""

    asked: bool = False


@contextlib.contextmanager
def _stopping() -> Iterator[Stop]:
    """Ctrl-C during preparation raises at once; later it is a wish that the watch obeys in order."""
    stop = Stop()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.asked = True

    before = signal.signal(signal.SIGTERM, ask)
    try:
        yield stop
    except KeyboardInterrupt:
        stop.asked = True
        say("Stopped before it was ready; what was finished is kept.")
        raise SystemExit(130) from None
    finally:
        signal.signal(signal.SIGTERM, before)


class Child:
    """One long-running process, started again when it dies."""

    def __init__(self, name: str, command: list[str], login: str) -> None:
        self.name, self.command, self.login = name, command, login
        self.quick_deaths = 0
        self.start()

    def start(self) -> None:
        environment = os.environ | {
            MARK: str(data_folder()),
            "FAIRLEAD_LOGIN": self.login,
            "DJANGO_SETTINGS_MODULE": "fairlead.site.settings",
        }
        self.began = time.monotonic()
        # A session of its own: Ctrl-C reaches the launcher only, which then stops its children in order.
        self.process = subprocess.Popen(self.command, env=environment, start_new_session=True)  # noqa: S603

    def keep(self) -> bool:
        """Start it again when it has died; False when that happens too often."""
        if self.process.poll() is None:
            return True
        quick = time.monotonic() - self.began < QUICK
        self.quick_deaths = self.quick_deaths + 1 if quick else 1
        if self.quick_deaths >= TOO_OFTEN:
            say(f"The {self.name} ended {self.quick_deaths} times within seconds; its own message is above.")
            return False
        say(f"The {self.name} ended with status {self.process.returncode}; starting it again")
        time.sleep(self.quick_deaths * 0.5)
        self.start()
        return True


def _serve(port: int, began: float, stop: Stop) -> int:
    python = sys.executable
    web = [python, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    web += ["--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"]
    web += ["--respawn-failed-workers", "fairlead.site.wsgi:application"]
    worker = [python, "-m", "django", "procrastinate", "worker"]
    server = Child("web server", web, "app")
    children = [server]
    try:
        _until_it_answers(server, port, stop)
        if not stop.asked:
            children.append(Child("worker", worker, "worker"))
            _address().write_text(f"http://localhost:{port}")
            say(f"Ready after {time.monotonic() - began:.1f} s. Stop with Ctrl-C.")
            print(f"http://localhost:{port}", flush=True)
        while not stop.asked:
            if not all(child.keep() for child in children):
                return 1
            time.sleep(0.2)
    except KeyboardInterrupt:
        pass
    finally:
        _address().unlink(missing_ok=True)
        end([child.process.pid for child in children])
    return 0


def _until_it_answers(server: Child, port: int, stop: Stop) -> None:
    waiting = Wait("The web server is starting")
    while not stop.asked:
        if server.process.poll() is not None and not server.keep():
            raise Refusal(
                "The web server does not start.",
                allowed="a web server that answers",
                got=f"status {server.process.returncode}; its own message is above",
                where=" ".join(server.command),
                then="mend what it says; `fairlead doctor` shows the whole set-up",
            )
        with contextlib.suppress(OSError, urllib.error.URLError):
            try:
                urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=30).close()
            except urllib.error.HTTPError as error:
                if error.code >= 500:
                    raise Refusal(
                        "The web server answers with an error.",
                        allowed="a page below status 500",
                        got=f"status {error.code} from /health",
                        where=f"http://localhost:{port}",
                        then="see the lines above",
                    ) from None
            return
        waiting.step(0.05)


def end(pids: list[int]) -> None:
    """Stop these processes and all that they started: the topmost are asked, what is left is killed."""
    processes: set[psutil.Process] = set()
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            processes |= {process, *process.children(recursive=True)}
    known = {process.pid for process in processes}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            if process.ppid() not in known:  # a server asked to end ends its own workers
                process.terminate()
    _, left = psutil.wait_procs(processes, timeout=PATIENCE)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=PATIENCE)


def _address() -> Path:
    return data_folder() / "address"


@contextlib.contextmanager
def _only_one() -> Iterator[bool]:
    """Whether we are the one launcher of this data folder; the system frees the lock when we die."""
    descriptor = os.open(data_folder() / "run.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _stop_orphans() -> None:
    """End the children of a launcher that was killed."""
    mark, orphans = str(data_folder()), []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                orphans.append(process.pid)
    if orphans:
        say(f"Stopping what a killed Fairlead left running ({len(orphans)} processes)")
        end(orphans)


def _port() -> int:
    given = os.environ.get("PORT", "8000")
    if given.isdigit() and 1 <= int(given) <= 65535:
        return int(given)
    raise Refusal(
        "PORT is not a port.",
        allowed="a number from 1 to 65535 (8000 when it is not set)",
        got=repr(given),
        where="the environment variable PORT",
        then="make run PORT=8001",
    )


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
            return
        except OSError as error:
            reason = error.strerror or str(error)
    raise Refusal(
        f"Port {port} is not free.",
        allowed=f"a free TCP port on {HOST}",
        got=f"{reason} ({_holder(port)})",
        where=f"http://localhost:{port}",
        then=f"stop that process, or choose another port: make run PORT={port + 1}",
    )


def _holder(port: int) -> str:
    """Who has the port, where the system tells us."""
    with contextlib.suppress(psutil.Error, OSError):
        for held in psutil.net_connections("tcp"):
            if held.laddr and held.laddr.port == port and held.status == psutil.CONN_LISTEN and held.pid:
                return f"process {held.pid}, {psutil.Process(held.pid).name()}"
    return "by a process that the system does not name to us"


def running_address() -> str | None:
    """Where Fairlead runs from this data folder, or None."""
    with _only_one() as alone:
        return None if alone else _read_address()


def _read_address() -> str:
    with contextlib.suppress(FileNotFoundError):
        return _address().read_text()
    return "still starting"
