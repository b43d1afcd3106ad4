"""How long feedback takes, from the dose alone: for the visitor, their leaders, and nobody whom the table leaves out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from fairlead import clock
from fairlead.apps.access.purposes import AUDIENCES, allowed, purposes
from fairlead.apps.instruments.models import Visit
from fairlead.apps.support import selectors as support
from fairlead.apps.support.models import Contact
from tests.apps.support.test_purpose_table import PERSON
from tests.conftest import as_owner


def visit(world: Any, purpose: str, days_ago: float, given: float | None, closed: float | None) -> None:
    """A visit of Dana's to Amara so many days ago; its feedback given and closed so many days after it."""
    who = {"organization_id": int(world.school_ids[0]), "purpose": purpose}
    at = clock.now() - timedelta(days=days_ago)

    def after(days: float | None) -> datetime | None:
        return None if days is None else at + timedelta(days=days)

    dana, amara = world.person["dana"], world.person["amara"]
    made = Visit.objects.create(
        **who, visitor_id=dana, subject_id=amara, began_at=at, minutes=12, recorded_at=at, shared_at=after(given)
    )
    Contact.objects.create(
        **who, visit=made, lead_id=dana, with_person_id=amara, at=at, minutes=12, kind="visit",
        feedback_shared_at=after(given), feedback_closed_at=after(closed),
    )  # fmt: skip


@pytest.fixture
def only_these(seeded: Any) -> Any:
    with as_owner():
        Contact.objects.filter(kind="visit").delete()
        for days_ago, given, closed in ((20, 1, 2), (18, 3, 5), (16, None, 4), (9, 2, None), (6, None, None)):
            visit(seeded, "coaching", days_ago, given, closed)
        visit(seeded, "coaching", 400, 1, 1)  # longer ago than is asked
    return seeded


def test_the_open_ones_are_counted(only_these: Any, scope_of: Callable[[str], Any]) -> None:
    since = clock.today() - support.TIMES_OVER
    times = support.own_feedback_times(scope_of("dana"), since)
    given, closed = times.until_given, times.until_closed
    assert (given.count, given.happened, given.median) == (5, 4, pytest.approx(3))  # 1, 2, 3, 4 (another way), 6 open
    assert (closed.happened, closed.median) == (3, pytest.approx(5))  # 2, 4, 5; open for 6 and 9
    school = int(only_these.school_ids[0])
    by_school = support.feedback_waiting_by_school(scope_of("grace"), [school], clock.today(), since=since)[school]
    assert by_school.times == times
    assert (by_school.unshared, by_school.unanswered) == (1, 1)
    without = support.feedback_waiting_by_school(scope_of("grace"), [school], clock.today())[school]
    assert (without.unshared, without.times) == (1, support.FeedbackTimes())


@pytest.mark.parametrize("purpose", list(purposes()))
@pytest.mark.parametrize("audience", [a for a in AUDIENCES if a not in ("author", "subject")])
def test_it_is_counted_for_whom_the_dose_is_open(
    purpose: str, audience: str, seeded: Any, scope_of: Callable[[str], Any]
) -> None:
    since, school = clock.today() - support.TIMES_OVER, int(seeded.school_ids[0])

    def counted() -> int:
        scope = scope_of(PERSON[audience])
        found = support.feedback_waiting_by_school(scope, [school], clock.today(), since=since)
        return found[school].times.until_given.count

    before = counted()
    with as_owner():
        visit(seeded, purpose, 3, 1, None)
    assert counted() - before == (1 if allowed(purpose, "dose", audience) else 0)


def test_the_pages_say_it(only_these: Any, as_person: Any) -> None:
    said = "given after 4 of 5 visits, closed after 3"
    for who, page in (("dana", "/coach/"), ("grace", "/principal/support"), ("marcus", "/director/")):
        text = as_person(who).get(page).content.decode()
        assert said in text, page
        assert "Half were given within 3.0 days" in text
        assert "Kaplan" in text
