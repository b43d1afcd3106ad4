"""Work as the owner of the schema, whom no wall holds: Django in this process, and plain connections."""

from __future__ import annotations

import os
from typing import Any

import psycopg

from fairlead.site import launch, postgres
from fairlead.site.folder import data_folder
from fairlead.site.prepare import AS_OWNER, holds_demo, migrate, owner
from fairlead.site.refusal import Refusal


def start_django() -> None:
    """Set Django up as the owner, on a schema of this version; in the demo's network its clock goes on counting."""
    postgres.ensure_running()
    migrate()
    os.environ.setdefault("FAIRLEAD_DEMO", "1" if holds_demo() else "0")
    os.environ |= AS_OWNER
    import django

    django.setup()


def transaction() -> psycopg.Connection[Any]:
    """A connection as the owner whose work counts only when it is committed."""
    connection = owner()
    connection.autocommit = False
    return connection


def refuse_while_running(why: str) -> None:
    """Refuse while Fairlead runs from this data folder."""
    if address := launch.running_address():
        raise Refusal(
            why,
            allowed="a database that nobody uses",
            got=f"Fairlead runs: {address}",
            where=str(data_folder()),
            then="stop it (Ctrl-C) and run this again",
        )
