"""Days as moments: what is asked about days is kept in moments."""

from __future__ import annotations

from datetime import date, datetime, time

from django.utils import timezone


def day_begins(day: date) -> datetime:
    """The first moment of a day, as the school's clock has it."""
    return timezone.make_aware(datetime.combine(day, time.min))
