"""A roster in: every row counted, twice changes nothing, what is gone is closed, nothing is half done."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection, transaction

from fairlead.apps.access import erasure
from fairlead.apps.roster.exchange import merge, nouns, running
from fairlead.apps.roster.exchange.problems import ExchangeError
from fairlead.apps.roster.models import (
    Demographics,
    Enrollment,
    Guardianship,
    ImportRun,
    Organization,
    Person,
    PersonIdentifier,
    Role,
    Section,
    Teaching,
)
from tests.apps.roster.exchange.files import plain, without

TABLES = ("organization", "academicsession", "course", "person", "section", "role", "demographics", "guardianship",
          "enrollment", "teaching", "personidentifier", "knownas")  # fmt: skip


def everything() -> dict[str, list[Any]]:
    """Every row of the roster, to see that nothing changed."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT t::text FROM roster_{table} t ORDER BY 1")
            found[table] = [row for (row,) in cursor.fetchall()]
    return found


def outcomes(found: Any, table: str) -> tuple[int, int, int, int, int]:
    """new, changed, same, closed, quarantined."""
    c = found.diff.counts[table]
    return c["new"], c["changed"], c["same"], c["closed"], c["quarantined"]


def test_first_import_makes_the_roster(bring: Any, net: Any) -> None:
    found = bring(plain())
    assert outcomes(found, "people") == (13, 0, 0, 0, 0)
    assert outcomes(found, "enrollments") == (10, 0, 0, 0, 0)
    assert found.diff.files["users.csv"] == {
        "rows": 13, "new": 13, "changed": 0, "closed": 0, "quarantined": 0, "same": 0, "unused": 0,
    }  # fmt: skip
    district = Organization.objects.get(sourced_id="d")
    assert district.parent == net
    assert Organization.objects.get(sourced_id="a").parent == district
    section = Section.objects.get(sourced_id="c1")
    assert (section.teacher.family_name, section.session.name, section.course.name) == ("One", "2026-27", "Grade 3")
    assert section.organization.sourced_id == "a"
    student = Person.objects.get(sourced_id="s1")
    assert (student.kind, student.grade, student.born, student.sort_name) == (
        "student", 3, date(2018, 2, 3), "family1 given1",
    )  # fmt: skip
    assert Demographics.objects.get(person=student).race_ethnicity == "asian"
    assert Guardianship.objects.get(student=student).guardian.given_name == "Gil"
    assert Role.objects.get(person__sourced_id="t1").role == "teacher"
    assert set(PersonIdentifier.objects.filter(person=student).values_list("source", "value")) == {
        ("net:sis", "s1"), ("net:State/student", "901"),
    }  # fmt: skip
    assert ImportRun.objects.get(pk=found.run.pk).status == "merged"


def test_twice_changes_nothing(bring: Any) -> None:
    bring(plain())
    before = everything()
    again = bring(plain())
    assert again.diff.changes == 0
    assert outcomes(again, "people") == (0, 0, 13, 0, 0)
    assert outcomes(again, "enrollments") == (0, 0, 10, 0, 0)
    assert outcomes(again, "teaching") == (0, 0, 2, 0, 0)
    assert everything() == before


def test_a_change_is_told_field_by_field_and_kept_in_history(bring: Any) -> None:
    bring(plain())
    files = plain()
    files["users"][0] |= {"familyName": "Newname", "grades": "04"}
    found = bring(files)
    assert outcomes(found, "people") == (0, 1, 12, 0, 0)
    example = next(e for e in found.diff.examples if e.table == "people")
    assert example.fields == {"family_name": ["Family1", "Newname"], "grade": ["3", "4"]}
    assert Person.objects.get(sourced_id="s1").sort_name == "newname given1"
    with connection.cursor() as cursor:
        cursor.execute("SELECT family_name FROM roster_personevent WHERE sourced_id = 's1'")
        assert cursor.fetchall() == [("Family1",)]


@pytest.mark.prove
def test_an_empty_cell_erases_nothing(bring: Any) -> None:
    bring(plain())
    files = plain()
    files["users"][10]["email"] = ""
    assert bring(files).diff.changes == 0
    assert Person.objects.get(sourced_id="t1").email == "tia@schools.example"


def test_what_a_bulk_file_no_longer_lists_is_closed_and_never_deleted(bring: Any) -> None:
    bring(plain())
    files = plain()
    files["enrollments"] = without(files["enrollments"], lambda r: r["sourcedId"] == "e1")
    found = bring(files)
    assert outcomes(found, "enrollments") == (0, 0, 9, 1, 0)
    assert (
        Enrollment.objects.count()
        == 10 + Enrollment.objects.exclude(section__organization__parent__sourced_id="d").count()
    )
    gone = Enrollment.objects.get(student__sourced_id="s1")
    assert gone.ends == date(2026, 11, 19)
    again = bring(files)
    assert again.diff.changes == 0
    back = bring(plain())
    assert outcomes(back, "enrollments") == (0, 1, 9, 0, 0)
    gone.refresh_from_db()
    assert gone.ends is None


@pytest.mark.prove
def test_a_corrected_first_day_is_a_change_and_not_a_new_enrollment(bring: Any) -> None:
    bring(plain())
    files = plain()
    files["enrollments"][0]["beginDate"] = "2026-09-01"
    found = bring(files)
    assert outcomes(found, "enrollments") == (0, 1, 9, 0, 0)
    assert Enrollment.objects.get(student__sourced_id="s1").begins == date(2026, 9, 1)


@pytest.mark.prove
def test_a_delta_file_closes_only_what_it_names(bring: Any) -> None:
    bring(plain())
    row = {**plain()["enrollments"][1], "status": "tobedeleted"}
    new = {**plain()["enrollments"][2], "sourcedId": "e99", "classSourcedId": "c2", "status": "active"}
    found = bring({"enrollments": [row, new]}, modes={"enrollments": "delta"})
    assert outcomes(found, "enrollments") == (1, 0, 0, 1, 0)
    assert Enrollment.objects.get(student__sourced_id="s2").ends == date(2026, 11, 19)
    assert Enrollment.objects.filter(student__sourced_id="s3", ends=None).count() == 2
    assert bring({"enrollments": [row, new]}, modes={"enrollments": "delta"}).diff.changes == 0


def test_over_ten_percent_stops_unless_confirmed_by_name(bring: Any) -> None:
    bring(plain())
    before = everything()
    files = plain()
    files["enrollments"] = without(files["enrollments"], lambda r: r["sourcedId"] in ("e1", "e2"))
    with pytest.raises(ExchangeError) as refused:
        bring(files)
    assert "enrollments" in str(refused.value.what)
    assert "--allow-closing enrollments" in str(refused.value.then)
    assert everything() == before
    assert bring(files, allowed=["enrollments"]).diff.counts["enrollments"]["closed"] == 2


@pytest.mark.prove
def test_exactly_ten_percent_goes_through(bring: Any) -> None:
    bring(plain())
    files = plain()
    files["enrollments"] = without(files["enrollments"], lambda r: r["sourcedId"] == "e1")
    assert bring(files, merge=False).diff.over == []


def test_a_failure_in_the_middle_leaves_everything_as_it_was(bring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(plain())
    before = everything()
    files = plain()
    files["users"][0]["familyName"] = "Changed"
    files["users"].append({**files["users"][1], "sourcedId": "s99", "userIds": ""})

    def fail(job: Any) -> None:
        raise RuntimeError("the power went")

    monkeypatch.setattr(merge, "_enrollments", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        bring(files)
    assert everything() == before


def test_rows_that_cannot_be_taken_say_where_and_why(bring: Any) -> None:
    files = plain()
    files["enrollments"][0]["userSourcedId"] = "nobody"
    files["enrollments"][1]["beginDate"] = "2026-02-30"
    files["enrollments"][2] |= {"beginDate": "2026-10-01", "endDate": "2026-09-01"}
    files["enrollments"].append(dict(files["enrollments"][3]))
    files["users"].append({**files["users"][5], "sourcedId": "s77", "role": "wizard"})
    found = bring(files)
    told = {(file, line, column) for file, line, column, *_rest in found.diff.refused}
    assert told == {
        ("enrollments.csv", 2, "userSourcedId"), ("enrollments.csv", 3, "beginDate"), ("enrollments.csv", 4, "endDate"),
        ("enrollments.csv", 14, "classSourcedId"), ("users.csv", 15, "role"),
    }  # fmt: skip
    assert outcomes(found, "enrollments") == (7, 0, 0, 0, 4)
    row = found.diff.files["enrollments.csv"]
    assert row["rows"] == 13 == row["new"] + row["quarantined"]
    text = " ".join(f"{problem} {remedy}" for *_where, problem, remedy in found.diff.refused)
    assert "nobody" not in text
    assert "2026-02-30" not in text


@pytest.mark.prove
def test_a_refused_person_takes_the_enrollments_along(bring: Any) -> None:
    files = plain()
    files["users"][0]["orgSourcedIds"] = "nowhere"
    found = bring(files)
    assert outcomes(found, "people")[4] == 1
    assert ("enrollments.csv", 2, "userSourcedId") in {r[:3] for r in found.diff.refused}


@pytest.mark.prove
def test_organizations_in_a_circle_are_refused(bring: Any) -> None:
    files = plain()
    files["orgs"][0]["parentSourcedId"] = "a"
    found = bring(files)
    assert {r[:3] for r in found.diff.refused if r[0] == "orgs.csv"} == {
        ("orgs.csv", 2, "parent"),
        ("orgs.csv", 3, "parent"),
    }


def test_a_person_stays_one_across_sources(bring: Any) -> None:
    bring(plain())
    files = plain()
    for row in files["users"]:
        row["sourcedId"] = "new-" + row["sourcedId"]
        row["agentSourcedIds"] = ""
    found = bring({"users": files["users"]}, source="other", merge=False)
    # Ten students by their state number; teachers and the guardian have none: asked about, or new.
    assert outcomes(found, "people")[:3] == (3, 0, 10)
    questions = [e for e in found.diff.examples if e.outcome == "question"]
    assert [(q.key, q.fields["known"][2]) for q in questions] == [("new-t1", "t1")]
    answered = bring({"users": files["users"]}, source="other", answers=running.same_persons(["new-t1=t1"]))
    assert outcomes(answered, "people")[:3] == (2, 0, 11)
    assert PersonIdentifier.objects.get(source="net:other", value="new-t1").person.sourced_id == "t1"
    assert Person.objects.filter(email="tia@schools.example").count() == 1


@pytest.mark.prove
def test_the_same_identifier_for_a_teacher_and_a_student_is_not_one_person(bring: Any) -> None:
    bring(plain())
    files = plain()
    files["users"][0]["role"] = "teacher"
    found = bring({"users": files["users"]}, merge=False)
    assert ("users.csv", 2, "sourcedId") in {r[:3] for r in found.diff.refused}


@pytest.mark.prove
def test_a_role_given_by_hand_is_never_closed_by_a_file(bring: Any) -> None:
    bring(plain())
    tia = Person.objects.get(sourced_id="t1")
    by_hand = Role.objects.create(person=tia, organization=tia.organization, role="coach", begins=date(2026, 9, 1))
    files = plain()
    files["users"] = without(files["users"], lambda r: r["sourcedId"] == "t1")
    bring(files, allowed=["people", "roles", "teaching", "enrollments"])
    by_hand.refresh_from_db()
    assert by_hand.ends is None
    given = Role.objects.get(person=tia, role="teacher")
    assert given.ends == given.begins == date(2026, 11, 20)  # given today, and never ended before it began


@pytest.mark.prove
def test_a_section_has_several_teachers_and_one_takes_the_roll(bring: Any) -> None:
    files = plain()
    second = {"sourcedId": "x9", "classSourcedId": "c1", "userSourcedId": "t2", "role": "teacher", "primary": "false"}
    files["enrollments"].append(second)
    bring(files)
    section = Section.objects.get(sourced_id="c1")
    assert section.teacher.sourced_id == "t1"
    assert set(Teaching.objects.filter(section=section).values_list("teacher__sourced_id", "primary")) == {
        ("t1", True), ("t2", False),
    }  # fmt: skip


@pytest.mark.prove
def test_a_section_without_a_teacher_is_said(bring: Any) -> None:
    files = plain()
    files["enrollments"] = without(files["enrollments"], lambda r: r["sourcedId"] == "x2")
    found = bring(files)
    assert found.diff.vacancies == 1
    assert Section.objects.get(sourced_id="c2").teacher.sourced_id == "vacancy:net"
    assert any(note.get("n") == 1 for note in found.run.notes)
    assert bring(files).diff.changes == 0
    assert bring(plain()).diff.counts["classes"]["changed"] == 1


@pytest.mark.prove
def test_a_section_of_a_year_that_has_ended_needs_no_teacher(bring: Any) -> None:
    files = plain()
    files["academicSessions"].append(
        {"sourcedId": "old", "title": "2024-25", "type": "schoolYear", "startDate": "2024-08-24", "endDate": "2025-06-11"}
    )  # fmt: skip
    files["classes"][1]["termSourcedIds"] = "old"
    files["enrollments"] = without(files["enrollments"], lambda r: r["sourcedId"] in ("x1", "x2"))
    assert bring(files).diff.vacancies == 1


def test_who_was_erased_is_not_brought_back(bring: Any) -> None:
    bring(plain())
    erasure.erase(Person.objects.get(sourced_id="s3"))
    found = bring(plain())
    assert outcomes(found, "people") == (0, 0, 12, 0, 1)
    assert outcomes(found, "enrollments") == (0, 0, 9, 0, 1)
    assert ("users.csv", 4, "sourcedId", "people", nouns.ERASED, nouns.ASK_WHO_ERASED) in found.diff.refused
    assert not Person.objects.filter(sourced_id="s3").exists()


def test_another_network_cannot_be_reached(bring: Any) -> None:
    bring(plain())
    other = Organization.objects.create(name="Other", kind="network", sourced_id="other")
    assert outcomes(bring(plain(), root=other), "people") == (13, 0, 0, 0, 0)
    assert Person.objects.filter(family_name="Family1", kind="student").count() == 2


@pytest.mark.prove
def test_the_organization_that_a_roster_comes_into_keeps_its_name(bring: Any) -> None:
    bring(plain())
    district = Organization.objects.get(sourced_id="d")
    files = plain()
    next(org for org in files["orgs"] if org["sourcedId"] == "d")["name"] = "What the file calls it"
    next(org for org in files["orgs"] if org["sourcedId"] == "a")["name"] = "School of a new name"
    bring(files, root=district)
    district.refresh_from_db()
    assert district.name == plain()["orgs"][0]["name"]
    assert Organization.objects.get(sourced_id="a").name == "School of a new name"


def test_many_rows_into_an_empty_table_have_their_indexes_again(bring: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def shape() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
                "WHERE conrelid IN ('roster_teaching'::regclass, 'roster_personidentifier'::regclass) "
                "UNION SELECT indexname, indexdef FROM pg_indexes "
                "WHERE tablename IN ('roster_teaching', 'roster_personidentifier') ORDER BY 1, 2"
            )
            return cursor.fetchall()

    before = shape()
    monkeypatch.setattr(merge, "MANY", 1)
    growing = (("roster_teaching", "resolved_teaching"), ("roster_personidentifier", "resolved_people"))
    monkeypatch.setattr(merge, "GROWING", growing)
    PersonIdentifier.objects.all().delete()
    files = plain()
    files["users"][1]["userIds"] = files["users"][0]["userIds"]  # of two who have the same number one gets it
    bring(files)
    assert PersonIdentifier.objects.get(source="net:State/student", value="901").person.sourced_id == "s1"
    assert PersonIdentifier.objects.filter(source="net:sis").count() == 13
    assert Teaching.objects.count() == 2
    assert shape() == before


@pytest.mark.prove
def test_a_section_of_the_past_keeps_its_teacher(bring: Any) -> None:
    files = plain()
    files["enrollments"][-1] |= {"endDate": "2026-10-01"}
    found = bring(files)
    assert found.diff.vacancies == 0
    assert Section.objects.get(sourced_id="c2").teacher.sourced_id == "t2"


@pytest.mark.prove
def test_examples_go_with_the_persons_they_name(bring: Any) -> None:
    from fairlead.apps.roster.models import ImportChange

    looked = bring(plain(), merge=False)
    named = ImportChange.objects.filter(run=looked.run, table__in=("people", "enrollments"))
    assert named.exists()
    assert not named.filter(fields__has_key="_person").exclude(person=None).exists()
    running.forget_examples(looked.run)
    assert not named.exists()
    merged = bring(plain())
    kept = ImportChange.objects.filter(run=merged.run, table__in=("people", "enrollments"))
    assert kept.exists()
    assert not kept.filter(person=None).exists()
