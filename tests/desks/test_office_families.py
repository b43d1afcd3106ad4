"""Reaching families from the office: the work list and its sheet, claims, a contact in full, links, answers, one student."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from fairlead.apps.access.models import AccessLog
from fairlead.apps.attendance.models import (
    AttendanceMark,
    CallClaim,
    FamilyAnswer,
    FamilyContact,
    FamilyLink,
    FamilySettings,
    Reminder,
)
from fairlead.apps.roster.models import Person
from fairlead.site.clock import move_demo
from tests.access import family_objects, morning_objects
from tests.conftest import as_owner, max_queries


@pytest.fixture
def absence(seeded: Any) -> int:
    found = morning_objects.absence(seeded)
    AttendanceMark.objects.get(pk=found).student.guardianships.update(may_contact=True)
    return found


@pytest.fixture
def guardian(absence: int) -> Any:
    return AttendanceMark.objects.get(pk=absence).student.guardianships.order_by("rank")[0].guardian


def counts() -> tuple[int, ...]:
    with as_owner():
        tables = (CallClaim, FamilyContact, FamilyLink, FamilyAnswer, FamilySettings)
        decided = FamilyAnswer.objects.exclude(decision="").count()
        return (*(table.objects.count() for table in tables), decided)


PAGES = ("calls", "sheet", "answers", "reminders", "after_a_call", "by_itself")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_ones_own_school(as_person: Any, seeded: Any, name: str) -> None:
    client = as_person("luis")
    with max_queries(15):
        page = client.get(reverse(f"office:{name}"))
    assert page.status_code == 200
    text = page.content.decode()
    with as_owner():
        foreign = Person.objects.filter(kind="student", organization_id=int(seeded.school_ids[1]))
        own = set(
            Person.objects.filter(organization_id=int(seeded.school_ids[0])).values_list("sort_name", flat=True)
        )
        names = {p.name for p in foreign if p.sort_name not in own}
    assert not [n for n in names if f">{n}<" in text], "another school's student"
    assert client.post(reverse(f"office:{name}")).status_code in (405, 200)


@pytest.mark.parametrize("name", PAGES)
def test_the_same_in_spanish(as_person: Any, name: str) -> None:
    client = as_person("luis")
    client.cookies.load({"django_language": "es"})
    page = client.get(reverse(f"office:{name}")).content.decode()
    for english in (
        "Whom to call",
        "Reminders<",
        "After a call",
        "above the next",
        "Back the next",
        "I am calling",
        "Save<",
    ):
        assert english not in page, english


def test_the_work_list_says_why(as_person: Any) -> None:
    page = as_person("luis").get(reverse("office:calls"))
    lines = page.context["lines"]
    assert [line.student.mark_id for line in lines] == [a.mark_id for a in page.context["morning"].to_reach]
    assert [line.place for line in lines] == list(range(1, len(lines) + 1))
    assert all(line.why_here for line in lines)
    assert lines[-1].why_here == "last of the list"
    assert (
        page.content.decode().count("above the next") + page.content.decode().count("equal to the next")
        == len(lines) - 1
    )


def test_i_am_calling(as_person: Any, absence: int) -> None:
    client = as_person("luis")
    answer = client.post(reverse("office:claim", args=[absence]))
    assert answer["Location"] == f"/office/calls#absence-{absence}"
    assert "You are calling, until 9:41" in client.get("/office/calls").content.decode()
    other = as_person("grace")
    page = other.get("/office/calls").content.decode()
    assert "Luis Ortega is calling, until 9:41" in page
    refused = other.post(reverse("office:claim", args=[absence]), follow=True).content.decode()
    assert "Luis Ortega is calling this family now" in refused
    fragment = other.post(reverse("office:claim", args=[absence]), headers={"HX-Request": "true"}).content.decode()
    assert "Luis Ortega is calling" in fragment
    assert "<html" not in fragment
    other.post(reverse("office:release", args=[absence]))
    assert counts()[0] == 1, "nobody gives back another's"
    as_person("luis").post(reverse("office:release", args=[absence]))
    assert counts()[0] == 0


def test_the_sheet_is_by_language(as_person: Any) -> None:
    page = as_person("luis").get("/office/calls/sheet")
    groups = page.context["groups"]
    listed = [line.student.mark_id for _, lines in groups for line in lines]
    assert sorted(listed) == sorted(a.mark_id for a in page.context["morning"].to_reach)
    for _, lines in groups:
        languages = {line.student.guardians[0].language if line.student.guardians else "" for line in lines}
        assert len(languages) == 1


def test_one_tap_from_the_work_list(as_person: Any, absence: int, guardian: Any) -> None:
    client, before = as_person("luis"), counts()
    answer = client.post(reverse("office:contact", args=[absence]), {"outcome": "no_answer", "guardian": guardian.pk})
    assert answer["Location"] == "/office/calls"
    assert counts()[1] == before[1] + 1
    with as_owner():
        made = FamilyContact.objects.latest("pk")
    assert (made.channel, made.guardian_id, made.outcome) == ("phone", guardian.pk, "no_answer")


def test_a_contact_in_full(as_person: Any, absence: int, guardian: Any) -> None:
    client = as_person("luis")
    address = reverse("office:contact", args=[absence])
    with max_queries(15):
        assert client.get(address).status_code == 200
    said = {
        "outcome": "reached",
        "guardian": guardian.pk,
        "channel": "in_person",
        "language": "vi",
        "interpreter": "on",
        "return_on": "2026-11-23",
        "note": "Fever",
    }
    assert client.post(address, said).status_code == 302
    page = client.get(address).content.decode()
    for words in ("Reached", "In person", "Vietnamese", "with an interpreter", "back on 11/23/2026", "Fever"):
        assert words in page, words


def test_the_family_s_own_reason_from_this_page(as_person: Any, absence: int) -> None:
    client = as_person("luis")
    client.post(reverse("office:contact", args=[absence]), {"outcome": "excused", "note": "Fever", "channel": "text"})
    with as_owner():
        mark = AttendanceMark.objects.get(pk=absence)
        assert (mark.reason, mark.explanation) == ("excused", "Fever")
        assert FamilyContact.objects.latest("pk").channel == "text"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({}, "Choose how the call went"),
        ({"outcome": "shouted"}, "Select a valid choice"),
        ({"outcome": "reached", "guardian": "1"}, "Select a valid choice"),
        ({"outcome": "reached", "return_on": "2026-11-19"}, "must come after the absence"),
        ({"outcome": "reached", "return_on": "soon"}, "Enter a valid date"),
        ({"outcome": "reached", "channel": "link"}, "Select a valid choice"),
        ({"outcome": "other_way"}, "Say in the note how"),
        ({"outcome": "reached", "note": "x" * 301}, "at most 300"),
    ],
)
def test_what_is_refused_says_why_and_writes_nothing(as_person: Any, absence: int, body: Any, says: str) -> None:
    client, before = as_person("luis"), counts()
    page = client.post(reverse("office:contact", args=[absence]), body)
    assert page.status_code == 200
    assert says in page.content.decode()
    assert counts() == before


def test_a_doubtful_number_is_shown_where_one_would_call(as_person: Any, absence: int, guardian: Any) -> None:
    client = as_person("luis")
    client.post(reverse("office:contact", args=[absence]), {"outcome": "wrong_number", "guardian": guardian.pk})
    student = family_id(absence)
    for address in (
        "/office/calls",
        "/office/calls/sheet",
        f"/office/absences/{absence}/contact",
        f"/office/students/{student}",
    ):
        assert "Number doubtful" in client.get(address).content.decode(), address


def family_id(absence: int) -> int:
    with as_owner():
        return int(AttendanceMark.objects.get(pk=absence).student_id)


def test_a_link_is_shown_once(as_person: Any, absence: int, guardian: Any) -> None:
    with as_owner():
        type(guardian).objects.filter(pk=guardian.pk).update(language="es")
    client = as_person("luis")
    page = client.post(reverse("office:make_link", args=[absence]), {"guardian": guardian.pk})
    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    (address,) = set(re.findall(r"http://testserver/f/[\w-]+", page.content.decode()))
    assert "Díganos por qué" in page.content.decode(), "the message is in the guardian's language"
    assert "not translated" not in page.content.decode()
    again = client.get(reverse("office:contact", args=[absence])).content.decode()
    assert "open until" in again
    assert address.rsplit("/", 1)[1] not in again
    with as_owner():
        link = FamilyLink.objects.latest("pk")
    assert as_person(None).get(address).status_code == 200
    revoked = as_person("luis").post(reverse("office:revoke_link", args=[link.pk]), {"absence": absence}, follow=True)
    assert "The link no longer opens" in revoked.content.decode()
    assert as_person(None).get(address).status_code == 404


def test_a_language_that_is_not_there_is_said_and_not_faked(as_person: Any, absence: int, guardian: Any) -> None:
    with as_owner():
        type(guardian).objects.filter(pk=guardian.pk).update(language="so")
    page = (
        as_person("luis")
        .post(reverse("office:make_link", args=[absence]), {"guardian": guardian.pk})
        .content.decode()
    )
    assert "not translated into Somali yet" in page
    assert "Please tell us why" in page


@pytest.mark.parametrize("works", [True, False])
def test_a_link_by_e_mail(
    as_person: Any, absence: int, guardian: Any, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    with as_owner():
        type(guardian).objects.filter(pk=guardian.pk).update(email="g@demo.fairlead.example")
    if not works:

        def fail(*_: Any, **__: Any) -> int:
            raise ConnectionRefusedError

        monkeypatch.setattr("fairlead.apps.attendance.tasks.send_mail", fail)
    client = as_person("luis")
    body = {"guardian": guardian.pk, "send": "email"}
    page = client.post(reverse("office:make_link", args=[absence]), body).content.decode()
    assert ("Sent by e-mail to g@demo" in page) == works
    assert ("could not be sent" in page) == (not works)
    assert len(mail.outbox) == works
    shown = client.get(reverse("office:contact", args=[absence])).content.decode()
    assert ("sent by e-mail" in shown, "e-mail failed" in shown) == (works, not works)


def test_a_link_for_nobody(as_person: Any, absence: int) -> None:
    client, before = as_person("luis"), counts()
    for guardian in ("", "0", "x", "9" * 30):
        page = client.post(reverse("office:make_link", args=[absence]), {"guardian": guardian}, follow=True)
        assert "may not be contacted" in page.content.decode()
    assert counts() == before


def test_an_answer_waits_and_is_decided(as_person: Any, seeded: Any) -> None:
    answer = family_objects.answer(seeded)
    client = as_person("luis")
    page = client.get("/office/answers").content.decode()
    assert "Sốt cao" in page
    assert f'id="answer-{answer}"' in page
    done = client.post(reverse("office:decide", args=[answer]), {"decision": "excused"}, follow=True).content.decode()
    assert "Accepted: excused" in done
    assert f'id="answer-{answer}"' not in done
    again = client.post(reverse("office:decide", args=[answer]), {"decision": "unexcused"}, follow=True)
    assert "decided already" in again.content.decode()
    assert "Illness: Sốt cao" in client.get("/office/").content.decode()


def test_one_student(as_person: Any, absence: int, seeded: Any) -> None:
    student = family_id(absence)
    client = as_person("luis")
    with max_queries(15):
        page = client.get(f"/office/students/{student}")
    found, pages = page.context["student"], page.context["pages"]
    cells = [cell for _, weeks in pages for week in weeks for cell in week if cell and cell.status]
    assert len(cells) == len(found.days)
    assert sum(cell.status == "absent" for cell in cells) == found.count("absent")
    assert sum(n for _, _, n in page.context["legend"]) == len(found.days)
    with as_owner():
        read = AccessLog.objects.latest("pk")
    assert (read.action, read.target, read.person_id) == ("student", f"person:{student}", seeded.person["luis"])
    for key in ("owen", "amara", "marcus"):
        assert as_person(key).get(f"/office/students/{student}").status_code == 404
    with as_owner():
        assert AccessLog.objects.latest("pk").pk == read.pk, "only a read is a read"


def test_a_number_of_who_may_not_be_contacted_is_not_shown(as_person: Any, absence: int, guardian: Any) -> None:
    with as_owner():
        guardian.wards.update(may_contact=False)
    client = as_person("luis")
    for address in (f"/office/students/{family_id(absence)}", f"/office/absences/{absence}/contact"):
        page = client.get(address).content.decode()
        assert "May not be contacted" in page
        assert guardian.phone not in page


def test_a_guardian_is_no_student(as_person: Any, guardian: Any) -> None:
    assert as_person("luis").get(f"/office/students/{guardian.pk}").status_code == 404


def test_reminders_show_a_failed_e_mail(as_person: Any, seeded: Any) -> None:
    Reminder.objects.all().delete()
    Reminder.objects.create(
        roll_id=morning_objects.missing_roll(seeded),
        organization_id=int(seeded.school_ids[0]),
        sent_at=seeded.moment,
        channel="email",
        automatic=True,
        email_state="bounced",
        email_error="SMTPRecipientsRefused 550",
    )
    page = as_person("luis").get("/office/reminders")
    text = page.content.decode()
    assert page.context["failed"]
    assert "did not arrive" in text
    assert "SMTPRecipientsRefused 550" in text
    assert "by itself, at the deadline" in text


def test_after_a_call_says_what_it_is_not(as_person: Any) -> None:
    client = as_person("grace")
    page = client.get("/office/after-a-call")
    assert "it does not show what a call does" in page.content.decode()
    assert "student-days" in page.content.decode()
    now = page.context["found"]
    assert (now.begins.month, now.organization_id) == (11, page.context["found"].organization_id)
    assert client.get("/office/after-a-call?month=1999-01").context["found"] == now
    first = client.get(f"/office/after-a-call?month={page.context['months'][0][1]}").context["found"]
    assert first.begins == page.context["months"][0][0]


def test_what_happens_by_itself(as_person: Any, seeded: Any) -> None:
    client, before = as_person("grace"), counts()
    assert client.post("/office/by-itself", {"link_days": "31"}).status_code == 200
    assert counts() == before
    assert client.post("/office/by-itself", {"link_days": "3", "message_families": "on"}).status_code == 302
    with as_owner():
        (chosen,) = FamilySettings.objects.all()
    assert (chosen.organization_id, chosen.remind_at_deadline, chosen.message_families, chosen.link_days) == (
        int(seeded.school_ids[0]),
        False,
        True,
        3,
    )
    assert "FAIRLEAD_ADDRESS" in client.get("/office/by-itself").content.decode()


POSTS = ("claim", "release", "contact", "make_link")


@pytest.mark.parametrize("person", ["owen", "amara", "marcus", "ines"])
def test_a_stranger_changes_nothing(as_person: Any, absence: int, seeded: Any, person: str) -> None:
    answer = family_objects.answer(seeded)
    link = FamilyLink.objects.latest("pk").pk
    client, before = as_person(person), counts()
    for name in POSTS:
        assert client.post(reverse(f"office:{name}", args=[absence]), {"outcome": "reached"}).status_code == 404
    assert client.post(reverse("office:decide", args=[answer]), {"decision": "excused"}).status_code == 404
    assert client.post(reverse("office:revoke_link", args=[link])).status_code == 404
    assert counts() == before


@pytest.mark.parametrize("bad", [0, 10**12, 10**30])
def test_what_is_not_there(as_person: Any, bad: int) -> None:
    client = as_person("luis")
    for name in (*POSTS, "decide", "revoke_link"):
        assert client.post(reverse(f"office:{name}", args=[bad]), {"decision": "excused"}).status_code == 404, name
    assert client.get(f"/office/students/{bad}").status_code == 404


def test_wrong_methods(as_person: Any, absence: int) -> None:
    client = as_person("luis")
    for name in ("claim", "release", "make_link"):
        assert client.get(reverse(f"office:{name}", args=[absence])).status_code == 405
    for name in ("calls", "sheet", "answers", "reminders", "after_a_call"):
        assert client.post(reverse(f"office:{name}")).status_code == 405


def test_on_saturday_there_is_nobody_to_call(as_person: Any, seeded: Any) -> None:
    move_demo(seeded.moment + timedelta(days=2))
    for address in ("/office/calls", "/office/calls/sheet"):
        page = as_person("luis").get(address)
        assert (page.status_code, page.context["lines"]) == (200, [])
