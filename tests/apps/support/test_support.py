"""Contacts, promises and feedback as the stops after this one count them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.utils import timezone

from fairlead import clock
from fairlead.apps.support import selectors, services
from fairlead.apps.support.models import Contact, Promise, Support
from tests.conftest import max_queries


@pytest.fixture
def schools(seeded: Any) -> list[int]:
    return [int(i) for i in seeded.school_ids]


def add_contact(
    world: Any, *, lead: str, days_ago: int, school: int = 0, kind: str = "meeting", **more: Any
) -> Contact:
    at = clock.now() - timedelta(days=days_ago)
    fields = {"purpose": "supervision", "minutes": 30, "with_person_id": world.person[f"principal:{school}"]} | more
    return Contact.objects.create(
        organization_id=int(world.school_ids[school]), lead_id=world.person[lead], at=at, kind=kind, **fields
    )


def test_last_contact_is_the_latest_of_any_kind(
    seeded: Any, schools: list[int], scope_of: Callable[[str], Any]
) -> None:
    Contact.objects.filter(organization_id__in=schools[:2]).delete()
    add_contact(seeded, lead="marcus", days_ago=20, school=1)
    add_contact(seeded, lead="marcus", days_ago=9, kind="school_visit")
    add_contact(seeded, lead="marcus", days_ago=3, kind="call")
    add_contact(seeded, lead="dana", days_ago=1, purpose="coaching", with_person_id=seeded.person["amara"])
    marcus = scope_of("marcus")
    anybody = selectors.last_contact_by_school(marcus, schools, clock.today())
    assert (anybody[schools[0]].days, anybody[schools[0]].kind, anybody[schools[0]].lead_name) == (
        1,
        "meeting",
        "Dana Whitfield",
    )
    own = selectors.last_contact_by_school(marcus, schools, clock.today(), lead_id=marcus.person_id)
    assert (own[schools[0]].days, own[schools[0]].kind) == (3, "call")
    assert own[schools[1]].days == 20


def test_a_contact_of_tomorrow_is_not_the_last(
    seeded: Any, schools: list[int], scope_of: Callable[[str], Any]
) -> None:
    add_contact(seeded, lead="marcus", days_ago=-1)
    marcus = scope_of("marcus")
    assert selectors.last_contact_by_school(marcus, schools, clock.today())[schools[0]].days >= 0


def test_open_and_overdue_promises_by_school(seeded: Any, schools: list[int], scope_of: Callable[[str], Any]) -> None:
    Promise.objects.all().delete()
    contact = add_contact(seeded, lead="marcus", days_ago=5)
    today = clock.today()
    for due, kept in ((today, None), (today - timedelta(days=1), None), (today, clock.now())):
        Promise.objects.create(
            organization_id=schools[0], purpose="supervision", contact=contact, owner_id=seeded.person["marcus"],
            made_to_id=seeded.person["grace"], made_at=contact.at, due=due, kept_at=kept,
        )  # fmt: skip
    marcus = scope_of("marcus")
    counts = selectors.open_promises_by_school(marcus, schools, today)
    assert (counts[schools[0]].open, counts[schools[0]].overdue) == (2, 1)
    assert counts[schools[1]].open == 0
    assert selectors.open_promises_by_school(marcus, schools, today, owner_id=0)[schools[0]].open == 0


def test_feedback_waits_unshared_then_unanswered_then_not(
    seeded: Any, schools: list[int], scope_of: Callable[[str], Any]
) -> None:
    marcus = scope_of("marcus")
    waiting = selectors.feedback_waiting_by_school(marcus, schools, clock.today())
    rows = selectors.contacts(marcus).filter(visit__isnull=False, organization_id=schools[0], feedback_closed_at=None)
    assert waiting[schools[0]].unshared == sum(c.feedback_shared_at is None for c in rows)
    assert waiting[schools[0]].unanswered == sum(c.feedback_shared_at is not None for c in rows) > 0
    assert waiting[schools[0]].total == len(rows)
    oldest = [c.at for c in rows if c.feedback_shared_at is None]
    expected = (clock.today() - timezone.localdate(min(oldest))).days if oldest else 0
    assert waiting[schools[0]].oldest_days == expected


def test_minutes_in_classrooms_count_visits_only(
    seeded: Any, schools: list[int], scope_of: Callable[[str], Any]
) -> None:
    Contact.objects.filter(organization_id=schools[0]).delete()
    since = clock.today() - timedelta(days=10)
    teachers = [int(t) for t in seeded.section_teacher[:2]]
    for days, minutes, teacher in (
        (1, 12, teachers[0]),
        (2, 8, teachers[1]),
        (3, 10, teachers[0]),
        (11, 99, teachers[0]),
    ):
        add_contact(
            seeded,
            lead="dana",
            days_ago=days,
            kind="visit",
            minutes=minutes,
            purpose="coaching",
            with_person_id=teacher,
        )
    add_contact(seeded, lead="dana", days_ago=1, kind="meeting", minutes=60, purpose="coaching")
    grace = scope_of("grace")
    (line,) = selectors.minutes_in_classrooms(grace, schools[0], since)
    assert (line.lead_name, line.visits, line.minutes, line.teachers) == ("Dana Whitfield", 3, 30, 2)
    by_school = selectors.minutes_by_school(grace, schools[:2], since)
    assert (by_school[schools[0]].visits, by_school[schools[0]].minutes, by_school[schools[0]].teachers) == (3, 30, 2)
    assert by_school[schools[1]].visits == 0, "another principal's school"
    dose = {d.person_id: (d.contacts, d.minutes) for d in selectors.dose_by_person(grace, schools[0], since)}
    assert dose[teachers[0]] == (2, 22)


def test_a_stranger_counts_nothing(schools: list[int], scope_of: Callable[[str], Any]) -> None:
    owen = scope_of("owen")
    today, year = clock.today(), date(2025, 11, 1)
    assert schools[0] not in selectors.last_contact_by_school(owen, schools, today)
    assert selectors.open_promises_by_school(owen, schools[:1], today)[schools[0]].open == 0
    assert selectors.feedback_waiting_by_school(owen, schools[:1], today)[schools[0]].total == 0
    assert selectors.minutes_by_school(owen, schools[:1], year)[schools[0]].minutes == 0
    assert selectors.minutes_in_classrooms(owen, schools[0], year) == []
    assert selectors.dose_by_person(owen, schools[0], year) == []


def test_a_promise_is_kept_by_its_owner_once(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    amara = scope_of("amara")
    (promise,) = [p for p in selectors.own_promises(amara) if p.owner_id != amara.person_id]
    assert promise.text.startswith("Open the lesson")
    with pytest.raises(ObjectDoesNotExist):
        services.keep_promise(amara, promise.pk)
    dana = scope_of("dana")
    with pytest.raises(ValidationError):
        services.promise_done_another_way(dana, promise.pk, " ")
    assert services.promise_done_another_way(dana, promise.pk, "She opened it herself, I counted") is True
    assert services.keep_promise(dana, promise.pk) is False
    settled = selectors.promise(dana, promise.pk)
    assert settled is not None
    assert (settled.done_another_way, settled.words.because) == (True, "She opened it herself, I counted")
    assert promise.pk not in [p.pk for p in selectors.own_promises(dana)]


def test_the_dose_of_a_support_is_this_months(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    dana = scope_of("dana")
    support = Support.objects.get(lead_id=dana.person_id, participants__person_id=seeded.person["amara"])
    dose = selectors.support_dose(dana, [support.pk], date(2026, 11, 1))[support.pk]
    assert (dose.minutes, dose.contacts) == (14, 1)
    assert dose.last_at is not None
    assert timezone.localdate(dose.last_at) == date(2026, 11, 12)
    assert selectors.support_dose(dana, [support.pk], date(2026, 9, 1))[support.pk].minutes == 26


def test_each_count_is_one_query(schools: list[int], scope_of: Callable[[str], Any]) -> None:
    marcus = scope_of("marcus")
    today = clock.today()
    with max_queries(4):
        selectors.last_contact_by_school(marcus, schools, today)
        selectors.open_promises_by_school(marcus, schools, today)
        selectors.feedback_waiting_by_school(marcus, schools, today)
        selectors.minutes_by_school(marcus, schools, date(2026, 8, 25))


def test_the_year_is_there_before_today(seeded: Any) -> None:
    ats = list(Contact.objects.order_by("at").values_list("at", flat=True))
    assert ats[0].date() < date(2025, 12, 31)
    assert ats[-1] < datetime.combine(seeded.today, seeded.moment.timetz())
    assert not Contact.objects.filter(lead_id=seeded.person["dana"], at__date=seeded.today).exists()
