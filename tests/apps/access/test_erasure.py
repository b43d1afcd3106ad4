"""Erasing a person: nothing undeclared, nothing left, nothing of others lost, and a rehearsal that changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.apps import apps
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import override_settings

from fairlead import clock
from fairlead.apps.access import declared, erasure
from fairlead.apps.access.models import AccessLog, Account, Erasure
from fairlead.apps.attendance.models import Arrival, AttendanceMark, FamilyContact, Reminder, Roll
from fairlead.apps.evidence import extracts, store
from fairlead.apps.evidence.models import Plan, Run, Ticket
from fairlead.apps.instruments import consents
from fairlead.apps.instruments.models import Answer, Attachment, Consent, Response, Visit
from fairlead.apps.roster.models import Demographics, Enrollment, Guardianship, Person, Section
from fairlead.apps.roster.selectors import scope_for
from fairlead.apps.support.models import Contact, PromiseWords
from tests.apps.support.test_purpose_table import record
from tests.conftest import as_owner


def test_every_column_about_a_person_is_declared(seeded: Any) -> None:
    assert declared.undeclared() == [], (
        "say in your app's erasure.toml what becomes of these rows when the person is erased (see access/declared.py)"
    )


def test_no_declaration_is_of_a_column_that_is_not_there(seeded: Any) -> None:
    assert declared.stale() == []


def test_what_code_does_is_done_by_code() -> None:
    apps_with_code = {r.app for r in declared.rules().values() if r.action == "code"}
    modules = {function.__module__.split(".")[-2] for function in erasure._functions()}
    assert apps_with_code - {"access"} <= modules


def rows_of(person_id: int) -> dict[str, int]:
    """How many rows of every declared column, and of its history, still point at somebody."""
    left = {}
    kinds = declared.columns_of_people()
    with connection.cursor() as cursor:
        for table, column in declared.rules():
            if kinds[table, column] != "person":
                continue
            for name, _ in erasure._tables(table):
                cursor.execute(f'SELECT count(*) FROM "{name}" WHERE "{column}" = %s', [person_id])
                if n := cursor.fetchone()[0]:
                    left[f"{name}.{column}"] = n
    return left


def everything() -> dict[str, int]:
    """Rows of every table of ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        tables = [name for (name,) in cursor.fetchall()]
        counts = {}
        for table in tables:
            cursor.execute(f'SELECT count(*) FROM "{table}"')
            counts[table] = cursor.fetchone()[0]
    return counts


@pytest.fixture
def student(seeded: Any) -> Any:
    """A student with marks, a contact, a change in history, a taking of a roll by a device and a job that waits."""
    mark = AttendanceMark.objects.filter(status="absent").order_by("id")[0]
    found = Person.objects.get(pk=mark.student_id)
    found.grade = (found.grade or 0) + 1
    found.save()
    mark.explanation = "was ill"
    mark.explained_at = clock.now()
    mark.reason = "excused"
    mark.save()
    FamilyContact.objects.create(
        student=found, organization_id=mark.organization_id, date=mark.date, at=clock.now(),
        by_id=seeded.person["luis"], outcome="reached", note="spoke to the mother",
    )  # fmt: skip
    Arrival.objects.create(
        id="6f1d0a52-0000-4000-8000-000000000001", organization_id=mark.organization_id, roll_id=mark.roll_id,
        device="6f1d0a52-0000-4000-8000-000000000002", claimed_at=clock.now(), clock_offset=0, clock_off=False,
        taken_at=clock.now(), received_at=clock.now(), payload={str(found.pk): "absent", "1": "present"},
        outcome="applied", changed=1,
    )  # fmt: skip
    AccessLog.objects.create(
        at=clock.now(), person_id=seeded.person["marcus"], organization_id=found.organization_id,
        action="read", target=f"person:{found.pk}",
    )  # fmt: skip
    return found


def test_a_student_is_erased_everywhere_and_nobody_else_is(student: Any) -> None:
    kept, classmates = Roll.objects.count(), Person.objects.exclude(pk=student.pk).count()
    marks = AttendanceMark.objects.exclude(student=student).count()
    pk = student.pk
    lines = erasure.erase(student)
    assert rows_of(pk) == {}
    assert not Person.objects.filter(pk=pk).exists()
    assert (Roll.objects.count(), Person.objects.count(), AttendanceMark.objects.count()) == (kept, classmates, marks)
    assert not Guardianship.objects.filter(student_id=pk).exists()
    assert not Enrollment.objects.filter(student_id=pk).exists()
    assert not Demographics.objects.filter(person_id=pk).exists()
    assert not AccessLog.objects.filter(target=f"person:{pk}").exists()
    assert Arrival.objects.get(pk="6f1d0a52-0000-4000-8000-000000000001").payload == {"1": "present"}
    told = {(line.table, line.done): line.rows for line in lines}
    assert told["roster_person", "deleted"] == 1
    assert told["attendance_attendancemark", "deleted"] > 1
    assert told["attendance_attendancemarkevent", "deleted"] >= 1
    assert told["roster_personevent", "deleted"] >= 1


def test_the_log_of_erasures_tells_no_name(student: Any) -> None:
    name, sourced = student.name, student.sourced_id
    erasure.erase(student)
    entry = Erasure.objects.get()
    assert entry.kind == "student"
    assert name not in str(entry.__dict__)
    assert sourced not in str(entry.__dict__)
    assert erasure.was_erased([sourced, "somebody-else"]) == {sourced}


@pytest.mark.prove
def test_a_rehearsal_tells_the_same_and_changes_nothing(student: Any) -> None:
    before = everything()
    rehearsed = erasure.rehearse(student)
    assert everything() == before
    assert erasure.erase(student) == rehearsed
    assert everything() != before


@pytest.mark.parametrize(
    "key",
    [
        "amara",
        "dana",
        *(pytest.param(k, marks=pytest.mark.prove) for k in ("grace", "tomas", "marcus", "luis", "ines")),
    ],
)
def test_staff_are_erased_and_what_is_about_others_stays(key: str, seeded: Any) -> None:
    person = Person.objects.get(pk=seeded.person[key])
    pk = person.pk
    before = everything()
    store_ = SessionStore()
    store_["_auth_user_id"] = str(Account.objects.get(person_id=pk).pk)
    store_.create()
    erasure.erase(person)
    assert rows_of(pk) == {}
    assert not Account.objects.filter(person_id=pk).exists()
    assert not Session.objects.filter(pk=store_.session_key).exists()
    after = everything()
    for table in ("roster_section", "roster_enrollment", "attendance_roll", "attendance_attendancemark", "evidence_plan",
                  "evidence_run", "caseload_caseloadassignment", "support_support"):  # fmt: skip
        assert after[table] == before[table], table
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pghistory_context WHERE metadata ->> 'person' = %s", [str(pk)])
        assert cursor.fetchone()[0] == 0


def test_visits_of_a_coach_stay_nameless_and_visits_to_a_teacher_go(seeded: Any) -> None:
    dana, amara = seeded.person["dana"], seeded.person["amara"]
    made = Visit.objects.filter(visitor_id=dana).count()
    to_amara = Visit.objects.filter(visitor_id=dana, subject_id=amara).count()
    contacts = Contact.objects.filter(lead_id=dana).count()
    assert made > to_amara > 0
    erasure.erase(Person.objects.get(pk=dana))
    nameless = Person.objects.get(sourced_id__startswith="nameless:")
    assert nameless.name == erasure.NAMELESS
    assert Visit.objects.filter(visitor=nameless).count() == made
    assert Contact.objects.filter(lead=nameless).count() == contacts
    assert not PromiseWords.objects.filter(owner_id=dana).exists()
    erasure.erase(Person.objects.get(pk=amara))
    assert Visit.objects.filter(visitor=nameless).count() == made - to_amara
    assert Section.objects.get(pk=int(seeded.section_ids[0])).teacher.name == erasure.NAMELESS


def test_pictures_levels_and_consents_of_an_erased_teacher_go_from_every_table(
    seeded: Any, scope_of: Callable[[str], Any]
) -> None:
    amara = seeded.person["amara"]
    visit, _contact, _promise = record(seeded, "coaching")
    response = Response.objects.get(visit_id=visit)
    walled = {n: getattr(response, n) for n in ("organization_id", "purpose", "author_id", "subject_id")}
    picture = Attachment.objects.create(**walled, response=response, media_type="image/png", content=b"a picture")
    kept = consents.give(scope_of("amara"), response.organization_id, clock.today())
    with as_owner():
        assert Response.objects.filter(visit_id=visit).count() == 2, "the visit's own and what was carried over"
        Answer.objects.filter(response=response).update(level=1)  # the former level is in the history
        erasure.erase(Person.objects.get(pk=amara))
        assert rows_of(amara) == {}
        assert not Attachment.objects.filter(pk=picture.pk).exists()
        assert not Consent.objects.filter(pk=kept.pk).exists()
        assert not Response.objects.filter(visit_id=visit).exists()
        for name in ("AnswerEvent", "ResponseEvent", "ConsentEvent"):
            former = apps.get_model("instruments", name).objects
            assert not former.filter(**{"person_id" if name[0] == "C" else "subject_id": amara}).exists(), name


def test_extracts_lose_the_row_and_their_runs_say_so(seeded: Any, tmp_path: Path) -> None:
    with override_settings(EXTRACTS=tmp_path):
        plan = Plan.objects.get(study__key="coaching-lottery")
        with clock.standing_at(clock.now() + timedelta(days=200)):
            scope = scope_for(seeded.person["tomas"], seeded.today)
            assert scope is not None
            run = Run.objects.create(
                plan=plan, organization_id=plan.organization_id, at=clock.now(), by_id=scope.person_id, rows=0,
                extract_file="", data_hash="", result={},
            )  # fmt: skip
            table = extracts.extract_of(scope, plan.study).table
        content, digest = extracts.frozen(table)
        Run.objects.filter(pk=run.pk).update(
            extract_file=store.keep(content, digest), data_hash=digest, rows=table.height
        )
        ticket = Ticket.objects.filter(lottery__study=plan.study).order_by("id")[0]
        name = extracts.pseudonym(plan.study, "teacher", ticket.person_id)
        assert name in table["teacher"].to_list()
        erasure.erase(Person.objects.get(pk=ticket.person_id))
        run.refresh_from_db()
        assert run.erased_rows == 1
        assert run.data_hash == digest, "the hash of what was analysed stands"
        left = pl.read_parquet(tmp_path / run.extract_file)
        assert left.height == table.height - 1
        assert name not in left["teacher"].to_list()
        assert [path.name for path in tmp_path.iterdir()] == [run.extract_file], "the old file is gone"


def test_a_job_about_an_erased_person_goes(seeded: Any) -> None:
    reminder = Reminder.objects.order_by("id").first() or Reminder.objects.create(
        roll=Roll.objects.order_by("id")[0], organization_id=int(seeded.school_ids[0]), sent_at=clock.now(),
        sent_by_id=seeded.person["luis"], channel="in_app",
    )  # fmt: skip
    with connection.cursor() as cursor:
        for number in (reminder.pk, reminder.pk + 999_999):
            cursor.execute(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('default', 't', %s, 'todo')",
                [f'{{"reminder_id": {number}}}'],
            )
        erasing = erasure.Erasing(Person.objects.get(pk=seeded.person["luis"]), ())
        erasing.deleted["attendance_reminder"] = {reminder.pk}
        erasure._jobs(erasing)
        cursor.execute("SELECT args FROM procrastinate_jobs WHERE task_name = 't'")
        assert [str(reminder.pk + 999_999) in str(args) for (args,) in cursor.fetchall()] == [True]
    assert erasing.counts["procrastinate_jobs", "deleted"] == 1


def test_a_person_is_found_by_either_name(seeded: Any) -> None:
    amara = Person.objects.get(pk=seeded.person["amara"])
    assert erasure.find(amara.sourced_id) == amara
    assert erasure.find(str(amara.pk)) == amara
    for nobody in ("", "no-such", "0", "9" * 40, "²"):
        assert erasure.find(nobody) is None


def test_rows_that_a_law_keeps_belong_together_and_to_nobody(student: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    where = ("attendance_attendancemark", "student_id")
    kept = declared.Rule(*where, action="keep", ground="state attendance audit, five years")
    said = declared.rules() | {where: kept}
    monkeypatch.setattr(declared, "rules", lambda: said)
    marks, pk = AttendanceMark.objects.filter(student=student).count(), student.pk
    erasure.erase(student)
    nameless = Person.objects.get(sourced_id__startswith="nameless:", kind="student")
    assert AttendanceMark.objects.filter(student=nameless).count() == marks
    assert rows_of(pk) == {}


@pytest.mark.parametrize("said", ["deleted", "keep", "keep: ", "delete: because", ""])
def test_a_declaration_that_says_nothing_is_refused(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declared, "_files", lambda: iter([("some", {"some_table": {"person_id": said}})]))
    with pytest.raises(declared.Misdeclared, match=r"some/erasure\.toml: some_table\.person_id"):
        declared.rules.__wrapped__()
