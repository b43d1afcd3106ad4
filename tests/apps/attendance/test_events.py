"""Rolls taken on a device: each counts once, the order of arrival decides nothing, nothing is overwritten silently."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import ProgrammingError
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fairlead import clock
from fairlead.apps.attendance import arrivals, services
from fairlead.apps.attendance.arrivals import Event
from fairlead.apps.attendance.models import Arrival, AttendanceMark, Roll
from fairlead.apps.roster.selectors import scope_for
from fairlead.site.clock import held
from tests.access import morning_objects
from tests.conftest import as_owner, max_queries, use_app_login

DEVICE = UUID("d0d0d0d0-0000-4000-8000-000000000001")
MINUTE = timedelta(minutes=1)


def enrolled(roll_id: int) -> list[int]:
    with as_owner():
        return list(
            Roll.objects.get(pk=roll_id).section.enrollments.order_by("pk").values_list("student_id", flat=True)
        )


@pytest.fixture
def students(roll: int) -> list[int]:
    return enrolled(roll)


def taken(
    seeded: Any, roll: int, students: list[int], *absent: int, at: timedelta = -30 * MINUTE, number: int = 0
) -> Event:
    """Amara's roll, taken `at` from the demo's moment by a right clock."""
    return Event(
        id=UUID(int=number) if number else uuid4(),
        person_id=seeded.person["amara"],
        device=DEVICE,
        roll_id=roll,
        claimed_at=seeded.moment + at,
        sent_at=seeded.moment,
        marks={s: "absent" if s in absent else "present" for s in students},
    )


def standing(roll: int) -> dict[int, str]:
    with as_owner():
        return dict(AttendanceMark.objects.filter(roll_id=roll).values_list("student_id", "status"))


def absent_now(roll: int) -> set[int]:
    return {student for student, status in standing(roll).items() if status == "absent"}


def test_an_event_is_applied_and_received_decides_timeliness(
    roll: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    event = taken(seeded, roll, students, students[0])
    arrival = arrivals.receive(scope_of("amara"), event)
    assert (arrival.outcome, arrival.changed, arrival.clock_off) == ("applied", len(students), False)
    assert (arrival.taken_at, arrival.received_at) == (seeded.moment - 30 * MINUTE, seeded.moment)
    assert absent_now(roll) == {students[0]}
    saved = Roll.objects.get(pk=roll)
    assert (saved.submitted_at, saved.submitted_by_id) == (seeded.moment, seeded.person["amara"])
    assert saved.taken_at == seeded.moment - 30 * MINUTE
    assert not saved.due_at >= saved.submitted_at, "taken before the deadline, received after it: late"


def test_the_same_event_gives_the_same_answer(roll: int, students: list[int], seeded: Any, scope_of: Any) -> None:
    event, scope = taken(seeded, roll, students, students[0]), scope_of("amara")
    first = arrivals.receive(scope, event)
    with held(seeded.moment + 20 * MINUTE):
        again = arrivals.receive(scope, replace(event, sent_at=seeded.moment + 20 * MINUTE))
    fields = [f.attname for f in Arrival._meta.fields]
    assert [getattr(first, f) for f in fields] == [getattr(again, f) for f in fields]
    assert Arrival.objects.filter(roll_id=roll).count() == 1


def test_paper_entered_meanwhile_is_amended_and_the_office_sees_it(
    roll: int, school: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    with as_owner():  # from paper, by the office, ten minutes ago
        Roll.objects.filter(pk=roll).update(
            submitted_at=seeded.moment - 10 * MINUTE, submitted_by_id=seeded.person["luis"], source="paper"
        )
        saved = Roll.objects.get(pk=roll)
        for student in students:
            saved.marks.create(
                student_id=student, organization_id=school, date=saved.date, status=("absent", "present")[student > 0]
            )
    arrival = arrivals.receive(scope_of("amara"), taken(seeded, roll, students, students[1]))
    assert (arrival.outcome, arrival.changed) == ("amended", 1)
    saved = Roll.objects.get(pk=roll)
    assert (saved.submitted_at, saved.submitted_by_id) == (seeded.moment - 10 * MINUTE, seeded.person["luis"])
    assert (saved.amended_at, saved.amended_by_id) == (seeded.moment, seeded.person["amara"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT student_id, status FROM attendance_attendancemarkevent WHERE roll_id = %s", [roll])
        assert cursor.fetchall() == [(students[1], "present")], "what the paper said is kept"
    (notice,) = arrivals.notices(scope_of("luis"), school, seeded.moment)
    assert (notice.person, notice.outcome, notice.changed) == ("Amara Okafor", "amended", 1)
    assert notice.taken_at == seeded.moment - 30 * MINUTE
    assert arrivals.notices(scope_of("luis"), school, seeded.moment - MINUTE) == []
    assert arrivals.notices(scope_of("owen"), school, seeded.moment) == [], "another school's office sees nothing"


def test_an_earlier_taking_that_comes_late_changes_nothing_but_is_kept_and_shown(
    roll: int, school: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    scope = scope_of("amara")
    arrivals.receive(scope, taken(seeded, roll, students, students[0], at=-5 * MINUTE))
    before = standing(roll)
    late = arrivals.receive(scope, taken(seeded, roll, students, students[1], at=-25 * MINUTE))
    assert (late.outcome, late.changed) == ("superseded", 2)
    assert standing(roll) == before
    assert late.payload[str(students[1])] == "absent"
    assert [n.outcome for n in arrivals.notices(scope_of("luis"), school, seeded.moment)] == ["superseded"]


def test_her_own_later_form_is_not_undone_by_an_earlier_taking(
    roll: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    scope = scope_of("amara")
    services.submit_roll(scope, roll, dict.fromkeys(students, "present"))
    assert arrivals.receive(scope, taken(seeded, roll, students, students[0])).outcome == "superseded"
    assert absent_now(roll) == set()


def test_a_running_clock_knows_an_event_again(
    roll: int, students: list[int], seeded: Any, scope_of: Any, monkeypatch: Any
) -> None:
    """Each look at the clock is a moment later; what was taken between two that have come is still placed rightly."""
    looks = itertools.count()
    monkeypatch.setattr(clock, "now", lambda: seeded.moment + next(looks) * timedelta(milliseconds=3))
    scope, outcomes = scope_of("amara"), []
    for at, absent in [(-20, 0), (-5, 1), (-10, 2), (-2, 0)]:
        event = taken(seeded, roll, students, students[absent], at=at * MINUTE)
        outcomes.append(arrivals.receive(scope, event).outcome)
    assert outcomes == ["applied", "amended", "superseded", "amended"]
    assert absent_now(roll) == {students[0]}


def test_the_same_event_after_a_student_was_erased(
    roll: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    event, scope = taken(seeded, roll, students), scope_of("amara")
    arrivals.receive(scope, event)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE attendance_arrival SET payload = payload - %s", [str(students[0])])
    assert arrivals.receive(scope, event).outcome == "applied"


def test_a_substitute_s_later_roll_is_not_undone_by_an_earlier_taking(
    roll: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    services.submit_roll(scope_of("amara"), roll, dict.fromkeys(students, "present"))
    with as_owner():
        Roll.objects.filter(pk=roll).update(submitted_by_id=None, source="substitute")
    assert arrivals.receive(scope_of("amara"), taken(seeded, roll, students, students[0])).outcome == "superseded"


def test_the_same_marks_taken_again_say_nothing_new(
    roll: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    scope = scope_of("amara")
    arrivals.receive(scope, taken(seeded, roll, students, students[0]))
    again = arrivals.receive(scope, taken(seeded, roll, students, students[0], at=-3 * MINUTE))
    assert (again.outcome, again.changed) == ("duplicate", 0)
    assert Roll.objects.get(pk=roll).amended_at is None
    between = arrivals.receive(scope, taken(seeded, roll, students, students[1], at=-10 * MINUTE))
    assert between.outcome == "superseded", "the later taking said the same, and still stands later"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda marks, s: {k: v for k, v in marks.items() if k != s[0]}, "incomplete"),
        (lambda marks, s: marks | {s[0]: "late"}, "mark"),
        (lambda marks, s: marks | {999_999_999: "present"}, "class_list"),
    ],
)
def test_what_is_refused_is_kept_with_its_reason(
    roll: int, school: int, students: list[int], seeded: Any, scope_of: Any, change: Any, reason: str
) -> None:
    event = taken(seeded, roll, students)
    event = replace(event, marks=change(event.marks, students))
    scope = scope_of("amara")
    for _ in range(2):
        arrival = arrivals.receive(scope, event)
        assert (arrival.outcome, arrival.reason, arrival.changed) == ("refused", reason, 0)
    assert arrival.payload == {str(k): v for k, v in event.marks.items()}
    assert standing(roll) == {}
    assert Roll.objects.get(pk=roll).submitted_at is None
    assert [n.reason for n in arrivals.notices(scope_of("luis"), school, seeded.moment)] == [reason]


@pytest.mark.parametrize("off", [timedelta(hours=-7), timedelta(days=400), 3 * MINUTE])
def test_a_wrong_clock_is_corrected_and_flagged(
    roll: int, school: int, students: list[int], seeded: Any, scope_of: Any, off: timedelta
) -> None:
    event = taken(seeded, roll, students)
    event = replace(event, claimed_at=event.claimed_at + off, sent_at=event.sent_at + off)
    arrival = arrivals.receive(scope_of("amara"), event)
    assert arrival.taken_at == seeded.moment - 30 * MINUTE
    assert arrival.claimed_at == event.claimed_at
    assert (arrival.clock_off, arrival.clock_offset) == (True, -off.total_seconds())
    (notice,) = arrivals.notices(scope_of("luis"), school, seeded.moment)
    assert (notice.outcome, notice.clock_off) == ("applied", True)


def test_a_clock_set_back_between_taking_and_sending_is_noticed(
    roll: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    event = taken(seeded, roll, students, at=timedelta(hours=3))  # taken "at noon", sent "at half past nine"
    arrival = arrivals.receive(scope_of("amara"), event)
    assert (arrival.taken_at, arrival.clock_off) == (seeded.moment, True)


def test_a_small_difference_is_nobody_s_fault(roll: int, students: list[int], seeded: Any, scope_of: Any) -> None:
    event = taken(seeded, roll, students)
    event = replace(event, sent_at=event.sent_at + MINUTE)
    assert not arrivals.receive(scope_of("amara"), event).clock_off


def test_where_the_server_s_clock_stands_still_no_device_is_blamed(
    roll: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    event = taken(seeded, roll, students)
    far = timedelta(days=90)
    event = replace(event, claimed_at=event.claimed_at + far, sent_at=event.sent_at + far)
    arrival = arrivals.receive(scope_of("amara"), event, clocks_agree=False)
    assert (arrival.clock_off, arrival.taken_at) == (False, seeded.moment - 30 * MINUTE)


def test_never_under_another_s_name(roll: int, students: list[int], seeded: Any, scope_of: Any) -> None:
    with pytest.raises(arrivals.OtherPerson):
        arrivals.receive(scope_of("luis"), taken(seeded, roll, students))
    assert standing(roll) == {}
    assert not Arrival.objects.exists()


def test_another_teacher_s_roll_is_not_there(
    missing_roll: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    with pytest.raises(services.NotThere):
        arrivals.receive(scope_of("amara"), taken(seeded, missing_roll, students))
    assert not Arrival.objects.exists()


def test_an_id_counts_for_one_event_only(roll: int, students: list[int], seeded: Any, scope_of: Any) -> None:
    scope = scope_of("amara")
    first = taken(seeded, roll, students)
    arrivals.receive(scope, first)
    with pytest.raises(arrivals.IdUsed):
        arrivals.receive(scope, replace(first, marks=first.marks | {students[0]: "absent"}))
    assert absent_now(roll) == set()


def test_an_id_used_behind_a_wall_says_no_more_than_that(
    roll: int, students: list[int], seeded: Any, scope_of: Any
) -> None:
    event = taken(seeded, roll, students)
    with as_owner():
        elsewhere = Roll.objects.filter(organization_id=int(seeded.school_ids[1]))[0]
        Arrival.objects.create(
            id=event.id, organization_id=elsewhere.organization_id, roll=elsewhere, device=DEVICE, payload={},
            claimed_at=seeded.moment, taken_at=seeded.moment, received_at=seeded.moment, clock_offset=0,
            clock_off=False, outcome="applied", changed=0,
        )  # fmt: skip
    with pytest.raises(arrivals.IdUsed):
        arrivals.receive(scope_of("amara"), event)
    assert standing(roll) == {}, "all or nothing"


@pytest.mark.parametrize("statement", ["UPDATE attendance_arrival SET changed = 7", "DELETE FROM attendance_arrival"])
def test_arrivals_are_append_only(roll: int, students: list[int], seeded: Any, scope_of: Any, statement: str) -> None:
    arrivals.receive(scope_of("amara"), taken(seeded, roll, students))
    denied = pytest.raises(ProgrammingError, match="permission denied")
    with denied, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Arrival.objects.get().changed == len(students)


def test_few_queries_however_many_marks(roll: int, students: list[int], seeded: Any, scope_of: Any) -> None:
    scope = scope_of("amara")
    with held(seeded.moment), max_queries(6):
        arrivals.receive(scope, taken(seeded, roll, students))
    with held(seeded.moment), max_queries(8):
        arrivals.receive(scope, taken(seeded, roll, students, *students, at=-MINUTE))


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@st.composite
def mornings(draw: Any) -> tuple[list[tuple[int, int, int, int, bool]], list[int]]:
    """Takings (id, minutes ago, clock error, absent students as bits, complete?), and an order with repetitions."""
    n = draw(st.integers(1, 5))
    takings = [
        (
            i + 1,
            draw(st.integers(0, 6)),
            draw(st.sampled_from([0, 0, 90, -100_000])),
            draw(st.integers(0, 7)),
            draw(st.booleans()) or draw(st.booleans()),
        )
        for i in range(n)
    ]
    order = draw(st.permutations(range(n)))
    again = draw(st.lists(st.integers(0, n - 1), max_size=4))
    mixed = list(order)
    for one in again:
        mixed.insert(draw(st.integers(0, len(mixed))), one)
    return takings, mixed


def test_any_order_and_repetition_gives_the_same_rolls(seeded: Any) -> None:
    roll = morning_objects.own_roll(seeded)
    students = enrolled(roll)
    use_app_login()
    scope = scope_for(seeded.person["amara"], seeded.today)
    assert scope is not None

    def outcome(takings: list[tuple[int, int, int, int, bool]], order: list[int]) -> Any:
        with rolled_back():
            for step, i in enumerate(order):
                number, ago, off, bits, complete = takings[i]
                moment: datetime = seeded.moment + step * MINUTE  # received one after the other
                error = timedelta(seconds=off)
                event = taken(seeded, roll, students, *(s for b, s in enumerate(students[:3]) if bits >> b & 1))
                event = replace(
                    event,
                    id=UUID(int=number),
                    claimed_at=seeded.moment - ago * MINUTE + error,
                    sent_at=moment + error,
                    marks=event.marks if complete else dict(list(event.marks.items())[1:]),
                )
                with held(moment):
                    arrivals.receive(scope, event)
            refused = set(Arrival.objects.filter(outcome="refused").values_list("id", flat=True))
            return standing(roll), Arrival.objects.count(), refused

    @hypothesis_settings(max_examples=20)
    @given(mornings())
    def same(morning: Any) -> None:
        takings, order = morning
        assert outcome(takings, order) == outcome(takings, list(range(len(takings))))

    same()
