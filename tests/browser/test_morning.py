"""Stops 1 and 2 with a thumb, with scripts and without."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from fairlead.apps.attendance.models import FamilyContact, Roll
from tests.access import morning_objects
from tests.conftest import as_owner


def marks(roll_id: int) -> dict[str, int]:
    with as_owner():
        found = list(Roll.objects.get(pk=roll_id).marks.values_list("status", flat=True))
    return {status: found.count(status) for status in sorted(set(found))}


def address(seeded: Any) -> tuple[int, str]:
    with as_owner():
        roll_id = morning_objects.own_roll(seeded)
    return roll_id, reverse("teacher:roll", args=[roll_id])


def test_two_absences_in_four_taps(open_as: Any, seeded: Any) -> None:
    roll_id, url = address(seeded)
    tab = open_as("amara", width=360)
    tab.go(url)
    page = tab.page
    students = page.get_by_role("radiogroup").count()
    for i in (0, 2):
        page.locator("label.is-absent").nth(i).tap()
    page.get_by_role("button", name="Mark everyone present").tap()
    assert page.locator("input:checked").count() == students
    assert page.locator("input[value=absent]:checked").count() == 2, "marks already made stay"
    assert page.locator(".sticky-actions p").inner_text() == f"{students} of {students} marked · 2 absent"
    page.locator(".sticky-actions").get_by_role("button").tap()
    page.get_by_role("heading", name="is in").wait_for()
    assert marks(roll_id) == {"absent": 2, "present": students - 2}
    assert tab.errors == []


def test_a_roll_without_scripts(open_as: Any, seeded: Any) -> None:
    roll_id, url = address(seeded)
    tab = open_as("amara", width=360, javascript=False)
    tab.go(url)
    page = tab.page
    page.locator("label.is-absent").nth(1).tap()
    page.get_by_role("button", name="Mark everyone present").tap()
    page.get_by_text("Check, then submit").wait_for()
    assert marks(roll_id) == {}, "nothing is saved by marking"
    page.locator(".sticky-actions").get_by_role("button").tap()
    page.get_by_role("heading", name="is in").wait_for()
    assert marks(roll_id)["absent"] == 1


def test_a_roll_by_keyboard(open_as: Any, seeded: Any) -> None:
    roll_id, url = address(seeded)
    tab = open_as("amara")
    tab.go(url)
    page = tab.page
    students = page.get_by_role("radiogroup").count()
    page.get_by_role("button", name="Mark everyone present").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")  # the first student: from present to absent
    for _ in range(students):
        page.keyboard.press("Tab")
    assert page.locator(".sticky-actions button").evaluate("e => e === document.activeElement")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="is in").wait_for()
    assert marks(roll_id) == {"absent": 1, "present": students - 1}


def test_a_call_in_two_taps_stays_on_the_page(open_as: Any, seeded: Any) -> None:
    tab = open_as("luis", width=360)
    tab.go(reverse("office:desk"))
    page = tab.page
    families = page.locator("tbody tr").count()
    with as_owner():
        before = FamilyContact.objects.count()
    page.evaluate("window.still = true")
    page.locator("tbody details.log summary").first.tap()
    page.locator("tbody details.log").first.get_by_role("button", name="Left a message").tap()
    page.locator(".notice--ok", has_text="Left a message").wait_for()
    assert page.locator("tbody tr").count() == families - 1
    assert page.evaluate("window.still") is True, "a fragment, not a new page"
    assert page.locator("[autofocus]").evaluate("e => e === document.activeElement"), (
        "the keyboard stays where it was"
    )
    with as_owner():
        assert FamilyContact.objects.count() == before + 1
    assert tab.axe() == []
    assert tab.errors == []


def test_a_call_without_scripts(open_as: Any, seeded: Any) -> None:
    tab = open_as("luis", width=360, javascript=False)
    tab.go(reverse("office:desk"))
    page = tab.page
    families = page.locator("tbody tr").count()
    page.locator("tbody details.log summary").first.tap()
    form = page.locator("tbody details.log").first
    form.get_by_label("Note").fill("Fever since Sunday")
    form.get_by_role("button", name="Explained: excused").tap()
    page.get_by_text("the absence is explained").wait_for()
    assert page.locator("tbody tr").count() == families - 1
