"""Rolls and absences of this morning, found in the seeded network by what they are."""

from __future__ import annotations

from typing import Any

from fairlead.apps.attendance.models import AttendanceMark, Roll


def own_roll(world: Any) -> int:
    """Amara's roll of today, which she has not taken yet."""
    return Roll.objects.get(date=world.today, section_id=int(world.section_ids[0])).pk


def missing_roll(world: Any) -> int:
    """Another missing roll at Harbor Point."""
    rows = Roll.objects.filter(date=world.today, organization_id=int(world.school_ids[0]), submitted_at__isnull=True)
    return rows.exclude(section_id=int(world.section_ids[0])).order_by("pk")[0].pk


def absence(world: Any, school: int = 0) -> int:
    """An absence of today that nobody has explained, at the school of this position."""
    rows = AttendanceMark.objects.filter(
        date=world.today, organization_id=int(world.school_ids[school]), status="absent", explained_at__isnull=True
    )
    return rows.order_by("pk")[0].pk
