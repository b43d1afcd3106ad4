"""The page on matched comparisons says what the code says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from fairlead.science.impact.matching import beside, table_of
from tests.plugins.skips import needs_data
from tests.science.impact.matching import test_matching_simulation as simulation

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "matched-comparison.md"
TEXT = PAGE.read_text(encoding="utf-8")
ON = "age + educ + race + married + nodegree + re74 + re75"
WAYS = {
    "nearest": {"method": "nearest"},
    "nearest, caliper 0.2": {"method": "nearest", "caliper": 0.2},
    "nearest, with replacement": {"method": "nearest", "replace": True},
    "Mahalanobis": {"method": "mahalanobis"},
    "Mahalanobis, exact on race": {"method": "mahalanobis", "exact": ["race"]},
    "coarsened exact": {"method": "cem"},
    "entropy balancing": {"method": "ebal"},
    "inverse probability": {"method": "ipw"},
}


def table_after(mark: str) -> str:
    return TEXT.split(f"<!-- {mark} -->\n")[1].split("\n\n")[0]


@pytest.mark.prove
def test_examples() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried >= 6
    assert failed == 0


def test_lalonde() -> None:
    """The baseline fails before matching; after, some ways pass with adjustment, one outright, and some still fail."""
    data = needs_data("eval", "lalonde_matchit.csv")
    answers = beside(data, treated="treat", on=ON, outcome="re78", ways=WAYS)
    print(table_of(answers))
    assert table_of(answers) == table_after("lalonde")
    by_name = {answer.name: answer for answer in answers}
    assert by_name["nearest"].comparison.standing("before") == "fails"
    caliper = by_name["nearest, caliper 0.2"].comparison
    lost = caliper.complete.intervention - caliper.compared.intervention
    assert f"{lost} trainees have no" in TEXT
    passed = [answer for answer in answers if answer.comparison.standing() != "fails"]
    assert {answer.name for answer in passed} == {
        "nearest, caliper 0.2",
        "coarsened exact",
        "entropy balancing",
        "inverse probability",
    }
    for answer in passed:  # "All intervals that pass hold the experiment's answer, and all hold zero"
        assert answer.adjusted.ci_low < 0 < 1794 < answer.adjusted.ci_high
    assert by_name["Mahalanobis"].comparison.ties == 10


NAMES = {
    "entropy balancing": ("TABLE", "ebal"),
    "inverse probability, ATT": ("TABLE", "ipw ATT"),
    "inverse probability, ATE": ("TABLE", "ipw ATE"),
    "nearest, adjusted": ("TABLE", "nearest, adjusted"),
    "Mahalanobis, adjusted": ("TABLE", "mahalanobis, adjusted"),
    "nearest with replacement, adjusted": ("TABLE", "nearest with replacement, adjusted"),
    "within school, 24 schools": ("TABLE", "within school"),
    "within school, 10 schools": ("TABLE", "within school, 10 schools"),
    "within school, 40 schools": ("TABLE", "within school, 40 schools"),
    "schools first": ("TABLE", "schools first"),
    "coarsened exact": ("TABLE", "cem"),
    "*known failure:* whole schools treated, errors by pair": (
        "KNOWN",
        "errors by pair where whole schools were treated",
    ),
    "*known failure:* schools differ unseen, errors as if students were alone": (
        "KNOWN",
        "pairs across schools, errors as if students were alone",
    ),
    "*known failure:* schools differ unseen, errors by school": (
        "KNOWN",
        "errors by school do not mend a confounding by school",
    ),
}


def said() -> dict[str, float]:
    return {
        name: float(share)
        for name, share in re.findall(r"^\| ([^|]+) \| ([\d.]+) \|$", table_after("simulation"), re.M)
    }


def test_the_simulated_shares_are_all_told() -> None:
    assert set(said()) == set(NAMES)
    alone, by_school, within = (
        said()[name]
        for name in (
            "*known failure:* schools differ unseen, errors as if students were alone",
            "*known failure:* schools differ unseen, errors by school",
            "within school, 24 schools",
        )
    )
    assert f"in {alone:.0f} of 100" in TEXT
    assert f"raise that to {by_school:.0f}" in TEXT
    assert f"back to {within:.0f}" in TEXT
    assert {name for _, name in NAMES.values()} == {*simulation.TABLE, *simulation.KNOWN}


# That the shares are these is checked where they are simulated: tests/science/impact/matching/test_matching_simulation.py
