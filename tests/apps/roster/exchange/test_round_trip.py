"""Export → import is the identity: of files for any small roster, and of the database for a real one."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars as pl
import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from fairlead.apps.roster.exchange import running, writer
from fairlead.apps.roster.exchange.canonical import GENDERS, RACES, ROLES, SECTION_KINDS, TABLES, conform
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.readers import detect
from fairlead.apps.roster.models import Organization
from tests.apps.roster.exchange.files import plain

# Names as people have them: quotes, commas, apostrophes, accents; no line begins as a formula would.
NAMES = st.text("abzÑéß'\", 9", min_size=1, max_size=8).map(lambda t: ("N" + t).strip())
MAYBE = st.none() | NAMES
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
LATER = st.none() | st.dates(date(2027, 1, 1), date(2027, 12, 31))
GRADES = st.none() | st.integers(-1, 13)
YES = st.none() | st.booleans()


@st.composite
def rosters(draw: Any) -> dict[str, pl.DataFrame]:
    """A small roster without contradictions."""

    def some(stem: str, most: int, least: int = 0) -> list[str]:
        return [f"{stem}-{i}" for i in range(draw(st.integers(least, most)))]

    def frame(name: str, rows: list[dict[str, Any]]) -> pl.DataFrame:
        schema = {c: d for c, d in TABLES[name].schema.items() if not c.startswith("_")}
        made = pl.DataFrame(rows, schema=schema) if rows else pl.DataFrame(schema=schema)
        return made.unique(TABLES[name].key, keep="first").sort(TABLES[name].key)

    def pick(values: Any) -> Any:
        return draw(st.sampled_from(list(values)))

    schools, sessions, courses = some("o", 3, 1), some("y", 2, 1), some("k", 2)
    classes, students, staff, guardians = some("c", 3), some("s", 4), some("t", 3), some("g", 2)
    orgs = [{"sourced_id": "net", "name": draw(NAMES), "kind": "network"}]
    orgs += [
        {"sourced_id": o, "name": draw(NAMES), "kind": pick(["school", "district"]), "parent": "net",
         "zip": draw(st.none() | st.just("02101")), "grade_low": draw(GRADES), "ends": draw(LATER)}
        for o in schools
    ]  # fmt: skip
    people = [
        {"sourced_id": p, "org": pick(schools), "kind": kind, "given_name": draw(NAMES), "family_name": draw(NAMES),
         "email": draw(st.none() | st.just("a@b.example")), "phone": draw(st.none() | st.just("(555) 010-0000")),
         "grade": draw(GRADES), "born": draw(st.none() | DAYS), "language": draw(st.none() | st.just("es")),
         "identifiers": draw(st.none() | st.sampled_from([f"State:{p}", f"State:{p}|local:{p}"]))}
        for kind, ids in (("student", students), ("staff", staff), ("guardian", guardians))
        for p in ids
    ]  # fmt: skip
    tables: dict[str, list[dict[str, Any]]] = {
        "orgs": orgs,
        "sessions": [
            {"sourced_id": y, "name": draw(NAMES), "kind": "schoolYear", "begins": draw(DAYS), "ends": date(2027, 6, 1)}
            for y in sessions
        ],
        "courses": [{"sourced_id": k, "name": draw(NAMES), "org": draw(st.none() | st.sampled_from(schools)),
                     "subject": draw(MAYBE)} for k in courses],
        "classes": [
            {"sourced_id": c, "org": pick(schools), "course": pick([None, *courses]), "session": pick(sessions),
             "name": draw(NAMES), "grade": draw(GRADES), "kind": pick(SECTION_KINDS), "periods": draw(MAYBE)}
            for c in classes
        ],
        "people": people,
        "roles": [{"person": p, "org": pick(schools), "role": pick(ROLES), "begins": draw(DAYS), "ends": draw(LATER)}
                  for p in staff for _ in range(draw(st.integers(0, 2)))],
        "demographics": [
            {"person": p, "gender": draw(st.none() | st.sampled_from(GENDERS)),
             "race_ethnicity": draw(st.none() | st.sampled_from(RACES)), "economically_disadvantaged": draw(YES),
             "english_learner": draw(YES), "disability": draw(YES), "home_language": draw(st.none() | st.just("vi"))}
            for p in students
        ],
        "guardianships": [{"student": s, "guardian": g, "relation": draw(st.none() | st.just("mother")),
                           "rank": rank, "may_contact": draw(st.booleans())}
                          for s in students for rank, g in enumerate(guardians, 1)],
        "enrollments": [{"section": c, "student": s, "begins": draw(st.none() | DAYS),
                         "ends": draw(LATER)} for c in classes for s in students],
        "teaching": [{"section": c, "teacher": t, "primary": draw(YES), "begins": draw(st.none() | DAYS)}
                     for c in classes for t in staff],
    }  # fmt: skip
    return {name: frame(name, rows) for name, rows in tables.items()}


@given(rosters())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_files_of_any_small_roster_read_back_as_it(tables: dict[str, pl.DataFrame]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "out.zip"
        with path.open("wb") as file:
            writer.write(tables, file, "net")
        with Parcel(path) as parcel:
            reading = detect(parcel).read(parcel)
    assert reading.quarantined == []
    assert reading.system == "fairlead:net"
    for name, frame in tables.items():
        read = reading.tables.get(name, pl.DataFrame(schema=TABLES[name].schema))
        read = conform(name, read).drop("_file", "_line", "_gone").sort(TABLES[name].key)
        assert_frame_equal(read, frame, check_row_order=False)


def exported(root: Organization) -> bytes:
    file = BytesIO()
    from fairlead.apps.roster.selectors import organizations_below

    writer.export(root.pk, organizations_below(root.pk), file)
    return file.getvalue()


@pytest.mark.prove
def test_an_export_brought_in_again_changes_nothing(bring: Any, net: Any, tmp_path: Path) -> None:
    bring(plain())
    path = tmp_path / "own.zip"
    path.write_bytes(exported(net))
    found = bring(path)
    assert found.diff.changes == 0, found.diff.counts
    assert exported(net) == path.read_bytes()


@pytest.mark.prove
def test_an_export_into_an_empty_network_exports_as_the_same_bytes(bring: Any, net: Any, tmp_path: Path) -> None:
    bring(plain())
    first = exported(net)
    path = tmp_path / "own.zip"
    path.write_bytes(first)
    # The same network elsewhere: everything of it is gone but its name.
    from django.db import connection

    from fairlead.apps.roster.selectors import organizations_below

    ours = organizations_below(net.pk)
    with connection.cursor() as cursor:
        for table in ("teaching", "enrollment", "section", "course", "guardianship", "demographics", "role",
                      "personidentifier", "knownas", "importchange", "importrefusedrow", "importrun", "person",
                      "academicsession"):  # fmt: skip
            cursor.execute(f"DELETE FROM roster_{table} WHERE organization_id = ANY(%s)", [ours])
    Organization.objects.filter(parent__parent=net).delete()
    Organization.objects.filter(parent=net).delete()
    assert organizations_below(net.pk) == [net.pk]
    found = bring(path)
    assert found.diff.counts["people"]["new"] == 13
    assert exported(net) == first


def test_the_demo_network_comes_back_unchanged(seeded: Any, tmp_path: Path) -> None:
    root = Organization.objects.get(sourced_id="tidewater")
    path = tmp_path / "demo.zip"
    path.write_bytes(exported(root))
    with running.looking(path, root, as_owner=True) as found:
        changed = {t: c for t, c in found.diff.counts.items() if c["new"] or c["changed"] or c["closed"]}
        assert changed == {}
        assert [r[:3] for r in found.diff.refused] == []
        assert found.diff.counts["people"]["same"] > 300


def test_identifiers_are_found_by_person_also_before_the_planner_knows_them(net: Organization) -> None:
    """Right after a first import nothing is known of the table: a second way to its rows would be read for each person."""
    statement = writer._STATEMENTS["people"].format(orgs="ANY ('{1}')", root=1, prefix="net")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = 'roster_personidentifier' AND indexdef LIKE '%(person_id)'"
        )
        ((by_person,),) = cursor.fetchall()
        cursor.execute(f'DROP INDEX "{by_person}"')
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN " + statement)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "roster_personidentifier" in plan
    assert not [line for line in plan.splitlines() if "Cond:" in line and "source" in line]
