"""Project STAR, kindergarten, against published and independently computed values."""

from __future__ import annotations

import csv

import pytest

from fairlead.science import impact
from tests.plugins.skips import needs_data


@pytest.fixture(scope="module")
def star() -> impact.StudyResult:
    return impact.analyse(
        impact.shipped_plan("star_kindergarten"),
        impact.star_kindergarten(),
        provenance=impact.Provenance(source="Project STAR, public use (R package AER)"),
    )


@pytest.mark.parametrize(
    ("model", "estimate", "se", "n"),
    [
        # R: lm(readk + mathk ~ stark), vcovHC(type = "HC1"), AER 1.2-10; Stock & Watson table 13.1: 13.90 (2.45)
        ("difference", 13.8989945, 2.4540933, 5786),
        # + experiencek + schoolidk; Stock & Watson table 13.2: 15.93 (2.24)
        ("school_effects", 15.9330822, 2.2411750, 5766),
    ],
)
def test_published_values(star, model, estimate, se, n):
    """The same sums in double precision in another order: seven decimals are all that R printed, so 5e-8."""
    got = star.result("total_score", model).estimate
    assert got.estimate == pytest.approx(estimate, abs=5e-8)
    assert got.se == pytest.approx(se, abs=5e-8)
    assert got.n == n


def test_other_coefficients_match_the_published_model(star):
    terms = {term.name: term for term in star.primary.estimate.terms}
    assert terms["class_type=regular+aide"].estimate == pytest.approx(1.2151959575, abs=1e-9)
    assert terms["class_type=regular+aide"].se == pytest.approx(2.0353414732, abs=1e-9)
    assert terms["teacher_experience"].estimate == pytest.approx(0.7431059148, abs=1e-9)
    assert terms["teacher_experience"].p == pytest.approx(1.222880281e-05, rel=1e-8)


def test_sample_flow_accounts_for_every_child(star):
    flow = star.primary.flow
    assert (flow.assigned.intervention, flow.assigned.comparison, flow.other_assigned) == (1900, 2194, 2231)
    dropped = [(item.reason, item.n) for item in flow.dropped]
    assert dropped == [("missing_outcome", 539), ("missing_covariate", 20)]
    gone = sum(item.n for item in flow.dropped)
    assert flow.rows - flow.unassigned - gone == star.primary.estimate.n == 5766


def test_verdict_depends_on_the_school_effects(star):
    """Chances differed between schools: with school effects the lottery is intact, without them it is not."""
    assert star.primary.verdict.rating == "MWOR"
    assert star.primary.verdict.essa == "1"
    assert star.primary.verdict.provisional
    plain = star.result("total_score", "difference").verdict
    assert plain.rating == "DNM"
    assert not plain.causal
    failed = [line.rule for line in plain.lines if line.outcome == "fail"]
    assert failed == ["randomization.intact", "equivalence.required", "rating"]


def test_result_survives_storage(star):
    assert impact.StudyResult.from_json(star.to_json()) == star


def test_shared_reference_values_agree(star):
    path = needs_data("eval", "reference_values.csv")
    rows = {row["id"]: row["value"] for row in csv.DictReader(path.open(encoding="utf-8"))}
    for key, model in (("star.sw.small", "difference"), ("star.sw.fe", "school_effects")):
        estimate, se = rows[key].rstrip(")").split(" (")
        got = star.result("total_score", model).estimate
        # five decimals, of which 2.24118 was rounded twice (2.2411750 → 2.24118), so one unit of the last place
        assert got.estimate == pytest.approx(float(estimate), abs=1e-5)
        assert got.se == pytest.approx(float(se), abs=1e-5)
