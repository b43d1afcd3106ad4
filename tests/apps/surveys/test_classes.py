"""What a class report may tell: nothing that gives back another class, to anybody who puts tables beside each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from django.db import DatabaseError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.apps.access.asking import fetch
from fairlead.apps.surveys.classes import _few, _told, protected
from fairlead.apps.surveys.counting import rule_for
from fairlead.science.disclosure import Lattice, State, exposed

RULE = rule_for(10)


def rows(sizes: list[int], yes: list[int]) -> tuple[list[int | None], list[int | None], list[bool | None]]:
    """(classes, class of each form, answer of each form)."""
    places: list[int | None] = [nth for nth, n in enumerate(sizes) for _one in range(n)]
    well: list[bool | None] = [k < yes[nth] for nth, n in enumerate(sizes) for k in range(n)]
    return list(range(len(sizes))), places, well


def test_the_school_less_a_class_never_leaves_fewer_than_the_minimum() -> None:
    """Two classes, one of four: the other must go too, for the school's number stands beside it."""
    own, places, well = rows([20, 4], [12, 1])
    assert _few(own, places, RULE) == {0, 1}
    assert {one["state"] for one in _told(own, places, well, RULE).values()} <= {"few"}


def test_a_third_class_hides_the_small_one() -> None:
    own, places, well = rows([24, 21, 18, 4], [12, 10, 9, 2])
    few = _few(own, places, RULE)
    assert 3 in few
    assert len(few) == 2, "one more, so that the small one is not the rest"
    told = _told(own, places, well, RULE)
    shown = [section for section in own if told[section]["state"] == "shown" and section not in few]
    assert len(shown) == 2
    rest = sum(n for n, section in zip([24, 21, 18, 4], own, strict=True) if section not in shown)
    assert rest >= RULE.min_n


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.integers(1, 30), min_size=1, max_size=6).flatmap(
        lambda sizes: st.tuples(st.just(sizes), st.tuples(*[st.integers(0, n) for n in sizes]).map(list))
    )
)
def test_nobody_who_knows_the_school_and_the_other_classes_narrows_a_small_one(
    case: tuple[list[int], list[int]],
) -> None:
    """The attacker knows every table: the school's, and what each teacher reads of their own class."""
    own, places, well = rows(*case)
    release = protected(own, places, well, RULE)
    sizes, yes = case
    truth = Lattice.build(
        ["school", *map(str, own)], [-1, *[0] * len(own)], (),
        np.array([[0], *([n] for n in sizes)]), np.array([[0], *([n] for n in yes)]),
    )  # fmt: skip
    assert exposed(truth, release) == ()
    told = _told(own, places, well, RULE)
    if release.state_of(0, 0) is not State.SHOWN:
        assert told == {}, "a school that cannot stand exactly beside its classes leaves none of them"
    for section, values in told.items():
        if values["state"] == "shown":
            assert sizes[section] >= RULE.min_n  # type: ignore[index]
            assert values["low"] < values["high"]


def test_who_is_in_no_class_is_a_class_of_its_own() -> None:
    """Four who changed school stand under no class: the class beside them would give them back."""
    places: list[Any] = [1] * 20 + [None] * 4
    assert _few([None, 1], places, RULE) == {None, 1}


@pytest.mark.parametrize("n", [10, 20])
def test_one_class_that_is_the_school_is_told_as_the_school_is(n: int) -> None:
    own, places, well = rows([n], [n // 2])
    assert _told(own, places, well, RULE)[0]["share"] == 0.5


def test_only_its_teacher_reads_a_class_in_sql_too(seeded: Any, scope_of: Any) -> None:
    """Amara's class of the demo: her principal, her director and the network's analyst have no row of it."""
    reads = "SELECT count(*) FROM surveys_classresult WHERE teacher_id = %(person)s"
    amara = seeded.person["amara"]
    scope_of("amara")
    assert fetch(reads, person=amara)[0][0] > 0
    with pytest.raises(DatabaseError, match="permission"), transaction.atomic():
        fetch("UPDATE surveys_classresult SET share = 1 RETURNING 1")
    for above in ("grace", "marcus", "ines", "tomas"):
        scope_of(above)
        assert fetch(reads, person=amara) == [(0,)]
