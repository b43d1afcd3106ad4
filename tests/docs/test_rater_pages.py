"""The pages on raters say what the code says."""

from __future__ import annotations

import doctest
from pathlib import Path

from fairlead.apps.access.purposes import purposes
from fairlead.apps.raters import drawing, reminding
from fairlead.apps.raters.counting import LEAST
from fairlead.apps.raters.models import Basis
from fairlead.desks.coach.arrivals import WAITS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_examples() -> None:
    failed, tried = doctest.testfile(str(DOCS / "explanation" / "severity-and-drift.md"), module_relative=False)
    assert tried >= 15
    assert failed == 0


def test_the_numbers_in_words_are_the_codes() -> None:
    page = (DOCS / "explanation" / "severity-and-drift.md").read_text(encoding="utf-8")
    assert f"Below **{LEAST[Basis.VISITS]}** visits" in page
    assert f"or **{LEAST[Basis.CASES]}** calibration cases" in page
    how = " ".join((DOCS / "how-to" / "calibrate-raters.md").read_text(encoding="utf-8").split())
    assert f"in the last {drawing.LOOKS_BACK.days} days" in how
    assert (reminding.AHEAD.days, "Thirty days before" in how) == (30, True)
    assert (WAITS.days, "for fourteen days" in how) == (14, True)


def test_who_reads_what_is_the_table_of_purposes() -> None:
    table = purposes()
    assert {"network", "analyst"} <= table["calibration"].uses["scores"]
    assert table["research"].uses["scores"] == {"author", "subject", "analyst"}
    assert table["research"].uses["indicators"] == {"network", "analyst"}
    assert table["coaching"].uses["scores"] == {"author", "subject"}
    assert table["coaching"].uses["indicators"] == frozenset()
    assert all(not table[key].uses["appraisal"] for key in ("calibration", "research", "coaching"))
