"""Small OneRoster folders for tests: one district, two schools, a year, sections, people, enrollments."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

Rows = list[dict[str, str]]


def plain() -> dict[str, Rows]:
    """OneRoster 1.1: ten students in two sections, each with a teacher; nothing is wrong with it."""
    students = [
        {"sourcedId": f"s{n}", "orgSourcedIds": "a", "role": "student", "givenName": f"Given{n}", "familyName": f"Family{n}",
         "grades": "03", "userIds": f"{{State:{900 + n}}}", "agentSourcedIds": "g1" if n == 1 else "", "email": ""}
        for n in range(1, 11)
    ]  # fmt: skip
    others = [
        {"sourcedId": "t1", "orgSourcedIds": "a", "role": "teacher", "givenName": "Tia", "familyName": "One",
         "grades": "", "userIds": "", "agentSourcedIds": "", "email": "tia@schools.example"},
        {"sourcedId": "t2", "orgSourcedIds": "b", "role": "teacher", "givenName": "Tom", "familyName": "Two",
         "grades": "", "userIds": "", "agentSourcedIds": "", "email": ""},
        {"sourcedId": "g1", "orgSourcedIds": "a", "role": "guardian", "givenName": "Gil", "familyName": "Family1",
         "grades": "", "userIds": "", "agentSourcedIds": "", "email": ""},
    ]  # fmt: skip
    enrollments = [
        {"sourcedId": f"e{n}", "classSourcedId": "c1" if n <= 5 else "c2", "userSourcedId": f"s{n}", "role": "student",
         "primary": "", "beginDate": "2026-08-24", "endDate": ""}
        for n in range(1, 11)
    ]  # fmt: skip
    enrollments += [
        {"sourcedId": f"x{n}", "classSourcedId": f"c{n}", "userSourcedId": f"t{n}", "role": "teacher", "primary": "true",
         "beginDate": "", "endDate": ""}
        for n in (1, 2)
    ]  # fmt: skip
    return {
        "orgs": [
            {"sourcedId": "d", "name": "District", "type": "district", "parentSourcedId": ""},
            {"sourcedId": "a", "name": "School A", "type": "school", "parentSourcedId": "d"},
            {"sourcedId": "b", "name": "School B", "type": "school", "parentSourcedId": "d"},
        ],
        "academicSessions": [
            {"sourcedId": "y", "title": "2026-27", "type": "schoolYear", "startDate": "2026-08-24", "endDate": "2027-06-11"}
        ],
        "courses": [{"sourcedId": "k", "title": "Grade 3", "orgSourcedId": "d"}],
        "classes": [
            {"sourcedId": "c1", "title": "3-A", "grades": "03", "courseSourcedId": "k", "classType": "homeroom",
             "schoolSourcedId": "a", "termSourcedIds": "y"},
            {"sourcedId": "c2", "title": "3-B", "grades": "03", "courseSourcedId": "k", "classType": "homeroom",
             "schoolSourcedId": "b", "termSourcedIds": "y"},
        ],
        "users": students + others,
        "enrollments": enrollments,
        "demographics": [{"sourcedId": "s1", "birthDate": "2018-02-03", "sex": "female", "asian": "true"}],
    }  # fmt: skip


def write(folder: Path, files: dict[str, Rows], modes: dict[str, str] | None = None, manifest: bool = True) -> Path:
    """The files as a folder, with a manifest that says how each is to be taken."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.csv"):
        old.unlink()
    for name, rows in files.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            columns = list(
                dict.fromkeys(c for row in rows for c in ("sourcedId", "status", "dateLastModified", *row))
            )
            out = csv.DictWriter(file, columns, restval="")
            out.writeheader()
            out.writerows(rows)
    if manifest:
        said = {"manifest.version": "1.0", "oneroster.version": "1.1", "source.systemName": "Sis"}
        said |= {f"file.{name}": (modes or {}).get(name, "bulk") for name in files}
        with (folder / "manifest.csv").open("w", encoding="utf-8") as file:
            file.write("propertyName,value\n" + "".join(f"{k},{v}\n" for k, v in said.items()))
    return folder


def without(rows: Rows, which: Callable[[dict[str, str]], Any]) -> Rows:
    return [row for row in rows if not which(row)]
