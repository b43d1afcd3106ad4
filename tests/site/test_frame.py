"""The frame around every page: drawn once for each kind of reader, with each page's own token and address."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import reverse

from fairlead.site import frame
from tests.conftest import max_queries


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    frame._drawn.cache_clear()


def test_a_second_page_draws_no_frame_again(as_person: Callable[[str], Any]) -> None:
    client = as_person("luis")
    client.get(reverse("about_looks"))
    drawn = frame._drawn.cache_info().misses
    client.get(reverse("about_looks"))
    assert frame._drawn.cache_info().misses == drawn > 0


def test_forms_of_the_frame_carry_the_pages_own_token_and_address(as_person: Callable[[str], Any]) -> None:
    client = as_person("luis")
    address = reverse("about_looks")
    for query in ("?a=1&b=<", "?c=2"):
        page = client.get(address + query)
        text = page.content.decode()
        tokens = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]*)"', text.split('id="main"')[0]))
        assert tokens == {page.context["csrf_token"]}
        assert set(re.findall(r'name="next" value="([^"]*)"', text)) == {
            (address + query).replace("&", "&amp;").replace("<", "%3C")
        }
        assert frame.TOKEN not in text
        assert frame.HERE not in text


def test_nobody_sees_anothers_frame(as_person: Callable[[str | None], Any]) -> None:
    seen = {key: as_person(key).get(reverse("about_looks")).content.decode() for key in ("luis", "grace", None)}
    assert "Luis" in seen["luis"]
    assert "Luis" not in seen["grace"]
    assert "Luis" not in seen[None]
    assert reverse("office:desk") in seen["luis"]
    assert reverse("office:desk") not in seen[None]


def test_the_looks_that_one_chose(as_person: Callable[[str], Any]) -> None:
    client = as_person("luis")
    for theme in ("light", "dark"):
        client.cookies["fairlead_theme"] = theme
        text = client.get(reverse("about_looks")).content.decode()
        assert re.search(rf'btn--primary" name="theme" value="{theme}"', text)


def test_a_page_behind_another_lights_the_one_that_leads_to_it(as_person: Callable[[str], Any]) -> None:
    """Measures of schools are reached from what schools submit, and are no part of quality seats."""
    text = as_person("ruth").get(reverse("city:measures")).content.decode()
    assert re.findall(r'aria-current="page">([^<]*)<', text.split('id="main"')[0]) == ["Submission"]


def test_an_error_page_without_request_has_a_frame() -> None:
    assert "Fairlead" in frame.masthead({})
    assert frame.masthead({"request": RequestFactory().get("/x")})


def test_the_frame_asks_four_questions(as_person: Callable[[str], Any], settings: Any) -> None:
    """Session with the demo's moment; account; roles; and PostgreSQL is told. The rest belongs to the page."""
    settings.DEMO = True
    client = as_person("luis")
    with max_queries(4):
        assert client.get(reverse("about_looks")).status_code == 200


def test_many_pages_stand_behind_one_word_and_the_one_that_is_open_is_named(as_person: Callable[[str], Any]) -> None:
    client = as_person("ines")
    text = client.get(reverse("surveys:home")).content.decode()
    nav = re.search(r'<nav class="nav".*?</nav>', text, re.DOTALL)[0]  # type: ignore[index]
    stand, more = nav.split("<details", 1)
    assert stand.count("<a ") == frame.STAND
    assert reverse("surveys:home") not in stand
    assert re.search(r'<summary class="is-here">.*More pages: </span>Surveys', more)
    assert f'<a href="{reverse("surveys:home")}" aria-current="page">' in more


@pytest.mark.parametrize(
    ("role", "page", "lit"),
    [
        ("coach", "time:home", "contacts:week"),
        ("office", "time:home", "operations:home"),
        ("network_lead", "time:network", "contacts:week"),
        ("analyst", "growth:home", "surveys:home"),
        ("teacher", "growth:mine", "surveys:mine"),
        ("director", "contacts:promises", "contacts:week"),
        ("director", "operations:counts", "operations:home"),
        ("principal", "supervision:begin", "supervision:home"),
        ("teacher", "supervision:rights", "supervision:rights"),
        ("network_lead", "caseloads:moved", "caseloads:home"),
        ("coach", "cycles:new", "cycles:home"),
        ("coach", "learning:sign_in", "learning:home"),
    ],
)
def test_a_page_lights_the_room_that_it_belongs_to(role: str, page: str, lit: str) -> None:
    pages = frame._pages([(role, "")])
    there = frame._at(reverse(page), pages)
    assert [url for (url, _label), here in zip(pages, there, strict=True) if here] == [reverse(lit)]


def test_a_menu_of_one_page_is_none(monkeypatch: pytest.MonkeyPatch, as_person: Callable[[str], Any]) -> None:
    pages = tuple(("office", f"about_{name}", name) for name in ("looks", "seeds")) * 2
    address = reverse("about_looks")
    for kept, menu in ((pages + pages[:1], False), (pages + pages[:2], True)):
        monkeypatch.setattr(frame, "PAGES", kept)
        frame._addresses.cache_clear()
        frame._drawn.cache_clear()
        nav = as_person("luis").get(address).content.decode().split("</nav>")[0]
        assert ("<details" in nav) == menu
    frame._addresses.cache_clear()
