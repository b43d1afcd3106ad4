"""An instrument as plain data: what is not known is named, what breaks a rule is named, and writing is reading's way back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from fairlead.apps.instruments.definition import (
    Form,
    ItemDef,
    Level,
    Misdefined,
    as_data,
    different,
    item_problems,
    problems,
    read,
    repeats,
)
from tests.apps.instruments.forms import forms

LEVELS = tuple(Level(str(n)) for n in range(4))


def raw(**item: Any) -> dict[str, Any]:
    return {
        "key": "one", "kind": "beliefs", "name": "One", "licence": "Ours",
        "domains": [{"key": "d", "name": "D", "items": [{"key": "i", "kind": "text", "name": "I", **item}]}],
    }  # fmt: skip


@settings(max_examples=10, deadline=None)
@given(forms())
def test_writing_and_reading_is_the_identity(form: Form) -> None:
    assert read(as_data(form)) == form
    assert problems(form) == []


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"colour": "red"}, "item i, colour"),
        ({"required": "yes"}, "item i, required"),
        ({"minimum": True}, "item i, minimum"),
        ({"correct": ["a"]}, "item i, correct"),
        ({"options": "nowhere"}, "item i, options"),
        ({"options": [{"nome": "A"}]}, "item i, options"),
        ({"options": 7}, "item i, options"),
        ({"name": 7}, "item i, name"),
    ],
)
def test_what_cannot_be_read_is_named(change: dict[str, Any], place: str) -> None:
    with pytest.raises(Misdefined, match=place):
        read(raw(**change))


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Misdefined) as error:
        read({**raw(colour="red", required="yes"), "size": 3})
    assert len(error.value.problems) == 3


@pytest.mark.parametrize(
    ("item", "field"),
    [
        (ItemDef("i", "rating", "I"), "anchors"),
        (ItemDef("i", "rating", "I", anchors=LEVELS[:1]), "anchors"),
        (ItemDef("i", "rating", "I", anchors=(*LEVELS, Level("0"))), "anchors"),
        (ItemDef("i", "rating", "I", anchors=(Level("A: b"), Level("C"))), "anchors"),
        (ItemDef("i", "text", "I", anchors=LEVELS), "anchors"),
        (ItemDef("i", "likert", "I", options=(Level("A", text="x"), Level("B"))), "options"),
        (ItemDef("i", "choice", "I", options=LEVELS, correct=(5,)), "correct"),
        (ItemDef("i", "choice", "I", options=LEVELS, correct=(1, 2)), "correct"),
        (ItemDef("i", "likert", "I", options=LEVELS, correct=(1,)), "correct"),
        (ItemDef("i", "choice", "I", options=LEVELS, reverse=True), "reverse"),
        (ItemDef("i", "text", "I", unit="minutes"), "minimum"),
        (ItemDef("i", "number", "I", minimum=3, maximum=3), "minimum"),
        (ItemDef("i", "sculpture", "I"), "kind"),
        (ItemDef("i", "text", " "), "name"),
    ],
)
def test_an_item_that_breaks_a_rule(item: ItemDef, field: str) -> None:
    assert [p.where for p in item_problems(item)] == [("item", "i", field)]


def test_a_form_that_breaks_a_rule() -> None:
    twice = raw()
    twice["domains"][0]["items"] *= 2
    twice |= {"kind": "horoscope", "licence": " ", "restrictions": {"no_highstakes": True}, "key": "Ä"}
    found = {p.where for p in problems(read(twice))}
    assert found >= {("form", "", "kind"), ("form", "", "licence"), ("form", "", "restrictions"), ("form", "Ä", "key"),
                     ("item", "i", "key")}  # fmt: skip


def test_an_item_repeats_another_only_word_for_word() -> None:
    item = ItemDef("i", "choice", "I", options=LEVELS, correct=(1,))
    again = ItemDef("i", "choice", "I", options=LEVELS, correct=(1,), same_as=1)
    assert repeats(again, item)
    other = ItemDef("i", "choice", "I", prompt="Which?", options=LEVELS, correct=(2,))
    assert not repeats(other, item)
    assert different(other, item) == ["prompt", "correct"]
