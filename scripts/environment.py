"""Make `.venv` with exactly the locked packages. Needs only a Python 3.11+; run by every `make` target.

usage: environment.py [--dev] [--quiet]

Quick when there is nothing to do: a stamp in `.venv` says which locks it was made from.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "uv" / "bin" / "uv"
LOCKS = ROOT / "locks"


def main() -> int:
    dev = "--dev" in sys.argv
    if sys.version_info < (3, 11):  # noqa: UP036 - an older Python runs this very line
        return refuse(
            "This Python is too old for Fairlead.",
            "Python 3.11 or later",
            f"Python {sys.version.split()[0]} ({sys.executable})",
            "the first python3 of your PATH",
            "install Python 3.11+, then `make run PYTHON=/path/to/python3.11`",
        )
    wanted = [LOCKS / "runtime.txt", *([LOCKS / "dev.txt"] if dev else [])]
    if stamp_path(dev).exists() and stamp_path(dev).read_text() == stamp(wanted):
        return 0
    began = time.monotonic()
    for name, work in (
        ("Making .venv", make_venv),
        ("Fetching uv, which installs the rest", fetch_uv),
        (f"Installing the locked packages ({'runtime and dev' if dev else 'runtime'})", lambda: sync(wanted)),
        ("Installing Fairlead itself", install_self),
    ):
        say(f"{name} …")
        if (code := work()) != 0:
            return code
    for each in (True, False):
        stamp_path(each).unlink(missing_ok=True)
    stamp_path(dev).write_text(stamp(wanted))
    if dev:  # the dev environment holds all that running needs
        stamp_path(False).write_text(stamp(wanted[:1]))
    say(f"The environment is ready ({time.monotonic() - began:.0f} s)")
    return 0


def make_venv() -> int:
    """A venv; made anew when its Python is gone or is not the one that runs this."""
    if PYTHON.exists():
        version = "import sys; print(sys.version_info[:2] >= (3, 11))"
        done = subprocess.run([str(PYTHON), "-c", version], capture_output=True, text=True, check=False)
        if done.stdout.strip() == "True":
            return 0
    shutil.rmtree(VENV, ignore_errors=True)
    done = subprocess.run([sys.executable, "-m", "venv", VENV], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        return refuse(
            "Python could not make a virtual environment.",
            "a Python with its venv and ensurepip modules",
            (done.stdout + done.stderr).strip()[-600:],
            str(sys.executable),
            "on Debian and Ubuntu: apt-get install python3-venv; then `make run` again",
        )
    return 0


def fetch_uv() -> int:
    lock = LOCKS / "uv.txt"
    kept = VENV / "uv" / "lock"
    if UV.exists() and kept.exists() and kept.read_text() == lock.read_text():
        return 0
    shutil.rmtree(VENV / "uv", ignore_errors=True)
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    if code := run([*command, "--target", VENV / "uv", "-r", lock]):
        return no_network(f"pip ended with status {code}")
    (VENV / "uv" / "lock").write_text(lock.read_text())
    return 0


def sync(wanted: list[Path]) -> int:
    command = [UV, "pip", "sync", "--quiet", "--python", PYTHON, "--require-hashes", "--link-mode=copy", *wanted]
    return with_uv(command)


def with_uv(command: list[object]) -> int:
    """Trust the certificates of this machine (schools inspect their traffic), then those that uv brings."""
    if run([*command, "--system-certs"]) == 0:
        return 0
    say("That failed; once more, with the certificates that uv brings …")
    code = run(command)
    return code and no_network(f"uv ended with status {code}")


def install_self() -> int:
    build = LOCKS / "build.txt"
    command = [UV, "pip", "install", "--quiet", "--python", PYTHON, "--no-deps", "--build-constraints", build]
    return with_uv([*command, "--editable", ROOT])


def run(command: list[object]) -> int:
    """Run a long command; every ten seconds say that it still goes on."""
    began = time.monotonic()
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT)
    while True:
        try:
            return process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            say(f"… still at it ({time.monotonic() - began:.0f} s)")


def stamp_path(dev: bool) -> Path:
    return VENV / f".fairlead-{'dev' if dev else 'runtime'}"


def stamp(wanted: list[Path]) -> str:
    parts = [*wanted, LOCKS / "uv.txt", LOCKS / "build.txt", ROOT / "pyproject.toml"]
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in parts))
    return f"{digest.hexdigest()} {ROOT}"


def no_network(got: str) -> int:
    return refuse(
        "The locked packages could not be installed.",
        "a way to PyPI (or to the mirror that pip.conf, PIP_INDEX_URL or UV_INDEX_URL names)",
        got,
        str(LOCKS),
        "see the lines above; with the network back, run the same command again",
    )


def refuse(what: str, allowed: str, got: str, where: str, then: str) -> int:
    rows = (("allowed", allowed), ("got", got), ("where", where), ("next", then))
    print("\n".join([what, *(f"  {name:<8} {text}" for name, text in rows)]), file=sys.stderr)
    return 1


def say(text: str) -> None:
    if "--quiet" not in sys.argv:
        print(f"fairlead: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
