"""The page on five levels and cost says what the code says."""

from __future__ import annotations

import doctest
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_examples() -> None:
    failed, tried = doctest.testfile(str(DOCS / "explanation" / "five-levels-and-cost.md"), module_relative=False)
    assert tried >= 11
    assert failed == 0


def test_the_rules_of_signing_in() -> None:
    from fairlead.apps.learning import codes, counting, services

    text = (DOCS / "how-to" / "professional-learning.md").read_text(encoding="utf-8")
    assert (codes.LENGTH, codes.EARLY.seconds, codes.LATE.seconds) == (6, 900, 900)
    assert "a code of six letters and digits" in text
    assert "from 15 minutes before the session to 15 minutes after it" in text
    assert (services.TRIES, services.WITHIN.seconds, counting.FLOOR) == (5, 600, 5)
    assert "After five codes that did not fit, a person waits ten minutes" in text
    assert "at least five people beside those of any one school" in text
    assert codes.ON_TIME.seconds == 900
    assert "more than 15 minutes after the beginning is asked for how many minutes" in text


def test_what_may_stand_for_which_level() -> None:
    from fairlead.apps.learning.services import FITS

    words = {"survey": "survey", "growth": "growth", "diagnosis": "diagnosis", "visits": "visits", "indicator": "indicator",
             "finding": "finding"}  # fmt: skip
    text = (DOCS / "how-to" / "professional-learning.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line[:3] in {f"| {n}" for n in range(1, 6)}]
    assert [int(row[2]) for row in rows] == sorted(FITS)
    for row in rows:
        told = row.split("|")[2].replace("two forms of a survey", "two forms")
        assert {source for source, word in words.items() if word in told} == set(FITS[int(row[2])]), row
