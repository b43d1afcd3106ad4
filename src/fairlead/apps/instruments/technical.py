"""What is known of how well a version measures in a network: the latest stored result, as pages read it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.exceptions import AlreadyEnqueued

from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments.models import TechnicalResult

MAY_ASK = ("network_lead", "analyst")  # who may have it computed now, and sees every count
MEASURE = "instruments.measure"


@dataclass(frozen=True, slots=True)
class Known:
    """A stored result."""

    day: date
    computed_at: datetime
    found: dict[str, Any]


def latest(scope: Scope, version_id: int) -> Known | None:
    """The newest result of a version in the asking person's network."""
    rows = (
        TechnicalResult.objects.filter(organization_id__in=scope.up_org_ids, version_id=version_id)
        .order_by("-day")
        .values_list("day", "computed_at", "found")[:1]
    )
    return next((Known(*row) for row in rows), None)


def ask(scope: Scope, version_id: int) -> bool:
    """Let the worker compute a version's result now; False to whom this is not given."""
    network = scope.organization_of(*MAY_ASK)
    if network is None:
        return False
    with suppress(AlreadyEnqueued), transaction.atomic():  # it is waiting already: that is what was wanted
        jobs.configure_task(MEASURE, queueing_lock=f"{MEASURE}:{network}:{version_id}").defer(
            network_id=network, version_id=version_id
        )
    return True
