"""20 simulated users on each page of the walk, beside the same rows fetched by hand.

Both run in this process, in turns of the same run, under the app's login; the ratio of their p95 and the CPU
time of one request are what counts, since the times themselves belong to this machine.
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import django
import psycopg

from bench.by_hand import PAGES, Page
from bench.measure import Measured, database_cpu
from fairlead.site import postgres, prepare

USERS, ROUNDS, WARM = 20, 2, 3
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
    print(f"{'CPU page':>14}{'CPU SQL':>14}")
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
        for _ in range(WARM):
            response = client.get(address)
    if response.status_code != 200:
        print(f"{page.stop:<5}{page.name:<18} answers {response.status_code}")
        return
    queries = sum(not q["sql"].startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")) for q in captured) // WARM
    by_page, by_hand = Measured(), Measured()
    clients = [copy_of(client) for _ in range(USERS)]
    hands = [asked.connection() for _ in range(USERS)]
    rows = asked.fetch(hands[0])
    for _ in range(ROUNDS):
        users_at_once([lambda c=c: c.get(address) for c in clients], by_page)
        users_at_once([lambda h=h: asked.fetch(h) for h in hands], by_hand)
    for hand in hands:
        hand.close()
    line = f"{page.stop:<5}{page.name:<18}{queries:>8}{rows:>7}{by_page.p95:>10.0f}{by_hand.p95:>9.0f}"
    line += f"{by_page.p95 / by_hand.p95:>6.1f}×"
    for measured in (by_page, by_hand):
        here, database = measured.cpu
        line += f"{f'{here:.1f} + {database:.1f}':>14}"
    print(line, flush=True)


def copy_of(client: Any) -> Any:
    """Another browser of the same person."""
    from django.test import Client

    other = Client()
    other.cookies.update(client.cookies)
    return other


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
            self.parameters = {"person": person, "school": school, "orgs": sorted(scope.org_ids)}
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


def users_at_once(requests: list[Callable[[], Any]], into: Measured) -> None:
    """Each user asks, looks at the answer for a moment, and asks again."""
    begin = threading.Barrier(len(requests) + 1)
    times: list[list[float]] = [[] for _ in requests]

    def user(number: int) -> None:
        from django.db import connection

        requests[number]()  # opens this thread's connection: not measured
        begin.wait()
        dice = random.Random(number)  # the same pauses for the page and for the SQL
        for _ in range(EACH):
            time.sleep(dice.uniform(*THINK))
            before = time.perf_counter()
            requests[number]()
            times[number].append(time.perf_counter() - before)
        end.wait()
        counted.wait()
        connection.close()

    counted = threading.Barrier(len(requests) + 1)
    end = threading.Barrier(len(requests) + 1)
    threads = [threading.Thread(target=user, args=[number]) for number in range(len(requests))]
    for thread in threads:
        thread.start()
    begin.wait()
    here, database = time.process_time(), database_cpu()
    end.wait()
    into.here += time.process_time() - here
    after = database_cpu()
    into.database += sum(after[pid] - used for pid, used in database.items() if pid in after)
    counted.wait()
    for thread in threads:
        thread.join()
    into.seconds += [seconds for one in times for seconds in one]
