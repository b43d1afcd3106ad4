"""The page on how attendance is taken, and its three forms."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from fairlead.apps.roster.models import BellSchedule, CalendarDay, RollMode
from tests.conftest import as_owner, max_queries
from tests.desks.test_bells import at_period_school  # noqa: F401 (a fixture)

PAGE = "office:timetable"


def levels(response: Any) -> list[str]:
    return [m.level_tag for m in response.context["messages"]]


def test_the_page_says_what_holds_and_the_first_day_that_may_change(as_person: Any) -> None:
    client = as_person("luis")
    with max_queries(15):
        text = client.get(reverse(PAGE)).content.decode()
    assert "This school takes attendance once a day, in each homeroom." in text
    assert "The first day without rolls is Friday, November 20." in text
    assert "This school has no bell schedule." in text
    assert reverse(PAGE) in client.get(reverse("office:bells")).content.decode()


def test_a_mode_is_changed_and_the_same_again(at_period_school: Any, seeded: Any) -> None:  # noqa: F811
    body = {"mode": "day", "begins": "2026-11-30"}
    said = [levels(at_period_school.post(reverse("office:change_mode"), body, follow=True)) for _ in range(2)]
    assert said == [["success"], ["info"]]
    text = at_period_school.get(reverse(PAGE)).content.decode()
    assert "to come" in text
    refused = at_period_school.post(
        reverse("office:change_mode"), {"mode": "day", "begins": "2026-11-19"}, follow=True
    )
    assert levels(refused) == ["error"]
    assert "Choose Nov. 20, 2026 or a later day." in refused.content.decode()
    assert levels(at_period_school.post(reverse("office:change_mode"), {"mode": "day"}, follow=True)) == ["error"]
    with as_owner():
        assert RollMode.objects.get().begins.isoformat() == "2026-11-30"


def test_days_get_their_kinds(at_period_school: Any, seeded: Any) -> None:  # noqa: F811
    body = {"first": "2026-11-30", "last": "2026-12-01", "kinds": "A, B"}
    page = at_period_school.post(reverse("office:change_kinds"), body, follow=True)
    assert levels(page) == ["success"]
    assert [d.day_type for d in page.context["days"]] == ["A", "B"]
    assert levels(at_period_school.post(reverse("office:change_kinds"), {**body, "kinds": "?"}, follow=True)) == [
        "error"
    ]
    assert levels(at_period_school.post(reverse("office:change_kinds"), {"first": "soon"}, follow=True)) == ["error"]
    with as_owner():
        assert CalendarDay.objects.filter(organization_id=int(seeded.school_ids[3])).count() == 2


def test_the_weekdays_of_the_bells(at_period_school: Any, seeded: Any) -> None:  # noqa: F811
    with as_owner():
        usual, late = BellSchedule.objects.filter(organization_id=int(seeded.school_ids[3])).order_by("pk")
    body = {"rings": [f"{usual.pk}-1", f"{usual.pk}-2", f"{late.pk}-5"]}
    assert levels(at_period_school.post(reverse("office:change_weekdays"), body, follow=True)) == ["success"]
    with as_owner():
        usual.refresh_from_db()
        late.refresh_from_db()
        assert (usual.weekdays, late.weekdays) == ([1, 2], [5])
    for wrong in (["x-1"], ["999999-1"], [f"{usual.pk}-1", f"{late.pk}-1"], [f"{usual.pk}-9"]):
        assert levels(at_period_school.post(reverse("office:change_weekdays"), {"rings": wrong}, follow=True)) == [
            "error"
        ]
