"""A contact with two taps, by thumb and without a network: kept locked, sent once, its promise on top of the next."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from fairlead.apps.support.models import Contact, ContactWords
from tests.browser.test_offline import CONTROLLED, KEPT
from tests.browser.test_visit_offline import STORES
from tests.conftest import as_owner


def logged(seeded: Any) -> int:
    with as_owner():
        return Contact.objects.filter(lead_id=seeded.person["marcus"], token__isnull=False).count()


@pytest.mark.prove
def test_two_taps_without_a_network(open_as: Any, seeded: Any) -> None:
    tab = open_as("marcus", width=360, offline=True)
    page, school = tab.page, int(seeded.school_ids[0])
    form = reverse("contacts:new_at", args=[school])
    before = logged(seeded)
    tab.go(reverse("director:desk"))
    page.evaluate(CONTROLLED)
    page.evaluate(KEPT, form)
    page.context.set_offline(True)
    page.locator(f'a[href="{form}"]').click()
    expect(page.locator("form[data-ready]")).to_be_visible()
    page.get_by_label("What they should remember").fill("About the two open positions")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("[data-contact-said]")).to_contain_text("kept on this device")
    held = page.evaluate(STORES)
    assert held["events"] == 1
    assert "open positions" not in held["words"], "locked"
    assert "Grace" not in held["words"]
    assert logged(seeded) == before
    page.context.set_offline(False)
    page.wait_for_url("**/contacts/*/")  # it sends by itself, and then shows what was logged
    expect(page.get_by_text("About the two open positions")).to_be_visible()
    page.goto(reverse("outbox"))
    expect(page.locator("[data-outbox-empty]")).to_be_visible()
    assert logged(seeded) == before + 1
    with as_owner():
        made = Contact.objects.filter(lead_id=seeded.person["marcus"], token__isnull=False).latest("id")
        assert made.organization_id == school
        assert ContactWords.objects.get(contact=made).text == "About the two open positions"


@pytest.mark.prove
def test_by_keys_alone_and_without_scripts(open_as: Any, seeded: Any) -> None:
    tab = open_as("dana", javascript=False, width=360)
    page = tab.page
    tab.go(f"{reverse('contacts:new')}?person={seeded.person['amara']}")
    save = page.get_by_role("button", name="Save")
    save.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/*/")
    assert "It counts once" in page.inner_text("main")
    assert tab.errors == []
