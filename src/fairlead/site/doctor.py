"""`fairlead doctor`: what this installation is made of, and what is wrong with it."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Callable

from fairlead.site import launch, postgres
from fairlead.site.folder import data_folder, service_user
from fairlead.site.prepare import is_migrated, version_of
from fairlead.site.refusal import Refusal


def report() -> int:
    """Print one line for each part; status 1 when a part is broken."""
    broken = 0
    for name, part in PARTS.items():
        try:
            print(f"{name:<12} {part()}")
        except Refusal as refusal:
            broken += 1
            print(f"{name:<12} BROKEN\n{refusal}")
    return 1 if broken else 0


def _versions() -> str:
    parts = [f"{name} {version_of(name)}" for name in ("fairlead", "django", "psycopg", "procrastinate", "granian")]
    return ", ".join(parts)


def _machine() -> str:
    user = service_user()
    runs = f"; PostgreSQL runs as {user.pw_name}" if user and postgres.is_embedded() else ""
    return f"Python {platform.python_version()} on {platform.platform()}, {os.cpu_count()} cores{runs}"


def _folder() -> str:
    free = shutil.disk_usage(data_folder()).free / 1e9
    return f"{data_folder()} ({free:.0f} GB free)"


def _database() -> str:
    postgres.ensure_running()
    return postgres.status()


def _schema() -> str:
    return "up to date" if is_migrated() else "not migrated: fairlead migrate"


def _web() -> str:
    return launch.running_address() or "not running"


PARTS: dict[str, Callable[[], str]] = {
    "versions": _versions,
    "machine": _machine,
    "data": _folder,
    "database": _database,
    "schema": _schema,
    "web": _web,
}
