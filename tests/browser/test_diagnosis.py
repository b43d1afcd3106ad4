"""A diagnosis by thumb: no scripts; the principal rates alone, opens the talk, writes the consensus down, promises."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.prove
def test_from_levels_given_alone_to_a_promise_on_a_phone_without_scripts(open_as: Any) -> None:
    grace = open_as("grace", width=360, javascript=False)
    grace.go("/diagnoses/")
    page = grace.page
    page.get_by_role("link", name="Rate alone (What makes it stick").click()
    assert "●" not in page.locator("main").inner_text(), "nobody else's level is here"
    for group in page.locator("fieldset.rating").all():
        group.get_by_role("radio", name="In place").check()
    page.get_by_role("button", name="Give my levels").click()
    assert "Say what the level rests on" in page.get_by_role("alert").inner_text()
    for box in page.get_by_label("What you saw in it").all():
        box.fill("In every room that I saw.")
    page.get_by_role("button", name="Give my levels").click()
    page.get_by_role("button", name="All talk").click()
    assert "pairs of levels given alone" in page.locator("main").inner_text()
    page.get_by_role("link", name="Write down what the group agrees on").click()
    assert page.locator(".levels__alone").count() > 0
    for group in page.locator("fieldset.rating").all():
        group.get_by_role("radio", name="In place").check()
    for box in page.get_by_label("Why this level").all():
        box.fill("The notes say so.")
    page.get_by_label("Minutes that the group talked").fill("70")
    page.get_by_role("button", name="Publish").click()
    page.get_by_label("I promise").fill("The reading fair goes.")
    page.get_by_label("By", exact=True).fill("2026-12-18")
    page.get_by_role("button", name="Promise", exact=True).click()
    assert "The reading fair goes." in page.get_by_role("region", name="At a glance").inner_text()
    assert [e for e in grace.errors if "422" not in e] == []

    amara = open_as("amara", width=360, javascript=False)
    amara.go("/diagnoses/")
    assert "Waits for you" not in amara.page.locator("main").inner_text(), "the talk has begun"
    assert amara.errors == []
