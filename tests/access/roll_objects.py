"""Rolls as the office and a substitute handle them: a roll of a substitute's link, made when it is asked for."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from typing import Any

from fairlead.apps.attendance.models import SubstituteLink

TOKEN = "a-substitute-of-the-access-table"


def link(world: Any) -> SubstituteLink:
    """A link to Amara's rolls of today, not opened yet."""
    return SubstituteLink.objects.get_or_create(
        token_hash=sha256(TOKEN.encode()).hexdigest(),
        defaults={
            "organization_id": int(world.school_ids[0]),
            "teacher_id": world.person["amara"],
            "date": world.today,
            "name": "Sam Rivera",
            "made_at": world.moment - timedelta(minutes=30),
            "made_by_id": world.person["luis"],
            "expires_at": world.moment + timedelta(hours=7),
        },
    )[0]


def token(world: Any) -> str:
    """Its secret."""
    link(world)
    return TOKEN


def link_id(world: Any) -> int:
    """Its number, for the office."""
    return link(world).pk
