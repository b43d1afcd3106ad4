"""Objects of requests for the access table: the demo's requests of yesterday."""

from __future__ import annotations

from typing import Any


def _asked_by(world: Any, who: str) -> str:
    from fairlead.apps.operations.models import Request

    mine = Request.objects.filter(asker_id=world.person[who], asked_at__date="2026-11-18")
    return str(mine.order_by("asked_at").values_list("pk", flat=True)[0])


def of_grace(world: Any) -> str:
    """The heating of Harbor Point: Marcus works on it."""
    return _asked_by(world, "grace")


def of_luis(world: Any) -> str:
    """The printer: solved, not confirmed."""
    return _asked_by(world, "luis")


def sensitive_of_amara(world: Any) -> str:
    """Ines works on it, and nobody else reads it."""
    return _asked_by(world, "amara")


def shadowed_week(world: Any) -> int:
    """Grace's week that Dana wrote down."""
    from fairlead.apps.operations.models import ShadowWeek

    return int(ShadowWeek.objects.get(leader_id=world.person["grace"]).pk)


def watched_block(world: Any) -> str:
    """The first of what Dana wrote down."""
    from fairlead.apps.operations.models import TimeBlock

    mine = TimeBlock.objects.filter(recorder_id=world.person["dana"])
    return str(mine.order_by("began_at").values_list("pk", flat=True)[0])
