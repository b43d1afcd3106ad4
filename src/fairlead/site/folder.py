"""The data folder: where this installation keeps its database and its secrets."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import pwd
import secrets as randomness
import subprocess
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import platformdirs

from fairlead.site.progress import say
from fairlead.site.refusal import Refusal

# The system user that runs PostgreSQL when Fairlead itself is started by root: PostgreSQL refuses root.
SERVICE_USERS = ("fairlead", "postgres", "nobody")


@cache
def service_user() -> pwd.struct_passwd | None:
    """Who runs PostgreSQL: nobody special, unless we are root; then an unprivileged system user."""
    if os.geteuid() != 0:
        return None
    chosen = os.environ.get("FAIRLEAD_POSTGRES_USER")
    for name in [chosen] if chosen else SERVICE_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
        if name == chosen or name == SERVICE_USERS[0]:
            _make_system_user(name)
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
    raise Refusal(
        "PostgreSQL does not run as root, and no unprivileged system user could be made for it.",
        allowed=f"one of the users {', '.join(SERVICE_USERS)}, or the one in FAIRLEAD_POSTGRES_USER",
        got=f"none of them exists (FAIRLEAD_POSTGRES_USER={chosen!r}) and useradd failed",
        where="the user database of this machine (/etc/passwd)",
        then="run Fairlead as an ordinary user, or `useradd --system fairlead` first",
    )


def _make_system_user(name: str) -> None:
    for command in (
        ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name],
        ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", name],
    ):
        with contextlib.suppress(FileNotFoundError):
            if subprocess.run(command, capture_output=True, check=False).returncode == 0:  # noqa: S603
                return


def reachable(path: Path) -> bool:
    """Whether the user that runs PostgreSQL can enter `path` (or, if it is not there yet, its parents)."""
    user = service_user()
    if user is None:
        return True
    there = next(p for p in (path, *path.parents) if p.exists())
    test = ["/bin/sh", "-c", 'test -x "$0"', str(there)]
    done = subprocess.run(  # noqa: S603
        test, user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", check=False, capture_output=True
    )
    return done.returncode == 0


@cache
def data_folder() -> Path:
    """The data folder, made when missing. FAIRLEAD_DATA chooses it; else it lies with the user's data.

    As root the user that runs PostgreSQL must be able to reach it; a home is often closed to others
    and is left so (the mode of a parent is never touched), so the data then goes below /var/lib.
    """
    given = os.environ.get("FAIRLEAD_DATA")
    folder = Path(given).expanduser().absolute() if given else Path(platformdirs.user_data_dir("fairlead"))
    if not reachable(folder):
        if given:
            raise Refusal(
                f"PostgreSQL cannot reach the data folder {folder}.",
                allowed="a folder whose parents all let other users pass (mode o+x)",
                got=f"a folder that the system user {_name(service_user())} cannot enter",
                where="the environment variable FAIRLEAD_DATA",
                then="choose another folder, e.g. FAIRLEAD_DATA=/var/lib/fairlead, or unset it",
            )
        # One folder for each home, so that two homes never share a database by accident.
        home = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
        folder = Path("/var/lib/fairlead") / home
    return make_folder(folder)


def make_folder(folder: Path) -> Path:
    """Make `folder`: closed to others, but for the user that runs PostgreSQL. Parents keep their modes."""
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700 if service_user() is None else 0o711)
    return folder


def _name(user: pwd.struct_passwd | None) -> str:
    return user.pw_name if user else "(none)"


@contextlib.contextmanager
def locked(path: Path, doing: str) -> Iterator[None]:
    """Hold the lock file `path`; say so when another process makes us wait. If we die it is free again."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        waited = Wait(f"Waiting for another Fairlead process ({doing})")
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waited.step(0.05)
        yield
    finally:
        os.close(descriptor)


class Wait:
    """Sleeps in short steps; after two seconds it says what it is waiting for, then every five seconds."""

    def __init__(self, what: str) -> None:
        self.what, self.began, self._said = what, time.monotonic(), 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    def step(self, pause: float) -> None:
        time.sleep(pause)
        if self.seconds > 2 and self.seconds - self._said > 5:
            self._said = self.seconds
            say(f"{self.what}: {self.seconds:.0f} s so far")


_FORMER = "{}-former"


def secret(name: str, make: Callable[[], str] = lambda: randomness.token_urlsafe(32)) -> str:
    """The secret called `name`, made at random on first use and kept in `secrets.json` (mode 0600)."""
    path = data_folder() / "secrets.json"
    known = _read(path)
    if name in known:
        return known[name]
    with locked(path.with_suffix(".lock"), "keeping a secret"):
        known = _read(path)
        if name not in known:
            known[name] = make()
            _write(path, known)
    return known[name]


def kept_secret(name: str) -> str | None:
    """The secret called `name` when there is one; none is made."""
    return _read(data_folder() / "secrets.json").get(name)


def keep_secret(name: str, value: str) -> None:
    """Put a secret, new or from a backup, in the place of one of our own, which stays known as a former one."""
    path = data_folder() / "secrets.json"
    with locked(path.with_suffix(".lock"), "keeping a secret"):
        known = _read(path)
        replaced = [known[name]] if known.get(name, value) != value else []
        former = dict.fromkeys([*replaced, *known.get(_FORMER.format(name), "").split()])
        former.pop(value, None)
        _write(path, known | {name: value, _FORMER.format(name): " ".join(former)})


def former_secrets(name: str) -> list[str]:
    """The secrets that stood before this one, latest first: what was locked with them can still be read."""
    return (kept_secret(_FORMER.format(name)) or "").split()


def forget_former(name: str) -> int:
    """Forget the former secrets; how many there were. What was locked with them is readable no more."""
    path = data_folder() / "secrets.json"
    with locked(path.with_suffix(".lock"), "keeping a secret"):
        known = _read(path)
        gone = known.pop(_FORMER.format(name), "").split()
        _write(path, known)
    return len(gone)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    return json.loads(path.read_text())


def _write(path: Path, known: dict[str, str]) -> None:
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(known, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
