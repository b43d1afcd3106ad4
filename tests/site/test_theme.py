"""Light, dark or automatic: kept in a cookie, written into the page by the server."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import render_to_string


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_choice_is_written_into_the_page(theme: str, client: Any, db: None) -> None:
    client.post("/about/theme", {"theme": theme, "next": "/about/looks"})
    assert f'data-theme="{theme}"' in client.get("/about/looks").content.decode()


def test_automatic_forgets_it(client: Any, db: None) -> None:
    client.post("/about/theme", {"theme": "dark"})
    client.post("/about/theme", {"theme": "auto"})
    assert "data-theme" not in client.get("/about/looks").content.decode()


def test_a_cookie_of_another_make_does_nothing(client: Any, db: None) -> None:
    client.cookies["fairlead_theme"] = '"><script>'
    assert "data-theme" not in client.get("/about/looks").content.decode()


def test_it_goes_back_only_within_this_site(client: Any, db: None) -> None:
    assert client.post("/about/theme", {"theme": "dark", "next": "https://elsewhere.example/"})["Location"] == "/"


@pytest.mark.parametrize("page", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_need_nothing_and_say_what_next(page: str) -> None:
    assert "What you can do" in render_to_string(f"{page}.html")
