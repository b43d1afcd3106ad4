"""Plans: errors that help, all at once, and a hash that only content can change."""

from __future__ import annotations

import re
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


@pytest.mark.parametrize(
    ("name", "hash"),
    [
        ("star_kindergarten", "e75f3fb91e5eb0e851cb72da4c7ee414556f8a2313bf65d96758f685fb8c0070"),
        ("coaching_lottery", "8e6581b118e9bb714480e67df55714cd01bccf6952ecfa3985469f6772714806"),
        ("coaching_lottery_students", "9af1639fa28177a92d8d0167d2f6c77a5f9e56c408806f2d4042f260c06d1e8f"),
    ],
)
def test_plans_registered_before_the_second_format_keep_their_hash(name, hash):
    """As computed by the engine that had the first format only."""
    assert impact.shipped_plan(name).hash == hash


LATER = """
[[subgroups]]
name = "lunch"
label = "free lunch"
[costs]
served = 200
[[costs.ingredients]]
name = "tutors"
quantity = 2
unit = "year"
price = 60000
"""


def test_what_the_second_format_adds_is_read_and_hashed():
    plan = impact.read_plan(MINIMAL + LATER)
    assert [item.column for item in plan.subgroups] == ["lunch"]
    assert plan.costs.ingredients[0].price == 60000
    assert impact.canonical_bytes(plan).startswith(b"fairlead-plan-2\n{")
    assert plan.hash != impact.read_plan(MINIMAL).hash
    assert plan.hash != impact.read_plan((MINIMAL + LATER).replace("60000", "60001")).hash


@pytest.mark.parametrize(
    "change",
    [
        'method = "difference"',
        'method = "cace"',
        "permutations = 100",
        'method = "multilevel"\nformula = "outcome ~ treatment + (1 | school)"',
    ],
)
def test_every_choice_of_the_second_format_changes_the_hash(change):
    text = MINIMAL.replace('errors = "HC1"', f'errors = "HC1"\n{change}')
    if "cace" in change:
        text = text.replace('comparison = "no"\n', 'comparison = "no"\nreceived = "came"\n')
    assert impact.read_plan(text).hash != impact.read_plan(MINIMAL).hash


@pytest.mark.parametrize(
    ("old", "new", "where", "words"),
    [
        ("randomized_blocked", "randomized_paired", "assignment.blocks", "column of its pairs"),
        ("randomized_blocked", "matched", "matching", r"needs a \[matching\] table"),
        ("randomized_blocked", "panel", "panel", r"needs a \[panel\] table"),
        ('errors = "HC1"', 'method = "cace"', "assignment.received", "what was received"),
        ('errors = "HC1"', 'method = "lin"', "models[0].covariates", "needs covariates"),
        ('errors = "HC1"', 'method = "matched"', "models[0].method", "for the design matched"),
        ('errors = "HC1"', 'method = "multilevel"', "models[0].formula", "needs its formula"),
        ('errors = "HC1"', 'method = "multilevel"\nformula = "y ~ x + (1 | s)"', "models[0].formula", "names the outcome"),
        ('errors = "HC1"', 'method = "multilevel"\nformula = "outcome ~ treatment"', "models[0].formula", "random part"),
        ('errors = "HC1"', 'errors = "HC1"\nformula = "outcome ~ x"', "models[0].formula", "only a multilevel"),
        ('errors = "HC1"', 'method = "hope"', "models[0].method", "not one of the choices"),
        ('design = "randomized_blocked"', 'design = "qed"\nreceived_value = "x"', "assignment.received", "needs the column"),
    ],
)  # fmt: skip
def test_what_designs_and_methods_need_of_each_other(old, new, where, words):
    found = problems(MINIMAL.replace(old, new, 1))
    assert re.search(words, found[where].what)


def test_what_is_wrong_with_subgroups_and_costs():
    assert (
        "arms are no subgroup"
        in problems(MINIMAL + '[[subgroups]]\nname = "a"\nlabel = "a"\ncolumn = "arm"')["subgroups[0].column"].what
    )
    found = problems(
        MINIMAL + '[costs]\n[[costs.ingredients]]\nname = "x"\nunit = "hour"\nprice = -1\ncategory = "gold"'
    )
    assert set(found) == {
        "costs.ingredients[0].quantity", "costs.ingredients[0].price", "costs.ingredients[0].category",
    }  # fmt: skip
    twice = "cost_per_participant = 5\n" + MINIMAL + LATER
    assert "given twice" in problems(twice)["cost_per_participant"].what


def test_a_table_of_another_design_is_not_ignored():
    found = problems(MINIMAL + '[matching]\nmethod = "nearest"\non = "age"')
    assert "belongs to the design matched" in found["matching"].what


def test_several_imputations_are_refused_with_the_reason():
    found = problems('missing = "multiple_imputation"\n' + MINIMAL)
    assert "clustered data" in found["missing"].next


def test_unknown_shipped_plan():
    with pytest.raises(impact.PlanError, match="star_kindergarten"):
        impact.shipped_plan("star")


def test_the_shipped_texts_are_toml():
    assert tomllib.loads(STAR)["population"]["place"] == "Tennessee"
