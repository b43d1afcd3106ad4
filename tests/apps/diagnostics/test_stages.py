"""A diagnosis from its first piece of evidence to the year after: who may do what when, and what nobody reads too early."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from fairlead.apps.access import rls
from fairlead.apps.diagnostics import selectors, services
from fairlead.apps.diagnostics.models import Diagnosis, Evidence, NextStep, Rater
from fairlead.apps.diagnostics.services import NotNow, Rated
from fairlead.apps.instruments.models import Answer, Version
from tests.access.objects import rating_now
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]


def version_2() -> Version:
    return Version.objects.get(instrument__key="what-makes-it-stick", number=2)


@pytest.fixture
def begun(seeded: Any, scope_of: ScopeOf) -> int:
    """Owen begins one at Ridgeline with a teacher of his; this year's of the demo is taken away."""
    with as_owner():
        Diagnosis.objects.filter(organization_id=int(seeded.school_ids[1]), year=2026).delete()
    owen = scope_of("owen")
    made = services.begin(owen, int(seeded.school_ids[1]), version_2().pk, [owen.person_id, teacher(seeded)], False)
    return int(made.pk)


def teacher(seeded: Any) -> int:
    """The first teacher of Ridgeline."""
    return int(seeded.section_teacher[seeded.section_school == 1][0])


def as_teacher(seeded: Any) -> Any:
    from fairlead.apps.roster.selectors import scope_for

    scope = scope_for(teacher(seeded), seeded.today)
    assert scope is not None
    return scope


def told(pk: int) -> list[int]:
    return [item.pk for item in selectors.rated_items(Diagnosis.objects.get(pk=pk).version_id)]


def add_evidence(scope: Any, pk: int) -> Evidence:
    return services.add_evidence(
        scope, pk, items=["few"], text="Four of five named reading.", source="Five talks", dated=date(2026, 11, 2)
    )


def give(scope: Any, pk: int, level: int) -> None:
    services.rate(scope, pk, {item: Rated(level, "In every room that I saw.") for item in told(pk)}, give=True)


def to_talk(scope_of: ScopeOf, seeded: Any, pk: int) -> None:
    owen = scope_of("owen")
    add_evidence(owen, pk)
    services.open_rating(owen, pk)
    give(owen, pk, 2)
    give(as_teacher(seeded), pk, 4)
    services.open_talk(scope_of("owen"), pk)


def test_one_a_year_of_each_instrument(begun: int, seeded: Any, scope_of: ScopeOf) -> None:
    owen = scope_of("owen")
    with pytest.raises(ValidationError, match="2026-27 already"):
        services.begin(owen, int(seeded.school_ids[1]), version_2().pk, [owen.person_id, teacher(seeded)], False)


def test_nobody_begins_one_of_another_school_and_nobody_rates_with_a_stranger(
    begun: int, seeded: Any, scope_of: ScopeOf
) -> None:
    owen = scope_of("owen")
    with pytest.raises(ValidationError, match="one of your own"):
        services.begin(owen, int(seeded.school_ids[0]), version_2().pk, [owen.person_id, teacher(seeded)], False)
    with pytest.raises(ValidationError, match="people of this school"):
        services.ask_raters(owen, begun, [owen.person_id, seeded.person["amara"]], False)
    with pytest.raises(ValidationError, match="At least 2"):
        services.ask_raters(owen, begun, [owen.person_id], False)


def test_no_rating_without_evidence_and_no_talk_without_two_ratings(
    begun: int, seeded: Any, scope_of: ScopeOf
) -> None:
    owen = scope_of("owen")
    with pytest.raises(ValidationError, match="there is none"):
        services.open_rating(owen, begun)
    with pytest.raises(NotNow):
        give(owen, begun, 3)
    add_evidence(owen, begun)
    services.open_rating(owen, begun)
    give(owen, begun, 3)
    with pytest.raises(ValidationError, match="at least 2 must"):
        services.open_talk(owen, begun)
    with pytest.raises(NotNow):
        services.ask_raters(owen, begun, [owen.person_id, teacher(seeded)], True)


def test_a_level_says_what_it_rests_on(begun: int, scope_of: ScopeOf) -> None:
    owen = scope_of("owen")
    piece = add_evidence(owen, begun)
    services.open_rating(owen, begun)
    items = told(begun)
    bare = {item: Rated(3) for item in items}
    with pytest.raises(ValidationError) as refused:
        services.rate(owen, begun, bare, give=True)
    assert set(refused.value.message_dict) == {f"item_{pk}" for pk in items}
    services.rate(owen, begun, bare, give=False)  # a draft may be without
    assert selectors.own(owen, Diagnosis.objects.get(pk=begun)).given_at is None  # type: ignore[union-attr]
    ticked = {item: Rated(3, rests=(piece.pk,)) for item in items[1:]} | {items[0]: Rated(0)}
    services.rate(owen, begun, ticked, give=True)
    own = selectors.own(owen, Diagnosis.objects.get(pk=begun))
    assert own is not None
    assert own.given_at is not None
    assert (own.level[items[0]], own.level[items[1]], own.rests[items[1]]) == (0, 3, (piece.pk,))
    mine = Rater.objects.get(diagnosis_id=begun, person_id=owen.person_id).response_id
    assert mine is not None
    assert Answer.objects.filter(response_id=mine).count() == len(items)


@pytest.mark.parametrize("who", ["grace", "amara", "marcus", "ines", "tomas"])
def test_while_all_rate_alone_nobody_reads_anothers_by_any_road(who: str, seeded: Any, scope_of: ScopeOf) -> None:
    """Not through the function that gives levels, nor in the tables and their history."""
    with as_owner():
        pk = rating_now(seeded)
        given = Answer.objects.filter(response__part="individual", response__submitted_at__year=2026).exclude(
            author_id=seeded.person[who]
        )
        assert given.exists()
    scope = scope_of(who)
    assert all(not said.alone for said in selectors.levels(scope, [pk])[pk].values())
    for table in ("response", "responseevent", "answer", "answerevent", "note", "noteevent"):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT count(*) FROM instruments_{table} WHERE purpose = 'survey' AND author_id <> %s",
                [scope.person_id],
            )
            assert cursor.fetchone() == (0,), table


def test_when_all_talk_the_group_reads_levels_and_words_and_a_director_levels_only(
    begun: int, seeded: Any, scope_of: ScopeOf
) -> None:
    to_talk(scope_of, seeded, begun)
    item = told(begun)[0]
    for scope in (scope_of("owen"), as_teacher(seeded)):
        rows = selectors.levels(scope, [begun])[begun][item].alone
        assert [row.level for row in rows] == [2, 4]
        assert {(row.words, row.person) for row in rows} == {("In every room that I saw.", "")}
    rows = selectors.levels(scope_of("marcus"), [begun])[begun][item].alone
    assert [(row.level, row.words, row.person, row.rests) for row in rows] == [(2, "", "", ()), (4, "", "", ())]
    for stranger in ("grace", "amara", "dana", "ruth"):
        assert selectors.levels(scope_of(stranger), [begun])[begun] == {}
        assert selectors.diagnosis(scope_of(stranger), begun) is None


def test_names_only_where_the_group_agreed_on_them_before(begun: int, seeded: Any, scope_of: ScopeOf) -> None:
    owen = scope_of("owen")
    services.ask_raters(owen, begun, [owen.person_id, teacher(seeded)], True)
    to_talk(scope_of, seeded, begun)
    item = told(begun)[0]
    assert selectors.levels(scope_of("owen"), [begun])[begun][item].alone[0].person == "Owen Park"
    assert selectors.levels(scope_of("marcus"), [begun])[begun][item].alone[0].person == ""


def test_given_levels_stay_when_the_talk_begins(begun: int, seeded: Any, scope_of: ScopeOf) -> None:
    to_talk(scope_of, seeded, begun)
    with pytest.raises(NotNow):
        give(scope_of("owen"), begun, 1)


def test_the_consensus_is_the_groups_until_it_is_published(begun: int, seeded: Any, scope_of: ScopeOf) -> None:
    to_talk(scope_of, seeded, begun)
    item = told(begun)[0]
    whole = {pk: Rated(3, "The notes say so.") for pk in told(begun)}
    services.agree(scope_of("owen"), begun, {item: Rated(3, "The notes say so.")})
    assert selectors.levels(as_teacher(seeded), [begun])[begun][item].agreed is not None
    assert selectors.levels(scope_of("marcus"), [begun])[begun][item].agreed is None
    owen = scope_of("owen")
    with pytest.raises(ValidationError, match="How many minutes"):
        services.agree(owen, begun, whole, publish=True)
    with pytest.raises(ValidationError, match="Choose a level"):
        services.agree(owen, begun, {item: whole[item]}, minutes=60, publish=True)
    with pytest.raises(ValidationError, match="facilitator does this"):
        services.agree(as_teacher(seeded), begun, whole, minutes=60, publish=True)
    services.agree(scope_of("owen"), begun, whole, minutes=60, publish=True)
    row = selectors.levels(scope_of("marcus"), [begun])[begun][item].agreed
    assert row is not None
    assert (row.level, row.words) == (3, "The notes say so.")
    assert len(selectors.levels(scope_of("owen"), [begun])[begun][item].alone) == 2  # what was given alone is kept


def test_a_promise_is_one_of_support_and_its_words_are_the_groups(begun: int, seeded: Any, scope_of: ScopeOf) -> None:
    from fairlead.apps.support.selectors import own_promises

    to_talk(scope_of, seeded, begun)
    whole = {pk: Rated(3, "The notes say so.") for pk in told(begun)}
    owen = scope_of("owen")
    with pytest.raises(NotNow):
        services.promise(owen, begun, told(begun)[0], text="I ask first.", due=date(2026, 12, 18))
    services.agree(owen, begun, whole, minutes=60, publish=True)
    services.promise(owen, begun, told(begun)[0], text="I ask first.", due=date(2026, 12, 18))
    services.promise(owen, begun, told(begun)[1], text="And again.", due=date(2026, 12, 19))
    assert {"I ask first.", "And again."} <= {p.text for p in own_promises(scope_of("owen"))}
    found = Diagnosis.objects.get(pk=begun)
    steps = selectors.next_steps(as_teacher(seeded), found)
    assert [(s.text, s.owner) for s in steps[told(begun)[0]]] == [("I ask first.", "Owen Park")]
    with as_owner():
        made = NextStep.objects.filter(diagnosis_id=begun).select_related("promise__contact")
        assert {(s.promise.contact.minutes, s.promise.contact.purpose) for s in made} == {(60, "improvement")}
        assert len({s.promise.contact_id for s in made}) == 1  # one talk, however much was promised in it
    rls.apply(scope_of("amara"))
    assert selectors.next_steps(scope_of("amara"), found) == {}


def test_it_is_looked_back_on_in_the_next_year(begun: int, seeded: Any, scope_of: ScopeOf) -> None:
    with as_owner():
        org = int(seeded.school_ids[1])
        last = Diagnosis.objects.get(organization_id=org, year=2025, instrument__key="what-makes-it-stick")
    services.look_back(scope_of("owen"), last.pk, "It held until February.")
    last.refresh_from_db()
    assert (last.stage, last.review) == ("reviewed", "It held until February.")
    with pytest.raises(NotNow):
        services.look_back(scope_of("owen"), begun, "Too early.")


def test_what_one_brought_can_be_taken_back_until_rating_begins(begun: int, seeded: Any, scope_of: ScopeOf) -> None:
    owen = scope_of("owen")
    first, second = add_evidence(owen, begun), add_evidence(owen, begun)
    assert services.withdraw_evidence(owen, begun, first.pk) is True
    assert services.withdraw_evidence(owen, begun, first.pk) is False
    assert services.withdraw_evidence(as_teacher(seeded), begun, second.pk) is False
    services.open_rating(scope_of("owen"), begun)
    with pytest.raises(NotNow):
        services.withdraw_evidence(scope_of("owen"), begun, second.pk)


def test_evidence_is_of_something_and_not_of_tomorrow(begun: int, scope_of: ScopeOf) -> None:
    owen = scope_of("owen")
    for items, dated, why in (
        (["no-such-item"], date(2026, 11, 2), "what it is evidence for"),
        (["few"], date(2026, 11, 20), "earlier day"),
    ):
        with pytest.raises(ValidationError, match=why):
            services.add_evidence(owen, begun, items=items, text="x", source="y", dated=dated)


def test_facts_hold_what_was_published_and_who_may_not_read_levels_reads_none(seeded: Any, scope_of: ScopeOf) -> None:
    """The diagnosis in which each rates alone is no fact yet; a teacher who rated has no ground for the view."""

    def facts() -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT diagnosis_id FROM facts_condition_level")
            return [pk for (pk,) in cursor.fetchall()]

    with as_owner():
        over = Diagnosis.objects.filter(stage__in=("published", "reviewed"))
        schools = set(over.exclude(organization_id=seeded.city_id).values_list("pk", flat=True))
        now = rating_now(seeded)
    scope_of("tomas")
    assert set(facts()) == schools
    assert now not in schools
    scope_of("amara")
    assert facts() == []


def test_a_facilitator_hands_over_until_the_group_talks(begun: int, seeded: Any, scope_of: ScopeOf) -> None:
    """To one who might have begun it; from then on only they lead. Once levels lie open nobody takes their place."""
    ines, owen = scope_of("ines"), scope_of("owen")
    with pytest.raises(ValidationError, match="somebody who leads"):
        services.hand_over(owen, begun, teacher(seeded))
    scope_of("ines")
    with pytest.raises(ValidationError, match="The facilitator does this"):
        services.hand_over(ines, begun, ines.person_id)
    services.hand_over(scope_of("owen"), begun, ines.person_id)
    with pytest.raises(ValidationError, match="The facilitator does this"):
        services.hand_over(scope_of("owen"), begun, owen.person_id)
    ines = scope_of("ines")
    services.ask_raters(ines, begun, [owen.person_id, teacher(seeded)], True)
    services.hand_over(ines, begun, owen.person_id)
    to_talk(scope_of, seeded, begun)
    with pytest.raises(NotNow):
        services.hand_over(scope_of("owen"), begun, ines.person_id)
    with pytest.raises(IntegrityError, match=r"changes .* only"):
        Diagnosis.objects.filter(pk=begun).update(facilitator_id=ines.person_id)
