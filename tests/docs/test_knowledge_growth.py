"""The page on growth between two forms says what the code says."""

from __future__ import annotations

import doctest
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "knowledge-growth.md"


def test_examples() -> None:
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert tried >= 11
    assert failed == 0


def test_the_bounds_of_the_table() -> None:
    from fairlead.science.measurement.irt import sittings

    assert f"| {sittings.OWN_SLOPES} or more |" in PAGE.read_text(encoding="utf-8")
    assert f"| {sittings.ONE_SLOPE} to {sittings.OWN_SLOPES - 1} |" in PAGE.read_text(encoding="utf-8")
