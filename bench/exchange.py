"""A roster of a large district brought in: beside bare COPY of the same files into unlogged tables, in the same run.

200,000 students, 12,000 sections, 1,200,000 enrollments in OneRoster 1.2 files that are written here; first into an
empty database with checks, comparison and history, then again with 1 % of the rows changed, then once more unchanged.
A database server of its own is started in a temporary folder, so that nobody's roster is touched. Each import has a
process of its own, as from the command line, so that the memory told is that import's and nothing else's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import psutil

SCHOOLS, STUDENTS, SECTIONS, TEACHERS, EACH = 350, 200_000, 12_000, 6_000, 6
SEED = 20261122


def main(arguments: list[str]) -> int:
    """Start a process of its own: the data folder is chosen before anything of Fairlead is loaded."""
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        environment = os.environ | {
            "FAIRLEAD_DATA": str(Path(folder) / "data"),
            "FAIRLEAD_DEMO": "0",
            "FAIRLEAD_LOGIN": "owner",
            "DJANGO_SETTINGS_MODULE": "fairlead.site.settings",
        }
        environment.pop("DATABASE_URL", None)
        return subprocess.call([sys.executable, "-m", "bench.exchange", folder, *arguments], env=environment)


def measure(folder: Path, small: bool) -> int:
    """All of it; prints as it goes."""
    from fairlead.site import postgres
    from fairlead.site.prepare import prepare

    postgres.ensure_running()
    try:
        prepare()
        import django

        django.setup()
        size = 20 if small else 1
        first, second = folder / "first", folder / "second"
        write(first, size)
        write(second, size, changed=0.01)
        copied = min(bare_copy(first), bare_copy(first))
        print(f"bare COPY of {bytes_of(first) / 1e6:.0f} MB into unlogged tables: {copied:.1f} s", flush=True)
        imports = (
            ("into an empty database", 12, first),
            ("again with 1 % changed", 3, second),
            ("again, unchanged", 3, second),
        )
        for what, wanted, files in imports:
            told(what, copied, wanted, in_own_process(files))
    finally:
        postgres.stop()
    return 0


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds to read and compare, seconds to merge, changes; CPU seconds and MB of this process and of its server's."""

    looked: float
    merged: float
    changes: int
    cpu: float
    server_cpu: float
    memory: float
    server_memory: float


def in_own_process(folder: Path) -> Took:
    """One import as the command line does it, told as JSON."""
    command = [sys.executable, "-m", "bench.exchange", str(folder), "import"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Took(**json.loads(done.stdout.splitlines()[-1]))


def import_here(folder: Path) -> int:
    import django

    django.setup()
    print(json.dumps(asdict(import_once(folder))))
    return 0


def told(what: str, copied: float, wanted: int, took: Took) -> None:
    """One line of the table, and one of what it used."""
    total = took.looked + took.merged
    print(
        f"{what:<24} {total:6.1f} s = {total / copied:4.1f} × COPY (wanted ≤ {wanted} ×); "
        f"read and compared {took.looked:.1f} s, merged {took.changes:,} changes {took.merged:.1f} s"
    )
    print(
        f"{'':<24} CPU {took.cpu:.1f} s and its server process {took.server_cpu:.1f} s; peak memory "
        f"{took.memory:.0f} MB (wanted < 1000) and its server process {took.server_memory:.0f} MB",
        flush=True,
    )


def import_once(folder: Path) -> Took:
    """Look and confirm."""
    from django.db import connection

    from fairlead.apps.roster.exchange import running

    connection.ensure_connection()
    server = psutil.Process(connection.connection.info.backend_pid)
    spent = [time.process_time(), sum(server.cpu_times()[:2])]
    began = time.perf_counter()
    with running.looking(folder, running.root_of("Bench"), as_owner=True) as found:
        looked = time.perf_counter()
        found.confirm()
        merged = time.perf_counter()
    return Took(
        looked - began,
        merged - looked,
        found.diff.changes,
        time.process_time() - spent[0],
        sum(server.cpu_times()[:2]) - spent[1],
        peak(os.getpid()),
        peak(server.pid),
    )


def bare_copy(folder: Path) -> float:
    """Seconds to COPY the files' own bytes into unlogged tables of text."""
    from django.db import connection

    spent = 0.0
    connection.ensure_connection()
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            columns = file.readline().strip().split(",")
        with connection.connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bare")
            cursor.execute("CREATE UNLOGGED TABLE bare (" + ", ".join(f'"{c}" text' for c in columns) + ")")
            began = time.perf_counter()
            with path.open("rb") as file, cursor.copy("COPY bare FROM STDIN (FORMAT csv, HEADER)") as copy:
                while piece := file.read(1024 * 1024):
                    copy.write(piece)
            spent += time.perf_counter() - began
            cursor.execute("DROP TABLE bare")
    return spent


def bytes_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.csv"))


def peak(pid: int) -> float:
    """The largest resident size that a process had, in MB; of a server process with its shared buffers."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def write(folder: Path, size: int, changed: float = 0.0) -> None:
    """The files; `changed` of the students get another e-mail, and of the enrollments a last day or another section."""
    import numpy as np
    import polars as pl

    rng, dice = np.random.default_rng(SEED), np.random.default_rng(SEED + 1)
    schools, students = SCHOOLS // size, STUDENTS // size
    sections, teachers = SECTIONS // size, TEACHERS // size
    folder.mkdir()

    def ids(stem: str, numbers: Any) -> pl.Series:
        return pl.Series([f"{stem}-{n:07d}" for n in numbers])

    def save(name: str, columns: dict[str, Any]) -> None:
        frame = pl.DataFrame(
            {"sourcedId": columns.pop("sourcedId"), "status": None, "dateLastModified": None, **columns}
        )
        frame.write_csv(folder / f"{name}.csv")

    school_of_section = rng.integers(0, schools, sections)
    by_school = [np.flatnonzero(school_of_section == i) for i in range(schools)]
    school = rng.integers(0, schools, students)
    manifest = {"manifest.version": "1.0", "oneroster.version": "1.2", "source.systemName": "Bench"}
    manifest |= {f"file.{n}": "bulk" for n in ("academicSessions", "orgs", "courses", "classes", "users", "roles",
                                               "enrollments", "demographics")}  # fmt: skip
    pl.DataFrame({"propertyName": list(manifest), "value": list(manifest.values())}).write_csv(
        folder / "manifest.csv"
    )
    orgs = ids("org", range(schools))
    save("orgs", {
        "sourcedId": pl.concat([pl.Series(["district"]), orgs]), "name": ["District", *(f"School {i}" for i in range(schools))],
        "type": ["district"] + ["school"] * schools, "identifier": None, "parentSourcedId": [None] + ["district"] * schools,
    })  # fmt: skip
    save("academicSessions", {
        "sourcedId": ["y2026"], "title": ["2026-27"], "type": ["schoolYear"], "startDate": ["2026-08-24"],
        "endDate": ["2027-06-11"], "parentSourcedId": [None], "schoolYear": ["2027"],
    })  # fmt: skip
    save("courses", {
        "sourcedId": ids("course", range(500)), "schoolYearSourcedId": "y2026", "title": [f"Course {i}" for i in range(500)],
        "courseCode": None, "grades": None, "orgSourcedId": "district", "subjects": "Mathematics", "subjectCodes": None,
    })  # fmt: skip
    save("classes", {
        "sourcedId": ids("class", range(sections)), "title": [f"Section {i}" for i in range(sections)], "grades": "07",
        "courseSourcedId": ids("course", rng.integers(0, 500, sections)), "classCode": None, "classType": "scheduled",
        "location": None, "schoolSourcedId": orgs[school_of_section], "termSourcedIds": "y2026", "subjects": None,
        "subjectCodes": None, "periods": "3",
    })  # fmt: skip
    letters = np.array(list("aeiounrstlm"))
    names = ["".join(rng.choice(letters, 6)).title() for _ in range(4000)]
    people = np.arange(students + teachers)
    mails = [f"person{n}@schools.example" for n in people]
    for i in dice.choice(students, int(students * changed), replace=False):
        mails[i] = f"new{i}@schools.example"
    user_ids = pl.concat([ids("student", range(students)), ids("teacher", range(teachers))])
    given, family = rng.integers(0, 4000, len(people)), rng.integers(0, 4000, len(people))
    save("users", {
        "sourcedId": user_ids, "enabledUser": "true", "username": None, "userIds": pl.Series([f"{{State:9{i:07d}}}" for i in people]),
        "givenName": pl.Series(names)[given], "familyName": pl.Series(names)[family], "middleName": None, "identifier": None,
        "email": mails, "sms": None, "phone": None, "agentSourcedIds": None,
        "grades": ["07"] * students + [None] * teachers, "password": None,
    })  # fmt: skip
    teacher_school = rng.integers(0, schools, teachers)
    save("roles", {
        "sourcedId": ids("role", people), "userSourcedId": user_ids, "roleType": "primary",
        "role": ["student"] * students + ["teacher"] * teachers, "beginDate": "2026-08-24", "endDate": None,
        "orgSourcedId": orgs[np.concatenate([school, teacher_school])], "userProfileSourcedId": None,
    })  # fmt: skip
    save("demographics", {
        "sourcedId": ids("student", range(students)), "birthDate": [f"2014-{1 + n % 12:02d}-{1 + n % 28:02d}" for n in range(students)],
        "sex": ["female", "male"] * (students // 2), "americanIndianOrAlaskaNative": "false", "asian": "false",
        "blackOrAfricanAmerican": "true", "nativeHawaiianOrOtherPacificIslander": "false", "white": "false",
        "demographicRaceTwoOrMoreRaces": "false", "hispanicOrLatinoEthnicity": "false", "countryOfBirthCode": "US",
        "stateOfBirthAbbreviation": None, "cityOfBirth": None, "publicSchoolResidenceStatus": None,
    })  # fmt: skip
    own = [by_school[s] if len(by_school[s]) >= EACH else np.arange(EACH) for s in range(schools)]
    offset = rng.integers(0, 1_000_000, students)
    section = np.concatenate([own[s][(offset[i] + np.arange(EACH)) % len(own[s])] for i, s in enumerate(school)])
    student = np.repeat(np.arange(students), EACH)
    n = len(section)
    ends: list[str | None] = [None] * n
    for i in dice.choice(n, int(n * changed), replace=False):
        ends[i] = "2026-11-20"
    lead = rng.integers(0, teachers, sections)
    save("enrollments", {
        "sourcedId": ids("enrollment", range(n + sections)),
        "classSourcedId": pl.concat([ids("class", section), ids("class", range(sections))]),
        "schoolSourcedId": pl.concat([orgs[np.repeat(school, EACH)], orgs[school_of_section]]),
        "userSourcedId": pl.concat([ids("student", student), ids("teacher", lead)]),
        "role": ["student"] * n + ["teacher"] * sections, "primary": ["false"] * n + ["true"] * sections,
        "beginDate": ["2026-08-24"] * (n + sections), "endDate": [*ends, *[None] * sections],
    })  # fmt: skip


if __name__ == "__main__":
    work = import_here if sys.argv[2:] == ["import"] else partial(measure, small="small" in sys.argv[2:])
    sys.exit(work(Path(sys.argv[1])))
