"""How well a version measures: what is told, what waits, what is not read; held against known truth and other estimates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection

from fairlead.apps.instruments import computing, measuring, technical
from fairlead.apps.instruments.measuring import Asked, Told
from fairlead.apps.instruments.models import Response, TechnicalResult, Version
from fairlead.apps.instruments.standards import standards

TEACHERS, RATERS, VISITS, ITEMS = 200, 12, 4, 4
ASKED = Asked("observation", {"all": tuple(f"i{k}" for k in range(ITEMS))})


def rated(seed: int = 1, teachers: int = TEACHERS) -> tuple[Told, Told]:
    """Every teacher seen four times by two of twelve raters; every second visit rated by a second rater, too."""
    rng = np.random.default_rng(seed)
    good, severe = rng.normal(0, 0.5, teachers), rng.normal(0, 0.3, RATERS)
    rows: dict[str, list[tuple[Any, ...]]] = {"first": [], "second": []}
    for t in range(teachers):
        two = rng.choice(RATERS, 2, replace=False).tolist()
        for v in range(VISITS):
            visit, lesson = t * VISITS + v, rng.normal(0, 0.4)
            for part, by in (("first", two[v % 2]), ("second", two[1 - v % 2])):
                if part == "first" or v % 2:
                    rows[part] += [
                        (f"{part}{visit}", f"i{k}", 2.5 + good[t] + severe[by] + lesson + rng.normal(0, 0.5),
                         by, t, visit, t % 10)
                        for k in range(ITEMS)
                    ]  # fmt: skip
    first, second = (Told(*map(list, zip(*rows[name], strict=True))) for name in ("first", "second"))
    return first, second


@pytest.mark.prove
def test_visits_needed_are_those_that_the_true_variances_need() -> None:
    first, second = rated()
    found = measuring.measure(ASKED, first, second, standards())
    true = {"teacher": 0.25, "rater": 0.09, "teacher:rater:visit": 0.16, "residual": 0.25}
    told = {one["name"]: one for one in found["visits"]["components"]}
    for name, variance in true.items():
        error = told[name]["se"]
        assert abs(told[name]["variance"] - variance) < 3 * error, name  # three standard errors of its own
        assert error < 0.05
    needed = {(row["use"], row["raters"]): row["visits"] for row in found["visits"]["needed"]}
    # By hand from the estimates: Spearman-Brown over visits, each rater's severity shared by the rater's own visits.
    v = {name: one["variance"] for name, one in told.items()}
    for raters in (1, 2, 3):
        for use, wanted in (("group", 0.7), ("research", 0.8), ("person", 0.9)):

            def reliability(each: int, r: int = raters) -> float:
                once = (v["teacher:rater:visit"] + (v["residual"]) / ITEMS) / (r * each)
                kept = v["teacher"] + v.get("teacher:item", 0) / ITEMS
                pairs = (v["rater"] + v.get("teacher:rater", 0)) / r
                mixed = (v.get("rater:item", 0) + v.get("teacher:rater:item", 0)) / (r * ITEMS)
                return float(kept / (kept + once + pairs + mixed))

            by_hand = next((r * raters for r in range(1, 61 // raters) if reliability(r) >= wanted), None)
            assert needed[use, raters] == by_hand, (use, raters)
    assert found["visits"]["has"] == {"teachers": TEACHERS, "median": VISITS}


def test_a_second_rating_in_the_room_counts_for_agreement_and_not_for_visits() -> None:
    first, second = rated()
    round_to_levels = lambda told: replace(told, score=[float(np.clip(round(s), 1, 4)) for s in told.score])  # noqa: E731
    first, second = round_to_levels(first), round_to_levels(second)
    alone = measuring.visits(first, standards())
    found = measuring.measure(ASKED, first, second, standards())
    assert found["visits"] == alone
    both = dict(zip(zip(first.visit, first.item, strict=True), first.score, strict=True))
    same = [both[key] == s for key, s in zip(zip(second.visit, second.item, strict=True), second.score, strict=True)]
    assert found["agreement"]["pairs"] == len(same) == TEACHERS * 2 * ITEMS
    assert found["agreement"]["exact"]["value"] == pytest.approx(np.mean(same), abs=1e-12)
    assert found["agreement"]["rooms"] == TEACHERS * 2
    assert 0 < found["agreement"]["kappa"]["value"] < found["agreement"]["adjacent"]["value"]


def test_too_few_teachers_or_visits_wait_and_tell_no_number() -> None:
    first, _second = rated(teachers=19)
    assert measuring.visits(first, standards())["waiting"] == {"what": "teachers", "n": 19, "wanted": 20}
    first, _second = rated(teachers=30)
    once = first.only([i for i, visit in enumerate(first.visit) if visit is not None and visit % VISITS == 0])
    found = measuring.visits(once, standards())
    assert found["waiting"] == {"what": "teachers_twice", "n": 0, "wanted": 10}
    assert "needed" not in found


def test_one_rater_is_no_study_of_raters() -> None:
    first, _second = rated(teachers=40)
    found = measuring.visits(replace(first, by=[1] * len(first.by)), standards())
    assert {row["raters"] for row in found["needed"]} == {1}
    assert found["raters"] == 1
    assert not any("rater" in one["name"] for one in found["components"])


def test_ratings_all_alike_are_refused_with_the_reason() -> None:
    first, _second = rated(teachers=30)
    found = measuring.visits(replace(first, score=[3.0] * len(first.score)), standards())
    assert "all ratings are the same" in found["refused"]
    assert "needed" not in found


def survey(classes: int, students: int, seed: int = 2) -> Told:
    """Three items of one scale; classes differ by 0.4, students by 0.8, answers by 0.6."""
    rng = np.random.default_rng(seed)
    rows = []
    for c in range(classes):
        about = rng.normal(0, 0.4)
        for s in range(students):
            one = about + rng.normal(0, 0.8)
            rows += [(f"{c}-{s}", f"i{k}", one + rng.normal(0, 0.6), None, None, None, c) for k in range(3)]
    return Told(*map(list, zip(*rows, strict=True)))


def test_a_survey_tells_its_consistency_and_how_many_students_a_class_mean_needs() -> None:
    told = survey(60, 20)
    asked = Asked("student_survey", {"all": ("i0", "i1", "i2")})
    (found,) = measuring.measure(asked, told, told.only([]), standards())["scales"]["domains"]
    # Of the sum of three: alpha = 9 (0.16 + 0.64) / (9 (0.16 + 0.64) + 3 · 0.36); its interval holds the truth.
    assert found["alpha"]["low"] < 7.2 / (7.2 + 1.08) < found["alpha"]["high"]
    assert found["omega"]["value"] == pytest.approx(found["alpha"]["value"], abs=0.01)  # items are alike by design
    single = found["means"]["single"]
    assert single["low"] < 0.16 / (0.16 + 0.64 + 0.12) < single["high"]
    icc = single["value"]
    for row in found["means"]["needed"]:
        wanted = standards().use(row["use"]).wanted
        assert row["n"] == int(np.ceil(wanted * (1 - icc) / ((1 - wanted) * icc)))  # Spearman-Brown
    few = measuring.measure(asked, survey(5, 20), told.only([]), standards())["scales"]["domains"][0]
    assert few["means"]["waiting"] == {"what": "groups", "n": 5, "wanted": 20}
    assert "single" not in few["means"]


@pytest.mark.prove
def test_an_assessment_tells_how_precise_it_is_and_what_asks_more_of_one_group() -> None:
    rng = np.random.default_rng(5)
    people, items = 600, tuple(f"q{k}" for k in range(10))
    group = np.arange(people) % 2
    hard = np.linspace(-1.2, 1.2, 10) + np.zeros((people, 1))
    hard[group == 1, 4] += 1.2
    right = rng.random((people, 10)) < 1 / (1 + np.exp(-(rng.normal(size=(people, 1)) - hard)))
    rows = [(str(p), items[k], float(right[p, k]), p, None, None, None) for p in range(people) for k in range(10)]
    told = Told(*map(list, zip(*rows, strict=True)))
    known = {p: {"gender": "female" if group[p] else "male"} for p in range(people)}
    asked = Asked("knowledge", {"all": items}, frozenset(items), known)
    found = measuring.measure(asked, told, told.only([]), standards())["knowledge"]
    assert found["converged"]
    assert found["model"] == "rasch", "all slopes are one"
    assert 0.6 < found["reliability"] < 0.75  # ten such items on a standard normal trait: information about 2
    assert min(found["items"], key=lambda one: one["difficulty"])["item"] == "q0"
    (dif,) = found["dif"]
    assert dif["large"] == ["q4"]
    small = {p: row for p, row in known.items() if p < 150}
    assert (
        measuring.measure(replace(asked, demographics=small), told, told.only([]), standards())["knowledge"]["dif"]
        == []
    )
    few = told.only([i for i in range(len(told.item)) if int(told.response[i]) < 99])
    waits = measuring.measure(asked, few, told.only([]), standards())["knowledge"]
    assert waits == {"waiting": {"what": "persons", "n": 99, "wanted": 100}}


def as_worker() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE fairlead_worker")


def test_the_worker_reads_research_only_and_stores_no_one(seeded: Any) -> None:
    as_worker()
    assert computing.refresh(seeded.network_id) >= 1
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    row = TechnicalResult.objects.get(version=version)
    found = row.found
    assert found["purposes"] == ["research"]
    asked = Response.objects.filter(version=version, day__gt=seeded.today - timedelta(days=365))
    research = asked.filter(purpose="research", part="single")
    assert found["counted"]["responses"] == sum(r.part in ("single",) for r in research)
    assert found["left_out"]["other_purpose"] == Response.objects.filter(version=version).exclude(
        purpose="research").count()  # fmt: skip
    computing.refresh(seeded.network_id)
    assert TechnicalResult.objects.filter(version=version).count() == 1, "a second run on a day takes its place"


def test_a_page_reads_its_networks_result_and_writes_none(scope_of: Callable[[str], Any], seeded: Any) -> None:
    computing.refresh(seeded.network_id)
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    amara = scope_of("amara")
    known = technical.latest(amara, version.pk)
    assert known is not None
    assert known.day == seeded.today
    with pytest.raises(Exception, match="permission denied"):
        TechnicalResult.objects.update(found={})


def test_a_result_is_nothing_to_another_network(scope_of: Callable[[str], Any], seeded: Any) -> None:
    computing.refresh(seeded.network_id)
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    assert technical.latest(scope_of("ruth"), version.pk) is None
    assert not TechnicalResult.objects.exists(), "the wall says the same"
