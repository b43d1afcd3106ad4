"""Which rows are of the plan's population: the conditions that the plan writes down, and the account of all other rows."""

from __future__ import annotations

import polars as pl

from fairlead.science.impact.plan import ORDERED, Condition, Plan
from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.sample import Dropped
from fairlead.science.impact.wording import counted

SIGNS = {"in": "=", "not_in": "≠", "at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}


def in_population(plan: Plan, table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Dropped, ...]]:
    """The rows that meet every condition, and the others by the first that they do not meet.

    Not attrition: whoever is outside was never in the study. A row that lacks a condition's value is outside, too, and is
    counted apart. Conditions on columns that the table lacks are left to `check_table`, which names all that is missing.

    Raises
    ------
    DataError
        A condition that does not fit its column, or conditions that nobody meets.
    """
    problems: list[Problem] = []
    outside: list[Dropped] = []
    kept = table
    for place, condition in enumerate(plan.population.where):
        if condition.column not in table.columns:
            continue
        met = _met(condition, table.schema[condition.column])
        if isinstance(met, str):
            where = f"population.where[{place}]"
            shown = ", ".join(condition.values)
            problems.append(Problem(where, met, shown, str(table.schema[condition.column]), "mend the condition"))
            continue
        known = pl.col(condition.column).is_not_null()
        if table.schema[condition.column].is_float():
            known &= pl.col(condition.column).is_not_nan()
        for reason, inside in (("population_unknown", known), ("outside_population", met)):
            gone = kept.filter(~inside)
            kept = kept.filter(inside)
            if gone.height:
                outside.append(_counted(plan, reason, condition, gone))
    if not problems and table.height and not kept.height:
        told = "; ".join(f"{counted(item.n, 'row')}: {item.column}" for item in outside)
        problems.append(Problem("population.where", "no row is in the population", told, next="mend the conditions"))
    if problems:
        raise DataError(problems)
    return kept, tuple(outside)


def _met(condition: Condition, kind: pl.DataType) -> pl.Expr | str:
    """The condition as an expression, or why it does not fit the column."""
    column = pl.col(condition.column)
    if not kind.is_numeric():
        if condition.operator in ORDERED:
            return "only numbers have an order"
        found = column.cast(pl.String).is_in(list(condition.values))
        return ~found if condition.operator == "not_in" else found
    try:
        values = [float(value) for value in condition.values]
    except ValueError:
        return "the column holds numbers"
    number = column.cast(pl.Float64)
    if condition.operator in ("in", "not_in"):
        found = number.is_in(values)
        return ~found if condition.operator == "not_in" else found
    least = values[0]
    return {
        "at_least": number >= least,
        "at_most": number <= least,
        "above": number > least,
        "below": number < least,
    }[condition.operator]


def _counted(plan: Plan, reason: str, condition: Condition, gone: pl.DataFrame) -> Dropped:
    arm = plan.assignment.column
    arms = [0, 0]
    if arm in gone.columns and plan.assignment.design != "panel":
        values = gone[arm].cast(pl.String)
        arms = [int((values == one).sum()) for one in (plan.assignment.intervention, plan.assignment.comparison)]
    shown = f"{condition.column} {SIGNS[condition.operator]} {', '.join(condition.values)}"
    return Dropped(reason, shown, arms[0], arms[1], gone.height - sum(arms))
