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
