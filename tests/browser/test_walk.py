"""The walk as people walk it: a roll by keyboard only, and the first stops without scripts."""

from __future__ import annotations

import re
import time
from typing import Any

from playwright.sync_api import expect


def test_a_roll_by_keyboard_only(open_as: Any, seeded: Any) -> None:
    """Tab, arrows, space, enter: everybody present, two absent, sent."""
    tab = open_as("amara", width=360)
    keys = tab.page.keyboard
    tab.go("/teacher/")
    _tab_to(tab, "a[href*='/rolls/']")
    keys.press("Enter")
    expect(tab.page.locator("form.roll")).to_be_visible()
    _tab_to(tab, "button[name=all_present]")
    keys.press("Enter")
    groups = tab.page.locator("[role=radiogroup]")
    for _ in range(2):  # within a group the arrow keys choose; Tab goes to the next student
        _tab_to(tab, "input[type=radio]")
        keys.press("ArrowRight")
    assert tab.page.locator("input[value=absent]:checked").count() == 2
    _tab_to(tab, ".sticky-actions button")
    keys.press("Enter")
    expect(tab.page.locator("h1")).to_contain_text("is in")
    assert groups.count() == 0
    assert tab.errors == []


def test_a_roll_with_a_thumb_takes_less_than_ten_seconds(open_as: Any) -> None:
    tab = open_as("amara", width=360)
    tab.go("/teacher/")
    tab.page.locator("a[href*='/rolls/']").first.tap()
    began = time.monotonic()
    tab.page.locator("button[name=all_present]").tap()
    absent = tab.page.locator("label:has(input[value=absent])")
    for n in (1, 4):
        absent.nth(n).tap()
    tab.page.locator(".sticky-actions button").tap()
    expect(tab.page.locator("h1")).to_contain_text("is in")
    assert time.monotonic() - began < 10
    assert tab.errors == []


def test_nobody_is_present_before_somebody_says_so(open_as: Any) -> None:
    tab = open_as("amara", width=360, javascript=False)
    tab.go("/teacher/")
    tab.page.locator("a[href*='/rolls/']").first.click()
    assert tab.page.locator("input[type=radio]:checked").count() == 0
    tab.page.locator(".sticky-actions button").click()
    assert tab.page.locator("[role=alert]").is_visible()


def test_the_story_without_scripts(open_as: Any) -> None:
    """One click makes you each person; the roll, the office's reminder and call work by plain forms."""
    tab = open_as(None, width=360, javascript=False)
    tab.go("/")
    page = tab.page
    page.get_by_role("button", name="Be Amara").click()
    page.locator("a[href*='/rolls/']").first.click()
    page.locator("button[name=all_present]").click()
    page.locator("label:has(input[value=absent])").first.click()
    page.locator(".sticky-actions button").click()
    expect(page.locator("h1")).to_contain_text("is in")

    tab.go("/")
    page.get_by_role("button", name="Be Luis").click()
    expect(page.locator("h1")).to_contain_text("Harbor Point")
    if page.locator("form[action$='/remind'] button").count():
        page.locator("form[action$='/remind'] button").first.click()
        expect(page.locator("main")).to_contain_text(re.compile("reminded", re.I))

    for given in ("Grace", "Dana"):
        tab.go("/")
        page.get_by_role("button", name=f"Be {given}").click()
        expect(page.locator("main h1")).to_be_visible()
    assert tab.errors == []


def _tab_to(tab: Any, selector: str, most: int = 60) -> None:
    """Press Tab until the focused element matches; what has focus must also show it."""
    for _ in range(most):
        tab.page.keyboard.press("Tab")
        if tab.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with Tab")
