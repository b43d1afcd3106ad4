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
    return reverse(page.name, args=args) + page.query


def by_turns(every: int) -> list[Any]:
    """All pages: one in so many with every change, the others in make prove; the frame around them is one."""
    return [pytest.param(page, marks=() if n % every == 0 else pytest.mark.prove) for n, page in enumerate(PAGES)]


# Structure does not change with colours, nor contrast with words: each dress is measured once.
@pytest.mark.parametrize("page", by_turns(5), ids=lambda p: p.slug)
def test_page(page: Page, open_as: Any, seeded: Any) -> None:
    tab = open_as(page.person)
    response = tab.go(address_of(page, seeded))
    assert response.status == 200
    assert tab.page.locator("html").get_attribute("lang") == "en"
    assert tab.page.locator("h1").count() == 1, "one h1 a page"
    found = [f"desktop, light: {v}" for v in tab.axe() + tab.too_wide()]
    tab.resize(360)
    found += [f"phone: {v}" for v in tab.too_wide()]
    wrong = found + tab.errors
    assert not wrong, "\n".join(wrong)


@pytest.mark.prove
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.slug)
def test_page_in_spanish_and_the_other_dresses(page: Page, open_as: Any, seeded: Any) -> None:
    tab = open_as(page.person, language="es", scheme="dark")
    tab.go(address_of(page, seeded))
    found = [f"desktop: {v}" for v in tab.too_wide()]
    tab.resize(360)
    found += [f"phone: {v}" for v in tab.axe(STRUCTURE)]
    found += [f"phone, dark: {v}" for v in tab.axe(CONTRAST)]  # the light one: `test_page`
    wrong = found + tab.errors
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("page", by_turns(15), ids=lambda p: p.slug)
def test_in_spanish_without_scripts(page: Page, open_as: Any, seeded: Any) -> None:
    tab = open_as(page.person, javascript=False, width=360, language="es")
    assert tab.go(address_of(page, seeded)).status == 200
    assert tab.page.locator("html").get_attribute("lang") == "es"
    assert tab.page.locator("main h1").is_visible()
    assert tab.too_wide() == []
    assert tab.errors == []
