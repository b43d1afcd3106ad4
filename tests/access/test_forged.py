"""A form that another site makes a browser send is refused: every route that takes a POST, found in the addresses themselves."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.test import Client
from django.test.client import ClientHandler
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from tests.access.test_table import TABLE, routes
from tests.conftest import use_app_login

# A person of the cast who is let through the door, so that the refusal is not the door's.
PERSONS = ("amara", "luis", "grace", "dana", "marcus", "ines", "tomas", "ruth", "priya", "helen")
# Not asked for the token, each for a reason.
EXEMPT = {
    "family:link": "a guardian's link from an e-mail: no session stands behind it, and the secret in the address is the ground",
    "answering:door": "a code typed by whoever holds it: the page sets its own asker to nobody, and writes nothing",
    "answering:answer": "a survey's link: answered by nobody who is signed in, and the secret in the address is the ground",
    "answering:family": "the secret of a letter is all there is",
    "answering:shared": "a class's code is all there is, and whose form it is, is nobody's",
}


@pytest.fixture(scope="module")
def strict() -> Any:
    """The application as a browser meets it: it asks for the token. Put together once."""
    return ClientHandler(enforce_csrf_checks=True)


def patterns(resolver: URLResolver, space: str = "") -> dict[str, Any]:
    """Every route's view by its name, those of libraries too."""
    found = {}
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            found[f"{space}{entry.name}"] = entry.callback
        else:
            found |= patterns(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
    return found


def address(name: str, args: list[Any]) -> str:
    """An address of this route, of nothing that exists: the token is asked for before anything is looked up."""
    for stand_in in (7, "0" * 32, "11111111-1111-4111-8111-111111111111"):
        with suppress(NoReverseMatch):
            return reverse(name, args=[stand_in if str(a).startswith("@") else a for a in args])
    raise AssertionError(f"no address of {name} could be made")


def test_no_view_is_exempt_from_the_token() -> None:
    found = patterns(get_resolver())
    assert len(found) >= len(set(routes(get_resolver()))) > 100
    exempt = {name for name, view in found.items() if getattr(view, "csrf_exempt", False)}
    assert exempt == set(EXEMPT), "each is protected; one that must not be needs a reason here"


@pytest.mark.parametrize("name", sorted({row.get("url", key) for key, row in TABLE.items()} - set(EXEMPT)))
def test_a_post_without_the_token_is_refused(
    name: str, seeded: Any, session_keys: dict[str, str], strict: Any
) -> None:
    row = next(row for key, row in TABLE.items() if row.get("url", key) == name)
    url = address(name, row.get("args", []))
    person = next((p for p in PERSONS if row.get(p, row.get("others")) not in (404, 401)), "amara")
    client = Client()
    client.handler = strict
    client.cookies["sessionid"] = session_keys[person]
    use_app_login()
    answer = client.post(url, row.get("body", ""), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 403, "refused before any view has read it"
    for header in ({"origin": "https://elsewhere.example"}, {"referer": "https://elsewhere.example/"}):
        assert client.post(url, "", content_type="text/plain", headers=header).status_code == 403
