"""A morning's storm: rolls of 25 arrive over HTTP at a fixed rate, and a web server worker is killed in the middle.

Everything is on: the server is the one that `fairlead run` starts (granian, two workers, the app's login, row-level
security, history), on a PostgreSQL of its own in a folder of its own, with the real clock. Each sender does what an
outbox does: it sends an event again until it has an answer. A time counts from the moment at which the roll was due
to be sent, so that a queue is seen; a roll is lost when it was sent and the database does not have it.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import queue
import secrets
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

TEACHERS, STUDENTS, SENDERS = 240, 25, 24
INSIDE = "FAIRLEAD_STORM"
PATIENCE = 30.0


def main(arguments: list[str]) -> int:
    """Run the storm in a process and a data folder of its own, and leave nothing behind."""
    if os.environ.get(INSIDE):
        return storm(arguments)
    folder = Path(tempfile.mkdtemp(prefix="fairlead-storm-"))
    folder.chmod(0o711)  # PostgreSQL may run as another user
    own = {INSIDE: "1", "FAIRLEAD_DATA": str(folder / "data"), "FAIRLEAD_LOGIN": "owner", "FAIRLEAD_DEMO": "0"}
    environment = {k: v for k, v in os.environ.items() if k != "DATABASE_URL"} | own
    try:
        return subprocess.run(
            [sys.executable, "-m", "bench.storm", *arguments], env=environment, check=False
        ).returncode
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def storm(arguments: list[str]) -> int:
    """Build, serve, send, kill, count."""
    parser = argparse.ArgumentParser(prog="python -m bench storm", description=__doc__)
    parser.add_argument("--rate", type=int, default=60, help="rolls a second")
    parser.add_argument("--seconds", type=int, default=60)
    chosen = parser.parse_args(arguments)
    import django

    from fairlead.site import postgres, prepare

    postgres.ensure_running()
    try:
        prepare.prepare()
        django.setup()
        events = build(chosen.rate * chosen.seconds)
        with server() as (port, process):
            told = send(events, port, chosen.rate, process)
        report(events, told, chosen.rate)
    finally:
        postgres.stop()
    return 0


def build(rolls: int) -> list[tuple[str, dict[str, Any]]]:
    """One school with its teachers, classes and open rolls; for each roll a session's cookies and an event."""
    from importlib import import_module

    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY

    from fairlead.apps.access.models import Account
    from fairlead.apps.attendance.models import Roll
    from fairlead.apps.roster import models as roster

    now = datetime.now(UTC)
    today = now.date() - timedelta(days=1)  # begun in every time zone
    begins, ends = today - timedelta(days=300), today + timedelta(days=60)
    network = roster.Organization.objects.create(name="Storm", kind="network", sourced_id="storm")
    school = roster.Organization.objects.create(name="School", kind="school", parent=network, sourced_id="storm-1")
    session = roster.AcademicSession.objects.create(organization=network, name="Year", begins=begins, ends=ends)
    course = roster.Course.objects.create(
        organization=network, name="Grade 3", subject="homeroom", sourced_id="storm-course"
    )

    def people(kind: str, n: int) -> list[Any]:
        rows = [
            roster.Person(
                organization=school, kind=kind, given_name="Given", family_name=f"{kind} {i}", sort_name=f"{i:06}",
                language="en", sourced_id=f"{kind}-{i}",
            )
            for i in range(n)
        ]  # fmt: skip
        return list(roster.Person.objects.bulk_create(rows))

    teachers, students = people("staff", TEACHERS), people("student", TEACHERS * STUDENTS)
    roster.Role.objects.bulk_create(
        roster.Role(person=t, organization=school, role="teacher", begins=begins) for t in teachers
    )
    accounts = Account.objects.bulk_create(
        Account(email=f"teacher-{i}@storm.example", person_id=t.pk, password="!") for i, t in enumerate(teachers)
    )
    sections = roster.Section.objects.bulk_create(
        roster.Section(
            organization=school,
            course=course,
            session=session,
            name=f"Class {i}",
            grade=3,
            teacher=t,
            sourced_id=f"s{i}",
        )
        for i, t in enumerate(teachers)
    )
    roster.Enrollment.objects.bulk_create(
        roster.Enrollment(section=sections[i // STUDENTS], student=s, organization=school, begins=begins)
        for i, s in enumerate(students)
    )
    open_rolls = Roll.objects.bulk_create(
        Roll(
            organization_id=school.pk,
            section_id=sections[i % TEACHERS].pk,
            date=today - timedelta(days=i // TEACHERS),
            due_at=now,
        )
        for i in range(rolls)
    )
    store = import_module(settings.SESSION_ENGINE).SessionStore
    cookies = []
    for account in accounts:
        own = store()
        own[SESSION_KEY] = str(account.pk)
        own[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        own[HASH_SESSION_KEY] = account.get_session_auth_hash()
        own.save()
        cookies.append(own.session_key)
    events = []
    for i, roll in enumerate(open_rolls):
        teacher = i % TEACHERS
        own_students = students[teacher * STUDENTS : (teacher + 1) * STUDENTS]
        marks = {str(s.pk): "absent" if (i + j) % 17 == 0 else "present" for j, s in enumerate(own_students)}
        event = {"id": str(uuid4()), "person": teachers[teacher].pk, "device": str(uuid4()), "roll": roll.pk}
        events.append((cookies[teacher], event | {"marks": marks}))
    return events


@contextlib.contextmanager
def server() -> Any:
    """The web server, as `fairlead run` starts it."""
    from fairlead.site.launch import HOST, end

    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    web = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    web += ["--workers", "2", "--blocking-threads", "4", "--no-ws", "--log-level", "warning"]
    web += ["--respawn-failed-workers", "fairlead.site.wsgi:application"]
    own = {"FAIRLEAD_LOGIN": "app", "DJANGO_SETTINGS_MODULE": "fairlead.site.settings"}
    process = subprocess.Popen(web, env=os.environ | own, start_new_session=True)
    try:
        begun = time.monotonic()
        while True:
            with contextlib.suppress(OSError):
                line = http.client.HTTPConnection(HOST, port, timeout=5)
                line.request("GET", "/health")
                if line.getresponse().status == 200:
                    break
            if process.poll() is not None or time.monotonic() - begun > 300:
                raise SystemExit("the web server does not answer")
            time.sleep(0.2)
        yield port, process
    finally:
        end([process.pid])


@dataclass
class Told:
    """What the senders saw."""

    seconds: list[float] = field(default_factory=list)
    outcomes: dict[str, int] = field(default_factory=dict)
    again: int = 0
    took: float = 0.0
    killed: int = 0
    cpu: dict[str, dict[int, float]] = field(default_factory=lambda: {"web": {}, "database": {}})
    lock: threading.Lock = field(default_factory=threading.Lock)


def look(told: Told, web: int) -> None:
    """Note the CPU time that each process has used so far: what a killed one used is then not forgotten."""
    import psutil

    from bench.measure import database_cpu

    for process in psutil.Process(web).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            used = process.cpu_times()
            told.cpu["web"][process.pid] = used.user + used.system
    told.cpu["database"] |= database_cpu()


def send(events: list[tuple[str, dict[str, Any]]], port: int, rate: int, process: Any) -> Told:
    """Send each event at its moment, from as many lines as needed; kill one worker when half has been sent."""
    import psutil

    told, waiting = Told(), queue.Queue[tuple[float, str, dict[str, Any]] | None]()
    senders = [threading.Thread(target=sender, args=(waiting, port, told)) for _ in range(SENDERS)]
    for thread in senders:
        thread.start()
    look(told, process.pid)
    before = {kind: sum(each.values()) for kind, each in told.cpu.items()}
    began = time.perf_counter()
    for i, (cookie, event) in enumerate(events):
        due = began + i / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        if i == len(events) // 2:
            look(told, process.pid)
            worker = psutil.Process(process.pid).children()[0]
            worker.send_signal(signal.SIGKILL)
            told.killed = worker.pid
        waiting.put((due, cookie, event))
    for _ in senders:
        waiting.put(None)
    for thread in senders:
        thread.join()
    told.took = time.perf_counter() - began
    look(told, process.pid)
    for kind, used in before.items():
        told.cpu[kind][0] = -used
    return told


def sender(waiting: queue.Queue[Any], port: int, told: Told) -> None:
    """One line that is kept open; a broken one is opened anew and the event sent again, as an outbox does."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    token = secrets.token_hex(16)
    while (given := waiting.get()) is not None:
        due, cookie, event = given
        headers = {"Content-Type": "application/json", "X-CSRFToken": token}
        headers["Cookie"] = f"sessionid={cookie}; csrftoken={token}"
        while True:
            now = datetime.now(UTC).isoformat()
            try:
                line.request(
                    "POST", "/teacher/rolls/arrivals", json.dumps(event | {"taken_at": now, "now": now}), headers
                )
                answer = line.getresponse()
                said = json.loads(answer.read())
                outcome = said.get("outcome") or f"{answer.status} {said['error']['code']}"
                if answer.status < 500:
                    break
            except (OSError, http.client.HTTPException, ValueError):
                line.close()
            with told.lock:
                told.again += 1
            if time.perf_counter() - due > PATIENCE:
                outcome = "given up"
                break
            time.sleep(0.1)
        with told.lock:
            told.seconds.append(time.perf_counter() - due)
            told.outcomes[outcome] = told.outcomes.get(outcome, 0) + 1


def report(events: list[tuple[str, dict[str, Any]]], told: Told, rate: int) -> None:
    """Times as the senders saw them, and what the database has."""
    from fairlead.apps.attendance.models import Arrival, AttendanceMark, Roll

    has = {str(pk) for pk in Arrival.objects.filter(outcome="applied").values_list("id", flat=True)}
    lost = [event["id"] for _, event in events if event["id"] not in has]
    marks, rolls = AttendanceMark.objects.count(), Roll.objects.filter(submitted_at__isnull=False).count()
    cuts = statistics.quantiles(told.seconds, n=100)
    print(
        f"{len(events):,} rolls of {STUDENTS}, due at {rate} a second; all answered after {told.took:.1f} s: ", end=""
    )
    print(f"{len(events) / told.took:.1f} a second")
    print(f"from due to answered, ms: median {cuts[49] * 1000:.0f}, p95 {cuts[94] * 1000:.0f}, ", end="")
    print(f"p99 {cuts[98] * 1000:.0f}, longest {max(told.seconds) * 1000:.0f}")
    web, database = (sum(told.cpu[kind].values()) / len(events) * 1000 for kind in ("web", "database"))
    print(f"CPU of one roll, ms: web server {web:.1f} (with the start of the new worker), PostgreSQL {database:.1f}")
    print(f"worker {told.killed} killed in the middle; sent again: {told.again}; answers: {told.outcomes}")
    print(f"in the database: {rolls:,} rolls, {marks:,} marks, {len(has):,} arrivals; lost: {len(lost)}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
