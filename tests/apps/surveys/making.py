"""A survey for a test: drafted, opened, answered, as the owner of the schema unless the test says otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fairlead.apps.instruments.models import Version
from fairlead.apps.instruments.responding import Given
from fairlead.apps.surveys import links, services
from fairlead.apps.surveys.models import Administration, Invitation
from fairlead.apps.surveys.services import Draft


def version_of(key: str, number: int = 1) -> Version:
    return Version.objects.select_related("instrument").get(instrument__key=key, number=number)


def draft(world: Any, **values: Any) -> Draft:
    """A confidential survey of what teachers hold true, in every school, open for a week."""
    told: dict[str, Any] = {
        "version_id": version_of("what-we-hold-true").pk,
        "name": "What we hold true",
        "purpose": "survey",
        "mode": "confidential",
        "asked": "staff",
        "role": "teacher",
        "opens_on": world.today,
        "closes_on": world.today + timedelta(days=7),
        "school_ids": tuple(int(pk) for pk in world.school_ids),
    }
    return Draft(**told | values)


def students(world: Any, **values: Any) -> Draft:
    """An anonymous survey of students about their class."""
    told = {"version_id": version_of("in-this-class").pk, "name": "In this class", "mode": "anonymous",
            "asked": "students", "role": ""}  # fmt: skip
    return draft(world, **told | values)


def opened(scope: Any, world: Any, what: Draft) -> Administration:
    """It is open."""
    made = services.create(scope, world.network_id, what)
    services.open_it(scope, made.pk)
    made.refresh_from_db()
    return made


def secrets(known: Administration, **which: Any) -> list[str]:
    """New secrets of its invitations."""
    return [
        services.renew(pk)
        for pk in Invitation.objects.filter(administration=known, **which).values_list("pk", flat=True)
    ]


def said(known: Administration, level: int) -> dict[int, Given]:
    """The same level on every item that has it."""
    return {item.pk: Given(level=level) for item in links.questions(known.version_id) if item.kind == "likert"}


def answered(known: Administration, secret: str, level: int = 5) -> bool:
    """One answer by link."""
    found = links.look(secret)
    assert found is not None
    return links.answer(secret, found, said(known, level))
