"""Plans: errors that help, all at once, and a hash that only content can change."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science import impact

STAR = impact.shipped_plan_text("star_kindergarten")
MINIMAL = """
title = "T"
question = "Q?"
intervention = "tutoring"
comparison = "no tutoring"
[population]
who = "third graders of two schools"
place = "Harborview"
period = "2025-26"
participants = "students"
[assignment]
design = "randomized_blocked"
unit = "student"
column = "arm"
intervention = "yes"
comparison = "no"
[[outcomes]]
name = "score"
label = "score"
domain = "achievement"
unit = "points"
primary = true
[[models]]
name = "m"
label = "m"
errors = "HC1"
primary = true
"""


def problems(text: str) -> dict[str, impact.Problem]:
    with pytest.raises(impact.PlanError) as caught:
        impact.read_plan(text)
    return {problem.where: problem for problem in caught.value.problems}


@pytest.mark.parametrize("name", ["star_kindergarten", "coaching_lottery", "coaching_lottery_students"])
def test_shipped_plans_are_plans(name):
    plan = impact.shipped_plan(name)
    assert plan.primary_outcome
    assert plan.primary_model


def test_a_minimal_plan_gets_its_defaults():
    plan = impact.read_plan(MINIMAL)
    assert (plan.alpha, plan.standards, plan.missing, plan.attrition.boundary) == (
        0.05,
        "4.1",
        "complete_case",
        "cautious",
    )
    assert plan.primary_outcome.columns == ("score",)
    assert plan.intervention_es == "tutoring"


def test_everything_wrong_is_reported_at_once():
    text = (
        MINIMAL.replace('errors = "HC1"', 'errors = "HC7"')
        .replace('question = "Q?"\n', "alpha = 5\n")
        .replace("primary = true\n[[models]]", "primary = true\nhigher_is_beter = false\n[[models]]")
        .replace('place = "Harborview"', "place = 7")
    )
    found = problems(text)
    assert set(found) == {"question", "alpha", "outcomes[0].higher_is_beter", "models[0].errors", "population.place"}
    assert "higher_is_better" in found["outcomes[0].higher_is_beter"].next
    assert found["models[0].errors"].allowed == "HC1, CR1, CR2"
    assert found["models[0].errors"].got == "'HC7'"
    assert found["alpha"].allowed == "a number from 0.0001 to 0.5"


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ('design = "randomized_blocked"', 'design = "rct"', "assignment.design", "not one of the choices"),
        ('unit = "student"', "", "assignment.unit", "is missing"),
        ('errors = "HC1"', 'errors = "CR1"', "models[0].cluster", "need a cluster column"),
        ('design = "randomized_blocked"', 'design = "randomized_cluster"', "assignment.cluster", "needs the column"),
        ('comparison = "no"\n', 'comparison = "yes"\n', "assignment", "its own value"),
        ('errors = "HC1"', 'errors = "HC1"\noutcomes = ["scor"]', "models[0].outcomes", "no such outcome"),
        ("primary = true\n[[models]]", "[[models]]", "outcomes", "exactly one must be primary"),
        ("[population]", 'missing = "multiple_imputation"\n[population]', "missing", "not one of the choices"),
        ("[population]", "smallest_effect = -1\n[population]", "smallest_effect", "within its range"),
        (
            'period = "2025-26"',
            'period = "2025-26"\ngrades = ["3", "13"]',
            "population.grades",
            "not one of the choices",
        ),
        ('domain = "achievement"', 'domain = "achievement"\nprimary = "yes"', "TOML", "not TOML"),
    ],
)
def test_errors_say_where_and_what(old, new, where, words):
    found = problems(MINIMAL.replace(old, new, 1))
    assert words in found[where].what
    assert str(found[where])


def test_missing_data_says_what_comes_next():
    found = problems(MINIMAL.replace("[population]", 'missing = "mi"\n[population]'))
    assert "complete_case" in found["missing"].next


def test_comments_spacing_and_order_do_not_change_the_hash():
    plan = impact.read_plan(MINIMAL)
    lines = MINIMAL.strip().split("\n")
    turned = "# another comment\n" + "\n\n".join([*reversed(lines[:4]), *lines[4:]]).replace(" = ", "   =  ")
    assert impact.plan_hash(impact.read_plan(turned)) == plan.hash
    blocks = MINIMAL.strip().split("\n[")
    moved = "\n[".join([blocks[0], blocks[2], blocks[1], *blocks[3:]])
    assert moved != MINIMAL.strip()
    assert impact.plan_hash(impact.read_plan(moved)) == plan.hash


def test_writing_out_a_default_does_not_change_the_hash():
    written = MINIMAL.replace("[population]", 'alpha = 0.05\nstandards = "4.1"\n[population]')
    assert impact.read_plan(written).hash == impact.read_plan(MINIMAL).hash


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(["Q?", "tutoring", "third graders of two schools", "Harborview", "score", "points"]), st.data()
)
def test_any_change_of_content_changes_the_hash(word, data):
    other = data.draw(
        st.text("abcdefgh XYZ", min_size=1, max_size=12).map(str.strip).filter(lambda x: x and x != word)
    )
    changed = MINIMAL.replace(f'"{word}"', f'"{other}"', 1)
    assert impact.read_plan(changed).hash != impact.read_plan(MINIMAL).hash


def test_the_hash_is_stable():
    """Registered hashes must stay valid: a change of the canonical form is a new format name."""
    assert impact.canonical_bytes(impact.read_plan(MINIMAL)).startswith(b"fairlead-plan-1\n{")
    assert impact.read_plan(MINIMAL).hash == "56ad5d7edb6acf1fd9ce541a3816a458475474e9bb4729d3a0f2583457d481c5"


def test_unknown_shipped_plan():
    with pytest.raises(impact.PlanError, match="star_kindergarten"):
        impact.shipped_plan("star")


def test_the_shipped_texts_are_toml():
    assert tomllib.loads(STAR)["population"]["place"] == "Tennessee"
