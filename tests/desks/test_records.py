"""Who changed a record, field by field, for those who may see it; and who looked, for the person and the auditor."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from fairlead import clock
from fairlead.apps.access.models import AccessLog
from fairlead.apps.access.services import log_outside
from fairlead.apps.attendance.models import AttendanceMark, FamilyContact, Roll
from fairlead.apps.roster.models import Person, Role
from fairlead.apps.roster.selectors import scope_for
from fairlead.apps.support.models import Promise
from fairlead.desks.records import kinds
from fairlead.desks.records.views import LOOKED_AT
from tests.access import morning_objects
from tests.access.objects import OBJECTS
from tests.conftest import as_owner, max_queries

PACKAGE = Path(kinds.__file__).parents[2]


def page(client: Any, kind: str, pk: int) -> Any:
    return client.get(reverse("records:history", args=[kind, pk]))


def test_every_field_of_a_readable_record_has_a_name() -> None:
    for model in kinds.MODELS:
        names = {field.attname for field in model._meta.concrete_fields}
        assert names - kinds.HIDDEN - set(kinds.LABELS) == set(), model.__name__


def test_no_name_is_of_a_field_that_is_not_there() -> None:
    there = {field.attname for model in kinds.MODELS for field in model._meta.concrete_fields}
    assert set(kinds.LABELS) - there == set()


def test_a_roll_tells_who_amended_which_mark(seeded: Any, as_person: Callable[[str], Any]) -> None:
    with as_owner():
        mark = AttendanceMark.objects.filter(status="absent", organization_id=int(seeded.school_ids[0])).order_by(
            "pk"
        )[0]
        student = mark.student.name
        mark.status, mark.reason = "present", ""
        mark.save()
    shown = page(as_person("luis"), "roll", mark.roll_id)
    text = shown.content.decode()
    assert shown.status_code == 200
    assert student in text
    assert "Absent" in text
    assert "Present" in text
    assert "an import or the night" in text, "no page made this change, and the page says so"
    assert "School office" in text, "why one may see this"


def test_a_change_by_a_page_tells_the_person_and_the_clocks_time(
    seeded: Any, as_person: Callable[[str], Any]
) -> None:
    pk = OBJECTS["promise_to_amara"](seeded)
    dana, amara = as_person("dana"), as_person("amara")
    posted = dana.post(reverse("coach:promise", args=[pk]), {"kept": "1"})
    assert posted.status_code == 302
    with as_owner():
        assert Promise.objects.get(pk=pk).kept_at is not None
    shown = page(amara, "promise", pk)
    assert "kept at" in shown.content.decode()
    (step,) = shown.context["steps"]
    assert step.by == "Dana Whitfield"
    assert step.at == seeded.moment, "the clock of the page, not that of the machine"


def test_the_marks_own_teacher_may_read_it_and_another_may_not(seeded: Any, as_person: Callable[[str], Any]) -> None:
    with as_owner():
        amaras = AttendanceMark.objects.filter(roll__section__teacher_id=seeded.person["amara"]).order_by("pk")[0].pk
        others = AttendanceMark.objects.filter(organization_id=int(seeded.school_ids[0])).exclude(
            roll__section__teacher_id=seeded.person["amara"]
        )
        other = others.order_by("pk")[0].pk
    amara = as_person("amara")
    assert page(amara, "mark", amaras).status_code == 200
    assert page(amara, "mark", other).status_code == 404


def test_a_contact_is_for_the_office_of_its_school_alone(seeded: Any, as_person: Callable[[str], Any]) -> None:
    with as_owner():
        mark = AttendanceMark.objects.filter(organization_id=int(seeded.school_ids[0]), status="absent").order_by(
            "pk"
        )[0]
        contact = FamilyContact.objects.create(
            student_id=mark.student_id, organization_id=mark.organization_id, date=mark.date, at=clock.now(),
            by_id=seeded.person["luis"], outcome="no_answer",
        )  # fmt: skip
        contact.outcome = "reached"
        contact.save()
    for key, status in (("luis", 200), ("grace", 200), ("amara", 404), ("owen", 404), ("marcus", 404)):
        shown = page(as_person(key), "contact", contact.pk)
        assert shown.status_code == status, key
    text = page(as_person("luis"), "contact", contact.pk).content.decode()
    assert "No answer" in text
    assert "Reached" in text


def test_a_person_with_many_changes_needs_few_queries(seeded: Any, as_person: Callable[[str], Any]) -> None:
    with as_owner():
        amara = Person.objects.get(pk=seeded.person["amara"])
        for n in range(30):
            amara.phone = f"555-{n:04d}"
            amara.save()
    client = as_person("amara")
    with max_queries(15):
        text = page(client, "person", amara.pk).content.decode()
    assert "555-0029" in text
    assert "about you, or by you" in text or "Teacher" in text


def test_a_deleted_mark_keeps_its_history_on_its_roll(seeded: Any, as_person: Callable[[str], Any]) -> None:
    with as_owner():
        mark = AttendanceMark.objects.filter(organization_id=int(seeded.school_ids[0])).order_by("pk")[0]
        roll = mark.roll_id
        mark.delete()
    text = page(as_person("luis"), "roll", roll).content.decode()
    assert "deleted" in text


def test_the_page_is_read_only(as_person: Callable[[str], Any], seeded: Any) -> None:
    assert (
        as_person("amara").post(reverse("records:history", args=["person", seeded.person["amara"]])).status_code
        == 405
    )
    assert as_person("amara").post(reverse("records:audit")).status_code == 405


@pytest.fixture
def noor(seeded: Any) -> str:
    """An auditor of the network."""
    Role.objects.create(
        person_id=seeded.person["tomas"], organization_id=seeded.network_id, role="auditor",
        begins=seeded.today - timedelta(days=3),
    )  # fmt: skip
    return "tomas"


def test_who_opens_a_record_from_outside_is_kept_and_who_works_there_is_not(
    seeded: Any, scope_of: Callable[[str], Any]
) -> None:
    amara, school = seeded.person["amara"], int(seeded.school_ids[0])
    for key in ("grace", "luis", "amara"):
        log_outside(scope_of(key), "visit", [amara], school)
    with as_owner():
        assert not AccessLog.objects.filter(target=f"person:{amara}").exists()
    log_outside(scope_of("marcus"), "visit", [amara, seeded.person["marcus"]], school)
    with as_owner():
        kept = AccessLog.objects.get(target=f"person:{amara}")
        assert not AccessLog.objects.filter(target=f"person:{seeded.person['marcus']}").exists(), (
            "one's own is no read"
        )
    assert kept.person_id == seeded.person["marcus"]
    assert kept.ground == "director @ Tidewater Schools"


def test_the_person_sees_who_looked_and_the_auditor_sees_all(
    noor: str, seeded: Any, as_person: Callable[[str], Any]
) -> None:
    amara = seeded.person["amara"]
    with as_owner():
        scope = scope_for(seeded.person["marcus"], seeded.today)
        assert scope is not None
        log_outside(scope, "visit", [amara], int(seeded.school_ids[0]))
    hers = as_person("amara").get(reverse("records:audit")).content.decode()
    assert "Marcus Bell" in hers
    assert "Director" in hers
    assert "The whole log" not in hers
    assert "Marcus Bell" not in as_person("grace").get(reverse("records:audit")).content.decode()
    every = as_person(noor).get(reverse("records:audit")).content.decode()
    assert "The whole log" in every
    assert "Amara Okafor" in every


def test_the_history_of_a_paper_roll_says_when_it_was_taken(seeded: Any, as_person: Callable[[str], Any]) -> None:
    with as_owner():
        roll = Roll.objects.get(pk=morning_objects.own_roll(seeded))
        students = roll.section.enrollments.values_list("student_id", flat=True)
    client = as_person("luis")
    page = client.get(reverse("records:history", args=["roll", roll.pk])).content.decode()
    assert "<dt>Taken at</dt>" not in page
    body = {f"student-{pk}": "present" for pk in students} | {"taken": "08:50"}
    client.post(reverse("office:type_in", args=[roll.pk]), body)
    page = client.get(reverse("records:history", args=["roll", roll.pk])).content.decode()
    for piece in (
        "<dt>Taken at</dt>",
        "8:50 a.m.",
        "<dt>Submitted at</dt>",
        "9:31 a.m.",
        "paper, typed in by the office",
    ):
        assert piece in page


def test_a_list_of_a_school_is_kept_once_a_day(seeded: Any, as_person: Callable[[str], Any]) -> None:
    client, school = as_person("dana"), int(seeded.school_ids[0])
    for _ in range(2):
        client.get(reverse("coach:desk"))
    with as_owner():
        rows = AccessLog.objects.filter(action="coaching", organization_id=school)
        assert [(r.person_id, r.target, r.ground) for r in rows] == [
            (seeded.person["dana"], f"organization:{school}", "coach @ Tidewater Schools")
        ]
        assert not AccessLog.objects.filter(action="coaching", organization_id=seeded.network_id).exists(), "her own"
    hers = as_person("amara").get(reverse("records:audit")).content.decode()
    assert "coaching: people of the school by name" in hers
    with as_owner():
        rows.update(at=seeded.moment - timedelta(days=1))
    as_person("dana").get(reverse("coach:desk"))
    with as_owner():
        assert rows.count() == 2, "the next day anew"


def test_reading_the_log_is_in_the_log(seeded: Any, as_person: Callable[[str], Any]) -> None:
    as_person("dana").get(reverse("coach:desk"))
    as_person("helen").get(reverse("records:audit"))
    text = as_person("helen").get(reverse("records:audit")).content.decode()
    assert "this log" in text
    assert "auditor" in text.lower()


def test_what_was_looked_at_has_words() -> None:
    """The log shows no code word: everything that is written into it is named, and nothing else."""
    logged = re.compile(r'log_(?:list|read|outside)\(\s*[\w.]+,\s*"(\w+)"')
    sources = (path.read_text() for room in ("apps", "desks") for path in (PACKAGE / room).rglob("*.py"))
    written = {action for source in sources for action in logged.findall(source)}
    assert written | {f"history:{kind}" for kind in kinds.KINDS} == set(LOOKED_AT)


def test_the_log_cannot_be_changed_by_the_pages_login(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    from django.db import ProgrammingError, transaction

    scope = scope_of("marcus")
    log_outside(scope, "visit", [seeded.person["amara"]], int(seeded.school_ids[0]))
    for change in (lambda: AccessLog.objects.all().delete(), lambda: AccessLog.objects.update(action="x")):
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            change()


def test_in_spanish(as_person: Callable[[str], Any], seeded: Any) -> None:
    client = as_person("amara")
    client.cookies["django_language"] = "es"
    text = client.get(reverse("records:audit")).content.decode()
    assert "Quién consultó" in text
