"""Days that are read once give every measure the numbers that the views give, and then go away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from fairlead.apps.facts.once import read_once
from fairlead.apps.facts.selectors import BY_GROUP, MEASURES, Period, Question

VIEWS = {"facts_school_day", "facts_student_day"}


@pytest.fixture
def question(seeded: Any) -> Question:
    """Five closed weeks, one by one, so that what adds up has days before its first period."""
    friday = seeded.dates[-1] - timedelta(days=seeded.dates[-1].weekday() + 3)
    weeks = tuple(
        Period(friday - timedelta(days=4 + 7 * n), friday - timedelta(days=7 * n), "week") for n in range(4, -1, -1)
    )
    return Question(tuple(map(int, seeded.school_ids)), weeks, seeded.dates[0])


def temporary() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() AND relkind = 'r'")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.parametrize("login", ["owner", "fairlead_worker"])
def test_every_measure_is_the_same(login: str, question: Question, scope_of: Any) -> None:
    scope = scope_of("ines")
    _become(login)
    before = _counted(scope, question)
    with read_once(scope, question):
        assert temporary() == VIEWS
        assert _counted(scope, question) == before
    assert temporary() == set()
    assert any(before.values())


def test_only_what_was_asked_about_is_read(question: Question, scope_of: Any) -> None:
    own = scope_of("grace")
    with read_once(own, question), connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT organization_id FROM facts_student_day")
        assert {school for (school,) in cursor.fetchall()} == set(question.organization_ids) & own.org_ids
        cursor.execute("SELECT min(date), max(date) FROM facts_school_day")
        first, last = cursor.fetchone()
        assert question.since <= first
        assert last <= question.ends


def test_what_goes_wrong_leaves_no_table_before_the_view(question: Question, scope_of: Any) -> None:
    with pytest.raises(LookupError), read_once(scope_of("ines"), question):
        raise LookupError
    assert temporary() == set()


def _become(login: str) -> None:
    with connection.cursor() as cursor:
        # On an ordinary server the owner has a name of its own: it is whoever the tests signed in as.
        cursor.execute("RESET ROLE" if login == "owner" else f"SET LOCAL ROLE {login}")


def _counted(scope: Any, question: Question) -> dict[str, list[Any]]:
    month = Question(question.organization_ids, (Period(question.since, question.ends, "month"),), question.since)
    found: dict[str, list[Any]] = {key: sorted(measure(scope, question)) for key, measure in _sortable(MEASURES)}
    return found | {f"{key} by group": sorted(measure(scope, month)) for key, measure in _sortable(BY_GROUP)}


def _sortable(measures: Any) -> Any:
    """The measures, each giving its counts as text, which has an order."""
    return [
        (key, lambda scope, question, m=measure: map(str, m(scope, question))) for key, measure in measures.items()
    ]
