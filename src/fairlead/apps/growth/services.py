"""Ordering a comparison. The worker makes it (`counting`): sealed answers are not the app's to read."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.growth import selectors
from fairlead.apps.growth.models import Comparison
from fairlead.apps.surveys import selectors as surveys

COUNT = "growth.count"  # by name, since tasks stand above services


class NotThere(Exception):
    """There are no such surveys for this person."""


@transaction.atomic
def compare(scope: Scope, before_id: int, after_id: int) -> Comparison:
    """Compare two surveys; the worker does it. A second time it is the same comparison."""
    first, second = surveys.administration(scope, before_id), surveys.administration(scope, after_id)
    if first is None or second is None or not surveys.may_run(scope, first.organization_id):
        raise NotThere
    known = Comparison.objects.filter(before_id=before_id, after_id=after_id).first()
    if known is not None:
        return known
    if (before_id, after_id) not in {(pair.before_id, pair.after_id) for pair in selectors.possible(scope)}:
        raise ValidationError(
            _(
                "These two cannot be compared. Two confidential surveys of the staff are needed, of one instrument about "
                "knowledge or beliefs and of one organization, both closed and counted; the earlier one first."
            )
        )
    made = Comparison.objects.create(
        organization_id=first.organization_id, before_id=before_id, after_id=after_id, made_by_id=scope.person_id,
        made_at=clock.now(),
    )  # fmt: skip
    jobs.configure_task(COUNT).defer(comparison_id=made.pk)
    return made
