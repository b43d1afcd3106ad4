"""Professional learning as those who use it: a programme, a session, signing in three ways, hours of one's own and of a school."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from fairlead import clock
from fairlead.apps.learning import codes
from fairlead.apps.learning.models import Attendance, Invitation, Programme, Session, WrongCode
from tests.access import learning_objects
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def page(name: str, *args: Any) -> str:
    return reverse(f"learning:{name}", args=args)


def _now(world: Any) -> tuple[int, str]:
    with as_owner():
        pk = learning_objects.session_now(world)
        return pk, codes.code(pk, Session.objects.get(pk=pk).renewed)


def test_a_code_on_the_board_signs_in_once(as_person: SignIn, seeded: Any) -> None:
    pk, code = _now(seeded)
    client = as_person("amara")
    assert code not in client.get(page("home")).content.decode(), "only who leads it shows the code"
    said = client.post(page("sign_in"), {"code": code.upper()}, follow=True).content.decode()
    assert "You are signed in" in said
    assert "had signed in already" in client.post(page("sign_in"), {"code": code}, follow=True).content.decode()
    with as_owner():
        found = Attendance.objects.get(session_id=pk, person_id=seeded.person["amara"])
        assert (found.way, found.minutes, found.entered_by_id) == ("code", 120, seeded.person["amara"])


def test_opening_the_scanned_address_signs_nobody_in_and_one_tap_does(as_person: SignIn, seeded: Any) -> None:
    pk, code = _now(seeded)
    client = as_person("amara")
    assert "One tap more" in client.get(page("sign_in"), {"code": code}).content.decode()
    mine = {"session_id": pk, "person_id": seeded.person["amara"]}
    with as_owner():
        assert not Attendance.objects.filter(**mine).exists()
    client.post(page("sign_in"), {"code": code, "way": "qr"})
    with as_owner():
        assert Attendance.objects.get(**mine).way == "qr"


def test_who_signs_in_late_says_for_how_long_they_were_there(as_person: SignIn, seeded: Any) -> None:
    pk, code = _now(seeded)
    with as_owner():
        Session.objects.filter(pk=pk).update(begins_at=clock.now() - timedelta(minutes=40))
        before = WrongCode.objects.count()
    client = as_person("amara")
    asked = client.post(page("sign_in"), {"code": code, "way": "qr"})
    assert asked.status_code == 422
    assert "For how many minutes were you there" in asked.content.decode()
    assert 'name="minutes"' in asked.content.decode()
    assert "from 1 to 120" in client.post(page("sign_in"), {"code": code, "minutes": "121"}).content.decode()
    said = client.post(page("sign_in"), {"code": code, "way": "qr", "minutes": "75"}, follow=True).content.decode()
    assert "75 minutes" in said
    with as_owner():
        found = Attendance.objects.get(session_id=pk, person_id=seeded.person["amara"])
        assert (found.way, found.minutes) == ("qr", 75)
        assert WrongCode.objects.count() == before, "a late sign-in is no wrong code"
    assert "had signed in already" in client.post(page("sign_in"), {"code": code}, follow=True).content.decode()
    listed = as_person("dana").get(page("session", pk)).context["listed"]
    assert next(one.late_at for one in listed if one.person_id == seeded.person["amara"]) == clock.now()


def test_five_wrong_codes_close_the_door_for_a_while(as_person: SignIn, seeded: Any) -> None:
    _pk, code = _now(seeded)
    client = as_person("amara")
    for _turn in range(5):
        wrong = client.post(page("sign_in"), {"code": "zzzzzz"})
        assert wrong.status_code == 422
        assert "Look at the board again" in wrong.content.decode()
    refused = client.post(page("sign_in"), {"code": code})
    assert refused.status_code == 422
    assert "Wait ten minutes" in refused.content.decode()
    with as_owner():
        assert WrongCode.objects.filter(person_id=seeded.person["amara"]).count() == 5
        WrongCode.objects.update(at=clock.now() - timedelta(minutes=11))
    assert client.post(page("sign_in"), {"code": code}).status_code == 302


def test_the_code_of_a_session_that_is_over_or_renewed_opens_nothing(as_person: SignIn, seeded: Any) -> None:
    pk, code = _now(seeded)
    with as_owner():
        old = learning_objects.session_of_september(seeded)
    assert as_person("amara").post(page("sign_in"), {"code": codes.code(old, 0)}).status_code == 422
    dana = as_person("dana")
    assert code in dana.get(page("session", pk)).content.decode()
    dana.post(page("renew", pk))
    assert code not in dana.get(page("session", pk)).content.decode()
    assert as_person("amara").post(page("sign_in"), {"code": code}).status_code == 422


def test_the_list_on_paper_keeps_who_entered_it(as_person: SignIn, seeded: Any) -> None:
    pk, _code = _now(seeded)
    amara = seeded.person["amara"]
    dana = as_person("dana")
    with max_queries(15):
        shown = dana.get(page("session", pk))
    assert "Amara Okafor" in shown.content.decode()
    dana.post(page("enter", pk), {"there": [amara], f"minutes-{amara}": "90"})
    with as_owner():
        found = Attendance.objects.get(session_id=pk, person_id=amara)
        assert (found.way, found.minutes, found.entered_by_id) == ("paper", 90, seeded.person["dana"])
    wrong = dana.post(page("enter", pk), {"there": [amara], f"minutes-{amara}": "500"})
    assert wrong.status_code == 422
    assert "from 1 to 120: Amara Okafor" in wrong.content.decode()
    dana.post(page("enter", pk), {})
    with as_owner():
        assert not Attendance.objects.filter(session_id=pk, person_id=amara).exists(), (
            "what was ticked wrongly is undone"
        )
        assert Attendance.objects.filter(session_id=pk).exists(), "who typed the code stays"


def test_i_was_not_there_is_said_by_oneself_and_stands(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        pk = learning_objects.session_of_september(seeded)
        amara = seeded.person["amara"]
        Attendance.objects.filter(session_id=pk, person_id=amara).update(
            way="paper", entered_by_id=seeded.person["dana"]
        )
    client = as_person("amara")
    before = client.get(page("home")).context["hours"]
    client.post(page("not_there", pk))
    after = client.get(page("home")).context["hours"]
    assert float(before[0]) - float(after[0]) == 2.0
    assert before[1] == after[1], "it was offered all the same"
    as_person("dana").post(page("enter", pk), {"there": [amara]})
    with as_owner():
        assert Attendance.objects.get(session_id=pk, person_id=amara).not_there_at is not None


def test_hours_by_role_own_school_whole_network(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        pk = learning_objects.programme(seeded)
        invited = Invitation.objects.filter(programme_id=pk).count()
        of_grace = Invitation.objects.filter(programme_id=pk, organization_id=int(seeded.school_ids[0])).count()
    assert len(as_person("amara").get(page("programme", pk)).context["rows"]) == 0
    assert len(as_person("dana").get(page("programme", pk)).context["rows"]) == 0, "who leads sees lists, not doses"
    assert len(as_person("grace").get(page("programme", pk)).context["rows"]) == of_grace
    with max_queries(15):
        ines = as_person("ines").get(page("programme", pk))
    assert len(ines.context["rows"]) == invited
    assert ines.context["spread"].n == invited
    assert ines.context["whole"] is None, "who sees every row needs no protected table"


def test_a_programme_from_nothing_to_its_first_session(as_person: SignIn, seeded: Any) -> None:
    client = as_person("grace")
    school, today = int(seeded.school_ids[0]), clock.today()
    form = {
        "organization": school, "name": "Reading aloud", "topic": "Reading", "for_whom": "Grades K to 2",
        "goal": "Every child is read to each day.", "begins": today.isoformat(),
        "ends": (today + timedelta(days=90)).isoformat(), "schools": [school],
    }  # fmt: skip
    backward = client.post(page("new"), form | {"ends": "2020-01-01"})
    assert backward.status_code == 422
    assert "before the first" in backward.content.decode()
    made = client.post(page("new"), form)
    with as_owner():
        known = Programme.objects.get(name="Reading aloud")
        assert known.invitations.filter(person_id=seeded.person["amara"]).exists()
    assert made["Location"] == page("programme", known.pk)
    session = {"day": today.isoformat(), "time": "09:25", "minutes": 60, "lead": seeded.person["grace"]}
    late = client.post(page("session_new", known.pk), session | {"day": "2020-01-01"})
    assert "The programme goes from" in late.content.decode()
    client.post(page("session_new", known.pk), session)
    with as_owner():
        one = Session.objects.get(programme=known)
    as_person("amara").post(page("sign_in"), {"code": codes.code(one.pk, 0)})
    with as_owner():
        assert Attendance.objects.get(session=one).person_id == seeded.person["amara"]
    as_person("ines").post(page("invite", known.pk), {"schools": [school]})
    with as_owner():
        assert known.invitations.count() == known.invitations.values("person").distinct().count()
