"""Shared by all tests: the small invented network, its cast signed in under the app's own database login."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@pytest.fixture(scope="session")
def world(request: Any, django_db_setup: None, django_db_blocker: Any) -> Any:
    """The small demo network, built once in the test database; each test rolls its own changes back.

    With pytest's --reuse-db a network built earlier is used again; after a change of a model or of the demo, --create-db.
    """
    from fairlead.demo.build import build
    from fairlead.demo.world import World
    from fairlead.site.clock import move_demo
    from fairlead.site.folder import data_folder

    kept = data_folder() / "test-world.pickle"
    reuse = request.config.getvalue("reuse_db") and not request.config.getvalue("create_db")
    with django_db_blocker.unblock():
        if reuse and kept.exists() and _holds_a_network():
            built = pickle.loads(kept.read_bytes())
        else:
            built = build(World.small())
            if request.config.getvalue("reuse_db"):
                kept.write_bytes(pickle.dumps(built))
        move_demo(built.moment)
    return built


def _holds_a_network() -> bool:
    from fairlead.apps.roster.models import Organization

    return bool(Organization.objects.exists())


@pytest.fixture(scope="session")
def november(world: Any, django_db_blocker: Any) -> Any:
    """The small network with its tables of November published, on the first of December."""
    from datetime import date, datetime

    from fairlead.apps.progress import services
    from fairlead.apps.progress.models import PublishedTable
    from fairlead.demo.world import ZONE

    with django_db_blocker.unblock():
        if not PublishedTable.objects.filter(begins=date(2026, 11, 1)).exists():  # a reused database has them
            services.publish(world.network_id, date(2026, 11, 1), datetime(2026, 12, 1, 2, 0, tzinfo=ZONE))
    return world


@pytest.fixture
def seeded(world: Any, db: None) -> Any:
    """The network, in a test's transaction, still as the owner (no walls)."""
    return world


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """Each test begins in English: a page asked for in Spanish leaves its language behind in the thread."""
    from django.utils import translation

    with translation.override("en"):
        yield


def use_app_login() -> None:
    """From here on this test's queries run as the app's login: row-level security is on."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE fairlead_app")


@contextmanager
def as_owner() -> Iterator[None]:
    """For a moment without walls, to arrange or to look."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
        cursor.execute("RESET ROLE")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL ROLE {before}")


@pytest.fixture(scope="session")
def session_keys(world: Any, django_db_blocker: Any) -> dict[str, str]:
    """A session of each of the cast, signed in once and outside any test's transaction."""
    from django.test import Client

    from fairlead.apps.access.models import Account
    from fairlead.demo.cast import BY_KEY

    keys = {}
    with django_db_blocker.unblock():
        for key, member in BY_KEY.items():
            client = Client()
            client.force_login(Account.objects.get(email=member.email))
            keys[key] = client.cookies["sessionid"].value
    return keys


@pytest.fixture(scope="session")
def handler() -> Any:
    """The application as the test client calls it, put together once."""
    from django.test.client import ClientHandler

    return ClientHandler(enforce_csrf_checks=False)


@pytest.fixture
def as_person(seeded: Any, session_keys: dict[str, str], handler: Any) -> Callable[[str | None], Any]:
    """`as_person("amara")`: a client signed in as one of the cast, under the app's login. None: nobody signed in."""
    from django.test import Client

    def sign_in(key: str | None) -> Client:
        client = Client()
        client.handler = handler
        if key is not None:
            client.cookies["sessionid"] = session_keys[key]
        use_app_login()
        return client

    return sign_in


@pytest.fixture
def scope_of(seeded: Any) -> Callable[[str], Any]:
    """`scope_of("grace")`: her scope on the demo's day, with PostgreSQL told so, under the app's login."""
    from fairlead.apps.roster.selectors import scope_for

    def find(key: str) -> Any:
        use_app_login()
        return scope_for(seeded.person[key], seeded.today)

    return find


def as_worker(work: Callable[[int], None], number: int) -> None:
    """A task of the worker, under the worker's login and walls."""
    from django.db import connection

    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE fairlead_worker")
        work(number)
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


@contextmanager
def max_queries(most: int) -> Iterator[None]:
    """Fails when the block needs more than `most` queries (savepoints not counted), and shows them."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        yield
    queries = [
        q["sql"] for q in captured if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT"))
    ]
    assert len(queries) <= most, f"{len(queries)} queries, at most {most}:\n" + "\n".join(q[:300] for q in queries)
