"""The pages on supports say what the code, the templates and the purposes say."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

from fairlead.apps.access.purposes import purposes
from fairlead.apps.cycles import aims, content
from fairlead.apps.cycles.selectors import DAYS_OF_A_MONTH
from fairlead.apps.cycles.templates import newest

DOCS = Path(__file__).resolve().parents[2] / "docs"


def text(page: str) -> str:
    return " ".join((DOCS / page).read_text(encoding="utf-8").split())


def test_examples() -> None:
    page = DOCS / "explanation" / "what-a-support-tells.md"
    failed, tried = doctest.testfile(str(page), module_relative=False)
    assert (failed, tried) == (0, 5)
    assert f"days_of_a_month = {365.25:g} / 12" in text("explanation/what-a-support-tells.md")
    assert DAYS_OF_A_MONTH == 365.25 / 12


def test_numbers_of_the_cycle_and_the_team_are_the_templates() -> None:
    cycle, team = newest("content_cycle"), newest("leadership_team")
    assert cycle is not None
    assert team is not None
    page = text("how-to/run-a-learning-cycle.md")
    subtopics, steps = len(cycle.steps) // content.PARTS, len(cycle.steps)
    assert f"The shipped template has {subtopics} subtopics in {steps} steps" in page
    first = [step.days for step in cycle.steps[: content.PARTS]]
    assert f"on each of the days {first[0]}, {first[1]} and {first[2]}" in page
    assert f"at most {content.MOST_STANDARDS}" in page
    page = text("how-to/lead-a-leadership-team.md")
    assert f"at most {aims.MOST_GOALS} at a time" in page
    last = team.steps[-1].days
    assert (
        f"The steps of the shipped template: {len(team.steps)}, from the vision on day 0 to looking back on day {last}"
        in page
    )


def test_the_table_of_readers_is_the_purposes() -> None:
    rows = re.findall(
        r"\| ([a-z ,]+) \| (coaching|supervision|improvement) \| ([^|]+) \|",
        text("explanation/what-a-support-tells.md"),
    )
    kinds = {
        name.strip().replace(" learning ", " ").replace(" ", "_"): purpose
        for names, purpose, _ in rows
        for name in names.split(",")
    }
    assert len(kinds) == 7
    for kind, purpose in kinds.items():
        template = newest(kind)
        assert template is not None, kind
        assert (template.purpose, template.context_first) == (purpose, kind == "consulting")
    words: dict[str, set[str]] = {
        "coaching": set(),
        "supervision": {"network"},
        "improvement": {"leader", "director", "network", "analyst"},
    }
    for purpose, beyond in words.items():
        known = purposes()[purpose]
        assert set(known.uses["notes"]) - {"author", "subject"} == beyond, purpose
        assert {"leader", "director", "network"} <= set(known.uses["dose"]), purpose
