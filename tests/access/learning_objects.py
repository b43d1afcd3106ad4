"""Objects of professional learning for the access table."""

from __future__ import annotations

from typing import Any


def programme(world: Any) -> int:
    """The demo's programme on teaching number."""
    from fairlead.apps.learning.models import Programme

    return int(Programme.objects.get(name="Teaching number together").pk)


def _session(day: str) -> int:
    from fairlead.apps.learning.models import Session

    return int(Session.objects.get(begins_at__date=day).pk)


def session_now(world: Any) -> int:
    """The session that is on at 9:31; Dana leads it."""
    return _session("2026-11-19")


def session_of_september(world: Any) -> int:
    """The first one: Amara was there."""
    return _session("2026-09-02")


def ingredient(world: Any) -> int:
    """The participants' time, from the sign-ins."""
    from fairlead.apps.learning.models import Ingredient

    return int(Ingredient.objects.get(programme_id=programme(world), kind="participants").pk)
