"""History by triggers: what a row said before it was changed or deleted."""

from __future__ import annotations

from typing import TypeVar

import pghistory
import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])


def tracked(model: M) -> M:
    """Keep the former row at every update and delete. Class decorator; the history table needs the model's wall too."""
    return pghistory.track(
        pghistory.UpdateEvent(row=pghistory.Old),
        pghistory.DeleteEvent(row=pghistory.Old),
    )(model)


def purpose_is_fixed() -> pgtrigger.Trigger:
    """For a model's `Meta.triggers`: a purpose is declared when a record is made and never changes; PostgreSQL refuses."""
    return pgtrigger.ReadOnly(name="purpose_is_fixed", fields=["purpose"])
