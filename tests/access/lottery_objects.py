"""Lotteries of the demo for the access table."""

from __future__ import annotations

from typing import Any


def drawn_lottery(world: Any) -> int:
    """This year's coaching lottery."""
    from fairlead.apps.lotteries.models import Lottery

    return int(Lottery.objects.get(drawn_at__isnull=False).pk)


def committed_lottery(world: Any) -> int:
    """The one to be drawn today."""
    from fairlead.apps.lotteries.models import Lottery

    return int(Lottery.objects.get(committed_at__isnull=False, drawn_at=None).pk)


def planned_lottery(world: Any) -> int:
    """The roll-out that is planned."""
    from fairlead.apps.lotteries.models import Lottery

    return int(Lottery.objects.get(frozen_at=None).pk)
