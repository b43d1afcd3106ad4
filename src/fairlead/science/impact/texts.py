"""A column of numbers with a few texts in it ("absent", "n/a") is read as texts. Then it is refused, not taken for groups."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import polars as pl

from fairlead.science.impact.problems import DataError, Problem

NUMBER = r"^\s*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?\s*$"
ENOUGH, SHARE, TOLD = 20, 0.9, 3  # grades K, 1, … 12 are groups; twenty different numbers are not


def mostly_numbers(levels: Sequence[str]) -> bool:
    """Whether the different texts of a column are numbers but for a few.

    Examples
    --------
    >>> mostly_numbers([*map(str, range(30)), "n/a"]), mostly_numbers(["K", "1", "2", "3", "4", "5"])
    (True, False)
    """
    numbers = sum(re.match(NUMBER, level) is not None for level in levels)
    return numbers >= ENOUGH and numbers >= SHARE * len(levels)


def strays(column: Any) -> list[str]:
    """Some of the texts that are no numbers: of an Ibis column, or of a series."""
    if isinstance(column, pl.Series):
        texts = column.cast(pl.String).drop_nulls().unique().sort()
        return texts.filter(~texts.str.contains(NUMBER)).head(TOLD).to_list()
    table = column.cast("string").name("level").as_table().distinct()
    found = table.filter(table.level.notnull() & ~table.level.re_search(NUMBER)).order_by("level").limit(TOLD)
    return [str(text) for text in found.to_pyarrow()["level"].to_pylist()]


def told(texts: Sequence[str]) -> str:
    """The texts as an error shows them: short, since a shifted column may hold anything."""
    return "text: " + ", ".join(repr(text[:12]) for text in texts) if texts else "text that looks like numbers"


def broken(where: str, texts: Sequence[str]) -> DataError:
    """The refusal."""
    return DataError(
        [
            Problem(
                where,
                "a column of numbers holds text",
                told(texts),
                "numbers, and nothing where a value is missing",
                "mend or empty these cells; if they are groups, write C(…) around the name in a formula",
            )
        ]
    )
