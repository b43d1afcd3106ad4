"""Every page of the walk: no violation, no error, nothing wider than the screen, in every dress."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.access.objects import OBJECTS
from tests.browser.walk import PAGES, Page
from tests.browser.watch import CONTRAST, STRUCTURE
from tests.conftest import as_owner


def address_of(page: Page, seeded: Any) -> str:
    with as_owner():
        args = [OBJECTS[str(a)[1:]](seeded) if str(a).startswith("@") else a for a in page.args]
    return reverse(page.name, args=args)


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.slug)
def test_page(page: Page, language: str, open_as: Any, seeded: Any) -> None:
    tab = open_as(page.person, language=language)
    response = tab.go(address_of(page, seeded))
    assert response.status == 200
    assert tab.page.locator("html").get_attribute("lang") == language
    assert tab.page.locator("h1").count() == 1, "one h1 a page"
    # Structure does not change with colours, nor contrast with words: each dress is measured once.
    first, second = ("light", "dark") if language == "en" else ("dark", "light")
    found = [f"desktop: {v}" for v in (tab.axe(STRUCTURE) if language == "en" else []) + tab.too_wide()]
    tab.wear(first)
    found += [f"desktop, {first}: {v}" for v in tab.axe(CONTRAST)]
    tab.resize(360)
    found += [f"phone: {v}" for v in tab.axe(STRUCTURE) + tab.too_wide()]
    tab.wear(second)
    found += [f"phone, {second}: {v}" for v in tab.axe(CONTRAST)]
    wrong = found + tab.errors
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.slug)
def test_without_scripts(page: Page, open_as: Any, seeded: Any) -> None:
    tab = open_as(page.person, javascript=False, width=360)
    assert tab.go(address_of(page, seeded)).status == 200
    assert tab.page.locator("main h1").is_visible()
    assert tab.errors == []
