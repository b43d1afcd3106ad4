"""Run the tests, with a database that is thrown away afterwards. The last line says what passed.

usage: tests.py test|prove [--counts FILE] [arguments for pytest]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from ordinary import NotHere, ordinary_postgres  # noqa: E402

from fairlead.site.folder import reachable  # noqa: E402
from fairlead.site.progress import say  # noqa: E402

# On the ordinary server; a desk lays out what its apps read, by the same statements.
DATABASE_TESTS = ["tests/access", "tests/apps", "tests/site"]
CORES = os.cpu_count() or 1
# They share the machine: libraries that take every core would only wait for each other.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS")
# First the one without windows: it takes two thirds of the time.
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass
class Tally:
    """What all parts of a run came to."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, counts: dict[str, object]) -> None:
        for name in ("passed", "failed", "skipped"):
            setattr(self, name, getattr(self, name) + counts[name])
        self.reasons.update(counts.get("reasons", {}))

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["test", "prove"])
    parser.add_argument("--counts", type=Path, help="add the counts, as a line of JSON, to this file")
    chosen, more = parser.parse_known_args()
    tally, began = Tally(), time.monotonic()
    (run_tests if chosen.part == "test" else run_proofs)(tally, more)
    for reason, times in sorted(tally.reasons.items()):
        print(f"skipped {times}: {reason}")
    print(f"took {time.monotonic() - began:.0f} s")
    if chosen.counts:
        with chosen.counts.open("a") as file:
            file.write(json.dumps({n: getattr(tally, n) for n in ("passed", "failed", "skipped")}) + "\n")
    print(tally, flush=True)
    return 1 if tally.failed or not tally.passed else 0


def run_tests(tally: Tally, more: list[str]) -> None:
    """Everything but the long proofs, in several processes, each with a database of its own."""
    with throwaway_folder() as folder:
        environment = {"FAIRLEAD_TEST_CLUSTER": "1", "FAIRLEAD_DATA": str(folder), **chromium()}
        many = str(CORES + 1)  # one more than cores: short tests wait for a browser or the database a third of their time
        pytest(tally, ["-m", "not prove", "-n", many, "--dist", "worksteal", *more], environment)


def run_proofs(tally: Tally, more: list[str]) -> None:
    """The long proofs on the embedded PostgreSQL, then the tests of the database on an ordinary one."""
    with throwaway_folder() as folder:
        environment = {"FAIRLEAD_TEST_CLUSTER": "1", "FAIRLEAD_DATA": str(folder), **chromium()}
        say("Simulations and long references")
        pytest(tally, ["-m", "prove", "-n", str(CORES), "--dist", "worksteal", *more], environment)
        try:
            with ordinary_postgres(folder, install) as url:
                say("The tests of the database, on an ordinary PostgreSQL by DATABASE_URL")
                files = [path for path in DATABASE_TESTS if (ROOT / path).is_dir()]
                marks = ["-m", "not prove and not browser", "-n", str(CORES), "--dist", "worksteal"]
                pytest(tally, [*marks, *files, *more], {"DATABASE_URL": url, "FAIRLEAD_DATA": str(folder)})
        except NotHere as reason:
            tally.add({"passed": 0, "failed": 0, "skipped": 1, "reasons": {f"PostgreSQL: {reason}": 1}})


def pytest(tally: Tally, arguments: list[str], environment: dict[str, str]) -> None:
    counts = Path(environment["FAIRLEAD_DATA"]) / "counts.json"
    counts.unlink(missing_ok=True)
    # Compiled modules are kept, else each of the many processes compiles every library anew.
    dropped = ("DATABASE_URL", "FAIRLEAD_", "PYTHONDONTWRITEBYTECODE")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(dropped)}
    command = [sys.executable, "-m", "pytest", "-q", "--reuse-db", *arguments]  # dropped with their server
    more = {"FAIRLEAD_COUNTS": str(counts)} | dict.fromkeys(THREADS, str(max(1, CORES // 2)))
    done = subprocess.run(command, cwd=ROOT, env=inherited | environment | more, check=False)
    if counts.exists():
        tally.add(json.loads(counts.read_text()))
    if done.returncode not in (0, 1, 5) or not counts.exists():  # 5: nothing was collected
        say(f"pytest itself ended with status {done.returncode}")
        tally.failed += 1


@contextlib.contextmanager
def throwaway_folder() -> Iterator[Path]:
    """A data folder for one run, which PostgreSQL can reach; those of killed runs are cleared away first."""
    place = next(p for p in (Path(tempfile.gettempdir()), Path("/var/tmp"), Path("/tmp")) if reachable(p))
    for old in place.glob("fairlead-test-*"):
        with contextlib.suppress(OSError, ValueError):
            if not Path(f"/proc/{int((old / 'pid').read_text())}").exists():
                clear(old)
    folder = Path(tempfile.mkdtemp(prefix="fairlead-test-", dir=place))
    folder.chmod(0o711)
    (folder / "static").mkdir()  # where the settings look for gathered files
    (folder / "pid").write_text(str(os.getpid()))
    try:
        yield folder
    finally:
        clear(folder)


def clear(folder: Path) -> None:
    environment = os.environ | {"FAIRLEAD_TEST_CLUSTER": "1", "FAIRLEAD_DATA": str(folder)}
    environment.pop("DATABASE_URL", None)
    command = [sys.executable, "-m", "fairlead.cli", "postgres", "stop"]
    environment["PYTHONPATH"] = str(ROOT / "src")
    subprocess.run(command, env=environment, capture_output=True, check=False)
    shutil.rmtree(folder, ignore_errors=True)


def chromium() -> dict[str, str]:
    """Where Chromium is; Debian's package is installed when it is missing and we may."""
    if not shutil.which(CHROMIUM[0]):
        install(CHROMIUM[0])
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        say(f"No Chromium here: the browser tests are skipped. As root on Debian: apt-get install {CHROMIUM[0]}")
        return {}
    return {"FAIRLEAD_CHROMIUM": path}


def install(package: str) -> bool:
    """Install a Debian package, when we are root on Debian."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing Debian's package {package}, which the tests need …")
    quiet = {"env": os.environ | {"DEBIAN_FRONTEND": "noninteractive"}, "stdout": subprocess.DEVNULL, "check": False}
    subprocess.run(["apt-get", "update", "-qq"], **quiet)
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    return subprocess.run(command, **quiet).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
