"""How times, levels and hours are counted, on rows small enough to count by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fairlead.apps.operations import counting, rules
from fairlead.apps.operations.counting import Row

MONDAY = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)


def row(answered: float | None, solved: float | None, state: str, **more: Any) -> Row:
    """Asked on a Monday; the answer is due on Tuesday, the solution on Friday."""
    at = [None if d is None else MONDAY + timedelta(days=d) for d in (answered, solved)]
    given: dict[str, Any] = {
        "organization_id": 1, "school": "A", "kind": "it", "state": state, "asked_at": MONDAY, "answered_at": at[0],
        "solved_at": at[1], "answer_due": date(2026, 11, 3), "solve_due": date(2026, 11, 6), "by_school": False,
        "hours": Decimal(2), "hours_low": Decimal(1), "hours_high": Decimal(5), "hours_said": None,
    }  # fmt: skip
    return Row(**given | more)


def test_open_ones_count_in_the_median_and_only_decided_ones_in_the_level() -> None:
    found = [
        row(0.5, 1, "confirmed", hours_said=Decimal(4)),
        row(0.5, 2, "solved"),
        row(3, 6, "confirmed"),
        row(None, None, "asked"),  # both levels have passed
        row(0.5, None, "taken", solve_due=date(2026, 11, 30)),  # its solution is not decided
    ]
    one = counting.all_together(found, MONDAY + timedelta(days=8))
    assert (one.asked, one.open) == (5, 2)
    assert (one.answer.median, one.solve.median) == (0.5, 6.0)  # of the closed three alone: 2 days
    assert (one.answer_kept.kept, one.answer_kept.decided, one.answer_kept.undecided) == (3, 5, 0)
    assert (one.solve_kept.kept, one.solve_kept.decided, one.solve_kept.undecided) == (2, 4, 1)
    back = one.returned
    assert (back.requests, back.said, back.low, back.likely, back.high) == (3, 1, 6.0, 8.0, 14.0)


def test_what_the_school_did_itself_is_neither_a_time_nor_an_hour_of_the_network() -> None:
    soon = row(None, 1, "confirmed", by_school=True)
    late = row(None, 9, "confirmed", by_school=True)
    one = counting.all_together([soon, late], MONDAY + timedelta(days=20))
    assert (one.by_school, one.returned.requests) == (2, 0)
    assert (one.answer.happened, one.solve.happened) == (0, 0)
    assert one.solve.longest == 9.0, "as long as it was open"
    assert (one.solve_kept.kept, one.solve_kept.decided) == (0, 1), "the second had waited past its day"


@pytest.mark.parametrize(
    ("asked", "days", "due"),
    [
        (date(2026, 11, 19), 0, date(2026, 11, 19)),
        (date(2026, 11, 21), 0, date(2026, 11, 23)),  # a Saturday: the next school day
        (date(2026, 11, 24), 2, date(2026, 11, 30)),  # over Thanksgiving
        (date(2026, 11, 30), 3, date(2026, 12, 3)),  # beyond the calendar weekdays count
        (date(2026, 12, 4), 1, date(2026, 12, 7)),
    ],
)
def test_days_are_counted_by_the_calendar(asked: date, days: int, due: date) -> None:
    school_days = [date(2026, 11, d) for d in (18, 19, 20, 23, 24, 25, 30)]
    assert rules.due(asked, days, school_days, date(2026, 11, 30)) == due


def test_every_pack_has_a_source_and_says_how_sure_it_is() -> None:
    for pack in rules.packs():
        assert pack.source
        assert pack.confidence
    assert rules.in_force(date(2020, 1, 1)) is rules.packs()[0]
