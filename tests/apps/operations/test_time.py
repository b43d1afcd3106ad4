"""A leader's time: what counts once, what the shadow may write, who reads it, and what is told of all together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from fairlead.apps.operations import rules, shadowing, spending, telling
from fairlead.apps.operations.models import ShadowWeek, TimeAggregate, TimeBlock, TimeShare
from fairlead.apps.support import planning, recording
from fairlead.apps.support.models import Contact, PlannedContact
from fairlead.apps.support.services import record_contact
from fairlead.demo.world import ZONE
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]
MONDAY = date(2026, 11, 16)
WATCHED = date(2026, 11, 2)


def block(day: date = MONDAY, hour: int = 7, minutes: int = 30, category: str = "own") -> dict[str, Any]:
    return {"day": day, "at": time(hour), "minutes": minutes, "category": category}


def minutes(scope: Any, begins: date = MONDAY) -> dict[str, int]:
    return {row.category: row.minutes for row in spending.week(scope, begins).rows}


def test_a_contact_that_is_typed_too_counts_once(seeded: Any, scope_of: ScopeOf) -> None:
    grace = scope_of("grace")
    before = minutes(grace)
    at = datetime.combine(MONDAY, time(6, 0), tzinfo=ZONE)  # before anybody of the demo is up
    record_contact(
        grace, organization_id=int(seeded.school_ids[0]), with_person_id=seeded.person["amara"], at=at, minutes=40,
        kind="meeting", purpose="coaching",
    )  # fmt: skip
    assert minutes(grace)["coaching"] == before["coaching"] + 40
    shadowing.note(grace, uuid4(), **block(hour=6, category="families"))
    after = minutes(grace)
    assert (after["coaching"], after["families"]) == (before["coaching"] + 10, before["families"] + 30)
    assert spending.week(grace, MONDAY).overlapping >= 30
    assert all(
        row.minutes == row.typed + row.contacts + row.lines + row.planned for row in spending.week(grace, MONDAY).rows
    )


def test_every_kind_of_contact_has_its_category() -> None:
    rule = rules.time_rule()
    assert set(rule.led) == set(rule.given) == {*Contact.Kind.values, "other"}


def test_a_leaders_time_is_what_they_led_once_and_what_they_took_part_in(seeded: Any, scope_of: ScopeOf) -> None:
    """An hour with three people is one hour of its lead; who came for ten minutes of it had ten."""
    marcus, grace = scope_of("marcus"), scope_of("grace")
    before = {scope.person_id: minutes(scope) for scope in (marcus, grace)}
    marcus = scope_of("marcus")
    at = datetime.combine(MONDAY, time(5, 0), tzinfo=ZONE)
    school = int(seeded.school_ids[0])
    people = (seeded.person["amara"], seeded.person["grace"])
    entry = recording.ContactEntry(
        token=uuid4(), organization_id=school, purpose="improvement", kind="workshop", at=at, minutes=60, people=people,
    )  # fmt: skip
    contact, _fresh = recording.log_contact(marcus, entry)
    assert minutes(marcus)["coaching"] == before[marcus.person_id]["coaching"] + 60
    grace = scope_of("grace")
    assert minutes(grace)["meetings"] == before[grace.person_id]["meetings"] + 60, "not only who is named first"
    recording.say_minutes(grace, contact.pk, 10)
    assert minutes(grace)["meetings"] == before[grace.person_id]["meetings"] + 10


def test_what_was_planned_and_never_logged_is_the_last_that_is_believed(seeded: Any, scope_of: ScopeOf) -> None:
    marcus = scope_of("marcus")

    def planned() -> int:
        return sum(row.planned for row in spending.week(marcus, MONDAY).rows)

    before = planned()
    at = datetime.combine(MONDAY, time(4, 0), tzinfo=ZONE)
    with as_owner():
        plan = PlannedContact.objects.create(
            token=uuid4(), organization_id=int(seeded.school_ids[0]), purpose="supervision", lead_id=marcus.person_id,
            with_person_id=seeded.person["grace"], at=at, minutes=45, kind="school_visit", made_at=at, changed_at=at,
        )  # fmt: skip
    marcus = scope_of("marcus")
    assert planned() == before + 45
    shadowing.note(marcus, uuid4(), **block(hour=4, minutes=30))
    assert planned() == before + 15
    planning.call_off(marcus, plan.pk)
    assert planned() == before


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("category", {"category": "golf"}),
        ("minutes", {"minutes": 0}),
        ("minutes", {"minutes": 601}),
        ("at", {"day": date(2026, 11, 20)}),
    ],
)
def test_what_cannot_be_kept_says_which_field(
    seeded: Any, scope_of: ScopeOf, field: str, more: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as refused:
        shadowing.note(scope_of("grace"), uuid4(), **(block() | more))
    assert set(refused.value.message_dict) == {field}


def test_sent_twice_it_is_kept_once(seeded: Any, scope_of: ScopeOf) -> None:
    grace, pk = scope_of("grace"), uuid4()
    assert shadowing.note(grace, pk, **block())
    assert not shadowing.note(grace, pk, **block(minutes=60))
    with pytest.raises(ValidationError, match="Begin again"):
        shadowing.note(scope_of("owen"), pk, **block())


@pytest.mark.parametrize("who", ["marcus", "ines", "luis", "owen", "tomas"])
def test_nobody_else_reads_a_leaders_minutes(seeded: Any, scope_of: ScopeOf, who: str) -> None:
    scope_of(who)
    leader = seeded.person["grace"]
    assert not TimeBlock.objects.filter(leader_id=leader).exists()
    sees_that_it_took_place = who in ("marcus", "ines", "tomas")
    assert ShadowWeek.objects.filter(leader_id=leader).exists() == sees_that_it_took_place


def test_the_shadow_sees_their_own_part_only(seeded: Any, scope_of: ScopeOf) -> None:
    dana = scope_of("dana")
    assert TimeBlock.objects.exists()
    assert not TimeBlock.objects.exclude(recorder_id=dana.person_id).exists()


def test_own_records_beside_the_shadows(seeded: Any, scope_of: ScopeOf) -> None:
    grace = scope_of("grace")
    (line,) = [week for week in spending.shadow_weeks(grace) if week.leader_id == grace.person_id]
    found = spending.shadow_week(grace, line.pk)
    assert found is not None
    beside = spending.beside(grace, found)
    watched = sum(entry.minutes for entry in spending.watched_entries(grace, found))
    assert beside.both + beside.only_other == watched == 5 * 510
    assert beside.only_other == sum(beside.missed.values()) > 0
    assert beside.exact is not None
    assert 0.5 < beside.exact < 1


def test_a_week_is_planned_by_the_leader_and_written_by_the_shadow(seeded: Any, scope_of: ScopeOf) -> None:
    owen = scope_of("owen")
    with pytest.raises(ValidationError, match="colleague"):
        shadowing.plan(owen, seeded.person["amara"], MONDAY)
    with pytest.raises(ValidationError, match="Monday"):
        shadowing.plan(owen, seeded.person["dana"], MONDAY + timedelta(days=1))
    with pytest.raises(ValidationError, match="this week or a later"):
        shadowing.plan(owen, seeded.person["dana"], WATCHED)
    made = shadowing.plan(owen, seeded.person["dana"], MONDAY)
    with pytest.raises(ValidationError, match="planned already"):
        shadowing.plan(owen, seeded.person["marcus"], MONDAY)
    with pytest.raises(ValidationError, match="shadows the week"):
        shadowing.watch(owen, made, uuid4(), **block())
    dana = scope_of("dana")
    with pytest.raises(ValidationError, match="day of the week"):
        shadowing.watch(dana, made, uuid4(), **block(day=WATCHED))
    pk = uuid4()
    assert shadowing.watch(dana, made, pk, **block(category="operations"))
    owen = scope_of("owen")
    assert [entry.pk for entry in spending.watched_entries(owen, made)] == [pk]
    assert pk not in {entry.pk for entry in spending.own_entries(owen, MONDAY)}, "no part of the own records"
    assert not shadowing.take_back(owen, pk), "not his"
    assert shadowing.take_back(scope_of("dana"), pk)
    with pytest.raises(ValidationError, match="leader plans"):
        shadowing.plan(scope_of("dana"), seeded.person["marcus"], MONDAY)


def test_a_director_sees_the_shares_when_shown_and_no_longer(seeded: Any, scope_of: ScopeOf) -> None:
    grace = scope_of("grace")
    found = ShadowWeek.objects.get(leader_id=grace.person_id)
    assert shadowing.share(grace, found) == "Marcus Bell"
    beside = spending.beside(grace, found)
    shown = spending.shown_to_me(scope_of("marcus"))[found.pk]
    assert sum(other for _label, _own, other in shown.rows) == sum(beside.other.values()) == 5 * 510
    for who in ("ines", "owen", "dana", "tomas"):
        scope_of(who)
        assert not TimeShare.objects.exists(), who
    with pytest.raises(ValidationError, match="leader decides"):
        shadowing.share(scope_of("dana"), found)
    shadowing.take_back_share(scope_of("grace"), found)
    assert spending.shown_to_me(scope_of("marcus")) == {}


def test_few_leaders_are_not_told_of(seeded: Any) -> None:
    """The small network has five principals: its closed months hold no number; nor is a month told twice, or too early."""
    with as_owner():
        told = TimeAggregate.objects.filter(network_id=seeded.network_id)
        assert {row.begins for row in told} == {date(2026, 9, 1), date(2026, 10, 1)}
        assert all((row.leaders, row.counted, row.share, row.known) == (5, None, None, None) for row in told)
        later = datetime(2026, 12, 1, 4, 20, tzinfo=ZONE)
        assert not telling.tell(seeded.network_id, date(2026, 10, 1), later)
        assert not telling.tell(seeded.network_id, date(2026, 12, 1), later)
        assert not telling.tell(seeded.network_id, date(2026, 7, 1), later), "no school days"


def test_enough_leaders_are_told_of_as_a_mean_over_leaders(seeded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    few = rules.TimeRule(
        **{name: getattr(rules.time_rule(), name) for name in rules.TimeRule.__slots__} | {"least_leaders": 5}
    )
    monkeypatch.setattr(telling, "time_rule", lambda: few)
    with as_owner():
        TimeAggregate.objects.all().delete()
        assert telling.tell(seeded.network_id, date(2026, 10, 1), seeded.moment)
        told = {row.category: row for row in TimeAggregate.objects.all()}
        leaders = [seeded.person[f"principal:{i}"] for i in range(5)]
        used = spending.of_leaders(leaders, date(2026, 10, 1), date(2026, 10, 31)).values()
    assert sum(row.share or 0 for row in told.values()) == pytest.approx(1.0, abs=1e-9)
    mean = sum(use.minutes.get("meetings", 0) / use.known for use in used) / 5
    assert told["meetings"].share == pytest.approx(mean, abs=1e-12)
    assert told["meetings"].counted == 5
