"""A request from asking to the school's word: who may do what when, what is told to whom, and what nobody else reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import ValidationError

from fairlead.apps.operations import escalating, selectors, services
from fairlead.apps.operations.models import Escalation, Request, RequestLine
from fairlead.apps.operations.services import NotNow
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]


def ask(scope: Any, seeded: Any, *, school: int = 0, **more: Any) -> UUID:
    pk = uuid4()
    given = {"kind": "facilities", "urgency": "soon", "words": "Planted words."} | more
    services.ask(scope, pk, int(seeded.school_ids[school]), **given)
    return pk


def state(pk: UUID) -> Request:
    with as_owner():
        return Request.objects.get(pk=pk)


def test_a_request_is_taken_off_a_principals_hands(seeded: Any, scope_of: ScopeOf) -> None:
    pk = ask(scope_of("grace"), seeded)
    marcus = scope_of("marcus")
    assert pk in {line.pk for line in selectors.queue(marcus, selectors.supervised_schools(marcus, seeded.today))}
    services.take(marcus, pk, "I have it.")
    assert (state(pk).state, state(pk).owner_id) == ("taken", marcus.person_id)
    assert state(pk).answered_at is not None
    assert services.may(scope_of("grace"), state(pk)) == {"say", "another_way"}
    services.wait(scope_of("marcus"), pk, "supplier", "The part is ordered.")
    services.solve(scope_of("marcus"), pk)
    services.confirm(scope_of("grace"), pk, Decimal("3.5"))
    done = state(pk)
    assert (done.state, done.hours_said, done.waiting_on) == ("confirmed", Decimal("3.50"), "")
    steps = [line.kind for line in selectors.conversation(scope_of("grace"), pk)]
    assert steps == ["asked", "taken", "waiting", "solved", "confirmed"]


def test_sent_twice_it_is_asked_once_and_nobody_takes_anothers_number(seeded: Any, scope_of: ScopeOf) -> None:
    grace, pk = scope_of("grace"), uuid4()
    school = int(seeded.school_ids[0])
    assert services.ask(grace, pk, school, kind="it", urgency="today")[1]
    assert not services.ask(grace, pk, school, kind="food", urgency="later")[1]
    assert state(pk).kind == "it"
    with as_owner():
        assert RequestLine.objects.filter(request_id=pk).count() == 1
    with pytest.raises(ValidationError, match="Begin again"):
        services.ask(scope_of("owen"), pk, int(seeded.school_ids[1]), kind="it", urgency="today")


@pytest.mark.parametrize(
    ("field", "more"), [("kind", {"kind": "magic"}), ("urgency", {"urgency": "now"}), ("organization", {"school": 1})]
)
def test_what_cannot_be_asked_says_which_field(
    seeded: Any, scope_of: ScopeOf, field: str, more: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        ask(scope_of("grace"), seeded, **more)
    assert set(refused.value.message_dict) == {field}


def test_the_days_are_school_days_of_the_school(seeded: Any, scope_of: ScopeOf) -> None:
    """Thursday, 19 November: five school days on is the week after the next, since Thanksgiving and the day after are free."""
    pk = ask(scope_of("grace"), seeded)
    assert (state(pk).answer_due.isoformat(), state(pk).solve_due.isoformat()) == ("2026-11-20", "2026-11-30")
    from fairlead.apps.roster.timetables import write_day

    write_day(scope_of("grace"), int(seeded.school_ids[0]), seeded.today + timedelta(days=1), kind="closed")
    pk = ask(scope_of("grace"), seeded)
    assert (state(pk).answer_due.isoformat(), state(pk).solve_due.isoformat()) == ("2026-11-23", "2026-12-01")


@pytest.mark.parametrize("who", ["owen", "dana", "luis", "ruth"])
def test_strangers_and_colleagues_find_nothing(seeded: Any, scope_of: ScopeOf, who: str) -> None:
    pk = ask(scope_of("grace"), seeded)
    stranger = scope_of(who)
    assert selectors.request(stranger, pk) is None
    assert not Request.objects.filter(pk=pk).exists(), "the wall"
    assert not RequestLine.objects.filter(request_id=pk).exists()
    with pytest.raises(Request.DoesNotExist):
        services.say(stranger, pk, "Hello?")


def test_a_sensitive_request_is_read_by_three(seeded: Any, scope_of: ScopeOf) -> None:
    pk = ask(scope_of("amara"), seeded, kind="safety", sensitive=True)
    for who in ("grace", "marcus", "tomas", "luis"):
        assert selectors.request(scope_of(who), pk) is None, who
        assert not RequestLine.objects.filter(request_id=pk).exists(), who
    ines = scope_of("ines")
    services.hand(ines, pk, seeded.person["priya"], "Please call her.")
    priya = scope_of("priya")
    assert selectors.request(priya, pk) is not None
    assert [line.text for line in selectors.conversation(priya, pk)] == ["Planted words.", "Please call her."]
    services.solve(priya, pk)
    assert state(pk).state == "solved"


def test_handed_on_it_leaves_the_hands_and_the_sight_of_who_had_it_by_that_alone(
    seeded: Any, scope_of: ScopeOf
) -> None:
    pk = ask(scope_of("grace"), seeded)
    services.hand(scope_of("marcus"), pk, seeded.person["priya"])
    with pytest.raises(ValidationError, match="network's team"):
        services.hand(scope_of("priya"), pk, seeded.person["ines"])
    services.hand(scope_of("ines"), pk, seeded.person["ines"])
    assert selectors.request(scope_of("priya"), pk) is None
    with pytest.raises(ValidationError, match="somebody of the network"):
        services.hand(scope_of("ines"), pk, seeded.person["owen"])


def test_only_who_works_on_it_solves_it_and_only_the_school_confirms(seeded: Any, scope_of: ScopeOf) -> None:
    pk = ask(scope_of("luis"), seeded)
    with pytest.raises(NotNow):
        services.solve(scope_of("grace"), pk)
    services.take(scope_of("ines"), pk)
    with pytest.raises(ValidationError, match="works on it"):
        services.solve(scope_of("marcus"), pk)
    services.solve(scope_of("ines"), pk)
    with pytest.raises(ValidationError, match="Whoever asked"):
        services.confirm(scope_of("ines"), pk)
    with pytest.raises(ValidationError, match="principal corrects"):
        services.confirm(scope_of("luis"), pk, Decimal(2))
    services.confirm(scope_of("luis"), pk)
    services.correct_hours(scope_of("grace"), pk, Decimal("0.5"))
    assert state(pk).hours_said == Decimal("0.50")


def test_opened_again_it_goes_back_to_the_same_person_with_the_same_days(seeded: Any, scope_of: ScopeOf) -> None:
    pk = ask(scope_of("grace"), seeded)
    services.take(scope_of("marcus"), pk)
    services.solve(scope_of("marcus"), pk)
    due = state(pk).solve_due
    with pytest.raises(ValidationError, match="still missing"):
        services.reopen(scope_of("grace"), pk, " ")
    services.reopen(scope_of("grace"), pk, "Half of it.")
    found = state(pk)
    assert (found.state, found.reopened, found.solved_at, found.solve_due) == ("taken", 1, None, due)
    assert found.owner_id == seeded.person["marcus"]


def test_done_another_way_needs_a_reason_and_the_schools_own_work_returns_no_hours(
    seeded: Any, scope_of: ScopeOf
) -> None:
    pk = ask(scope_of("grace"), seeded)
    with pytest.raises(ValidationError, match="done instead"):
        services.another_way(scope_of("grace"), pk, "")
    services.another_way(scope_of("grace"), pk, "Our custodian could do it.")
    assert (state(pk).state, state(pk).by_school, state(pk).answered_at) == ("confirmed", True, None)
    other = ask(scope_of("grace"), seeded)
    services.another_way(scope_of("marcus"), other, "The room has changed.")
    assert (state(other).state, state(other).by_school, state(other).owner_id) == (
        "solved",
        False,
        seeded.person["marcus"],
    )


def test_a_missed_level_is_told_once_to_the_next_person_up(seeded: Any, scope_of: ScopeOf) -> None:
    plain, sensitive = ask(scope_of("grace"), seeded), ask(scope_of("grace"), seeded, kind="safety", sensitive=True)
    sent: list[tuple[str, str, str]] = []

    def run(days: int) -> None:
        with as_owner():
            escalating.escalate(seeded.today + timedelta(days=days), lambda *mail: sent.append(mail))

    def told() -> set[tuple[UUID, str, int]]:
        with as_owner():
            rows = Escalation.objects.filter(request_id__in=[plain, sensitive])
            return set(rows.values_list("request_id", "level", "told_id"))

    run(0)
    assert told() == set()
    run(4)
    marcus, ines = seeded.person["marcus"], seeded.person["ines"]
    first = {(plain, "answer", marcus), (sensitive, "answer", ines)}
    assert told() == first
    count = len(sent)
    run(4)
    assert len(sent) == count, "told once"
    assert not any("Planted" in part for mail in sent for part in mail), "no word of a request in a mail"
    services.take(scope_of("ines"), plain)
    run(20)
    assert told() == first | {(plain, "solve", marcus), (sensitive, "solve", ines)}, "not to herself: she works on it"


def test_what_cannot_be_mailed_is_not_kept_as_mailed(seeded: Any, scope_of: ScopeOf) -> None:
    pk = ask(scope_of("grace"), seeded)

    def broken(*mail: str) -> None:
        raise ConnectionRefusedError

    with as_owner():
        Request.objects.exclude(pk=pk).update(answered_at=seeded.moment, solve_due=seeded.today + timedelta(days=99))
        with pytest.raises(ConnectionRefusedError):
            escalating.escalate(seeded.today + timedelta(days=4), broken)
        assert not Escalation.objects.filter(request_id=pk).exists()
