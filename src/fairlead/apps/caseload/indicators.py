"""The values that needs are made of: for each indicator one share a school, with what it rests on.

Measures come from the facts, by the same functions that desks and indicators call; nothing is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from django.db import connection

from fairlead.apps.access.scope import Scope
from fairlead.apps.facts import selectors as facts


@dataclass(frozen=True, slots=True)
class Value:
    """A school's share, out of how many students or rolls, and which part of the records it should rest on is there."""

    value: float
    out_of: int
    coverage: float


Values = dict[int, Value]
COMPOSITION = ("economically_disadvantaged", "english_learner", "disability")
MEASURES: dict[str, Callable[[Scope, facts.Question], list[facts.Count]]] = {
    "chronic_absence": facts.chronic_absence,
    "rolls_on_time": facts.rolls_on_time,
}


def values(
    scope: Scope, indicators: Collection[str], school_ids: Collection[int], first: date, last: date
) -> dict[str, Values]:
    """Each indicator's value for the schools that have one, over the school year from `first` to `last`."""
    unknown = sorted(set(indicators) - set(COMPOSITION) - set(MEASURES))
    if unknown:
        known = ", ".join(sorted({*COMPOSITION, *MEASURES}))
        raise ValueError(f"Indicator {unknown[0]!r}: no such indicator; a recipe may use {known}.")
    question = facts.Question(tuple(school_ids), (facts.Period(first, last, "year"),), first)
    found = _composition(scope, school_ids) if set(COMPOSITION) & set(indicators) else {}
    for key in indicators:
        if key in MEASURES:
            found[key] = {
                c.organization_id: Value(
                    c.numerator / c.denominator, int(c.denominator), c.observed / c.expected if c.expected else 0.0
                )
                for c in MEASURES[key](scope, question)
                if c.denominator
            }
    return {key: found[key] for key in indicators}


def _composition(scope: Scope, school_ids: Collection[int]) -> dict[str, Values]:
    """Parts of the students whose record says yes or no; one that does not say counts in no denominator."""
    counts = ", ".join(
        f"count(*) FILTER (WHERE {group} = 'yes'), count(*) FILTER (WHERE {group} <> 'not_stated')"
        for group in COMPOSITION
    )
    found: dict[str, Values] = {group: {} for group in COMPOSITION}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT organization_id, count(*), {counts} FROM facts_student "  # noqa: S608  (our own constants)
            "WHERE organization_id = ANY (%s) GROUP BY organization_id",
            [sorted(set(school_ids) & scope.org_ids)],
        )
        for school, students, *pairs in cursor.fetchall():
            for group, yes, stated in zip(COMPOSITION, pairs[::2], pairs[1::2], strict=True):
                if stated:
                    found[group][school] = Value(yes / stated, stated, stated / students)
    return found
