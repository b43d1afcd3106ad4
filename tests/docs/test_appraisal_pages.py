"""The numbers on the pages about appraisals."""

from __future__ import annotations

from pathlib import Path

from fairlead.apps.instruments.starters import starters
from fairlead.apps.progress.definitions import indicators
from fairlead.apps.supervision import template
from fairlead.apps.supervision.distribution import LEAST
from fairlead.apps.supervision.services import why_no_voice
from fairlead.desks.shares import percent
from fairlead.science.proportion import wilson

DOCS = Path(__file__).parents[2] / "docs"


def text(name: str) -> str:
    return " ".join((DOCS / name).read_text(encoding="utf-8").split())


def test_the_interval_and_the_least_group_of_the_how_to() -> None:
    page, share = text("how-to/appraisal-year.md"), wilson(2, 10)
    low, high = (percent(x).replace("%", " %") for x in (share.low, share.high))
    assert f"With two in ten needing support the interval goes from {low} to {high}" in page
    assert f"groups of fewer than {LEAST} are withheld" in page


def test_what_is_admitted_and_that_no_starter_lets_a_voice_be_used() -> None:
    page, admitted = text("explanation/appraisal-is-not-coaching.md"), template.packs()["example-2025"].results
    assert f"Of the {len(indicators())} indicators {len(admitted)} are admitted" in page
    assert set(admitted) <= set(indicators())
    asked = [form for form, _published in starters() if form.kind != "appraisal"]
    assert all(why_no_voice(form, "survey") for form in asked)
