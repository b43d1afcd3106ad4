"""History by triggers: what a row said before it was changed or deleted."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from uuid import uuid4

import pghistory
import pgtrigger
from django.db import models
from pghistory.trigger import Event

from fairlead.apps.access.asking import fetch

M = TypeVar("M", bound=type[models.Model])


def tracked(model: M) -> M:
    """Keep the former row at every update and delete. Class decorator; the history table needs the model's wall too."""
    return pghistory.track(
        pghistory.UpdateEvent(row=pghistory.Old),
        pghistory.DeleteEvent(row=pghistory.Old),
    )(model)


class _FormerOfStatement(Event):
    """Writes the former rows of a whole UPDATE at once.

    Which of them changed is found as a difference of sets: a join of the two lists would be planned for as many rows as
    the connection's first UPDATE had, and be far too slow for the next one's.
    """

    def get_func(self, model: Any) -> pgtrigger.Func:
        told = super().get_func(model).func
        changed = told.replace(
            "SELECT old_values.* FROM {cond_old_values}", "SELECT * FROM old_values EXCEPT SELECT * FROM new_values"
        )
        assert changed != told
        return pgtrigger.Func(changed)


class _UpdateOfMany(pghistory.UpdateEvent):
    def add_event_trigger(self, event_model: Any) -> None:
        pgtrigger.register(
            _FormerOfStatement(
                event_model=event_model,
                label=self.label,
                name=self.trigger_name,
                row=self.row,
                operation=self.operation,
                level=pghistory.Statement,
            )
        )(event_model.pgh_tracked_model)


def tracked_in_sets(model: M) -> M:
    """As `tracked`, for tables of which an import changes thousands of rows at once: row by row takes thrice the time."""
    return pghistory.track(
        _UpdateOfMany(row=pghistory.Old),
        pghistory.DeleteEvent(row=pghistory.Old, level=pghistory.Statement),
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
