"""Building: a draft changes freely, a published version never; what is shared is found and not typed; who may build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from fairlead.apps.instruments import drafts
from fairlead.apps.instruments.catalogue import form_of
from fairlead.apps.instruments.definition import DomainDef, Form, ItemDef, Level
from fairlead.apps.instruments.models import Instrument, Item, Version
from fairlead.apps.instruments.starters import starters

STARTER = next(form for form, _ in starters() if form.key == "twelve-minutes")
TEXT = ItemDef("why", "text", "Why")
OURS = replace(STARTER, key="ours", name="Ours")


def keys(version: Version) -> list[list[str]]:
    return [[item.key for item in domain.items] for domain in form_of(version).domains]


@pytest.fixture
def ines(scope_of: Callable[[str], Any]) -> Any:
    return scope_of("ines")


def test_a_rubric_from_scratch_to_its_second_version(ines: Any) -> None:
    draft = drafts.create(ines, Form("ours", "observation", "Ours", "Ours"))
    drafts.save_domain(ines, draft.pk, DomainDef("one", "One"))
    drafts.save_domain(ines, draft.pk, DomainDef("two", "Two"))
    with pytest.raises(ValidationError, match="has none"):
        drafts.publish(ines, draft.pk)
    drafts.save_item(ines, draft.pk, "two", TEXT)
    rating = ItemDef("rated", "rating", "Rated", anchors=(Level("No"), Level("Yes")))
    drafts.save_item(ines, draft.pk, "one", rating)
    assert keys(draft) == [["rated"], ["why"]]
    first = drafts.publish(ines, draft.pk)
    assert first.published_at is not None
    with pytest.raises(ValidationError, match="final"):
        drafts.save_item(ines, draft.pk, "one", TEXT, "why")

    second = drafts.next_draft(ines, first.instrument_id, 1)
    assert second.number == 2
    assert [item.same_as for item in form_of(second).items] == [1, 1]
    changed = replace(rating, anchors=(Level("No"), Level("Yes"), Level("Very")))
    drafts.save_item(ines, second.pk, "one", changed, "rated")
    drafts.save_item(ines, second.pk, "one", ItemDef("new", "number", "New", minimum=0))
    found = drafts.compare(second)
    assert [c.key for c in found.same] == ["why"]
    assert [(c.key, c.fields) for c in found.changed] == [("rated", ("anchors",))]
    assert [c.key for c in found.added] == ["new"]
    assert found.before == 1
    drafts.save_item(ines, second.pk, "one", rating, "rated")
    drafts.publish(ines, second.pk)
    assert {i.key: i.same_as for i in form_of(second).items} == {"rated": 1, "new": None, "why": 1}


def test_items_and_groups_move_one_place_at_a_time(ines: Any) -> None:
    draft = drafts.create(ines, OURS)
    first, second = keys(draft)
    drafts.move(ines, draft.pk, item=first[0], up=False)
    assert keys(draft)[0][:2] == [first[1], first[0]]
    drafts.move(ines, draft.pk, item=first[-1], up=False)
    assert keys(draft)[1][0] == first[-1], "over the edge into the next group"
    drafts.move(ines, draft.pk, item=first[-1], up=True)
    assert keys(draft)[0][-1] == first[-1]
    drafts.move(ines, draft.pk, item=first[1], up=True)
    assert keys(draft)[0][0] == first[1], "the first stays where it is"
    drafts.move(ines, draft.pk, domain=OURS.domains[1].key, up=True)
    assert keys(draft)[0] == second
    positions = list(Item.objects.filter(version=draft).order_by("position").values_list("position", flat=True))
    assert positions == list(range(1, 7))


def test_what_is_removed_is_gone_and_a_draft_can_be_thrown_away(ines: Any) -> None:
    draft = drafts.create(ines, OURS)
    drafts.remove(ines, draft.pk, item="work")
    drafts.remove(ines, draft.pk, domain=OURS.domains[1].key)
    assert keys(draft) == [[i.key for i in OURS.domains[0].items if i.key != "work"]]
    drafts.throw_away(ines, draft.pk)
    assert not Instrument.objects.filter(key="ours").exists()


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (replace(TEXT, key="thinking"), "an item with this key"),
        (replace(TEXT, name=" "), "is needed"),
        (replace(TEXT, kind="rating"), "2 to 10"),
        (replace(TEXT, kind="sculpture"), "one of"),
    ],
)
def test_an_item_that_breaks_a_rule_is_not_saved(ines: Any, item: ItemDef, said: str) -> None:
    draft = drafts.create(ines, OURS)
    with pytest.raises(ValidationError, match=said):
        drafts.save_item(ines, draft.pk, OURS.domains[0].key, item)
    assert not Item.objects.filter(version=draft, key="why").exists()


def test_one_draft_at_a_time_and_one_instrument_a_key(ines: Any) -> None:
    draft = drafts.create(ines, OURS)
    with pytest.raises(ValidationError, match="a draft already"):
        drafts.next_draft(ines, draft.instrument_id)
    with pytest.raises(ValidationError, match="with this key"):
        drafts.create(ines, OURS)
    with pytest.raises(ValidationError, match="not your network's"):
        drafts.bring(ines, STARTER)


def test_a_file_of_a_known_key_is_its_next_version_when_it_says_the_same_of_itself(ines: Any) -> None:
    draft = drafts.publish(ines, drafts.create(ines, OURS).pk)
    again = drafts.bring(ines, OURS)
    assert (again.number, again.instrument_id) == (2, draft.instrument_id)
    drafts.throw_away(ines, again.pk)
    with pytest.raises(ValidationError, match="another licence"):
        drafts.bring(ines, replace(OURS, licence="CC BY 4.0"))


def test_a_starter_is_copied_and_not_changed(ines: Any) -> None:
    starter = Version.objects.select_related("instrument").get(instrument__key="twelve-minutes", number=1)
    with pytest.raises(ValidationError, match="not your network's"):
        drafts.next_draft(ines, starter.instrument_id, 1)
    with pytest.raises(ValidationError, match="not your network's"):
        drafts.retire(ines, starter.instrument_id)
    own = drafts.copy(ines, starter, key="ours", name="Our twelve minutes")
    assert form_of(own).domains == form_of(starter).domains
    assert own.instrument.restrictions == starter.instrument.restrictions
    assert "Twelve minutes" in own.instrument.source


@pytest.mark.parametrize("key", ["grace", "dana", "amara", "marcus", "ruth", "luis"])
def test_nobody_else_builds(scope_of: Callable[[str], Any], key: str) -> None:
    draft = drafts.create(scope_of("ines"), OURS)
    other = scope_of(key)
    for act in (
        lambda: drafts.create(other, replace(OURS, key="theirs")),
        lambda: drafts.save_item(other, draft.pk, OURS.domains[0].key, TEXT),
        lambda: drafts.publish(other, draft.pk),
        lambda: drafts.throw_away(other, draft.pk),
        lambda: drafts.retire(other, draft.instrument_id),
    ):
        with pytest.raises(ValidationError):
            act()


def test_an_analyst_builds_too(scope_of: Callable[[str], Any]) -> None:
    assert drafts.create(scope_of("tomas"), OURS).pk


PROMISED = {"no_high_stakes": True, "minimum_group": 10, "purposes": ["coaching", "research"]}


@pytest.mark.parametrize(
    "looser",
    [
        {},
        {**PROMISED, "no_high_stakes": False},
        {**PROMISED, "minimum_group": 5},
        {**PROMISED, "purposes": ["coaching", "appraisal"]},
    ],
)
def test_what_was_promised_with_a_published_version_is_not_taken_back(ines: Any, looser: dict[str, Any]) -> None:
    draft = drafts.create(ines, replace(OURS, restrictions=PROMISED))
    drafts.describe(ines, draft.instrument_id, {"restrictions": {**PROMISED, "minimum_group": 5}})
    drafts.describe(ines, draft.instrument_id, {"restrictions": PROMISED})
    drafts.publish(ines, draft.pk)
    with pytest.raises(ValidationError, match="promised"):
        drafts.describe(ines, draft.instrument_id, {"restrictions": looser})
    stricter = {
        **PROMISED,
        "minimum_group": 12,
        "purposes": ["coaching"],
        "importable_only": True,
        "because": "Asked",
    }
    drafts.describe(ines, draft.instrument_id, {"restrictions": stricter})
    assert Instrument.objects.get(pk=draft.instrument_id).restrictions == stricter
