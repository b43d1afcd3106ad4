"""What may be told of all principals' time together: closed months, counted once, nothing where they are few."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
from django.db import transaction

from fairlead.apps.access.asking import fetch
from fairlead.apps.operations.models import Category, TimeAggregate
from fairlead.apps.operations.rules import time_rule
from fairlead.apps.operations.spending import of_leaders
from fairlead.apps.roster import selectors as roster

FEWEST_DAYS = 10  # a month with fewer school days is no month to tell of


@transaction.atomic
def tell(network_id: int, month: date, at: datetime) -> bool:
    """Count one month of a network; False when it is not over, has no school days, or was counted before.

    A mean over leaders of each one's shares, so that one who records much does not weigh more. Leaders of whom nothing is
    known are left out and counted; with fewer than the least group nothing is told, and that is kept, too.
    """
    begins = month.replace(day=1)
    ends = (begins + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if ends >= at.date() or TimeAggregate.objects.filter(network_id=network_id, begins=begins).exists():
        return False
    days = len(roster.school_days(network_id, begins, ends))
    if days < FEWEST_DAYS:
        return False
    rule = time_rule()
    leaders = [pk for (pk,) in fetch(_PRINCIPALS, places=roster.organizations_below(network_id), on=ends)]
    used = [use for use in of_leaders(leaders, begins, ends).values() if use.known]
    shares = np.array([[use.minutes.get(c, 0) / use.known for c in Category.values] for use in used])
    known = [use.known / (rule.hours_a_week * 60 * days / 5) for use in used]
    told = len(used) >= rule.least_leaders
    TimeAggregate.objects.bulk_create(
        TimeAggregate(
            network_id=network_id,
            begins=begins,
            category=category,
            leaders=len(leaders),
            counted=len(used) if told else None,
            share=float(shares[:, i].mean()) if told else None,
            known=float(np.mean(known)) if told else None,
            least=rule.least_leaders,
            counted_at=at,
        )
        for i, category in enumerate(Category.values)
    )
    return True


_PRINCIPALS = """
SELECT DISTINCT person_id FROM roster_role
WHERE role = 'principal' AND organization_id = ANY (%(places)s) AND begins <= %(on)s AND (ends IS NULL OR ends >= %(on)s)
ORDER BY person_id
"""
