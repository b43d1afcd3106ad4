"""What 18 schools can detect, as the page on lotteries says it: computed with the assumptions that it spells out."""

from __future__ import annotations

from pathlib import Path

from fairlead.science.impact import power

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "why-a-lottery.md"


def test_what_eighteen_schools_can_detect() -> None:
    found = power.span(
        "clusters", {"r2_cluster": 0.75}, {"r2_cluster": 0.5}, vary="count", wanted=0.2,
        n=100, count=18, icc=0.2, r2=0.5, covariates=1,
    )  # fmt: skip
    page = PAGE.read_text(encoding="utf-8")
    assert f"an effect of {found.hopeful.mdes:.2f} to {found.cautious.mdes:.2f} standard deviations" in page
    assert f"it would take {found.needs[0]} to {found.needs[1]} schools" in page


def test_the_designs_side_by_side() -> None:
    spans = {
        "18 schools, nine first": [
            power.clusters(100, 18, icc=0.2, r2_cluster=r2, r2=0.5, covariates=1) for r2 in (0.75, 0.5)
        ],
        "18 schools in three steps": [
            power.stepped_wedge(100, (6, 6, 6), icc=0.2, r2=0.5, autocorrelation=stays) for stays in (0.95, 0.8)
        ],
        "120 teachers within the 18 schools": [
            power.blocked(120 / 18, 18, icc=0.1, r2=r2, covariates=1) for r2 in (0.5, 0)
        ],
    }
    rows = [f"| {name} | {one.mdes:.2f} | {two.mdes:.2f} |" for name, (one, two) in spans.items()]
    told = PAGE.read_text(encoding="utf-8").split("<!-- designs -->\n")[1].split("\n\n")[0].splitlines()[2:]
    assert told == rows
