"""Surveys at each of their stages, made for a test by Ines; as the owner of the schema."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fairlead.apps.roster.selectors import scope_for
from fairlead.apps.surveys import optouts, services
from fairlead.apps.surveys.models import Administration, Invitation
from tests.apps.surveys import making


def _ines(world: Any) -> Any:
    return scope_for(world.person["ines"], world.today)


def draft(world: Any) -> int:
    """A draft for every school."""
    return int(services.create(_ines(world), world.network_id, making.draft(world)).pk)


def opened(world: Any) -> int:
    """The demo's open one; Amara is asked, and has not answered."""
    return int(_of("what-we-hold-true", closed_at=None).pk)


def secret(world: Any) -> str:
    """The secret of Amara's link."""
    mine = Invitation.objects.get(administration_id=opened(world), person_id=world.person["amara"])
    return services.renew(mine.pk)


def closed(world: Any) -> int:
    """The demo's first of what teachers hold true, counted."""
    return int(_of("what-we-hold-true", counted_at__isnull=False).pk)


def of_classes(world: Any) -> int:
    """The demo's survey of students, counted."""
    return int(_of("in-this-class", counted_at__isnull=False).pk)


def amaras_class(world: Any) -> int:
    """The section that Amara teaches."""
    return int(world.section_ids[world.section_teacher == world.person["amara"]][0])


def students_now(world: Any) -> int:
    """The demo's survey that asks students now; Amara's class is open on shared devices."""
    return int(_of("in-this-class", closed_at=None).pk)


def letters_due(world: Any) -> int:
    """A survey of students that is to come: families may say no until next week."""
    day = world.today
    what = making.students(
        world, opt_out_until=day + timedelta(days=7), opens_on=day + timedelta(days=9),
        closes_on=day + timedelta(days=20),
    )  # fmt: skip
    return int(services.create(_ines(world), world.network_id, what).pk)


def letter(world: Any) -> str:
    """The secret of one of its letters."""
    return optouts.make_letters(_ines(world), letters_due(world), int(world.school_ids[0]))[0].secret


def _of(key: str, **which: Any) -> Administration:
    return Administration.objects.filter(version__instrument__key=key, opened_at__isnull=False, **which).order_by(
        "pk"
    )[0]
