"""A family reached: who is calling shows by itself, and a guardian answers by thumb, without scripts."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from fairlead.apps.attendance.models import AttendanceMark, CallClaim, FamilyAnswer
from tests.access import morning_objects
from tests.conftest import as_owner


def absence(seeded: Any) -> int:
    with as_owner():
        found = morning_objects.absence(seeded)
        AttendanceMark.objects.get(pk=found).student.guardianships.update(may_contact=True)
    return found


def test_opening_the_log_says_who_is_calling(open_as: Any, seeded: Any) -> None:
    mark = absence(seeded)
    tab = open_as("luis")
    tab.go(reverse("office:desk"))
    row = tab.page.locator(f"#absence-{mark}")
    row.get_by_text("Log a call").click()
    row.get_by_text("Until 9:41 a.m. you are calling this family.").wait_for()
    other = open_as("grace")
    other.go(reverse("office:desk"))
    other.page.locator(f"#absence-{mark}").get_by_text("Luis Ortega is calling, until 9:41").wait_for()
    row.get_by_role("button", name="No answer").click()
    tab.page.locator("#board").get_by_text("Logged for").wait_for()
    with as_owner():
        assert CallClaim.objects.count() == 0, "two taps are two taps, and end it"
    assert tab.errors == []


def test_a_guardian_answers_and_the_office_decides(open_as: Any, seeded: Any) -> None:
    mark = absence(seeded)
    office = open_as("luis", javascript=False)
    office.go(reverse("office:contact", args=[mark]))
    office.page.get_by_role("button", name="Make a link").first.click()
    message = office.page.locator("#message").input_value()
    address = next(word for word in message.split() if "/f/" in word)
    family = open_as(None, width=360, javascript=False, language="es")
    family.go("/f/" + address.rsplit("/", 1)[1] + "?in=es")
    page = family.page
    page.get_by_text("Enfermedad").tap()
    page.locator("textarea").fill("Fiebre")
    page.get_by_role("button", name="Continuar").tap()
    page.get_by_role("heading", name="¿Es correcto?").wait_for()
    page.get_by_role("button", name="Enviarlo a la escuela").tap()
    page.get_by_role("heading", name="Gracias").wait_for()
    with as_owner():
        assert FamilyAnswer.objects.filter(words="Fiebre").count() == 1
    office.go(reverse("office:answers"))
    item = office.page.locator("li", has_text="Fiebre")
    item.get_by_role("button", name="Accepted: excused").click()
    office.page.get_by_role("heading", name="Decided").wait_for()
    with as_owner():
        assert AttendanceMark.objects.get(pk=mark).reason == "excused"
    assert family.errors == []
    assert office.errors == []
