"""Dates as schools write them: 2026-09-01, 9/1/2026, 01.09.2026. Never guessed cell by cell.

3/4/2026 is a day in March or in April. A whole column usually tells which: one 25/4 and it is day-first. A column that
does not tell is refused until the person who imports says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import polars as pl

from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _

Order = Literal["", "day-first", "month-first"]
ORDERS: tuple[Order, ...] = ("day-first", "month-first")

_YEAR_FIRST = r"^\s*(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ].*)?$"
_COMPACT = r"^\s*(\d{4})(\d{2})(\d{2})\s*$"
_YEAR_LAST = r"^\s*(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ].*)?$"


def settle_dates(frame: pl.DataFrame, columns: Mapping[str, str], order: Order = "") -> pl.DataFrame:
    """The frame with these columns as ISO text where they hold a date; anything else stays as it is.

    `columns`: the frame's column → what the file calls it. The order of day and month is settled for each column from
    all of its cells; `order` says it where they do not.
    """
    for column, spoken in columns.items():
        if column in frame.columns and frame.schema[column] == pl.String:
            frame = frame.with_columns(_settled(frame, column, spoken, order))
    return frame


def _settled(frame: pl.DataFrame, column: str, spoken: str, order: Order) -> pl.Expr:
    text = pl.col(column)
    iso = pl.coalesce(_iso(text, _YEAR_FIRST, 1, 2, 3), _iso(text, _COMPACT, 1, 2, 3))
    first, second = (text.str.extract(_YEAR_LAST, i).cast(pl.Int32) for i in (1, 2))
    parts = frame.select("_file", "_line", first=first, second=second).filter(pl.col("first").is_not_null())
    if parts.is_empty():
        return pl.coalesce(iso, text).alias(column)
    if not order:
        order = _order_of(parts, spoken)
    month, day = (1, 2) if order == "month-first" else (2, 1)
    return pl.coalesce(iso, _iso(text, _YEAR_LAST, 3, month, day), text).alias(column)


def _iso(text: pl.Expr, pattern: str, year: int, month: int, day: int) -> pl.Expr:
    parts = (text.str.extract(pattern, year), *(text.str.extract(pattern, i).str.zfill(2) for i in (month, day)))
    return pl.concat_str(parts, separator="-").str.to_date("%Y-%m-%d", strict=False).dt.strftime("%Y-%m-%d")


def _order_of(parts: pl.DataFrame, spoken: str) -> Order:
    """What the whole column says, or a refusal that names the cell."""
    first, second = pl.col("first"), pl.col("second")
    day_first = parts.filter((first > 12) & (second <= 12))
    month_first = parts.filter((second > 12) & (first <= 12))
    if not day_first.is_empty() and not month_first.is_empty():
        a, b = sorted((day_first.row(0, named=True), month_first.row(0, named=True)), key=lambda row: row["_line"])
        raise ExchangeError(
            _("This column holds dates of two kinds, day first and month first."),
            allowed=_("dates as year-month-day, or all of one kind"),
            got=said(_("one kind in line %(a)s, the other in line %(b)s"), a=a["_line"], b=b["_line"]),
            where=_where(a, spoken),
            then=_("write all dates of the column as year-month-day, for example 2026-09-01"),
        )
    if not day_first.is_empty():
        return "day-first"
    if not month_first.is_empty():
        return "month-first"
    doubtful = parts.filter(first != second)
    if doubtful.is_empty():  # 5/5/2026 is the same day either way
        return "month-first"
    raise ExchangeError(
        _("These dates can be read in two ways, and no cell of the column tells which."),
        allowed=_("dates as year-month-day; or say which comes first, the day or the month"),
        got=said(_("dates in which both numbers are 12 or less: %(n)s"), n=doubtful.height),
        where=_where(doubtful.row(0, named=True), spoken),
        then=_("import again and say which comes first (at the command line: --dates day-first or --dates month-first)"),
    )


def _where(row: Mapping[str, object], spoken: str) -> str:
    return said(_("%(file)s, line %(line)s, column %(column)s"), file=row["_file"], line=row["_line"], column=spoken)
