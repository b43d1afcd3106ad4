"""Dates are settled by their whole column, or not at all."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.apps.roster.exchange.dates import ORDERS, settle_dates
from fairlead.apps.roster.exchange.problems import ExchangeError


def settled(cells, order=""):
    frame = pl.DataFrame({"born": cells, "_file": ["users.csv"] * len(cells)}, schema_overrides={"born": pl.String})
    frame = frame.with_row_index("_line", 2)
    return settle_dates(frame, {"born": "Birthdate"}, order)["born"].to_list()


_days = st.lists(st.dates(date(1950, 1, 1), date(2035, 12, 31)), min_size=1, max_size=12)
_spellings = {
    "day-first": ("{d}/{m}/{y}", "{d:02}.{m:02}.{y}", "{d}-{m}-{y}"),
    "month-first": ("{m}/{d}/{y}", "{m:02}/{d:02}/{y}", "{m}-{d}-{y} 00:00:00"),
}


@settings(max_examples=200, deadline=None)
@given(_days, st.sampled_from(ORDERS), st.integers(0, 2))
def test_a_column_is_read_right_or_refused_never_read_wrong(days, order, spelling):
    cells = [_spellings[order][spelling].format(d=d.day, m=d.month, y=d.year) for d in days]
    iso = [d.isoformat() for d in days]
    assert settled(cells, order) == iso
    telling = any(d.day > 12 for d in days) or all(d.day == d.month for d in days)
    if telling:
        assert settled(cells) == iso
    else:
        with pytest.raises(ExchangeError):
            settled(cells)


@given(_days, st.sampled_from(["", *ORDERS]))
def test_year_first_needs_no_telling(days, order):
    cells = [("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m-%dT00:00:00.000Z")[i % 4] for i in range(len(days))]
    cells = [day.strftime(how) for day, how in zip(days, cells, strict=True)]
    assert settled(cells, order) == [day.isoformat() for day in days]


def test_an_ambiguous_column_names_its_first_doubtful_cell():
    with pytest.raises(ExchangeError) as caught:
        settled(["", "5/5/2020", "3/4/2020", "1/2/2020"])
    error = caught.value
    assert error.what == "These dates can be read in two ways, and no cell of the column tells which."
    assert (error.where, error.got) == (
        "users.csv, line 4, column Birthdate", "dates in which both numbers are 12 or less: 2",
    )  # fmt: skip
    assert error.then.endswith("--dates day-first or --dates month-first)")
    assert "3/4/2020" not in str(vars(error)), "a child's day of birth is not for a message"


def test_two_kinds_in_a_column_are_refused_with_a_line_of_each():
    with pytest.raises(ExchangeError) as caught:
        settled(["25/4/2020", "3/4/2020", "4/25/2020"])
    assert caught.value.got == "one kind in line 2, the other in line 4"


def test_what_is_no_date_stays_as_it_is_for_the_quarantine():
    cells = ["soon", "2020-02-30", "31/4/2020", "4/25/20", "20201340", None, "15/5/2020"]
    assert settled(cells) == [*cells[:6], "2020-05-15"]


def test_a_cell_against_the_order_that_was_said_is_left_for_the_quarantine():
    assert settled(["4/25/2020", "3/4/2020"], "day-first") == ["4/25/2020", "2020-04-03"]
