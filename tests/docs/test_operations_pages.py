"""The pages on requests, leaders' time, retention and load say what the code and the rules say."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from fairlead.apps.facts.selectors import MANY_CONTACTS
from fairlead.apps.operations.models import Category, Request
from fairlead.apps.operations.rules import packs, time_rule

DOCS = Path(__file__).resolve().parents[2] / "docs"


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "least"), [("how-to/leaders-time.md", 5), ("explanation/retention-and-load.md", 9)])
def test_examples(page: str, least: int) -> None:
    failed, tried = doctest.testfile(str(DOCS / page), module_relative=False)
    assert tried >= least
    assert failed == 0


def test_the_table_of_levels_is_the_pack_in_force() -> None:
    rows = re.findall(
        r"^\| ([^|]+) \| ([\d /]+) \| ([\d /]+) \| ([\d /]+) \| ([^|]+) \|$", text("how-to/ask-for-help.md"), re.M
    )
    wanted = []
    for kind in packs()[-1].kinds.values():
        levels = [f"{kind.levels[u].answer} / {kind.levels[u].solve}" for u in Request.Urgency.values]
        wanted.append((kind.texts["label"], *levels, f"{kind.hours.likely} ({kind.hours.low} to {kind.hours.high})"))
    assert rows == wanted
    assert packs()[-1].confidence == "example"


def test_the_numbers_in_words_are_the_rules() -> None:
    page = " ".join(text("how-to/leaders-time.md").split())
    rule = time_rule()
    assert f"each line counts for {rule.minutes_a_line} minutes" in page
    assert f"of {rule.hours_a_week} hours are known" in page
    assert f"at least {rule.least_leaders} are in it" in page
    for category in Category:
        assert str(category.label).lower() in page.lower(), category
    assert (MANY_CONTACTS, "four or more visits" in text("explanation/retention-and-load.md")) == (4, True)
    view = (DOCS.parent / "src/fairlead/apps/facts/migrations/0006_staff_and_requests.py").read_text(encoding="utf-8")
    days = set(re.findall(r"begins\)? \+ (\d+)", view))
    assert days == {"35"}
    assert "**35 days**" in text("explanation/retention-and-load.md")
