"""A lottery that was drawn under limits is tested by draws under the same limits."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest

from fairlead.science import impact
from fairlead.science.impact import lottery, trials
from fairlead.science.impact.lottery.design import Design, Entry, Limit

VALUES = (1, 2, 4, 7, 11, 16, 3, 9)
DESIGN = Design(
    "places",
    tuple(Entry(f"s{i}", values=(str(v),)) for i, v in enumerate(VALUES)),
    places=4,
    limits=(Limit("x", "2"),),
)
FINE = [
    winners
    for winners in itertools.combinations(range(8), 4)
    if abs(2 * sum(VALUES[i] for i in winners) - sum(VALUES)) <= 8  # means of four differ by 2 at most
]


def test_p_is_the_share_of_acceptable_draws() -> None:
    y = np.array([3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.0, 3.5])
    won = np.isin(np.arange(8), FINE[0])
    gaps = [y[list(w)].mean() - np.delete(y, list(w)).mean() for w in FINE]
    exact = np.mean(np.abs(gaps) >= abs(y[won].mean() - y[~won].mean()) - 1e-12)
    draws = lottery.assignments(DESIGN, 2500)
    found = trials.randomization_test(y, won, rng=np.random.default_rng(0), redraws=draws)
    assert found.under_limits
    assert not found.exact
    # 2,500 draws: four standard errors of a share are 0.04
    assert found.p == pytest.approx(exact, abs=0.04)
    everything = trials.randomization_test(y, won, rng=np.random.default_rng(0))
    assert everything.exact
    assert abs(everything.p - exact) > 0.04  # the limits do matter here


def test_a_study_uses_the_draws_of_its_record() -> None:
    """Through `analyse`: the plan asks for permutations, the record's draws come as keys and winners, one unit is lost."""
    won = np.isin(np.arange(8), FINE[3])
    table = pl.DataFrame(
        {
            "school": [f"s{i}" for i in range(8)],
            "arm": np.where(won, "first", "later"),
            "attendance": [93.0, 91.0, None, 91.5, 95.0, 92.6, 94.0, 93.5],
            "before": [92.0, 91.5, 93.0, 90.0, 94.0, 92.0, 93.0, 93.8],
        }
    )
    draws = trials.Redraws("school", tuple(e.key for e in DESIGN.ordered), lottery.assignments(DESIGN, 500) == 1)
    plan = impact.read_plan(_PLAN)
    result = impact.analyse(plan, table, provenance=impact.Provenance(source="invented"), redraws=draws)
    redraw = result.primary.redraw
    assert redraw is not None
    assert redraw.under_limits
    assert redraw.draws == 500
    assert impact.StudyResult.from_json(result.to_json()) == result
    for language, words in (("en", "from its record, with the same strata"), ("es", "a partir de su registro")):
        assert words in str(impact.build_report(result, language))
    strange = table.with_columns(pl.lit("z").alias("school"))
    with pytest.raises(impact.ImpactError, match="was not in the lottery"):
        impact.analyse(plan, strange.head(8).with_columns(pl.Series("school", [f"z{i}" for i in range(8)])),
                       provenance=impact.Provenance(source="invented"), redraws=draws)  # fmt: skip


@pytest.mark.prove
def test_the_level_under_limits() -> None:
    """No effect, an outcome that the balanced covariate explains: draws under the limits keep 10 %, all draws fall below.

    1,200 outcomes of twelve schools: a share of 0.1 has a standard error of 0.0087, four of them 0.035.
    """
    rng = np.random.default_rng(11)
    values = np.arange(12) ** 2
    entries = tuple(Entry(f"s{i:02d}", values=(str(v),)) for i, v in enumerate(values))
    draws = lottery.assignments(Design("places", entries, places=6, limits=(Limit("x", "10"),)), 1200)
    hits = np.zeros(2)
    for group in draws:
        y = values + rng.normal(0, 5, 12)
        hits[0] += trials.randomization_test(y, group, rng=rng, redraws=draws[:400]).p <= 0.1
        hits[1] += trials.randomization_test(y, group, rng=rng).p <= 0.1
    assert hits[0] / 1200 == pytest.approx(0.1, abs=0.035)
    assert hits[1] / 1200 < 0.01


_PLAN = """
title = "A roll-out"
title_es = "Una puesta en marcha"
question = "Does it help?"
question_es = "¿Ayuda?"
intervention = "the programme"
intervention_es = "el programa"
comparison = "waiting"
comparison_es = "la espera"
evaluator = "provider"
[population]
who = "eight schools"
who_es = "ocho escuelas"
place = "Harborview"
period = "2027"
participants = "schools"
participants_es = "escuelas"
rows = "school"
[assignment]
design = "randomized_individual"
unit = "school"
column = "arm"
intervention = "first"
comparison = "later"
identifier = "school"
[attrition]
boundary = "cautious"
[[outcomes]]
name = "attendance"
label = "attendance"
label_es = "asistencia"
domain = "attendance"
unit = "percent"
unit_es = "por ciento"
primary = true
reliability_kind = "standardised"
[[baseline]]
name = "before"
label = "attendance before"
label_es = "asistencia anterior"
required = true
[[models]]
name = "plain"
label = "difference"
label_es = "diferencia"
method = "difference"
permutations = 500
primary = true
"""


def test_an_order_is_tested_by_every_order() -> None:
    """Six schools in three steps: all 90 orders, refitted by least squares with dummies; and through a plan."""
    rng = np.random.default_rng(3)
    periods = np.arange(5)
    orders = np.array(sorted(set(itertools.permutations((1, 1, 2, 2, 3, 3)))), dtype=float)
    y = rng.normal(0, 1, (6, 5)) + np.arange(6)[:, None] + 2.0 * (periods[None, :] >= orders[0][:, None])

    def fitted(order: np.ndarray, outcome: np.ndarray) -> float:
        z = (periods[None, :] >= order[:, None]).astype(float).reshape(-1)
        x = np.column_stack([z, np.kron(np.eye(6), np.ones((5, 1))), np.tile(np.eye(5), (6, 1))[:, 1:]])
        return float(np.linalg.lstsq(x, outcome.reshape(-1), rcond=None)[0][0])

    found = trials.stepped_test(y, orders[0], periods, orders)
    every = np.array([fitted(order, y) for order in orders])
    assert found.statistic == pytest.approx(every[0], abs=1e-9)
    hits = int((np.abs(every) >= abs(every[0]) - 1e-9).sum())
    assert found.p == pytest.approx((1 + hits) / 91, abs=1e-12)
    assert found.ci_low is not None
    assert found.ci_high is not None
    for inside in (found.ci_low, found.ci_high):  # at the edges of the interval the p-value reaches alpha
        shifted = y - inside * (periods[None, :] >= orders[0][:, None])
        assert trials.stepped_test(shifted, orders[0], periods, orders).p > 0.04
    beyond = y - (found.ci_high + 0.05) * (periods[None, :] >= orders[0][:, None])
    assert trials.stepped_test(beyond, orders[0], periods, orders).p <= 0.05
    with pytest.raises(impact.DataError, match="no period has"):
        trials.stepped_test(y, np.zeros(6), periods, orders)
    with pytest.raises(impact.DataError, match="one finite value"):
        trials.stepped_test(y[:, :4], orders[0], periods, orders)
    with pytest.raises(impact.DataError, match="was not in the lottery"):
        trials.Orders("school", ("a",), orders[:, :1]).of(["b"])
