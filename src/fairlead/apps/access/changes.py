"""What history says of rows: who changed which field when, from what to what. The walls of the history tables hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import models
from django.utils.dateparse import parse_datetime

from fairlead.apps.access.declared import history_of


@dataclass(frozen=True, slots=True)
class Field:
    """One field that a change gave another value; `after` of a deleted row is None."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row. `by` is unknown when no page made it: an import, the night's work, the owner by hand."""

    table: str
    row: Any
    at: datetime
    by: int | None
    deleted: bool
    fields: tuple[Field, ...]
    about: Any = None  # the student whom the row is about, when it names one


def changes(model: type[models.Model], **which: Any) -> list[Change]:
    """All changes of the rows that `which` names, latest first."""
    history = history_of(model._meta.db_table)
    if history is None:
        raise ValueError(f"{model._meta.label} keeps no history")
    names = [field.attname for field in model._meta.concrete_fields]
    # `pk` of a row is `pgh_obj_id` of its former versions
    former = {("pgh_obj_id" if key == "pk" else key): value for key, value in which.items()}
    events = list(history.objects.filter(**former).select_related("pgh_context").order_by("pgh_obj_id", "pgh_id"))
    now = {row.pk: row for row in model._base_manager.filter(pk__in={event.pgh_obj_id for event in events})}
    found: list[Change] = []
    for pk, versions in groupby(events, key=lambda event: event.pgh_obj_id):
        found += _of_one(model, names, pk, list(versions), now.get(pk))
    return sorted(found, key=lambda change: change.at, reverse=True)


def _of_one(model: type[models.Model], names: list[str], pk: Any, versions: list[Any], now: Any) -> Iterator[Change]:
    for event, after in zip(versions, [*versions[1:], now], strict=True):
        deleted = event.pgh_label.startswith("delete")
        said = event.pgh_context.metadata if event.pgh_context else {}
        fields = tuple(_fields(names, event, None if deleted else after))
        if fields:
            moment = parse_datetime(said["at"]) if said.get("at") else None
            yield Change(
                table=model._meta.db_table,
                row=pk,
                at=moment or event.pgh_created_at,
                by=said.get("person"),
                deleted=deleted,
                fields=fields,
                about=getattr(event, "student_id", None),
            )


def _fields(names: Iterable[str], before: Any, after: Any) -> Iterator[Field]:
    for name in names:
        was, became = getattr(before, name), getattr(after, name) if after is not None else None
        if was != became:
            yield Field(name, was, became)
