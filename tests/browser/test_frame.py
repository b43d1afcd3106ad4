"""The frame around every page: skip link, menu, language and appearance, by keyboard and without scripts."""

from __future__ import annotations

from typing import Any

import pytest


def test_the_first_tab_stop_skips_to_the_content(open_as: Any) -> None:
    tab = open_as(None)
    tab.go("/")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.className") == "skip"
    tab.page.keyboard.press("Enter")
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("javascript", [True, False], ids=["scripts", "no-scripts"])
def test_language_and_appearance_switch_and_stay(javascript: bool, open_as: Any) -> None:
    tab = open_as(None, javascript=javascript)
    tab.go("/about/seeds")
    tab.page.get_by_role("button", name="Español").click()
    assert tab.page.locator("html").get_attribute("lang") == "es"
    assert tab.page.url.endswith("/about/seeds")
    tab.page.locator(".mast__tools summary").click()
    tab.page.locator("button[name=theme][value=dark]").click()
    assert tab.page.locator("html").get_attribute("data-theme") == "dark"
    assert tab.page.locator("html").get_attribute("lang") == "es"
    assert tab.errors == []


def test_escape_closes_the_menu_and_gives_the_focus_back(open_as: Any) -> None:
    tab = open_as("amara")
    tab.go("/about/looks")
    summary = tab.page.locator(".mast__tools summary")
    summary.focus()
    tab.page.keyboard.press("Enter")
    assert tab.page.locator(".mast__tools details").get_attribute("open") is not None
    tab.page.keyboard.press("Tab")
    tab.page.keyboard.press("Escape")
    assert tab.page.locator(".mast__tools details").get_attribute("open") is None
    assert tab.page.evaluate("document.activeElement.tagName") == "SUMMARY"


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        *(pytest.param(*dress, marks=pytest.mark.prove) for dress in ((1280, "dark"), (360, "light"), (360, "dark"))),
    ],
)
def test_the_open_menu_can_be_read(scheme: str, width: int, open_as: Any) -> None:
    tab = open_as("grace", scheme=scheme, width=width)
    tab.go("/about/looks")
    tab.page.locator(".mast__tools summary").click()
    assert tab.axe() + tab.too_wide() == []


def test_paper_is_white_in_the_dark(open_as: Any) -> None:
    tab = open_as(None, scheme="dark")
    tab.go("/about/looks")
    tab.page.locator(".mast__tools summary").click()
    tab.page.locator("button[name=theme][value=dark]").click()
    paper = "getComputedStyle(document.body).backgroundColor"
    assert tab.page.evaluate(paper) != "rgb(255, 255, 255)"
    tab.page.emulate_media(media="print")
    assert tab.page.evaluate(paper) == "rgb(255, 255, 255)"
    assert not tab.page.locator(".nav, .mast__tools, .foot").first.is_visible()


def test_the_watch_notices_what_it_is_for(open_as: Any) -> None:
    tab = open_as(None)
    tab.go("/about/looks")
    assert tab.axe() + tab.too_wide() + tab.errors == []
    tab.page.evaluate(
        """() => {
          const img = document.createElement("img"); img.src = "/static/fairlead/mark.svg"; document.body.append(img);
          const wide = document.createElement("div"); wide.setAttribute("style", "width: 3000px");
          document.body.append(wide); wide.className = "wide"; wide.style.width = "3000px"; wide.textContent = "x";
        }"""
    )
    tab.page.wait_for_timeout(50)
    assert any(v.startswith("image-alt") for v in tab.axe())
    assert tab.too_wide() != []
    assert any("Content Security Policy" in e for e in tab.errors)


@pytest.mark.parametrize(
    "javascript", [True, pytest.param(False, marks=pytest.mark.prove)], ids=["scripts", "no-scripts"]
)
def test_a_schools_pages_are_laid_out_or_behind_one_button(javascript: bool, open_as: Any) -> None:
    wide = open_as("luis", javascript=javascript, width=1280)
    wide.go("/office/")
    link = wide.page.locator(".pages a").first
    assert link.is_visible()
    assert not wide.page.locator(".pages summary").is_visible()
    link.click()
    assert wide.page.locator(".pages a[aria-current=page]").inner_text() == wide.page.locator("h1").inner_text()

    narrow = open_as("luis", javascript=javascript, width=390)
    narrow.go("/office/")
    assert not narrow.page.locator(".pages a").first.is_visible()
    narrow.page.locator(".pages summary").focus()
    narrow.page.keyboard.press("Enter")
    assert narrow.page.locator(".pages a").first.is_visible()
    assert narrow.too_wide() == []
    if javascript:
        assert narrow.axe() == []
        assert wide.axe() == []
