"""Changes in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from fairlead.apps.access.changes import Change, changes
from fairlead.apps.access.scope import Scope
from fairlead.apps.roster import selectors as roster
from fairlead.desks.records.kinds import HIDDEN, LABELS, Record


@dataclass(frozen=True, slots=True)
class Line:
    """One field of a change: what it is called, what it said, what it says."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Step:
    """One change, for the page."""

    at: datetime
    by: str
    about: str
    deleted: bool
    lines: tuple[Line, ...]


def steps(scope: Scope, record: Record) -> list[Step]:
    """A record's changes, latest first."""
    told = [(model, change) for model, which in record.rows for change in changes(model, **which)]
    told.sort(key=lambda pair: pair[1].at, reverse=True)
    names = {person.pk: person.name for person in roster.people(scope).filter(pk__in=_people(told))}
    return [step for model, change in told if (step := _step(model, change, names)).lines or change.deleted]


def _people(told: Iterable[tuple[type[models.Model], Change]]) -> set[int]:
    """Numbers of the people whom these changes name."""
    people = {change.by for _model, change in told if change.by is not None}
    for model, change in told:
        pointing = {f.attname for f in model._meta.concrete_fields if f.is_relation and _is_person(f)}
        for field in change.fields:
            if field.name in pointing:
                people |= {value for value in (field.before, field.after) if value is not None}
        if (student := _student(change)) is not None:
            people.add(student)
    return people


def _is_person(field: Any) -> bool:
    return getattr(getattr(field.related_model, "_meta", None), "label", "") == "roster.Person"


def _student(change: Change) -> int | None:
    return change.about if change.table == "attendance_attendancemark" else None


def _step(model: type[models.Model], change: Change, names: dict[int, str]) -> Step:
    lines, kinds = [], {field.attname: field for field in model._meta.concrete_fields}
    for field in change.fields:
        if field.name in HIDDEN:
            continue
        kind: Any = kinds[field.name]
        label = str(LABELS.get(field.name, kind.verbose_name))
        lines.append(Line(label, _said(kind, field.before, names), _said(kind, field.after, names)))
    student = _student(change)
    return Step(
        at=change.at,
        by=names.get(change.by, _("somebody who is no longer known here")) if change.by is not None else "",
        about=names.get(student, "") if student is not None else "",
        deleted=change.deleted,
        lines=tuple(lines),
    )


def _said(field: Any, value: Any, names: dict[int, str]) -> str:
    """One value in words; what is not there is a dash."""
    if value is None or value == "":
        return "—"
    if field.is_relation and _is_person(field):
        return names.get(value, _("somebody who is no longer known here"))
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return said(value)


def said(value: Any) -> str:
    """A value without a field of its own, in words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, date):
        return formats.date_format(value, "DATE_FORMAT")
    return str(value)
