"""A substitute's link, from the office's page to the roll: one teacher's rolls, one browser, one day, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from fairlead.apps.attendance import selectors, substitutes
from fairlead.apps.attendance.models import AttendanceMark, Roll, SubstituteLink
from fairlead.apps.attendance.services import AttendanceError, NotThere
from fairlead.apps.roster.models import Enrollment
from fairlead.site.clock import held
from tests.access import morning_objects, roll_objects
from tests.conftest import as_owner, max_queries, use_app_login


@pytest.fixture
def roll(seeded: Any) -> int:
    return morning_objects.own_roll(seeded)


@pytest.fixture
def address(seeded: Any) -> str:
    found = reverse("substitute:link", args=[roll_objects.token(seeded)])
    use_app_login()
    return found


@pytest.fixture
def opened(address: str) -> Client:
    """The browser that opened the link first."""
    client = Client()
    response = client.post(address)
    assert response.status_code == 302
    assert response.cookies["fairlead_substitute"]["httponly"]
    assert response.cookies["fairlead_substitute"]["path"] == address
    assert response.cookies["fairlead_substitute"]["max-age"] == 7 * 3600, (
        "a span of time, whatever the browser's clock"
    )
    return client


def everybody(roll: int, status: str = "present") -> dict[str, str]:
    with as_owner():
        students = Enrollment.objects.filter(section__in=Roll.objects.filter(pk=roll).values("section"))
        return {f"student-{pk}": status for pk in students.values_list("student_id", flat=True)}


def test_looking_does_not_open_and_opening_does(address: str, opened: Client) -> None:
    page = opened.get(address)
    assert page.status_code == 200
    assert "Take the roll of" in page.content.decode()
    assert "Sam Rivera" in page.content.decode()
    assert "Luis Ortega" in page.content.decode(), "it says who made it"
    assert page["Cache-Control"] == "no-store"


def test_a_preview_of_the_address_binds_nothing(address: str) -> None:
    assert Client().get(address).status_code == 200
    assert Client().head(address).status_code == 200
    with as_owner():
        assert SubstituteLink.objects.get().browser_hash == ""


def test_a_roll_is_taken_in_the_links_name(
    address: str, opened: Client, roll: int, seeded: Any, scope_of: Any
) -> None:
    sheet = f"{address}/rolls/{roll}"
    assert opened.get(sheet).status_code == 200
    with max_queries(15):
        assert opened.post(sheet, everybody(roll, "absent")).status_code == 302
    with as_owner():
        found = Roll.objects.get(pk=roll)
        assert (found.source, found.submitted_by_id, found.substitute.name) == ("substitute", None, "Sam Rivera")
        assert set(found.marks.values_list("status", flat=True)) == {"absent"}
    assert "is in" in opened.get(sheet).content.decode()
    rolls = {r.roll_id: r for r in selectors.own_rolls(scope_of("amara"), seeded.moment)}
    assert (rolls[roll].way, rolls[roll].taken_by) == ("substitute", "Sam Rivera"), "her teacher sees it"
    opened.post(sheet, everybody(roll) | {"student-0": ""})  # a stranger's mark: nothing is written
    with as_owner():
        assert Roll.objects.get(pk=roll).amended_at is None
    opened.post(sheet, everybody(roll))
    with as_owner():
        found = Roll.objects.get(pk=roll)
        assert (found.amended_source, found.amended_by_id) == ("substitute", None)


def test_the_office_sees_whose_amendment_it_was(
    address: str, opened: Client, roll: int, seeded: Any, scope_of: Any
) -> None:
    sheet = f"{address}/rolls/{roll}"
    opened.post(sheet, everybody(roll))
    opened.post(sheet, everybody(roll, "absent"))
    morning = selectors.this_morning(scope_of("luis"), int(seeded.school_ids[0]), seeded.moment)
    assert {a.by for a in morning.amendments} >= {"Sam Rivera"}


def test_not_everyone_marked_is_said_and_nothing_written(address: str, opened: Client, roll: int) -> None:
    sheet = f"{address}/rolls/{roll}"
    assert opened.post(sheet, {}).status_code == 422
    review = opened.post(sheet, {"all_present": "1"})
    assert review.status_code == 200
    assert "checked" in review.content.decode()
    with as_owner():
        assert Roll.objects.get(pk=roll).submitted_at is None


def other_rolls(seeded: Any) -> list[int]:
    school = int(seeded.school_ids[0])
    rows = Roll.objects.exclude(section_id=int(seeded.section_ids[0]))
    here = rows.filter(date=seeded.today, organization_id=school).values_list("id", flat=True)[0]
    elsewhere = rows.filter(date=seeded.today).exclude(organization_id=school).values_list("id", flat=True)[0]
    before = Roll.objects.filter(date=seeded.dates[-2], section_id=int(seeded.section_ids[0])).values_list("id", flat=True)[0]  # fmt: skip
    return [here, elsewhere, before, 0, 10**12]


def test_no_other_roll_opens_or_is_written(address: str, opened: Client, roll: int, seeded: Any) -> None:
    with as_owner():
        others = other_rolls(seeded)
        marks = AttendanceMark.objects.filter(date__gte=seeded.dates[-2]).order_by("id")
        before = list(marks.values_list("id", "status"))
    for other in others:
        assert opened.get(f"{address}/rolls/{other}").status_code == 404, other
        assert opened.post(f"{address}/rolls/{other}", everybody(roll)).status_code == 404, other
    with as_owner():
        assert list(marks.values_list("id", "status")) == before


def test_the_service_itself_refuses_another_roll(opened: Client, seeded: Any) -> None:
    with as_owner():
        others = other_rolls(seeded)
        link = SubstituteLink.objects.get()
    found = substitutes.Opened(
        link.pk, link.organization_id, "", link.teacher_id, "", None, link.date, link.name, "", link.expires_at, True
    )
    with held(seeded.moment):
        for other in others:
            with pytest.raises(NotThere):
                substitutes.take(substitutes.enter(found), found, other, {})


@pytest.mark.parametrize("name", ["teacher:desk", "office:desk", "office:paper", "coach:desk", "network:desk"])
def test_nothing_else_of_fairlead_opens(name: str, opened: Client) -> None:
    response = opened.get(reverse(name))
    assert response.status_code == 302
    assert response["Location"].startswith("/accounts/login/")


def test_the_walls_show_the_link_nothing_behind_them(opened: Client, seeded: Any) -> None:
    with as_owner():
        link = SubstituteLink.objects.get()
    found = substitutes.Opened(
        link.pk, link.organization_id, "", link.teacher_id, "", None, link.date, link.name, "", link.expires_at, True
    )
    substitutes.enter(found)
    assert set(Roll.objects.values_list("organization_id", flat=True)) == {link.organization_id}
    from fairlead.apps.instruments.models import Visit

    assert not Visit.objects.exists(), "the absent teacher's own records are not the substitute's"


def shut(seeded: Any, address: str, opened: Client, why: str) -> Any:
    """The answer of a link that is unknown, somebody else's, withdrawn, or over."""
    if why == "unknown":
        return opened.get(reverse("substitute:link", args=["no-such-link"]))
    if why == "another browser":
        return Client().get(address)
    if why == "another cookie":
        client = Client()
        client.cookies["fairlead_substitute"] = "guessed"
        return client.get(address)
    with as_owner():
        changes = (
            {"revoked_at": seeded.moment} if why == "withdrawn" else {"expires_at": seeded.moment - timedelta(1)}
        )
        SubstituteLink.objects.update(**changes)
    return opened.get(address)


@pytest.mark.parametrize("why", ["unknown", "another browser", "another cookie", "withdrawn", "over"])
def test_a_link_that_does_not_open_says_not_why(why: str, address: str, opened: Client, seeded: Any) -> None:
    response = shut(seeded, address, opened, why)
    unknown = Client().get(reverse("substitute:link", args=["another-unknown-link"]))
    assert response.status_code == unknown.status_code == 404
    assert response.content == unknown.content
    assert dict(response.headers) == dict(unknown.headers)


def test_a_second_browser_cannot_take_it_over(address: str, opened: Client) -> None:
    second = Client()
    assert second.post(address).status_code == 404
    assert second.get(address).status_code == 404
    assert opened.get(address).status_code == 200


def test_whoever_is_signed_in_is_not_asked(roll: int, address: str, as_person: Any) -> None:
    client = as_person("owen")
    client.post(address)
    assert client.post(f"{address}/rolls/{roll}", everybody(roll)).status_code == 302
    with as_owner():
        assert Roll.objects.get(pk=roll).submitted_by_id is None


def test_wrong_methods(address: str, opened: Client, roll: int) -> None:
    for method in ("put", "delete", "patch"):
        assert getattr(opened, method)(address).status_code == 405
        assert getattr(opened, method)(f"{address}/rolls/{roll}").status_code == 405


def test_forms_are_checked_for_their_origin(address: str) -> None:
    assert Client(enforce_csrf_checks=True).post(address).status_code == 403


# The office's side


def test_the_office_makes_a_link_that_is_shown_once(as_person: Any, seeded: Any) -> None:
    client = as_person("luis")
    assert client.get(reverse("office:substitutes")).status_code == 200
    made = client.post(
        reverse("office:make_substitute"), {"name": "Kim Adler", "what": f"teacher:{seeded.person['amara']}"}
    )
    assert made.status_code == 200
    assert made["Cache-Control"] == "no-store"
    token = made.context["link"].token
    text = made.content.decode()
    assert f"/s/{token}" in text
    assert "<svg" in text
    with as_owner():
        link = SubstituteLink.objects.get(name="Kim Adler")
        assert token not in [str(getattr(link, f.attname)) for f in link._meta.fields], "only its hash is kept"
        assert link.expires_at.astimezone(seeded.moment.tzinfo).hour == 17
    assert token not in client.get(reverse("office:substitutes")).content.decode()
    assert Client().get(f"/s/{token}").status_code == 200


def test_a_link_to_one_roll_opens_that_one(as_person: Any, seeded: Any, roll: int) -> None:
    made = as_person("luis").post(reverse("office:make_substitute"), {"name": "Kim", "what": f"roll:{roll}"})
    client, address = Client(), f"/s/{made.context['link'].token}"
    client.post(address)
    assert [r.roll_id for r in client.get(address).context["rolls"]] == [roll]


@pytest.mark.parametrize(
    ("name", "what"),
    [("", "teacher:amara"), ("x" * 81, "teacher:amara"), ("Kim", ""), ("Kim", "teacher:0"), ("Kim", "school:1"),
     ("Kim", "teacher:dana"), ("Kim", "roll:999999999999999999999"), ("Kim", "teacher:elsewhere")],
)  # fmt: skip
def test_a_link_that_is_refused(name: str, what: str, as_person: Any, seeded: Any) -> None:
    kind, _colon, whom = what.partition(":")
    if whom == "elsewhere":
        whom = str(int(seeded.section_teacher[seeded.section_school == 1][0]))
    client = as_person("luis")
    response = client.post(
        reverse("office:make_substitute"), {"name": name, "what": f"{kind}:{seeded.person.get(whom, whom)}"}
    )
    assert response.status_code == 302
    with as_owner():
        assert not SubstituteLink.objects.exists()


def test_no_link_after_the_school_day(seeded: Any, scope_of: Any) -> None:
    scope = scope_of("luis")
    with held(seeded.moment + timedelta(hours=8)), pytest.raises(AttendanceError, match="over"):
        substitutes.make_link(scope, int(seeded.school_ids[0]), "Kim", teacher_id=seeded.person["amara"])


@pytest.mark.parametrize("key", ["owen", "amara", "marcus"])
def test_a_stranger_makes_none_and_withdraws_none(key: str, seeded: Any, scope_of: Any) -> None:
    link = roll_objects.link_id(seeded)
    scope = scope_of(key)
    with pytest.raises(NotThere):
        substitutes.make_link(scope, int(seeded.school_ids[0]), "Kim", teacher_id=seeded.person["amara"])
    with pytest.raises(NotThere):
        substitutes.revoke_link(scope, link)


def test_withdrawing_closes_at_once_and_twice_is_once(
    address: str, opened: Client, as_person: Any, seeded: Any
) -> None:
    office = as_person("luis")
    with as_owner():
        link = roll_objects.link_id(seeded)
    for _again in (1, 2):
        assert office.post(reverse("office:revoke_substitute", args=[link])).status_code == 302
    with as_owner():
        assert SubstituteLink.objects.get().revoked_at == seeded.moment
    assert opened.get(address).status_code == 404
    assert office.post(reverse("office:revoke_substitute", args=[0])).status_code == 404
