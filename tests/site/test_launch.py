"""Starting: the port, one launcher for one data folder, what a killed one left behind, and a whole life."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

from fairlead.site import folder, launch, postgres, prepare
from fairlead.site.postgres import embedded
from fairlead.site.refusal import Refusal

SLEEPER = "import time; time.sleep(600)"


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    made = folder.make_folder(folder.data_folder() / f"launch-{os.getpid()}")
    monkeypatch.setenv("FAIRLEAD_DATA", str(made))
    for name in ("DATABASE_URL", "FAIRLEAD_TEST_CLUSTER"):
        monkeypatch.delenv(name, raising=False)
    folder.data_folder.cache_clear()
    yield made
    postgres.stop()
    shutil.rmtree(made)
    folder.data_folder.cache_clear()


@pytest.mark.parametrize("given", ["", "x", "0", "65536", "80 80"])
def test_a_wrong_port_is_explained(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("PORT", given)
    with pytest.raises(Refusal) as refused:
        launch._port()
    assert refused.value.got == repr(given)


def test_a_taken_port_is_explained_with_its_holder() -> None:
    with socket.socket() as other:
        other.bind((launch.HOST, 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(Refusal) as refused:
            launch._refuse_taken(port)
    assert f"process {os.getpid()}" in refused.value.got
    assert f"PORT={port + 1}" in refused.value.then
    launch._refuse_taken(port)  # free again


def test_one_launcher_for_one_data_folder(place: Path) -> None:
    with launch._only_one() as first:
        assert first
        with launch._only_one() as second:
            assert not second
        assert launch.running_address() == "still starting"
    assert launch.running_address() is None


def test_what_a_killed_launcher_left_is_stopped_and_nothing_else(place: Path) -> None:
    def start(mark: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-c", SLEEPER], env=os.environ | {launch.MARK: mark})

    orphan, stranger = start(str(place)), start(f"{place}-another")
    try:
        launch._stop_orphans()
        assert not psutil.pid_exists(orphan.pid)
        assert stranger.poll() is None
    finally:
        for process in (orphan, stranger):
            process.kill()
            process.wait()


def test_a_child_that_keeps_dying_is_given_up(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch.time, "sleep", lambda seconds: None)
    child = launch.Child("worker", [sys.executable, "-c", "raise SystemExit(3)"], "worker")
    starts = 1
    while True:
        child.process.wait()
        if not child.keep():
            break
        starts += 1
    assert starts == launch.TOO_OFTEN


def counted(owner: psycopg.Connection[tuple[object, ...]]) -> dict[str, int]:
    """How many rows each table holds."""
    tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    count = sql.SQL("SELECT count(*) FROM {}")
    return {
        str(name): owner.execute(count.format(sql.Identifier(str(name)))).fetchone()[0]  # type: ignore[index,misc]
        for (name,) in tables
        if not str(name).startswith(("procrastinate_", "django_session"))
    }


@pytest.mark.prove
def test_a_whole_life(place: Path) -> None:
    """A first start builds everything; all processes killed, a second start has the same rows, quickly."""
    with socket.socket() as probe:
        probe.bind((launch.HOST, 0))
        port = probe.getsockname()[1]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("FAIRLEAD_") or k == "FAIRLEAD_DATA"}
    environment |= {"PORT": str(port), "PYTHONPATH": str(prepare.PACKAGE.parent)}
    command = [sys.executable, "-m", "fairlead.cli", "run"]

    def start() -> tuple[subprocess.Popen[str], float]:
        began = time.monotonic()
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == f"http://localhost:{port}\n"
        return process, time.monotonic() - began

    first, _ = start()
    with urllib.request.urlopen(f"http://localhost:{port}/") as page:
        assert page.status == 200
    with prepare.owner() as owner:
        before = counted(owner)
    server = embedded.ensure_running()
    doomed = [*psutil.Process(first.pid).children(recursive=True), psutil.Process(first.pid)]
    doomed += [*psutil.Process(server.pid).children(), psutil.Process(server.pid)]
    for process in doomed:
        if process.is_running():
            process.kill()
    psutil.wait_procs(doomed)
    first.wait()
    second, seconds = start()
    with prepare.owner() as owner:
        after = counted(owner)
    assert after == before
    assert sum(before.values()) > 100_000
    print(f"second start after kill -9: {seconds:.1f} s")
    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=30) == 0
    assert embedded.cluster().server() is None
