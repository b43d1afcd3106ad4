"""The access table: persona × URL × status, no route missing, and nobody of another school shown without a trace."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from fairlead.demo.cast import BY_KEY
from tests.access.objects import OBJECTS
from tests.access.outside import WITHOUT_A_READER, last_read, only_names, shown_unseen

TABLE: dict[str, dict[str, Any]] = tomllib.loads(Path(__file__).with_name("table.toml").read_text(encoding="utf-8"))
__all__ = ["only_names"]  # a fixture
PERSONS = ("anonymous", *BY_KEY)
# A page that reads these shows what somebody scored with an instrument, and so how good that measure is.
SCORES = ("instruments_answer", "facts_research_score")
TECHNICAL = re.compile(r'href="/instruments/[a-z0-9_-]+/\d+/technical/"')
SHOWS_NONE: dict[str, str] = {}  # URL name: what it reads scores for without showing one
LIBRARIES = ("account_", "mfa_", "set_language")  # sign-in pages of the library: its own tests guard them


def routes(resolver: URLResolver, space: str = "") -> list[str]:
    """Every named route, with its namespace."""
    names = []
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            assert entry.name, f"a route without a name: {entry.pattern}"
            names.append(space + entry.name)
        else:
            names += routes(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
    return names


def test_no_route_is_missing_from_the_table() -> None:
    named = {name for name in routes(get_resolver()) if not name.startswith(LIBRARIES)}
    listed = {row.get("url", key) for key, row in TABLE.items()}
    assert named - listed == set(), "routes without a row in tests/access/table.toml"
    assert listed - named == set(), "rows of the table without a route"


AT_ONCE = 1  # of those to whom a row gives one answer; the rest of them ask in make prove


def cases() -> list[Any]:
    """Everybody at every address. Whom a row names asks with every change, and some of the others by turns."""
    found = []
    for n, (key, row) in enumerate(TABLE.items()):
        others = [person for person in PERSONS if person not in row]
        now = {others[(n + k) % len(others)] for k in range(AT_ONCE)} if others else set()
        for person in PERSONS:
            marks = pytest.mark.prove if person in others and person not in now else ()
            found.append(pytest.param(row.get("url", key), row, person, id=f"{key}-{person}", marks=marks))
    return found


@pytest.mark.parametrize(("name", "row", "person"), cases())
def test_access(
    name: str,
    row: dict[str, Any],
    person: str,
    as_person: Any,
    seeded: Any,
    only_names: dict[str, tuple[int, int]],
) -> None:
    args = [OBJECTS[a[1:]](seeded) if isinstance(a, str) and a.startswith("@") else a for a in row.get("args", [])]
    url = reverse(name, args=args)
    expected = row.get(person, row.get("others"))
    assert expected is not None, f"the table says nothing about {person} at {name}"
    before = last_read()
    client = as_person(None if person == "anonymous" else person)
    with CaptureQueriesContext(connection) as asked:
        response = client.generic(
            row.get("method", "GET"), url, row.get("body", ""), content_type="application/x-www-form-urlencoded"
        )
    assert response.status_code == expected
    if response.status_code == 200 and response["Content-Type"].startswith("text/html"):
        shows = [query["sql"] for query in asked if any(table in query["sql"] for table in SCORES)]
        assert not shows or name in SHOWS_NONE or TECHNICAL.search(response.content.decode()), (
            f"{name} reads scores and has no link to the instrument's technical page: "
            f"include instruments/_how_good.html beside the result, or say in SHOWS_NONE why it shows none: {shows[0]}"
        )
    if expected == 302 and person == "anonymous":
        assert response["Location"].startswith(("/accounts/login/", row.get("anonymous_to", "/accounts/login/")))
    if expected == 200 and row.get("method", "GET") == "GET" and person in BY_KEY and name not in WITHOUT_A_READER:
        unseen = shown_unseen(response, seeded.person[person], only_names, before)
        assert not unseen, f"{name} shows people of other schools and leaves no trace: {unseen}"
