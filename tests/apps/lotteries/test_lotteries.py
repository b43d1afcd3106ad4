"""A lottery from draft to record: only who runs it, only in order, only once, and the database keeps what was promised."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, ProgrammingError, transaction

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.lotteries import selectors, services
from fairlead.apps.lotteries.models import Entry, Lottery, Secret, TakeUp
from fairlead.demo.world import ZONE
from fairlead.science.impact.lottery import check_record, read_record
from tests.conftest import as_owner, use_app_login

NOON = datetime(2026, 11, 19, 12, 0, tzinfo=ZONE)


def draft(world: Any, **more: Any) -> services.Draft:
    values = {
        "organization_id": world.network_id, "title": "Coaching in spring", "about": "Half can be coached.",
        "decided_by": "The team", "kind": "places", "unit": "teacher", "share": "1/2", "draw_at": NOON,
    }  # fmt: skip
    return services.Draft(**{**values, **more})


def holds(record: str) -> bool:
    return all(check.holds for check in check_record(read_record(record)))


@pytest.mark.parametrize(
    "more",
    [
        {"strata": "grade", "limits": ({"covariate": "students", "sd": "0.5"},)},
        {"together": "team", "share": "", "places": 6},
        {"public_source": "The numbers of the state's draw of that evening"},
        {"unit": "school", "kind": "steps", "share": "", "steps": ("2027-01-11", "2027-03-01"),
         "limits": ({"covariate": "attendance", "sd": "1.5"},)},
        pytest.param({"unit": "school", "strata": "size", "share": "1/2"}, marks=pytest.mark.prove),
    ],
    ids=["limits", "teams", "public source", "steps of schools", "thirds"],
)  # fmt: skip
def test_from_draft_to_record(more: dict[str, Any], seeded: Any, scope_of: Any) -> None:
    scope = scope_of("ines")
    made = services.make(scope, draft(seeded, **more))
    listed = services.close_list(scope, made.pk)
    assert listed.state == "listed"
    services.commit_seed(scope, made.pk)
    before = json.loads(selectors.record(scope, made.pk) or "")
    assert before["seed"] == before["salt"] == ""
    assert [c.holds for c in check_record(before)].count(True) == 2, "list and chances"
    result = "7 11 13 42" if more.get("public_source") else ""
    with clock.standing_at(NOON):
        done = services.draw(scope, made.pk, f"  {result} ")
    assert done.state == "drawn"
    told = selectors.record(scope, made.pk)
    assert told is not None
    assert holds(told)
    assert json.loads(told)["list_hash"] == before["list_hash"]
    with as_owner():
        assert not Secret.objects.filter(lottery=made).exists()
    places = selectors.places(scope, made.pk)
    if more.get("together"):
        groups = {}
        for place in places:
            groups.setdefault(place.entry_key, set()).add(place.group)
        assert all(len(found) == 1 for found in groups.values())
        assert sum(place.group for place in places) <= 6
    if more.get("kind") != "steps":
        assert all((place.group == 1) == (place.waiting == 0) for place in places)


def test_it_goes_in_order_and_once(seeded: Any, scope_of: Any) -> None:
    scope = scope_of("ines")
    made = services.make(scope, draft(seeded))
    for early in (services.commit_seed, services.draw, services.open_list):
        with pytest.raises(ValidationError):
            early(scope, made.pk)
    services.close_list(scope, made.pk)
    with pytest.raises(ValidationError):
        services.change(scope, made.pk, draft(seeded, title="Another"))
    services.open_list(scope, made.pk)
    assert services.change(scope, made.pk, draft(seeded, title="Another")).title == "Another"
    assert not Entry.objects.filter(lottery=made).exists()
    services.close_list(scope, made.pk)
    with clock.standing_at(NOON + timedelta(minutes=1)), pytest.raises(ValidationError, match="has passed"):
        services.commit_seed(scope, made.pk)
    services.commit_seed(scope, made.pk)
    for late in (services.open_list, services.close_list, services.commit_seed):
        with pytest.raises(ValidationError):
            late(scope, made.pk)
    with clock.standing_at(NOON - timedelta(seconds=1)), pytest.raises(ValidationError, match="not time yet"):
        services.draw(scope, made.pk)
    with clock.standing_at(NOON):
        with pytest.raises(ValidationError, match="no public source"):
            services.draw(scope, made.pk, "7")
        services.draw(scope, made.pk)
        for again in (services.draw, services.commit_seed):
            with pytest.raises(ValidationError):
                again(scope, made.pk)
        with pytest.raises(ValidationError):
            services.withdraw(scope, made.pk, "we do not like it")


def test_whoever_withdraws_says_why(seeded: Any, scope_of: Any) -> None:
    scope = scope_of("ines")
    made = services.make(scope, draft(seeded))
    with pytest.raises(ValidationError):
        services.withdraw(scope, made.pk, "  ")
    assert services.withdraw(scope, made.pk, "The money did not come.").state == "withdrawn"


@pytest.mark.parametrize(
    "who", ["grace", "amara", *(pytest.param(who, marks=pytest.mark.prove) for who in ("marcus", "dana", "ruth"))]
)
def test_only_who_runs_it_changes_it(who: str, seeded: Any, scope_of: Any) -> None:
    with as_owner():
        made = Lottery.objects.get(committed_at__isnull=False, drawn_at=None)
    scope = scope_of(who)
    with pytest.raises(ValidationError):
        services.make(scope, draft(seeded))
    for work in (services.draw, services.open_list, services.take_up_from_records):
        with pytest.raises(services.NotThere):
            work(scope, made.pk)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE lotteries_lottery SET share = '1/3' WHERE id = %s",
        "UPDATE lotteries_lottery SET list_hash = 'x' WHERE id = %s",
        "UPDATE lotteries_lottery SET commitment = 'x' WHERE id = %s",
        "UPDATE lotteries_lottery SET limits = '[]' WHERE id = %s",
        "DELETE FROM lotteries_lottery WHERE id = %s",
        "UPDATE lotteries_entry SET stratum = 'x' WHERE lottery_id = %s",
        "UPDATE lotteries_entry SET sealed = false WHERE lottery_id = %s",
        "DELETE FROM lotteries_entry WHERE lottery_id = %s",
        'INSERT INTO lotteries_entry (lottery_id, organization_id, key, entry_key, stratum, "values", students, chances, waiting, sealed) '
        "SELECT id, organization_id, 'late', 'late', '', '[]', 0, '[]', 0, true FROM lotteries_lottery WHERE id = %s",
    ],
)
def test_the_database_keeps_what_was_committed_to(sql: str, seeded: Any) -> None:
    """As the owner of the tables, for whom there is no wall."""
    from django.db import connection

    made = Lottery.objects.get(committed_at__isnull=False, drawn_at=None)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [made.pk])


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE lotteries_lottery SET seed = 'another' WHERE id = %s",
        "UPDATE lotteries_lottery SET record = '' WHERE id = %s",
        "UPDATE lotteries_lottery SET drawn_at = NULL, seed = '', attempt = NULL WHERE id = %s",
        'UPDATE lotteries_entry SET "group" = 1 - "group" WHERE lottery_id = %s',
        "UPDATE lotteries_entry SET waiting = 1 WHERE waiting > 1 AND lottery_id = %s",
    ],
)
def test_the_database_keeps_what_was_drawn(sql: str, seeded: Any) -> None:
    from django.db import connection

    made = Lottery.objects.get(drawn_at__isnull=False)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [made.pk])
    assert holds(Lottery.objects.get(pk=made.pk).record)


def test_this_years_coaching_is_a_record_that_verifies(seeded: Any, scope_of: Any) -> None:
    made = Lottery.objects.get(drawn_at__isnull=False)
    won = {pk for pk, group in Entry.objects.filter(lottery=made).values_list("person_id", "group") if group}
    entered = seeded.extra["lottery"]
    assert won == set(entered["teacher_ids"][entered["assigned"]].tolist())
    assert holds(selectors.record(scope_of("tomas"), made.pk) or "")
    assert selectors.record(scope_of("amara"), made.pk) is None, "the first format names staff numbers"


def test_a_teacher_reads_her_own_place_and_the_record(seeded: Any, scope_of: Any) -> None:
    with as_owner():
        made = Lottery.objects.get(committed_at__isnull=False, drawn_at=None)
        mine = Entry.objects.filter(lottery=made, person_id=seeded.person["amara"]).first()
    scope = scope_of("amara")
    use_app_login()
    assert mine is not None, "she teaches a grade of the fellowship"
    assert selectors.own(scope)[made.pk].key == mine.key
    told = selectors.record(scope, made.pk) or ""
    assert mine.key in told
    assert "Amara" not in told


def test_nobody_reads_a_seed_before_its_moment(seeded: Any, scope_of: Any) -> None:
    """Not even who runs the lottery, in plain SQL; the moment being there, a function gives it to them and to no stranger."""
    with as_owner():
        made = Lottery.objects.get(committed_at__isnull=False, drawn_at=None)
    reveal = "SELECT count(*) FROM lotteries_reveal(%(which)s, %(moment)s)"
    early, due = made.draw_at - timedelta(seconds=1), made.draw_at
    scope_of("amara")
    use_app_login()
    assert fetch(reveal, which=made.pk, moment=due) == [(0,)]
    scope_of("ines")
    use_app_login()
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Secret.objects.exists()
    assert fetch("SELECT lotteries_seal(%(which)s, 'a', 'b')", which=made.pk) == [(False,)], "committed already"
    assert fetch(reveal, which=made.pk, moment=early) == [(0,)]
    assert fetch(reveal, which=made.pk, moment=due) == [(1,)]


def test_take_up_comes_from_contacts_and_can_be_typed(seeded: Any, scope_of: Any) -> None:
    made = Lottery.objects.get(drawn_at__isnull=False)
    scope = scope_of("ines")
    noted = services.take_up_from_records(scope, made.pk)
    assert noted == Entry.objects.filter(lottery=made).count()
    took = {place.group: place.took_part for place in selectors.places(scope, made.pk)}
    assert took[1] == "took", "those who won are coached"
    first = Entry.objects.filter(lottery=made, group=1).order_by("pk")[0]
    services.note_take_up(scope, made.pk, {first.pk: "not"})
    services.take_up_from_records(scope, made.pk)
    kept = TakeUp.objects.get(entry=first)
    assert (kept.state, kept.source) == ("not", "typed"), "what was typed in stays"
    with pytest.raises(ValidationError):
        services.note_take_up(scope, made.pk, {first.pk: "perhaps"})
    with pytest.raises(ValidationError):
        services.note_take_up(scope, made.pk, {0: "took"})


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"places": 3}, "share"),
        ({"share": ""}, "share"),
        ({"kind": "steps", "share": "", "steps": ("2027-01-11",)}, "steps"),
        ({"kind": "steps", "steps": ("2027-01-11", "2027-02-01")}, "share"),
        ({"kind": "steps", "share": "", "steps": ("2027-01-11", "2027-02-01"), "together": "team"}, "together"),
        ({"unit": "school", "strata": "school"}, "strata"),
        ({"limits": ({"covariate": "income", "sd": "1"},)}, "limits"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_at_its_field(
    more: dict[str, Any], field: str, seeded: Any, scope_of: Any
) -> None:
    with pytest.raises(ValidationError) as caught:
        services.make(scope_of("ines"), draft(seeded, **more))
    assert field in caught.value.message_dict


@pytest.mark.prove
def test_limits_that_leave_nothing_to_chance_say_so(seeded: Any, scope_of: Any) -> None:
    scope = scope_of("ines")
    tight = services.make(scope, draft(seeded, limits=({"covariate": "students", "sd": "0.0001"}, {"covariate": "grade", "sd": "0.0001"})))  # fmt: skip
    with pytest.raises(ValidationError, match="Too few draws keep these limits"):
        services.close_list(scope, tight.pk)
    assert not Entry.objects.filter(lottery=tight).exists()
    nobody = services.make(scope, draft(seeded, rule={"least_students": 900}))
    with pytest.raises(ValidationError, match="at least two"):
        services.close_list(scope, nobody.pk)
