"""Retention: what is due is counted, nothing goes unasked, and a provisional rule only by name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from fairlead import clock
from fairlead.apps.access import retention, tasks
from fairlead.apps.attendance.models import AttendanceMark, FamilyAnswer, FamilyLink
from fairlead.apps.instruments.models import Response
from fairlead.apps.roster.models import (
    Enrollment,
    ImportChange,
    ImportRun,
    ImportUpload,
    Organization,
    Person,
)
from fairlead.apps.surveys.models import Administration, FamilyNotice, Invitation, Tie
from fairlead.site.keeping import retain as command
from fairlead.site.refusal import Refusal
from tests.access import family_objects


def due() -> dict[str, int]:
    return {found.rule.key: found.rows for found in retention.due()}


@pytest.fixture
def ended(seeded: Any) -> str:
    """A sign-in that ended three days ago, and one that lasts."""
    now = clock.now()
    Session.objects.create(session_key="ended", session_data="", expire_date=now - timedelta(days=3))
    Session.objects.create(session_key="lasting", session_data="", expire_date=now + timedelta(days=3))
    return "ended"


def test_only_what_is_past_its_time_goes(ended: str) -> None:
    assert due()["sessions"] == 1
    assert [found.rows for found in retention.apply(["sessions"])] == [1]
    assert set(Session.objects.values_list("session_key", flat=True)) >= {"lasting"}
    assert not Session.objects.filter(session_key=ended).exists()
    assert due()["sessions"] == 0


def test_a_roster_that_nobody_confirmed_goes_after_a_month(seeded: Any) -> None:
    district = Organization.objects.get(kind="network")
    for days in (40, 5):
        sent = clock.now() - timedelta(days=days)
        run = ImportRun.objects.create(organization=district, status="shown", file_name=f"{days}.zip", at=sent)
        ImportUpload.objects.create(run=run, organization=district, content=b"names")
        ImportChange.objects.create(
            run=run, organization=district, table="people", outcome="new", key="k", label="A Name", fields={"_person": 1}
        )  # fmt: skip
    before = due()["rosters_waiting"]
    assert [found.rows for found in retention.apply(["rosters_waiting"])] == [before] == [1]
    assert list(ImportUpload.objects.values_list("run__file_name", flat=True)) == ["5.zip"]
    assert list(ImportChange.objects.values_list("run__file_name", flat=True)) == ["5.zip"]
    assert ImportRun.objects.get(file_name="40.zip").status == "discarded"


def test_the_night_takes_a_roster_that_nobody_confirmed_under_the_workers_login(seeded: Any) -> None:
    district = Organization.objects.get(kind="network")
    run = ImportRun.objects.create(
        organization=district, status="shown", file_name="a.zip", at=clock.now() - timedelta(days=40)
    )
    ImportUpload.objects.create(run=run, organization=district, content=b"names")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE fairlead_worker")
        tasks.sweep(timestamp=0)
        cursor.execute("RESET ROLE")
    run.refresh_from_db()
    assert (run.status, ImportUpload.objects.filter(run=run).exists()) == ("discarded", False)


def test_the_names_behind_a_survey_go_long_after_its_count_and_its_answers_stay(seeded: Any) -> None:
    """Three years after: who was asked, and the tie of a name to answers. A survey that is not counted keeps all."""
    counted = Invitation.objects.filter(administration__counted_at__isnull=False)
    waiting = Invitation.objects.filter(administration__counted_at=None).count()
    answers, n = Response.objects.count(), counted.count()
    assert (Tie.objects.exists(), n > 0, waiting > 0) == (True, True, True)
    assert due()["survey_invitations"] == 0
    later = date(2030, 1, 5)
    assert [found.rows for found in retention.apply(["survey_invitations"], later)] == [n]
    assert not Tie.objects.exists()
    assert (counted.count(), Invitation.objects.count()) == (0, waiting)
    assert Response.objects.count() == answers
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # nothing points at what has gone


def test_a_letter_before_a_survey_goes_a_year_after_its_count(seeded: Any) -> None:
    kept = FamilyNotice.objects.count()
    old = Administration.objects.filter(counted_at__isnull=False)[0]
    FamilyNotice.objects.create(
        administration=old, organization_id=int(seeded.school_ids[0]), student_id=int(seeded.student_ids[0])
    )
    assert due()["survey_notices"] == 0
    assert [found.rows for found in retention.apply(["survey_notices"], date(2028, 1, 5))] == [1]
    assert FamilyNotice.objects.count() == kept > 0


def test_listing_changes_nothing(ended: str) -> None:
    before = due()
    assert due() == before
    assert Session.objects.filter(session_key=ended).exists()


def test_a_familys_link_goes_and_one_that_was_answered_stays_with_its_answer(seeded: Any) -> None:
    FamilyAnswer.objects.all().delete()
    FamilyLink.objects.all().delete()
    answered = FamilyAnswer.objects.get(pk=family_objects.answer(seeded)).link_id
    lasting = family_objects.link(seeded, "another", date=seeded.today - timedelta(days=1)).pk
    left = family_objects.link(seeded, "a third", date=seeded.today - timedelta(days=2)).pk
    long_ago = seeded.moment - timedelta(days=91)
    FamilyLink.objects.filter(pk__in=[answered, left]).update(expires_at=long_ago)
    assert due()["family_links"] == 1
    assert [found.rows for found in retention.apply(["family_links"])] == [1]
    assert set(FamilyLink.objects.values_list("pk", flat=True)) == {answered, lasting}
    FamilyAnswer.objects.update(at=seeded.moment - timedelta(days=800))
    assert due()["family_answers"] == 1
    retention.apply(["family_answers", "family_links"])
    assert not FamilyAnswer.objects.exists()
    assert due()["family_links"] == 1, "the link of the answer is due by its own rule now"


def test_history_of_every_table_is_meant(seeded: Any) -> None:
    mark = AttendanceMark.objects.order_by("pk")[0]
    mark.save()
    mark.delete()
    person = Person.objects.get(pk=seeded.person["amara"])
    person.phone = "555"
    person.save()
    with connection.cursor() as cursor:
        for table in ("attendance_attendancemarkevent", "roster_personevent"):
            cursor.execute(f"UPDATE {table} SET pgh_created_at = '2020-01-01'")
    assert due()["histories"] >= 2
    retention.apply(["histories"])
    assert due()["histories"] == 0


def test_students_who_left_long_ago_are_erased_and_who_came_back_is_not(seeded: Any) -> None:
    first, second = (int(pk) for pk in seeded.student_ids[:2])
    Enrollment.objects.filter(student_id__in=[first, second]).update(begins=date(2010, 9, 1), ends=date(2012, 6, 30))
    again = Enrollment.objects.filter(student_id=second)[0]
    again.pk, again.begins, again.ends = None, date(2026, 8, 20), None
    again.save()
    assert due()["students_who_left"] == 1
    retention.apply(["students_who_left"])
    assert not Person.objects.filter(pk=first).exists()
    assert Person.objects.filter(pk=second).exists()


@pytest.mark.parametrize(
    ("today", "years", "days", "before"),
    [
        (date(2026, 11, 22), 5, 0, date(2021, 11, 22)),
        (date(2028, 2, 29), 1, 0, date(2027, 2, 28)),
        (date(2026, 3, 1), 0, 1, date(2026, 2, 28)),
    ],
)
def test_from_before_which_day(today: date, years: int, days: int, before: date) -> None:
    said = {"what": "w", "what_es": "w", "table": "t", "column": "c", "since": date(2026, 1, 1), "ground": "g"}
    rule = retention._rule("some", said | {"years": years, "days": days, "confidence": "confirmed"})
    assert rule.before(today) == before


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"confidence": "sure"}, "confidence"),
        ({"years": 0}, "at least a day"),
        ({"ground": ""}, "ground"),
        ({"no": 1}, "some"),
    ],
)
def test_a_rule_that_says_too_little_is_refused(change: dict[str, Any], what: str) -> None:
    said = {"what": "w", "what_es": "w", "table": "t", "column": "c", "since": date(2026, 1, 1), "ground": "g"}
    with pytest.raises(retention.BadRule, match=what):
        retention._rule("some", said | {"years": 1, "confidence": "confirmed"} | change)


def test_a_rule_that_is_not_there(seeded: Any) -> None:
    with pytest.raises(retention.BadRule, match="no rule is called everything"):
        retention.apply(["everything"])


def test_a_rule_holds_from_its_day(seeded: Any) -> None:
    assert retention.due(date(2026, 10, 31)) == []


def run(monkeypatch: pytest.MonkeyPatch, **options: Any) -> int:
    monkeypatch.setattr(command, "start_django", lambda: None)
    return command.retain(**({"apply": False, "keys": [], "sure": False, "ask": lambda _: False} | options))


def test_the_command_lists_asks_and_deletes(
    ended: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch) == 0
    told = capsys.readouterr()
    assert "1  sessions" in told.out
    assert "(provisional)" in told.out
    assert "Nothing was changed" in told.err
    assert run(monkeypatch, apply=True) == 1
    assert Session.objects.filter(session_key=ended).exists()
    assert run(monkeypatch, apply=True, ask=lambda _: True) == 0
    assert not Session.objects.filter(session_key=ended).exists()


def test_a_provisional_rule_is_applied_only_by_name(seeded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    student = int(seeded.student_ids[0])
    Enrollment.objects.filter(student_id=student).update(begins=date(2010, 9, 1), ends=date(2012, 6, 30))
    run(monkeypatch, apply=True, sure=True)
    assert Person.objects.filter(pk=student).exists()
    run(monkeypatch, apply=True, sure=True, keys=["students_who_left"])
    assert not Person.objects.filter(pk=student).exists()


def test_the_command_refuses_a_rule_that_is_not_there(seeded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refusal) as refused:
        run(monkeypatch, keys=["everything"])
    assert "sessions" in refused.value.allowed


@pytest.mark.parametrize("on", [False, True])
def test_the_nights_sweeping_is_off_unless_asked_for(on: bool, ended: str, settings: Any) -> None:
    settings.SWEEP = on
    tasks.sweep(timestamp=int(timezone.now().timestamp()))
    assert Session.objects.filter(session_key=ended).exists() != on
