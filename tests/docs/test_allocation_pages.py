"""The pages on caseload plans and on the distribution of ratings say what the code does."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

from fairlead.apps.caseload.making import LONGEST
from fairlead.apps.caseload.models import PlanRequest
from fairlead.apps.caseload.solving import TOO_LONG
from fairlead.apps.supervision import template
from fairlead.apps.supervision.distribution import LEAST, Rated, table

DOCS = Path(__file__).resolve().parents[2] / "docs"


def text(page: str) -> str:
    return " ".join((DOCS / page).read_text(encoding="utf-8").split())


def test_what_a_plan_that_was_asked_for_says() -> None:
    page = DOCS / "how-to" / "plan-caseloads.md"
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| [^|]+ \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert rows[0] == "it says"
    assert rows[1:] == [str(state.label).lower() for state in PlanRequest.State]
    said = text("how-to/plan-caseloads.md")
    assert (TOO_LONG, "A solver that has run for ten minutes is ended" in said) == (600, True)
    assert (LONGEST, "the page says so after fifteen minutes" in said) == (timedelta(minutes=15), True)


def test_what_the_distribution_of_ratings_withholds() -> None:
    said = text("explanation/distribution-of-ratings.md")
    assert f"A group of fewer than {LEAST} appraisals is withheld" in said
    sizes = [int(n) for n in re.findall(r"supervisors with (\d+), (\d+) and (\d+) appraisals", said)[0]]
    pack = list(template.packs())[-1]
    found = [
        Rated(0, "", 0, "", pack, {"support": int(k == 0), "growing": 5 - int(k == 0)})
        for n in sizes
        for k in range(n)
    ]
    rows = table(found, [group for group, n in enumerate(sizes) for _ in range(n)], ["first", "second", "third"])
    withheld = [row.name or "whole" for row in rows if row.n is None]
    assert withheld == ["whole", "second"]
    assert "the second is withheld, and with it the line of the whole network" in said
