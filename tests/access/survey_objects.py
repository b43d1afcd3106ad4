"""Surveys at each of their stages, made for a test by Ines; as the owner of the schema."""

from __future__ import annotations

from typing import Any

from fairlead.apps.roster.selectors import scope_for
from fairlead.apps.surveys import counting, services
from fairlead.apps.surveys.models import Administration
from tests.apps.surveys import making


def _ines(world: Any) -> Any:
    return scope_for(world.person["ines"], world.today)


def draft(world: Any) -> int:
    """A draft for every school."""
    return int(services.create(_ines(world), world.network_id, making.draft(world)).pk)


def _open(world: Any) -> Administration:
    return making.opened(_ines(world), world, making.draft(world))


def opened(world: Any) -> int:
    """Open; Amara is asked, and has not answered."""
    return int(_open(world).pk)


def secret(world: Any) -> str:
    """The secret of Amara's link."""
    return making.secrets(_open(world), person_id=world.person["amara"])[0]


def counted(world: Any) -> int:
    """Closed and counted, with answers of every teacher."""
    known = _open(world)
    for nth, one in enumerate(making.secrets(known)):
        making.answered(known, one, 2 + nth % 5)
    services.close(_ines(world), known.pk)
    assert counting.count(known.pk, world.moment)
    return int(known.pk)
