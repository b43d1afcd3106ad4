"""Every page of the walk: no violation, no error, nothing wider than the screen, in every dress."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.access.objects import OBJECTS
from tests.browser.walk import PAGES, Page


def address_of(page: Page, seeded: Any) -> str:
    args = [OBJECTS[a[1:]](seeded) if a.startswith("@") else a for a in page.args]
    return reverse(page.name, args=args)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.slug)
def test_page(page: Page, language: str, open_as: Any, seeded: Any) -> None:
    tab = open_as(page.person, language=language)
    response = tab.go(address_of(page, seeded))
    assert response.status == 200
    assert tab.page.locator("html").get_attribute("lang") == language
    assert tab.page.locator("h1").count() == 1, "one h1 a page"
    found = [f"desktop: {v}" for v in tab.axe() + tab.too_wide()]
    tab.wear("dark")  # colours change with the dress; structure does not
    found += [f"dark: {v}" for v in tab.axe(["color-contrast", "link-in-text-block"])]
    tab.resize(360)
    found += [f"phone, dark: {v}" for v in tab.axe() + tab.too_wide()]
    tab.wear("light")
    found += [f"phone: {v}" for v in tab.axe(["color-contrast", "link-in-text-block"])]
    wrong = found + tab.errors
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.slug)
def test_without_scripts(page: Page, open_as: Any, seeded: Any) -> None:
    tab = open_as(page.person, javascript=False, width=360)
    assert tab.go(address_of(page, seeded)).status == 200
    assert tab.page.locator("main h1").is_visible()
    assert tab.errors == []
