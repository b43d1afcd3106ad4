"""Whoever opens a page that names people of a school where they hold no role is in the log of reads, whatever the page.

The access table asks this of every page that it opens, so that a new page cannot forget it: names are looked for in what
was answered.
"""

from __future__ import annotations

import html
import io
import zipfile
from collections import Counter, defaultdict
from typing import Any

import pytest

from fairlead.apps.access.models import AccessLog
from fairlead.apps.roster.models import Person, Role
from tests.conftest import as_owner

# The story names its cast from constants: no row is read. A substitute's link is opened by whoever has it, signed in or
# not: it opens the rolls of one day in a scope without a person, and keeps itself when it was used.
WITHOUT_A_READER = {"welcome:home", "substitute:link"}


@pytest.fixture(scope="session")
def only_names(world: Any, django_db_blocker: Any) -> dict[str, tuple[int, int]]:
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


def last_read() -> int:
    """The last row of the log of reads, before a page is opened."""
    with as_owner():
        return AccessLog.objects.order_by("pk").values_list("pk", flat=True).last() or 0


def shown_unseen(response: Any, me: int, only_names: dict[str, tuple[int, int]], before: int) -> dict[int, list[str]]:
    """People of schools where `me` holds no role, whom the page names without a row in the log: school → some of them."""
    text = text_of(response)
    with as_owner():
        own = set(Role.objects.filter(person_id=me).values_list("organization_id", flat=True))
        kept = set(AccessLog.objects.filter(pk__gt=before, person_id=me).values_list("organization_id", flat=True))
    shown: dict[int, list[str]] = defaultdict(list)
    for who, (pk, org) in only_names.items():
        if who in text and org not in own and pk != me and org not in kept:
            shown[org].append(who)
    return {org: people[:3] for org, people in shown.items()}
