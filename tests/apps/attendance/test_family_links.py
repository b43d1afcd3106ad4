"""A family's one-time link: what it opens, once, and that nothing else does; the school's decision afterwards."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from fairlead.apps.attendance import families, family_services, services
from fairlead.apps.attendance.models import AttendanceMark, FamilyAnswer, FamilyContact, FamilyLink
from fairlead.site.clock import held
from tests.access import family_objects
from tests.conftest import as_owner, use_app_login


@pytest.fixture(autouse=True)
def _none_before(seeded: Any) -> None:
    FamilyLink.objects.all().delete()


@pytest.fixture
def mark(absence: int) -> AttendanceMark:
    found = AttendanceMark.objects.select_related("student").get(pk=absence)
    found.student.guardianships.update(may_contact=True)
    return found


@pytest.fixture
def guardian(mark: AttendanceMark) -> int:
    return int(mark.student.guardianships.order_by("rank")[0].guardian_id)


@pytest.fixture
def link(mark: AttendanceMark, guardian: int, scope_of: Any) -> family_services.NewLink:
    """A link made by the office; from here on nobody is signed in."""
    made = family_services.make_link(scope_of("luis"), mark.pk, guardian)
    nobody()
    return made


def nobody() -> None:
    """The app's login with nobody asking: every wall is shut."""
    use_app_login()
    with connection.cursor() as cursor:
        for name in ("person", "orgs", "up_orgs"):
            cursor.execute(f"SELECT set_config('fairlead.{name}', '', true)")


def answers() -> int:
    with as_owner():
        return FamilyAnswer.objects.count()


def test_it_opens_a_first_name_and_a_day(link: family_services.NewLink, mark: AttendanceMark) -> None:
    assert FamilyLink.objects.count() == 0, "the walls are shut"
    opened = family_services.look(link.token)
    assert opened is not None
    assert (opened.given_name, opened.date) == (mark.student.given_name, mark.date)
    assert family_services.look(link.token) is not None, (
        "looking uses nothing up: previews and mail scanners look too"
    )


def test_only_its_hash_is_kept(link: family_services.NewLink) -> None:
    with as_owner():
        row = FamilyLink.objects.get(pk=link.link_id)
        kept = " ".join(str(value) for value in FamilyLink.objects.filter(pk=link.link_id).values_list()[0])
    assert link.token not in kept
    assert row.token_hash == family_services.hashed(link.token)
    assert len(link.token) >= 32


def test_one_answer_once(link: family_services.NewLink, mark: AttendanceMark, guardian: int, seeded: Any) -> None:
    assert family_services.answer(link.token, "illness", " Fiebre ") is True
    assert family_services.answer(link.token, "other", "again") is False
    assert family_services.look(link.token) is None
    with as_owner():
        (found,) = FamilyAnswer.objects.all()
        assert (found.reason, found.words, found.student_id, found.guardian_id, found.date, found.at) == (
            "illness",
            "Fiebre",
            mark.student_id,
            guardian,
            mark.date,
            seeded.moment,
        )
        assert FamilyLink.objects.get(pk=link.link_id).used_at == seeded.moment
        mark.refresh_from_db()
        assert mark.explained_at is None, "whether it is excused is the school's decision"


@pytest.mark.parametrize("token", ["", "a", "no-such-token", "x" * 500, "' OR true --", "%", "\u202e"])
def test_a_stranger_s_token_opens_nothing(link: family_services.NewLink, token: str) -> None:
    assert family_services.look(token) is None
    assert family_services.answer(token, "illness", "") is False
    assert family_services.look(link.token[:-1]) is None
    assert family_services.look(family_services.hashed(link.token)) is None, "whoever reads the table cannot open it"
    assert answers() == 0


def test_it_ends(link: family_services.NewLink, seeded: Any) -> None:
    with held(seeded.moment + timedelta(days=7) - timedelta(seconds=1)):
        assert family_services.look(link.token) is not None
    with held(seeded.moment + timedelta(days=7)):
        assert family_services.look(link.token) is None
        assert family_services.answer(link.token, "illness", "") is False
    assert answers() == 0


def test_it_can_be_withdrawn(link: family_services.NewLink, scope_of: Any, seeded: Any) -> None:
    with pytest.raises(services.NotThere):
        family_services.revoke_link(scope_of("owen"), link.link_id)
    family_services.revoke_link(scope_of("grace"), link.link_id)
    with held(seeded.moment + timedelta(hours=1)):
        again = family_services.revoke_link(scope_of("luis"), link.link_id)
    assert (again.revoked_at, again.revoked_by_id) == (seeded.moment, seeded.person["grace"])
    nobody()
    assert family_services.look(link.token) is None
    assert family_services.answer(link.token, "illness", "") is False


def test_a_used_link_stays_used(link: family_services.NewLink, scope_of: Any) -> None:
    family_services.answer(link.token, "illness", "")
    assert family_services.revoke_link(scope_of("luis"), link.link_id).revoked_at is None


def test_it_shuts_when_the_guardian_may_no_longer_be_contacted(
    link: family_services.NewLink, mark: AttendanceMark, guardian: int
) -> None:
    with as_owner():
        mark.student.guardianships.filter(guardian_id=guardian).update(may_contact=False)
    assert family_services.look(link.token) is None
    assert family_services.answer(link.token, "illness", "") is False


def test_a_new_one_withdraws_the_one_before(mark: AttendanceMark, guardian: int, scope_of: Any) -> None:
    first = family_services.make_link(scope_of("luis"), mark.pk, guardian)
    second = family_services.make_link(scope_of("luis"), mark.pk, guardian)
    nobody()
    assert family_services.look(first.token) is None
    assert family_services.look(second.token) is not None


def test_not_more_than_five_for_one_absence(mark: AttendanceMark, guardian: int, scope_of: Any) -> None:
    for _ in range(5):
        family_services.make_link(scope_of("luis"), mark.pk, guardian)
    with pytest.raises(services.AttendanceError, match="call the family"):
        family_services.make_link(scope_of("luis"), mark.pk, guardian)
    assert FamilyLink.objects.filter(student_id=mark.student_id).count() == 5


@pytest.mark.parametrize("key", ["amara", "owen", "marcus", "ines", "dana"])
def test_only_the_school_s_office_makes_one(mark: AttendanceMark, guardian: int, scope_of: Any, key: str) -> None:
    with pytest.raises(services.NotThere):
        family_services.make_link(scope_of(key), mark.pk, guardian)
    with as_owner():
        assert FamilyLink.objects.count() == 0


def test_nor_for_somebody_who_may_not_be_contacted(mark: AttendanceMark, guardian: int, scope_of: Any) -> None:
    mark.student.guardianships.update(may_contact=False)
    with pytest.raises(services.AttendanceError, match="may not be contacted"):
        family_services.make_link(scope_of("luis"), mark.pk, guardian)
    with pytest.raises(services.AttendanceError, match="may not be contacted"):
        family_services.make_link(scope_of("luis"), mark.pk, 10**9)


@pytest.mark.parametrize(("reason", "words"), [("", ""), ("truancy", ""), ("illness", "x" * 301)])
def test_what_is_refused_uses_nothing_up(link: family_services.NewLink, reason: str, words: str) -> None:
    with pytest.raises(services.AttendanceError):
        family_services.answer(link.token, reason, words)
    assert family_services.look(link.token) is not None
    assert answers() == 0


def test_the_functions_are_for_the_app_alone(seeded: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, prosecdef, proconfig::text, has_function_privilege('fairlead_worker', oid, 'EXECUTE') "
            "FROM pg_proc WHERE proname IN ('attendance_family_link', 'attendance_family_answer') ORDER BY 1"
        )
        rows = cursor.fetchall()
    assert len(rows) == 2
    for _name, definer, config, worker in rows:
        assert (definer, worker) == (True, False)
        assert "pg_temp" in config


@pytest.fixture
def answer(seeded: Any) -> int:
    return family_objects.answer(seeded)


def test_accepted_it_explains_the_absence(answer: int, mark: AttendanceMark, seeded: Any, scope_of: Any) -> None:
    done = family_services.decide(scope_of("grace"), answer, "excused")
    assert (done.decision, done.decided_at, done.decided_by_id) == (
        "excused",
        seeded.moment,
        seeded.person["grace"],
    )
    mark.refresh_from_db()
    assert (mark.reason, mark.explanation, mark.explained_by_id) == (
        "excused",
        "Illness: Sốt cao",
        seeded.person["grace"],
    )
    contact = FamilyContact.objects.get(student_id=mark.student_id, date=mark.date, outcome="explained")
    assert contact.channel == "link", "where it came from"
    assert family_services.decide(scope_of("luis"), answer, "excused").decided_by_id == seeded.person["grace"]
    with pytest.raises(services.AttendanceError, match="decided already"):
        family_services.decide(scope_of("luis"), answer, "unexcused")


def test_not_excused_is_the_school_s_decision_too(answer: int, mark: AttendanceMark, scope_of: Any) -> None:
    family_services.decide(scope_of("luis"), answer, "unexcused")
    mark.refresh_from_db()
    assert (mark.reason, mark.explained_at is not None) == ("unexcused", True)


def test_set_aside_it_changes_nothing(
    answer: int, mark: AttendanceMark, seeded: Any, school: int, scope_of: Any
) -> None:
    scope = scope_of("luis")
    assert [a.answer_id for a in families.answers(scope, school, seeded.moment, waiting=True)] == [answer]
    family_services.decide(scope, answer, "set_aside")
    mark.refresh_from_db()
    assert mark.explained_at is None
    assert families.answers(scope, school, seeded.moment, waiting=True) == []
    assert families.answers(scope_of("owen"), school, seeded.moment) == []


def test_present_in_the_meantime(answer: int, mark: AttendanceMark, scope_of: Any) -> None:
    with as_owner():
        AttendanceMark.objects.filter(pk=mark.pk).update(status="present", reason="")
    with pytest.raises(services.AttendanceError, match="Set the answer aside"):
        family_services.decide(scope_of("luis"), answer, "excused")
    assert family_services.decide(scope_of("luis"), answer, "set_aside").decision == "set_aside"


@pytest.mark.parametrize("key", ["amara", "owen", "marcus", "ines", "dana"])
def test_nobody_else_decides(answer: int, scope_of: Any, key: str) -> None:
    with pytest.raises(services.NotThere):
        family_services.decide(scope_of(key), answer, "excused")
    with as_owner():
        assert FamilyAnswer.objects.get(pk=answer).decision == ""


def test_a_decision_that_is_none(answer: int, scope_of: Any) -> None:
    with pytest.raises(services.AttendanceError, match="Choose"):
        family_services.decide(scope_of("luis"), answer, "perhaps")
