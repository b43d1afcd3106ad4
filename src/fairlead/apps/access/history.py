"""History by triggers: what a row said before it was changed or deleted."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from uuid import uuid4

import pghistory
import pgtrigger
from django.db import models

from fairlead.apps.access.asking import fetch

M = TypeVar("M", bound=type[models.Model])


def tracked(model: M) -> M:
    """Keep the former row at every update and delete. Class decorator; the history table needs the model's wall too."""
    return pghistory.track(
        pghistory.UpdateEvent(row=pghistory.Old),
        pghistory.DeleteEvent(row=pghistory.Old),
    )(model)


def tell(**metadata: Any) -> None:
    """Tell the history who changes rows, from here to the end of the transaction.

    One statement, where `pghistory.context` repeats itself before each statement that writes.
    """
    fetch(_TELL, id=str(uuid4()), metadata=json.dumps(metadata))


_TELL = "SELECT set_config('pghistory.context_id', %(id)s, true), set_config('pghistory.context_metadata', %(metadata)s, true)"


def purpose_is_fixed() -> pgtrigger.Trigger:
    """For a model's `Meta.triggers`: a purpose is declared when a record is made and never changes; PostgreSQL refuses."""
    return pgtrigger.ReadOnly(name="purpose_is_fixed", fields=["purpose"])
