"""The page on item-response models says what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.science.measurement.irt import calibrate, logistic_dif, mantel_haenszel, marginal_reliability
from tests.science.measurement.irt.samples import LEVELS, table, verbal
from tests.science.measurement.irt.test_dif import genders

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "explanation" / "item-response.md").read_text(encoding="utf-8")


def table_after(mark: str) -> str:
    return TEXT.split(f"<!-- {mark} -->\n")[1].split("\n\n")[0]


def lines_of(head: str, rows: list[tuple[str, ...]]) -> str:
    return "\n".join([head, *("| " + " | ".join(row) + " |" for row in rows)])


def test_lsat6() -> None:
    answers = table("lsat6_psych.csv")
    rasch, two = calibrate(answers), calibrate(answers, "2pl")
    rows = [
        (
            one.name,
            f"{one.difficulties[0]:.2f} ({one.difficulty_ses[0]:.2f})",
            f"{other.slope:.2f} ({other.slope_se:.2f})",
            f"{other.difficulties[0]:.2f} ({other.difficulty_ses[0]:.2f})",
        )
        for one, other in zip(rasch.items, two.items, strict=True)
    ]
    rows += [
        ("standard deviation of θ", f"{rasch.sd:.3f} ({rasch.sd_se:.3f})", "1", ""),
        ("log-likelihood", f"{rasch.loglik:.3f}", "", f"{two.loglik:.3f}"),
        ("AIC", f"{rasch.aic:.1f}", "", f"{two.aic:.1f}"),
    ]
    head = "| | Rasch: difficulty (error) | two parameters: slope | difficulty |\n|---|---:|---:|---:|"
    assert table_after("lsat6") == lines_of(head, rows)
    easiness = [f"{item.intercepts[0]:.3f}" for item in rasch.items]
    assert f"is {', '.join(easiness[:-1])} and {easiness[-1]}" in TEXT.replace("\n", " ")
    assert f"raise the log-likelihood by {two.loglik - rasch.loglik:.1f} for" in TEXT
    assert f"reach {marginal_reliability(rasch):.2f}:" in TEXT


def test_verbal_aggression() -> None:
    answers = verbal("resp", LEVELS)
    rows = []
    for model in ("partial credit", "generalized partial credit", "graded"):
        fit = calibrate(answers, model)
        rows.append((model, str(fit.parameters), f"{fit.loglik:.2f}", f"{fit.aic:.0f}", f"{fit.bic:.0f}"))
    assert table_after("verbal") == lines_of(
        "| model | parameters | log-likelihood | AIC | BIC |\n|---|---:|---:|---:|---:|", rows
    )


def test_dif() -> None:
    crossed = logistic_dif(verbal("resp", LEVELS), genders(), reference="F")
    found = mantel_haenszel(verbal("r2", {"N": 0, "Y": 1}), genders(), reference="F")
    rows = [
        (
            item.item,
            f"{item.delta:+.1f} ({item.low:+.1f} to {item.high:+.1f})",
            item.size,
            f"{crossed.item(item.item).r2:.3f}",
            crossed.item(item.item).size,
        )
        for item in found.items
        if item.size != "A"
    ]
    head = "| item | delta of men (95 %) | class | gain in R², three levels | class |\n|---|---:|---|---:|---|"
    assert table_after("dif") == lines_of(head, rows)
    assert (
        f"{found.below} of {found.tested} items have p < 0.05 where {found.expected_below:.1f} would by chance"
        in TEXT
    )


def test_what_mirt_reaches() -> None:
    """The log-likelihood of a standard deviation fixed at one, at the difficulties that mirt 1.2 prints for LSAT 6."""
    assert "log-likelihood −2473.05 where −2466.94 is reached" in TEXT
    assert calibrate(table("lsat6_psych.csv")).loglik == pytest.approx(-2466.94, abs=0.005)
