"""Whoever opens a page that names people of a school where they hold no role is in the log of reads, whatever the page.

The battery goes over the access table, so that a new page cannot forget it: it looks for names in what was answered.
"""

from __future__ import annotations

import html
import io
import zipfile
from collections import Counter, defaultdict
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.access.models import AccessLog
from fairlead.apps.roster.models import Person, Role
from fairlead.demo.cast import BY_KEY
from tests.access.objects import OBJECTS
from tests.access.test_table import TABLE
from tests.conftest import as_owner

# The story names its cast from constants: no row is read. A substitute's link is opened by whoever has it, signed in or
# not: it opens the rolls of one day in a scope without a person, and keeps itself when it was used.
WITHOUT_A_READER = {"welcome:home", "substitute:link"}


def pages() -> list[Any]:
    """Every page of the table that may be read, once for each of the cast who may read it."""
    return [
        pytest.param(row.get("url", key), row, person, id=f"{key}-{person}")
        for key, row in TABLE.items()
        if row.get("method", "GET") == "GET" and row.get("url", key) not in WITHOUT_A_READER
        for person in BY_KEY
        if row.get(person, row.get("others")) == 200
    ]


@pytest.fixture(scope="session")
def names(world: Any, django_db_blocker: Any) -> dict[str, tuple[int, int]]:
    """Name → person and school, of people at schools whose name nobody else has."""
    with django_db_blocker.unblock():
        rows = list(
            Person.objects.values_list("given_name", "family_name", "pk", "organization_id", "organization__kind")
        )
    often = Counter(f"{given} {family}" for given, family, *_rest in rows)
    return {
        f"{given} {family}": (pk, org)
        for given, family, pk, org, kind in rows
        if kind == "school" and often[f"{given} {family}"] == 1
    }


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if content[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            files = [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
        return "\n".join(files).replace(",", " ")  # given and family name stand side by side
    return html.unescape(content.decode("utf-8", "replace"))


@pytest.mark.parametrize(("name", "row", "person"), pages())
def test_people_of_another_school_are_not_shown_unseen(
    name: str, row: dict[str, Any], person: str, as_person: Any, seeded: Any, names: dict[str, tuple[int, int]]
) -> None:
    args = [OBJECTS[a[1:]](seeded) if isinstance(a, str) and a.startswith("@") else a for a in row.get("args", [])]
    me = seeded.person[person]
    own = set(Role.objects.filter(person_id=me).values_list("organization_id", flat=True))
    before = set(AccessLog.objects.values_list("pk", flat=True))
    response = as_person(person).get(reverse(name, args=args))
    assert response.status_code == 200
    text = text_of(response)
    shown: dict[int, list[str]] = defaultdict(list)
    for who, (pk, org) in names.items():
        if who in text and org not in own and pk != me:
            shown[org].append(who)
    with as_owner():
        kept = set(
            AccessLog.objects.exclude(pk__in=before).filter(person_id=me).values_list("organization_id", flat=True)
        )
    unseen = {org: people[:3] for org, people in shown.items() if org not in kept}
    assert not unseen, f"{name} shows people of other schools and leaves no trace: {unseen}"
