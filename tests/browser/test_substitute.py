"""A substitute in a hallway: the link on a phone, without scripts and without an account."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from fairlead.apps.attendance.models import Roll
from tests.access import morning_objects, roll_objects
from tests.conftest import as_owner


def test_from_the_link_to_the_receipt(open_as: Any, seeded: Any) -> None:
    with as_owner():
        address = reverse("substitute:link", args=[roll_objects.token(seeded)])
        roll = morning_objects.own_roll(seeded)
    tab = open_as(None, width=360, language="es")
    wrong: list[str] = []

    def look() -> None:
        wrong.extend([*tab.axe(), *tab.too_wide()])
        tab.wear("dark")
        wrong.extend(tab.axe("contrast"))
        tab.wear("light")

    tab.go(address)
    look()
    tab.page.get_by_role("button", name="Abrir las listas").tap()
    tab.page.locator(".card a.btn--primary").first.wait_for()
    look()
    tab.page.locator(".card a.btn--primary").first.tap()
    tab.page.locator("label.is-absent").first.wait_for()
    look()
    students = tab.page.get_by_role("radiogroup").count()
    tab.page.locator("label.is-absent").first.tap()
    tab.page.locator("button[name=all_present]").tap()
    tab.page.get_by_role("status").wait_for()
    look()
    assert tab.page.locator("input[value=absent]:checked").count() == 1
    tab.page.locator(".sticky-actions button").tap()
    tab.page.locator("a[href='?amend=1']").wait_for()
    look()
    with as_owner():
        found = Roll.objects.get(pk=roll)
        assert (found.source, found.marks.count()) == ("substitute", students)
    assert tab.errors == []
    assert not wrong, "\n".join(wrong)


def test_another_device_is_shown_the_same_as_an_unknown_link(open_as: Any, seeded: Any) -> None:
    with as_owner():
        address = reverse("substitute:link", args=[roll_objects.token(seeded)])
    first = open_as(None, width=360)
    first.go(address)
    first.page.get_by_role("button", name="Open the rolls").tap()
    first.page.locator(".card a.btn--primary").first.wait_for()
    second = open_as(None, width=360)
    assert second.go(address).status == 404
    assert second.page.locator("h1").inner_text() == "This link does not open"
