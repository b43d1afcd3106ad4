"""What the app's login may write of professional learning in plain SQL: what a service writes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError

from fairlead import clock
from fairlead.apps.learning import codes, services
from fairlead.apps.learning.models import Attendance, Invitation, Measured, Session
from tests.access import learning_objects
from tests.access.test_what_sql_may_change import run
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]

_THERE = """
INSERT INTO learning_attendance (session_id, organization_id, purpose, person_id, lead_id, second_id, minutes, way, entered_by_id, at)
SELECT s.id, i.organization_id, {purpose}, i.person_id, {lead}, s.second_id, {minutes}, {way}, {by}, now()
FROM learning_session s JOIN learning_invitation i ON i.programme_id = s.programme_id AND i.person_id = %(who)s
WHERE s.id = %(session)s
"""
_OTHER_WAY = "way = CASE way WHEN 'paper' THEN 'code' ELSE 'paper' END"
_LINE = {"purpose": "'improvement'", "lead": "s.lead_id", "minutes": "s.minutes", "way": "'code'", "by": "%(me)s"}


@pytest.fixture
def now(seeded: Any) -> int:
    return learning_objects.session_now(seeded)


def _write(seeded: Any, session: int, me: str, who: str, **other: str) -> int:
    sql = _THERE.format(**_LINE | other)
    return run(sql, session=session, who=seeded.person[who], me=seeded.person[me])


def test_somebody_signs_in_for_themselves_and_as_the_page_writes_it(now: int, seeded: Any, scope_of: ScopeOf) -> None:
    scope_of("amara")
    forged = ({"by": "s.lead_id"}, {"way": "'paper'"}, {"minutes": "s.minutes + 1"}, {"lead": "i.person_id"},
              {"purpose": "'appraisal'"})  # fmt: skip
    for other in forged:
        with pytest.raises(IntegrityError):
            _write(seeded, now, "amara", "amara", **other)
    assert _write(seeded, now, "amara", "amara") == 1


def test_whoever_leads_a_session_enters_paper_in_their_own_name_and_no_code(
    now: int, seeded: Any, scope_of: ScopeOf
) -> None:
    scope_of("dana")
    for other in ({}, {"way": "'qr'"}, {"way": "'paper'", "by": "i.person_id"}):
        with pytest.raises(IntegrityError):
            _write(seeded, now, "dana", "amara", **other)
    assert _write(seeded, now, "dana", "amara", way="'paper'") == 1


def test_whoever_reads_doses_writes_none(now: int, seeded: Any, scope_of: ScopeOf) -> None:
    """The principal reads the minutes of her school: the wall alone would let her write them."""
    old = learning_objects.session_of_september(seeded)
    scope_of("grace")
    assert Attendance.objects.filter(session_id=old, person_id=seeded.person["amara"]).exists()
    mine = {"session": old, "who": seeded.person["amara"], "me": seeded.person["grace"]}
    where = "WHERE session_id = %(session)s AND person_id = %(who)s"
    for change in ("minutes = 1", "minutes = 1, entered_by_id = %(me)s", "not_there_at = now()", _OTHER_WAY):
        with pytest.raises(IntegrityError):
            run(f"UPDATE learning_attendance SET {change} {where}", **mine)
    with pytest.raises(IntegrityError):
        run(f"DELETE FROM learning_attendance {where}", **mine)
    with pytest.raises(IntegrityError):
        _write(seeded, now, "grace", "amara", way="'paper'")


def test_one_puts_right_that_one_was_not_there_and_not_the_minutes(seeded: Any, scope_of: ScopeOf) -> None:
    old = learning_objects.session_of_september(seeded)
    where = "WHERE session_id = %(session)s AND person_id = %(who)s"
    mine = {"session": old, "who": seeded.person["amara"]}
    scope_of("amara")
    for change in (
        "minutes = minutes - 1",
        "at = now()",
        _OTHER_WAY,
        "minutes = 1, entered_by_id = person_id",
        "purpose = 'appraisal'",
    ):
        with pytest.raises(Exception, match=r"minutes|fixed|purpose|Cannot update"):
            run(f"UPDATE learning_attendance SET {change} {where}", **mine)
    with pytest.raises(IntegrityError, match="list on paper"):
        run(f"DELETE FROM learning_attendance {where}", **mine)
    assert run(f"UPDATE learning_attendance SET not_there_at = now() {where}", **mine) == 1
    scope_of("dana")
    with pytest.raises(IntegrityError, match="said by oneself"):
        run(f"UPDATE learning_attendance SET not_there_at = NULL {where}", **mine)


OF_A_PROGRAMME = {
    "costs": "INSERT INTO learning_ingredient (programme_id, organization_id, kind, name, quantity, unit, price, paid_by, "
    "quantity_source, price_source, priced_on) SELECT id, organization_id, 'travel', 'Bus', 1, 'trip', 1, 'us', '', '', now() "
    "FROM learning_programme WHERE id = %(programme)s",
    "what measures it": "INSERT INTO learning_measured (programme_id, organization_id, level, source, reference) "
    "SELECT id, organization_id, 1, 'survey', '1' FROM learning_programme WHERE id = %(programme)s",
    "its goal": "UPDATE learning_programme SET goal = 'Another' WHERE id = %(programme)s",
    "a session": "INSERT INTO learning_session (programme_id, organization_id, begins_at, minutes, place, online, about, lead_id, "
    "renewed) SELECT id, organization_id, now(), 60, '', false, '', made_by_id, 0 FROM learning_programme WHERE id = %(programme)s",
    "when it is": "UPDATE learning_session SET begins_at = begins_at + interval '1 day' WHERE programme_id = %(programme)s",
    "an invitation": "INSERT INTO learning_invitation (programme_id, organization_id, person_id, since, walked_in) "
    "SELECT %(programme)s, r.organization_id, r.person_id, now(), false FROM roster_role r "
    "WHERE r.person_id = (SELECT person_id FROM roster_role WHERE role = 'office' ORDER BY id LIMIT 1)",
}


@pytest.mark.parametrize("sql", OF_A_PROGRAMME.values(), ids=OF_A_PROGRAMME)
def test_who_does_not_make_programmes_there_writes_nothing_of_one(seeded: Any, scope_of: ScopeOf, sql: str) -> None:
    """An analyst reads all of it; a principal makes programmes of her own school, and not of the network."""
    programme = learning_objects.programme(seeded)
    for key in ("tomas", "grace", "dana"):
        scope_of(key)
        with pytest.raises((IntegrityError, ProgrammingError)):
            run(sql, programme=programme)
    scope_of("ines")
    assert run(sql, programme=programme) >= 1


def test_nobody_makes_a_programme_in_anothers_name_or_of_another_organization(seeded: Any, scope_of: ScopeOf) -> None:
    made = (
        "INSERT INTO learning_programme (organization_id, name, topic, for_whom, goal, begins, ends, made_by_id, made_at) "
        "VALUES (%(organization)s, 'A', 'B', 'C', 'D', now(), now(), %(by)s, now())"
    )
    scope_of("grace")
    school, grace, ines = int(seeded.school_ids[0]), seeded.person["grace"], seeded.person["ines"]
    for organization, by in ((school, ines), (seeded.network_id, grace), (int(seeded.school_ids[1]), grace)):
        with pytest.raises((IntegrityError, ProgrammingError)):
            run(made, organization=organization, by=by)
    assert run(made, organization=school, by=grace) == 1
    with pytest.raises(IntegrityError, match="fixed"):
        run("UPDATE learning_programme SET made_by_id = %(by)s WHERE name = 'A'", by=ines)


def test_whoever_leads_a_session_makes_its_code_anew_and_changes_nothing_else(now: int, scope_of: ScopeOf) -> None:
    scope_of("dana")
    assert run("UPDATE learning_session SET renewed = renewed + 1 WHERE id = %(pk)s", pk=now) == 1
    with pytest.raises(IntegrityError):
        run("UPDATE learning_session SET minutes = 60 WHERE id = %(pk)s", pk=now)
    scope_of("amara")
    with pytest.raises(IntegrityError):
        run("UPDATE learning_session SET renewed = renewed + 1 WHERE id = %(pk)s", pk=now)


def test_codes_that_did_not_fit_are_neither_taken_away_nor_put_on_anothers_account(
    now: int, seeded: Any, scope_of: ScopeOf
) -> None:
    amara = scope_of("amara")
    with pytest.raises(services.ValidationError):
        services.sign_in(amara, "zzzzzz", "code")
    for sql in ("DELETE FROM learning_wrongcode", "UPDATE learning_wrongcode SET at = at - interval '1 hour'"):
        with pytest.raises(ProgrammingError, match="permission denied"):
            run(sql)
    with pytest.raises((IntegrityError, ProgrammingError)):
        run(
            "INSERT INTO learning_wrongcode (organization_id, person_id, at) SELECT organization_id, %(who)s, at "
            "FROM learning_wrongcode LIMIT 1", who=seeded.person["dana"],
        )  # fmt: skip


def test_counts_and_history_are_not_made_up(seeded: Any, scope_of: ScopeOf) -> None:
    with as_owner():
        one = Attendance.objects.filter(person_id=seeded.person["amara"])[0]
        Attendance.objects.filter(pk=one.pk).update(minutes=7)
    scope_of("ines")
    for sql in (
        "UPDATE learning_counted SET found = '{}'",
        "INSERT INTO learning_counted (programme_id, organization_id, what, reference, counted_at, found) "
        "SELECT programme_id, organization_id, what, 'x', counted_at, found FROM learning_counted",
        "UPDATE learning_ingredient SET price = 1",
        "DELETE FROM learning_programme",
        "DELETE FROM learning_attendanceevent",
        "UPDATE learning_attendanceevent SET minutes = 120",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            run(sql)
    columns = ("pgh_created_at, pgh_label, pgh_obj_id, id, session_id, organization_id, purpose, person_id, lead_id, second_id, "
               "minutes, way, entered_by_id, at")  # fmt: skip
    with pytest.raises(IntegrityError, match="history"):
        run(f"INSERT INTO learning_attendanceevent ({columns}) SELECT now(), 'update', pgh_obj_id, id, session_id, "
            "organization_id, purpose, person_id, lead_id, second_id, 1, way, entered_by_id, at FROM learning_attendanceevent")  # fmt: skip


def test_the_services_still_do_what_they_do(now: int, seeded: Any, scope_of: ScopeOf) -> None:
    who = seeded.person["amara"]
    code = codes.code(now, Session.objects.get(pk=now).renewed)
    dana = scope_of("dana")
    assert services.enter(dana, now, {who: 90}) >= 1
    assert services.enter(dana, now, {who: 80}) == 1
    amara = scope_of("amara")
    services.not_there(amara, now)
    assert services.sign_in(amara, code, "qr")[2]
    ines = scope_of("ines")
    programme = learning_objects.programme(seeded)
    tied = Measured.objects.get(programme_id=programme, source="visits")
    services.untie(ines, programme, tied.pk)
    services.drop_ingredient(ines, programme, learning_objects.ingredient(seeded))
    grace = scope_of("grace")  # not invited: walks in
    assert services.sign_in(grace, code, "code")[2]
    with as_owner():
        line = Attendance.objects.get(session_id=now, person_id=grace.person_id)
        assert (line.way, line.at) == ("code", clock.now())
        assert Invitation.objects.get(person_id=grace.person_id, programme_id=programme).walked_in
