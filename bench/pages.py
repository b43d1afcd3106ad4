"""20 simulated users on each page of the walk, beside the same rows fetched by hand.

Both run in this process, in turns of the same run, under the app's login; the ratio of their p95 and the CPU
time of one request are what counts, since the times themselves belong to this machine.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from wsgiref.util import setup_testing_defaults
from zoneinfo import ZoneInfo

import django
import psycopg

from bench.by_hand import PAGES, Page
from bench.measure import Measured, database_cpu
from fairlead.site import postgres, prepare

USERS, ROUNDS, WARM = 20, 2, 8
EACH = 3  # requests of each user in a round
THINK = (0.8, 2.2)  # seconds that a user looks at a page before the next: about 13 requests a second in all


def main(arguments: list[str]) -> int:
    """Measure the chosen pages (all when none is named) and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench pages", description=__doc__)
    parser.add_argument("pages", nargs="*", help="URL names; all when none is given")
    chosen = parser.parse_args(arguments).pages
    postgres.ensure_running()
    if not prepare.prepare():
        print("The database holds a real roster: the walk is measured on the demo network only.", file=sys.stderr)
        return 1
    with prepare.owner() as connection:  # a server that has run for a while has done this by itself
        connection.execute("VACUUM (ANALYZE)")
    django.setup()
    print(f"{USERS} users at once, each looks for {THINK[0]} to {THINK[1]} s before the next request;", end=" ")
    print(f"{USERS * EACH * ROUNDS} requests a page; {postgres.status()}")
    print("p95 and CPU time of one request in ms; CPU = this process + PostgreSQL\n")
    print(f"{'stop':<5}{'page':<18}{'queries':>8}{'rows':>7}{'p95 page':>10}{'p95 SQL':>9}{'ratio':>7}", end="")
    print(f"{'CPU page':>14}{'CPU SQL':>14}{'load':>7}")
    for page in PAGES:
        if not chosen or page.name in chosen:
            measure(page)
    return 0


def measure(page: Page) -> None:
    """One line of the table."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    from fairlead.demo.cast import BY_KEY

    client = Client()
    client.post(reverse("demo_become"), {"person": page.person})
    asked = Asked(BY_KEY[page.person].email, page)
    if page.arg and asked.parameters["arg"] is None:
        print(f"{page.stop:<5}{page.name:<18} has nothing to show in this database")
        return
    address = reverse(page.name, args=[asked.parameters["arg"]] if page.arg else [])
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    if response.status_code != 200:
        print(f"{page.stop:<5}{page.name:<18} answers {response.status_code}")
        return
    queries = sum(not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for q in captured)
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items())
    hands = [asked.connection() for _ in range(USERS)]
    rows = asked.fetch(hands[0])
    by_page, by_hand = users_at_once(
        [partial(get, address, cookies)] * USERS, [partial(asked.fetch, hand) for hand in hands]
    )
    for hand in hands:
        hand.close()
    line = f"{page.stop:<5}{page.name:<18}{queries:>8}{rows:>7}{by_page.p95:>10.0f}{by_hand.p95:>9.0f}"
    line += f"{by_page.p95 / by_hand.p95:>6.1f}×"
    for measured in (by_page, by_hand):
        here, database = measured.cpu
        line += f"{f'{here:.1f} + {database:.1f}':>14}"
    print(f"{line}{os.getloadavg()[0]:>7.1f}", flush=True)


def get(address: str, cookies: str) -> bytes:
    """The page as the web server asks for it: the application is called, its answer read to the end."""
    from fairlead.site.wsgi import application

    status: list[str] = []
    environ: dict[str, Any] = {"PATH_INFO": address, "HTTP_COOKIE": cookies, "HTTP_HOST": "localhost"}
    setup_testing_defaults(environ)

    def begin(code: str, *_headers: Any) -> Callable[[bytes], None]:
        status.append(code)
        return lambda _chunk: None

    answer: Any = application(environ, begin)
    try:
        body = b"".join(answer)
    finally:
        answer.close()
    assert status == ["200 OK"], status
    return body


class Asked:
    """The hand-written side: one person's parameters, and their rows."""

    def __init__(self, email: str, page: Page) -> None:
        from django.conf import settings
        from django.db import connection, transaction

        from fairlead.apps.access.models import Account
        from fairlead.apps.roster.selectors import scope_for
        from fairlead.site.clock import demo_moment

        self.page, now = page, demo_moment()
        if now is None:
            raise SystemExit("The demo's clock stands nowhere: fairlead demo reset")
        with transaction.atomic(), connection.cursor() as cursor:
            person = Account.objects.get(email=email).person_id
            today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
            scope = scope_for(person, today) if person else None
            if scope is None:
                raise SystemExit(f"{email} has no role on {today}")
            names = ("person", "orgs", "up_orgs", "notes", "scores", "dose")
            cursor.execute("SELECT " + ", ".join(f"current_setting('fairlead.{name}')" for name in names))
            self.settings = dict(zip(names, cursor.fetchone() or (), strict=True))
            school = scope.roles[0].organization_id
            self.parameters: dict[str, Any] = {"person": person, "school": school, "orgs": sorted(scope.org_ids)}
            self.parameters |= {"today": today, "now": now, "arg": None}
            if page.arg:
                cursor.execute(page.arg, self.parameters)
                found = cursor.fetchone()
                self.parameters["arg"] = found[0] if found else None

    def connection(self) -> psycopg.Connection[Any]:
        """A connection of the app's login, as the pages have one each."""
        entry = postgres.connection("app")
        names = {"HOST": "host", "PORT": "port", "NAME": "dbname", "USER": "user", "PASSWORD": "password"}
        return psycopg.connect(**{names[key]: entry[key] for key in names if entry.get(key)})

    def fetch(self, hand: psycopg.Connection[Any]) -> int:
        """All rows of the page; how many they are."""
        calls = ", ".join(f"set_config('fairlead.{name}', %({name})s, true)" for name in self.settings)
        rows = 0
        with hand.transaction():
            hand.execute(f"SELECT {calls}", self.settings)
            for sql in self.page.sql:
                rows += len(hand.execute(sql, self.parameters).fetchall())
        return rows


def users_at_once(*sides: list[Callable[[], Any]]) -> list[Measured]:
    """Each user asks, looks at the answer for a moment, and asks again: the sides in turns, on connections that stay."""
    found = [Measured() for _ in sides]
    together = threading.Barrier(USERS + 1)
    times: list[list[list[float]]] = [[[] for _ in range(USERS)] for _ in sides]

    def user(number: int) -> None:
        from django.db import connection

        for _ in range(WARM):  # not measured: a server has had these pages before
            for side in sides:
                side[number]()
        for _ in range(ROUNDS):
            for side, took in zip(sides, times, strict=True):
                together.wait()
                dice = random.Random(number)  # the same pauses for the page and for the SQL
                for _ in range(EACH):
                    time.sleep(dice.uniform(*THINK))
                    before = time.perf_counter()
                    side[number]()
                    took[number].append(time.perf_counter() - before)
                together.wait()
        connection.close()

    threads = [threading.Thread(target=user, args=[number]) for number in range(USERS)]
    for thread in threads:
        thread.start()
    for _ in range(ROUNDS):
        for measured in found:
            together.wait()
            here, database = time.process_time(), database_cpu()
            together.wait()
            measured.here += time.process_time() - here
            after = database_cpu()
            measured.database += sum(after[pid] - used for pid, used in database.items() if pid in after)
    for thread in threads:
        thread.join()
    for measured, took in zip(found, times, strict=True):
        measured.seconds += [seconds for own in took for seconds in own]
    return found
