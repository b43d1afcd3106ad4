"""The lottery of places and of steps: against a second program, by enumeration, by its properties, and when tampered with."""

from __future__ import annotations

import copy
import itertools
import json
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science import impact
from fairlead.science.impact import lottery
from fairlead.science.impact.lottery.design import Design, Entry, Limit, entries_of
from fairlead.science.impact.lottery.drawing import attempt, balance_of, balanced
from tests.science.impact.lottery import recipe
from tests.science.impact.lottery.invented import made, schools

texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=6)


@st.composite
def designs(draw) -> Design:
    keys = draw(st.lists(texts, min_size=2, max_size=14, unique=True))
    bounded = draw(st.integers(0, 2))
    entries = tuple(
        Entry(
            key,
            draw(st.sampled_from(["", "north", "süd"])),
            draw(st.integers(1, 3)),
            tuple(f"{draw(st.integers(-999, 999)) / 10:g}" for _ in range(bounded)),
        )
        for key in keys
    )
    limits = tuple(Limit(f"x{i}", str(draw(st.integers(120, 3000)))) for i in range(bounded))
    if draw(st.booleans()):
        steps = tuple(f"2027-0{i + 1}-11" for i in range(draw(st.integers(2, min(4, len(keys))))))
        return Design("steps", entries, steps=steps, limits=limits)
    whole = sum(e.size for e in entries)
    if draw(st.booleans()):
        return Design("places", entries, places=draw(st.integers(1, whole - 1)), limits=limits, public="a named draw")
    return Design("places", entries, share=draw(st.sampled_from(["1/2", "0.3", "2/7"])), limits=limits)


@settings(max_examples=25, deadline=None)
@given(designs(), texts)
def test_another_program_draws_the_same(design: Design, seed: str) -> None:
    """The recipe of the documentation, written twice: list hash, key, order, groups, limits and waiting list agree."""
    key = lottery.key_of(design, seed, "3 14 15")
    assert recipe.list_hash(design.plain()) == design.hash
    for number in (0, 1):
        group, _ = attempt(design, key, number)
        told, _ = recipe.one_attempt(design.plain(), key, number)
        assert dict(zip((e.key for e in design.ordered), group.tolist(), strict=True)) == told
        assert balanced(design, group) == recipe.keeps(design.plain(), told)


@pytest.mark.parametrize(
    "design",
    [schools(), schools(kind="steps", share=None, steps=("2027-01-11", "2027-02-22", "2027-04-05"), limits=())],
    ids=["places under limits", "steps"],
)
def test_a_record_is_enough_to_draw_again(design: Design) -> None:
    record = made(design)
    number, group, waiting = recipe.draw(record)
    assert record["attempt"] == number
    assert {row["key"]: row["group"] for row in record["result"]} == group
    assert {row["key"]: row["waiting"] for row in record["result"]} == waiting
    assert record["commitment"] == recipe.commitment("seed", "salt")
    if design.limits:
        assert {row["key"]: row["chances"] for row in record["chances"]} == recipe.chances(record)
    assert [check.name for check in lottery.check_record(record)] == list(lottery.record.CHECKS)
    assert all(check.holds for check in lottery.check_record(record))


def test_the_draw_is_frozen() -> None:
    """A published seed must give the same result for ever: any change here is a new format name."""
    record = made(schools(), "harbor lights 5")
    assert record["list_hash"] == "6c5a4f15ff754630b5af2dfd8e01a0e5f19c4f07145afc8b76f049e9fa73546c"
    assert record["attempt"] == 3
    assert "".join(str(row["group"]) for row in record["result"]) == "000011110111100001"


@settings(max_examples=25, deadline=None)
@given(designs(), texts)
def test_what_every_draw_holds(design: Design, seed: str) -> None:
    group, order = attempt(design, lottery.key_of(design, seed), 0)
    assert sorted(order.tolist()) == list(range(len(design.entries)))
    sizes, strata = design.sizes, design.stratum
    if design.kind == "steps":
        counts = np.bincount(group, minlength=design.groups)
        assert counts.max() - counts.min() <= 1
        for s in range(len(design.strata)):
            inside = np.bincount(group[strata == s], minlength=design.groups)
            assert inside.max() - inside.min() <= 1
        return
    places = int((sizes * group).sum())
    assert places <= int(np.ceil(float(design.total)))
    if (sizes == 1).all():
        assert places in (int(design.total), int(np.ceil(float(design.total))))
        for s, size in enumerate(design.stratum_sizes):
            exact = design.total * size / sum(design.stratum_sizes)
            assert int(exact) <= int(group[strata == s].sum()) <= int(exact) + (exact != int(exact))


@settings(max_examples=15, deadline=None)
@given(st.randoms(use_true_random=False), texts)
def test_the_order_of_the_list_does_not_matter(shuffler, seed) -> None:
    design = schools()
    rows = list(design.entries)
    shuffler.shuffle(rows)
    mixed = schools(entries=tuple(rows))
    assert mixed.hash == design.hash
    assert lottery.draw_design(mixed, lottery.key_of(mixed, seed)) == lottery.draw_design(
        design, lottery.key_of(design, seed)
    )


def test_under_limits_every_acceptable_draw_and_no_other_comes() -> None:
    """Six schools, three win: 20 draws, those within the limit by enumeration; the chances are their share of them."""
    values = (1, 2, 4, 7, 11, 16)
    entries = tuple(Entry(f"s{i}", values=(str(v),)) for i, v in enumerate(values))
    design = Design("places", entries, places=3, limits=(Limit("x", "4"),))
    fine = [
        winners
        for winners in itertools.combinations(range(6), 3)
        if abs(
            Fraction(sum(values[i] for i in winners), 3) - Fraction(sum(values) - sum(values[i] for i in winners), 3)
        )
        <= 4
    ]
    drawn = [tuple(np.flatnonzero(row).tolist()) for row in lottery.assignments(design, 1500)]
    assert set(drawn) == set(fine)
    rehearsal = lottery.rehearse(design)
    exact = [sum(i in winners for winners in fine) / len(fine) for i in range(6)]
    # 1,000 accepted draws: a chance is off by less than five standard errors
    assert [row[1] for row in rehearsal.chances] == pytest.approx(exact, abs=5 * 0.0158)
    assert rehearsal.acceptance == pytest.approx(len(fine) / 20, abs=5 * 0.0158)
    assert rehearsal.distinct == len(fine)
    assert all(balance.widest <= 4 for balance in balance_of(design, tuple(int(i in fine[0]) for i in range(6))))


@pytest.mark.prove
def test_acceptable_draws_are_equally_likely() -> None:
    """20,000 seeds over the acceptable draws of eight schools in two strata: chi-square below its 99.99 % point."""
    entries = tuple(Entry(f"s{i}", "ab"[i % 2], values=(str(i * i),)) for i in range(8))
    for design in (
        Design("places", entries, places=4, limits=(Limit("x", "12"),)),
        Design("steps", entries, steps=("1", "2"), limits=(Limit("x", "12"),)),
    ):
        counts = Counter(lottery.draw_design(design, lottery.key_of(design, str(i))).group for i in range(20_000))
        statistic, _ = scipy.stats.chisquare(list(counts.values()))
        assert statistic < scipy.stats.chi2.ppf(0.9999, len(counts) - 1)
        assert len(counts) >= 10


@pytest.mark.prove
def test_strata_of_odd_sizes_have_exact_chances() -> None:
    """Seven places over strata of 3, 4 and 9: each entry's chance is 7/16 (4,000 seeds, four standard errors 0.031)."""
    entries = tuple(Entry(f"e{i:02d}", "aaabbbbccccccccc"[i]) for i in range(16))
    design = Design("places", entries, places=7)
    won = np.mean([lottery.draw_design(design, lottery.key_of(design, str(i))).group for i in range(4000)], axis=0)
    assert won == pytest.approx(7 / 16, abs=0.031)
    assert lottery.rehearse(design).chances[0][1] == 7 / 16


def test_siblings_stay_together_and_wait_together() -> None:
    keys = ["ana", "ben", "cai", "dee", "eli", "fay"]
    entries, entry_of = entries_of(
        keys, ["K", "K", "1", "1", "K", "K"], [(str(i),) for i in range(6)], list("xyxzyz")
    )
    assert entry_of == ("ana", "ben", "ana", "dee", "ben", "dee")
    assert [(e.key, e.stratum, e.size, e.values) for e in entries] == [
        ("ana", "K", 2, ("1",)),
        ("ben", "K", 2, ("2.5",)),
        ("dee", "1", 2, ("4",)),
    ]
    design = Design("places", entries, places=4)
    drawn = np.stack([attempt(design, "key", number)[0] for number in range(300)])
    assert (drawn @ design.sizes <= 4).all()
    # four places over sizes 4 and 2: 8/3 in K, always one pair of two; 4/3 in "1", whose pair fits in one draw of three
    assert [row[1] for row in lottery.rehearse(design).chances] == pytest.approx([1 / 2, 1 / 2, 1 / 3])
    assert drawn.mean(axis=0) == pytest.approx([1 / 2, 1 / 2, 1 / 3], abs=0.12)  # four standard errors of 300 draws


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        (lambda r: r["design"]["entries"][0].update(stratum="tier 2"), "list"),
        (lambda r: r["design"].update(share="1/3"), "list"),
        (lambda r: r.update(salt="another"), "commitment"),
        (lambda r: r.update(seed="another"), "commitment"),
        (lambda r: r.update(drawn_at="2026-11-20T15:04:00+00:00"), "times"),
        (lambda r: r.update(committed_at="yesterday"), "times"),
        (lambda r: r["result"][0].update(group=1 - r["result"][0]["group"]), "draw"),
        (lambda r: r["result"].pop(), "draw"),
        (lambda r: r["result"].append({"key": "zz", "group": 1, "waiting": 0}), "draw"),
        (lambda r: r.update(attempt=99), "draw"),
        (lambda r: r.update(public_result="7"), "draw"),
        (lambda r: [row.update(waiting=row["waiting"] + 1) for row in r["result"]], "waiting"),
        (lambda r: r["chances"][3].update(chances=[0.1, 0.9]), "chances"),
        (lambda r: r["rehearsal"].update(accepted=999), "chances"),
    ],
)
def test_whatever_was_changed_is_told(change, broken: str) -> None:
    record = copy.deepcopy(_RECORD)
    change(record)
    wrong = {check.name for check in lottery.check_record(record) if not check.holds}
    assert broken in wrong


_RECORD = made(schools(8, 2, limits=(Limit("students", "300"), Limit("chronic absence", "0.2"))))


def test_before_the_draw_a_record_tells_list_and_chances_only() -> None:
    design = schools(8, 2, limits=())
    record = lottery.record_of(
        design, lottery.rehearse(design), title="A draw", unit="school", version="0.1.0", frozen_at="", committed_at="",
        commitment=lottery.commit("seed", "salt"),
    )  # fmt: skip
    told = {check.name: check.holds for check in lottery.check_record(record)}
    assert told == {"list": True, "commitment": None, "times": None, "draw": None, "waiting": None, "chances": True}


@pytest.mark.parametrize(
    ("text", "where"),
    [("{", "record"), ("[]", "format"), ('{"format": "fairlead-lottery-0"}', "format"), ("[" * 100_000, "record")],
)
def test_what_is_no_record_is_refused(text: str, where: str) -> None:
    with pytest.raises(impact.DataError) as caught:
        lottery.read_record(text)
    assert caught.value.problems[0].where == where


def test_records_of_the_first_format_still_verify() -> None:
    """The draw of `impact.draw`, its seed alone in the key; a share of each stratum."""
    design = schools(limits=())
    tickets = impact.draw([e.key for e in design.ordered], [e.stratum for e in design.ordered], 0.5, "seed")
    drawing = lottery.record.listed_drawing(design, "seed")
    assert drawing.group == tuple(int(t.selected) for t in tickets)
    assert sorted(w for w, t in zip(drawing.waiting, tickets, strict=True) if t.stratum == "tier 1" and w) == [
        1,
        2,
        3,
    ]
    record = made(design) | {"format": "fairlead-lottery-1", "attempt": 0}
    record["result"] = [
        {"key": e.key, "group": g, "waiting": w}
        for e, g, w in zip(design.ordered, drawing.group, drawing.waiting, strict=True)
    ]
    assert all(check.holds for check in lottery.check_record(lottery.read_record(json.dumps(record))))
    with pytest.raises(impact.DataError, match="first format"):
        lottery.record.listed_drawing(schools(), "seed")


@pytest.mark.parametrize("part", ["design", "kind", "entries", "size"])
def test_a_record_with_a_missing_part_is_refused(part: str) -> None:
    record = copy.deepcopy(_RECORD)
    holder = record if part == "design" else record["design"]["entries"][0] if part == "size" else record["design"]
    del holder[part]
    with pytest.raises(impact.DataError, match="lacks a part"):
        lottery.check_record(record)


def test_limits_that_leave_nothing_to_chance_are_refused() -> None:
    with pytest.raises(impact.DataError, match="too few draws keep these limits"):
        lottery.rehearse(
            schools(limits=(Limit("students", "0.5"), Limit("chronic absence", "0.0005"))), most_tries=2000
        )
    entries = tuple(Entry(f"s{i}", values=(str(v),)) for i, v in enumerate((1, 1, 1, 100)))
    with pytest.raises(impact.DataError, match="known before the draw"):  # the large one would be 99 from the others
        lottery.rehearse(Design("places", entries, places=1, limits=(Limit("x", "40"),)))
    pair = (Entry("a", "north", 2), Entry("b", "north", 2), Entry("c", "south", 2))
    with pytest.raises(impact.DataError, match="known before the draw"):  # one place in the south: no pair fits
        lottery.rehearse(Design("places", pair, places=3))


def test_a_design_that_cannot_be_drawn_is_refused_all_at_once() -> None:
    with pytest.raises(impact.DataError) as caught:
        Design("places", (Entry("a"), Entry("a", size=0)), share="2").checked()
    assert [problem.where for problem in caught.value.problems] == ["entries", "entries.size", "share"]
    with pytest.raises(impact.DataError, match="decimal number"):
        Design("places", (Entry("a", values=("1e3",)), Entry("b", values=("2",))), places=1, limits=(Limit("x", "1"),)).checked()  # fmt: skip
    for wrong in ({"kind": "raffle"}, {"places": 2}, {"steps": ("1", "1")}, {"kind": "steps", "steps": ("1", "1")}):
        with pytest.raises(impact.DataError):
            Design(**{"kind": "places", "entries": (Entry("a"), Entry("b")), **wrong}).checked()
