"""PostgreSQL for Fairlead: embedded by default, an ordinary server when DATABASE_URL is set.

`connection(login)` is what the settings ask for. Three logins: `owner` holds the schema (migrate, COPY,
backup), `worker` runs jobs, `app` serves pages; only the last two are held by row-level security.
"""

from __future__ import annotations

import os
from typing import Any, get_args

from fairlead.site.postgres import embedded, outside
from fairlead.site.postgres.logins import Login, refuse_unsafe_login
from fairlead.site.refusal import Refusal

__all__ = ["Login", "connection", "ensure_running", "is_embedded", "refuse_unsafe_login", "status", "stop"]

ENGINE = "fairlead.site.postgres.engine"
# Signing in anew for each page would cost more than most pages' queries; a connection that broke is replaced.
KEPT_OPEN = {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True}
# After how many askings a statement written by hand is prepared. A pooler that gives each transaction another
# connection and keeps no prepared statements needs FAIRLEAD_PREPARE=0.
PREPARED = {"prepare_threshold": 1 if os.environ.get("FAIRLEAD_PREPARE", "1") == "1" else None}


def connection(login: str = "app") -> dict[str, Any]:
    """The Django DATABASES entry for `login`; the embedded server is started when it is not running.

    FAIRLEAD_DATABASE=none gives an entry that leads nowhere, for tools that only read the settings.
    """
    if login not in get_args(Login):
        raise Refusal(
            f"There is no database login called {login!r}.",
            allowed=", ".join(get_args(Login)),
            got=repr(login),
            where="the environment variable FAIRLEAD_LOGIN",
            then="unset it (the default is app) or choose one of the three",
        )
    if os.environ.get("FAIRLEAD_DATABASE") == "none":
        return {"ENGINE": ENGINE, "NAME": "none", "USER": "none", "HOST": "127.0.0.1", "PORT": "1"}
    entry = outside.connection(login) if not is_embedded() else embedded.connection(login)
    return {"ENGINE": ENGINE, **KEPT_OPEN, **entry, "OPTIONS": {**PREPARED, **entry.get("OPTIONS", {})}}


def is_embedded() -> bool:
    """Whether Fairlead runs its own PostgreSQL."""
    return not os.environ.get("DATABASE_URL")


def ensure_running() -> None:
    """Make sure that there is a server with our three logins; quick when there is."""
    if is_embedded():
        embedded.ensure_running()
    else:
        outside.ensure_logins()


def stop() -> bool:
    """Stop the embedded server; False when it was not running (or is not ours to stop)."""
    return is_embedded() and embedded.stop()


def status() -> str:
    """One line about the server for people."""
    return embedded.status() if is_embedded() else outside.status()
