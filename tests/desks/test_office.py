"""The office at 9:31: the count with its coverage, reminders, calls as a form and as a fragment."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.attendance.models import AttendanceMark, FamilyContact, Reminder, Roll
from fairlead.site.clock import move_demo
from tests.access import morning_objects
from tests.conftest import as_owner, max_queries

DESK = "/office/"


@pytest.fixture
def absence(seeded: Any) -> int:
    return morning_objects.absence(seeded)


@pytest.fixture
def missing_roll(seeded: Any) -> int:
    return morning_objects.missing_roll(seeded)


def counts() -> tuple[int, ...]:
    with as_owner():
        return (
            FamilyContact.objects.count(),
            Reminder.objects.count(),
            AttendanceMark.objects.filter(explained_at__isnull=False).count(),
        )


def test_the_page(as_person: Any, seeded: Any) -> None:
    client = as_person("luis")
    with max_queries(15):
        page = client.get(DESK)
    text, count = page.content.decode(), page.context["count"]
    coverage = f"{count.rolls_submitted} of {count.rolls_expected} rolls"
    assert text.count(coverage) >= 3, "present, absent and the list of families carry their coverage"
    assert "as of 9:31" in text
    assert "16 minutes overdue" in text
    assert page.context["morning"].to_reach
    for student in page.context["morning"].to_reach:
        assert f'id="absence-{student.mark_id}"' in text
        for guardian in student.guardians:
            assert re.sub(r"[ ()]", "", guardian.phone) in re.findall(r'href="tel:([^"]*)"', text)


def test_no_foreign_name_stands_on_it(as_person: Any, seeded: Any) -> None:
    with as_owner():
        foreign = Roll.objects.filter(date=seeded.today).exclude(organization_id=int(seeded.school_ids[0]))
        rolls = {f"roll-{pk}" for pk in foreign.values_list("pk", flat=True)}
    ids = set(re.findall(r'id="([^"]+)"', as_person("luis").get(DESK).content.decode()))
    assert ids & {f"roll-{morning_objects.missing_roll(seeded)}"}
    assert not ids & rolls


def test_before_the_deadline_nothing_is_overdue(as_person: Any, seeded: Any) -> None:
    move_demo(seeded.moment - timedelta(minutes=86))
    page = as_person("luis").get(DESK).content.decode()
    assert "Nothing is overdue at 8:05" in page
    assert "minutes overdue" not in page
    assert "nobody is known to be absent" in page
    assert re.findall(r'stat__value">([^<]*)<', page)[1:3] == ["–", "–"], "nothing known is not nobody absent"


def test_on_saturday_school_does_not_meet(as_person: Any, seeded: Any) -> None:
    move_demo(seeded.moment + timedelta(days=2))
    page = as_person("luis").get(DESK).content.decode()
    assert "School does not meet today, Saturday, November 21" in page
    assert "The next school day is Monday, November 23" in page
    assert 'class="stat' not in page


def test_the_next_day_opens_itself(as_person: Any, seeded: Any) -> None:
    move_demo(seeded.moment + timedelta(days=1))
    count = as_person("luis").get(DESK).context["count"]
    assert (count.rolls_submitted, count.present, count.absent) == (0, 0, 0)
    assert count.not_submitted == count.enrolled > 0


def test_a_reminder(as_person: Any, missing_roll: int) -> None:
    client = as_person("luis")
    before = counts()
    with max_queries(20):
        answer = client.post(reverse("office:remind", args=[missing_roll]))
    assert (answer.status_code, answer["Location"]) == (302, DESK)
    page = client.get(DESK).content.decode()
    assert "reminded at 9:31" in page
    assert "Reminder for" in page
    assert counts() == (before[0], before[1] + 1, before[2])
    client.post(reverse("office:remind", args=[missing_roll]))
    assert counts()[1] == before[1] + 1, "a second tap is no second reminder"


def test_a_reminder_for_a_roll_that_has_come(as_person: Any, missing_roll: int, seeded: Any) -> None:
    with as_owner():
        Roll.objects.filter(pk=missing_roll).update(submitted_at=seeded.moment)
    client, before = as_person("luis"), counts()
    page = client.post(reverse("office:remind", args=[missing_roll]), follow=True).content.decode()
    assert "has come in the meantime" in page
    assert counts() == before


@pytest.mark.parametrize("outcome", ["reached", "left_message", "no_answer", "wrong_number"])
def test_a_call_in_two_taps(as_person: Any, absence: int, outcome: str) -> None:
    client = as_person("luis")
    answer = client.post(reverse("office:call", args=[absence]), {"outcome": outcome})
    assert (answer.status_code, answer["Location"]) == (302, DESK)
    morning = client.get(DESK).context["morning"]
    settled = outcome in ("reached", "left_message")
    place = morning.reached if settled else morning.to_reach
    (found,) = [a for a in place if a.mark_id == absence]
    assert [call.outcome for call in found.calls] == [outcome]
    assert found.calls[0].by == "Luis Ortega"


def test_the_same_call_as_a_fragment(as_person: Any, absence: int) -> None:
    page = as_person("luis").post(
        reverse("office:call", args=[absence]), {"outcome": "reached"}, headers={"HX-Request": "true"}
    )
    text = page.content.decode()
    assert page.status_code == 200
    assert text.lstrip().startswith('<div id="board"')
    assert "<html" not in text
    assert "Reached" in text
    assert f'id="absence-{absence}"' not in text


def test_a_refused_call_says_why(as_person: Any, absence: int) -> None:
    client, before = as_person("luis"), counts()
    address = reverse("office:call", args=[absence])
    assert "Say in the note how" in client.post(address, {"outcome": "other_way"}, follow=True).content.decode()
    fragment = client.post(address, {"outcome": "other_way"}, headers={"HX-Request": "true"}).content.decode()
    assert "notice--refused" in fragment
    assert counts() == before


def test_an_explained_absence_is_no_alarm(as_person: Any, absence: int) -> None:
    client = as_person("luis")
    client.post(reverse("office:explain", args=[absence]), {"reason": "excused", "note": "Fever"})
    morning = client.get(DESK).context["morning"]
    (found,) = [a for a in morning.explained if a.mark_id == absence]
    assert (found.reason, found.explanation, found.explained_by) == ("excused", "Fever", "Luis Ortega")
    assert absence not in {a.mark_id for a in morning.to_reach}


@pytest.mark.parametrize("route", ["office:call", "office:explain"])
def test_nothing_said_nothing_written(as_person: Any, absence: int, route: str) -> None:
    client, before = as_person("luis"), counts()
    assert client.post(reverse(route, args=[absence])).status_code == 302
    assert client.post(reverse(route, args=[absence]), {"guardian": "9" * 30}).status_code == 302
    assert counts() == before


@pytest.mark.parametrize("person", ["owen", "amara", "marcus", "ines"])
def test_a_stranger_changes_nothing(as_person: Any, absence: int, missing_roll: int, person: str) -> None:
    client, before = as_person(person), counts()
    assert client.post(reverse("office:call", args=[absence]), {"outcome": "reached"}).status_code == 404
    assert client.post(reverse("office:explain", args=[absence]), {"reason": "excused"}).status_code == 404
    assert client.post(reverse("office:remind", args=[missing_roll])).status_code == 404
    assert counts() == before


def test_the_stranger_inside_sees_his_own_school(as_person: Any, seeded: Any) -> None:
    page = as_person("owen").get(DESK)
    assert page.context["morning"].organization_id == int(seeded.school_ids[1])
    assert "Harbor Point" not in page.content.decode()


@pytest.mark.parametrize("route", ["office:call", "office:explain", "office:remind"])
@pytest.mark.parametrize("bad", [0, 10**12, 10**30])
def test_what_is_not_there(as_person: Any, route: str, bad: int) -> None:
    body = {"outcome": "reached", "reason": "excused"}
    assert as_person("luis").post(reverse(route, args=[bad]), body).status_code == 404


def test_wrong_methods(as_person: Any, absence: int) -> None:
    client = as_person("luis")
    assert client.post(DESK).status_code == 405
    assert client.get(reverse("office:call", args=[absence])).status_code == 405


def test_in_spanish(as_person: Any) -> None:
    client = as_person("luis")
    client.cookies.load({"django_language": "es"})
    page = client.get(DESK).content.decode()
    for english in (
        "This morning",
        "overdue",
        "Enrolled",
        "Log a call",
        "Reached",
        "days in a row",
        "mother",
        "Print",
    ):
        assert english not in page, english
