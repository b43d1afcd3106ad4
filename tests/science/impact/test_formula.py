"""Formulas as lme4 writes them."""

from __future__ import annotations

import pytest

from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import INTERCEPT, build_design
from fairlead.science.impact.problems import EstimationError


def terms(text: str) -> list[str]:
    return [":".join(map(str, term)) or "1" for term in parse_formula(text).terms]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y ~ 1", ["1"]),
        ("y ~ (1 | school)", ["1"]),
        ("y ~ a + b", ["1", "a", "b"]),
        ("y ~ 0 + a", ["a"]),
        ("y ~ a * b", ["1", "a", "b", "a:b"]),
        ("y ~ (a + b + c)**2", ["1", "a", "b", "c", "a:b", "a:c", "b:c"]),
        ("y ~ log(a) + C(grade) + (1 + a | school) + b", ["1", "log(a)", "C(grade)", "b"]),
    ],
)
def test_the_fixed_part(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("text", "groups", "inner"),
    [
        ("y ~ x + (1 | school)", [("school",)], [["1"]]),
        ("y ~ (1 + x | school)", [("school",)], [["1", "x"]]),
        ("y ~ (x | school)", [("school",)], [["1", "x"]]),
        ("y ~ (0 + x | school)", [("school",)], [["x"]]),
        ("y ~ (1 | district/school)", [("district",), ("district", "school")], [["1"], ["1"]]),
        ("y ~ (1 | school:district) + (1 | district)", [("district", "school"), ("district",)], [["1"], ["1"]]),
    ],
)
def test_random_parts(text: str, groups: list[tuple[str, ...]], inner: list[list[str]]) -> None:
    found = parse_formula(text).random
    assert [part.group for part in found] == groups
    assert [[":".join(map(str, term)) or "1" for term in part.terms] for part in found] == inner


def test_two_bars_are_not_correlated() -> None:
    assert [part.correlated for part in parse_formula("y ~ (1 | a) + (1 + x || a)").random] == [True, False]


@pytest.mark.parametrize(
    "text", ["", "y", "~ x", "y ~", "y ~ x | g", "y ~ f(x)", "y ~ (1 | a b)", "y ~ x +* z", "y ~ 3"]
)
def test_what_cannot_be_read_is_refused_with_what_can(text: str) -> None:
    with pytest.raises(EstimationError) as refused:
        parse_formula(text)
    assert refused.value.problems[0].where == "formula"
    assert refused.value.problems[0].allowed


def test_treatment_coding_keeps_full_rank() -> None:
    levels = {"arm": ["aide", "regular", "small"]}
    assert build_design(parse_formula("y ~ arm"), levels).fixed == (INTERCEPT, "arm=regular", "arm=small")
    assert build_design(parse_formula("y ~ 0 + arm"), levels).fixed == ("arm=aide", "arm=regular", "arm=small")
    assert build_design(parse_formula("y ~ x + arm:x"), levels).fixed == (
        INTERCEPT,
        "x",
        "arm=regular:x",
        "arm=small:x",
    )
    assert build_design(parse_formula("y ~ 1 + arm:x"), levels).fixed == (
        INTERCEPT,
        "arm=aide:x",
        "arm=regular:x",
        "arm=small:x",
    )
