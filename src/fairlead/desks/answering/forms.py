"""The questions as fields, and what was sent as answers. Nothing of it is kept before the whole form is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from django.http import QueryDict

from fairlead.apps.instruments.catalogue import item_def
from fairlead.apps.instruments.responding import LONGEST, Given
from fairlead.desks.instruments.shown import Shown, shown_item

UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Question:
    """One item as it is asked, with what was ticked or typed."""

    name: str
    shown: Shown
    ticked: tuple[str, ...]
    error: str

    @property
    def value(self) -> str:
        return self.ticked[0] if self.ticked else ""

    @property
    def longest(self) -> int:
        return LONGEST


@dataclass(frozen=True, slots=True)
class Group:
    """A group of questions, with the words before them."""

    key: str
    name: str
    about: str
    questions: tuple[Question, ...]


def groups(
    items: Sequence[Any], sent: QueryDict | None = None, errors: Mapping[str, str] | None = None
) -> list[Group]:
    """The questions in their groups, in the language in force."""
    found: dict[int, tuple[Any, list[Question]]] = {}
    for item in items:
        name = f"item_{item.pk}"
        ticked = tuple(sent.getlist(name)) if sent is not None else ()
        question = Question(name, shown_item(item_def(item)), ticked, (errors or {}).get(name, ""))
        found.setdefault(item.domain_id, (item.domain, []))[1].append(question)
    return [Group(domain.key, str(domain), domain.description, tuple(own)) for domain, own in found.values()]


def given(items: Sequence[Any], sent: QueryDict) -> dict[int, Given]:
    """What was sent, by item. What cannot be read stands as an answer that its item will refuse."""
    return {
        item.pk: _given(item.kind, [value for value in sent.getlist(f"item_{item.pk}") if value]) for item in items
    }


def _given(kind: str, values: list[str]) -> Given:
    if not values:
        return Given()
    if kind == "text":
        return Given(text=values[0])
    if kind == "number":
        return Given(number=_number(values[0]))
    if UNSEEN in values:
        return Given(not_observed=True)
    numbers = tuple(int(value) if value.isdecimal() and len(value) < 4 else 0 for value in values)
    return Given(chosen=numbers) if kind == "multiple" else Given(level=numbers[0])


def _number(value: str) -> float:
    try:
        return float(value.replace(",", "."))
    except ValueError:
        return nan
