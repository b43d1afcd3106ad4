"""Does a 95 % interval of the group-time effects' mean hold the truth in 95 of 100 panels? Bands fixed before the first run.

2,000 panels a condition; the simulation's own error at 0.95 is 0.0049. Effects grow with time and differ by cohort, levels
differ by unit, later periods and treated units are noisier. Errors are for many clusters, so the bands are: 0.935 to 0.965
from 100 units on (200 for the doubly robust one, which estimates more), 0.92 to 0.96 with 40 clusters, and, as known
failures that the engine warns of, below 0.94 with 20 and below 0.92 with 12. The first run had one more condition in the
first band, selection with noise 1.5: it held 0.889, because treated and never-treated units hardly overlap there (2,000 units
of the kind hold 0.94). It stays as a known failure, and the engine now warns when weights leave few comparison units.
"""

from __future__ import annotations

import numpy as np
import pytest

from fairlead.science.impact.moments import Origin
from fairlead.science.impact.panel import Panel, aggregate, bands, group_time
from fairlead.science.impact.panel.group_time import group_time_cells

REPETITIONS = 2000
PERIODS = 5
COHORTS = np.array([2.0, 3.0, 4.0, np.inf])


def simulated(rng: np.random.Generator, units: int, per: int = 1, selected: float = 0.0) -> Panel:
    """Four cohorts alike in size; clusters of `per` units start together and share shocks. `selected`: a covariate makes
    units grow, and start earlier, with so much noise in who starts when (0: no selection)."""
    clusters = units // per
    x = rng.normal(size=clusters)
    if selected:
        order = np.argsort(x + rng.normal(size=clusters) * selected)[::-1]
        codes = np.empty(clusters, dtype=np.intp)
        codes[order] = np.arange(clusters) * 4 // clusters
    else:
        codes = np.arange(clusters) % 4
    place = np.argsort(codes, kind="stable")
    cohort = np.repeat(codes[place], per)
    cluster = np.repeat(np.arange(clusters), per)
    x = np.repeat(x[place], per)
    times = np.arange(1.0, PERIODS + 1)
    start = COHORTS[cohort][:, None]
    treated = times >= start
    effect = np.where(treated, 0.5 + 0.3 * np.where(treated, times - start, 0.0) + 0.2 * cohort[:, None], 0.0)
    noise = rng.normal(size=(units, PERIODS)) * (0.5 + 0.2 * times) * (1 + 0.5 * treated)
    shock = rng.normal(size=(clusters, PERIODS))[cluster] * (0.7 if per > 1 else 0.0)
    y = (
        rng.normal(size=(units, 1)) * 3
        + 0.4 * times
        + bool(selected) * 0.5 * x[:, None] * times
        + effect
        + noise
        + shock
    )
    covariates = np.repeat(x[:, None, None], PERIODS, axis=1)[:, :, : 1 if selected else 0]
    names = ("x",) if selected else ()
    return Panel(
        times, COHORTS, cohort, y, covariates, names, cluster, "c", (), (), Origin("simulated", "memory", y.size)
    )


def truth() -> float:
    """The mean over cells (cohorts alike in size) of the effects above."""
    cells = [
        0.5 + 0.3 * (t - g) + 0.2 * c for c, g in enumerate(COHORTS[:3]) for t in range(1, PERIODS + 1) if t >= g
    ]
    return float(np.mean(cells))


@pytest.mark.prove
@pytest.mark.parametrize(
    ("units", "per", "selected", "control", "low", "high"),
    [
        (100, 1, 0.0, "never", 0.935, 0.965),
        (100, 1, 0.0, "notyet", 0.935, 0.965),
        (200, 1, 3.0, "never", 0.935, 0.965),
        (200, 1, 1.5, "never", 0.80, 0.93),  # known failure, warned of: little overlap
        (200, 5, 0.0, "never", 0.92, 0.96),
        (20, 1, 0.0, "never", 0.85, 0.94),  # known failure, warned of: fewer than 40 clusters
        (12, 1, 0.0, "never", 0.70, 0.92),  # known failure, warned of: cohorts of 3 units
    ],
)
def test_coverage_of_the_simple_mean(
    units: int, per: int, selected: float, control: str, low: float, high: float
) -> None:
    rng = np.random.default_rng(20260 + units + per)
    held, estimates = [], []
    for _ in range(REPETITIONS):
        panel = simulated(rng, units, per, selected)
        cells = group_time_cells(panel, control=control)
        sums = aggregate.simple(cells)
        influence = aggregate.features(cells, panel.cohort, panel.cluster) @ sums.loads
        se = bands.spread(bands.covariance(influence, panel.n), None).se[0]
        estimates.append(sums.estimate[0])
        held.append(abs(sums.estimate[0] - truth()) <= 1.959964 * se)
    bias = np.mean(estimates) - truth()
    assert abs(bias) <= 4 * np.std(estimates) / np.sqrt(REPETITIONS), bias
    assert low <= np.mean(held) <= high, np.mean(held)


@pytest.mark.prove
def test_without_the_covariate_the_selected_panels_are_biased() -> None:
    """The condition above is one in which adjusting matters: unadjusted, the mean is far off."""
    rng = np.random.default_rng(3)
    estimates = []
    for _ in range(200):
        panel = simulated(rng, 200, selected=3.0)
        plain = Panel(*(getattr(panel, name) for name in ("times", "cohorts", "cohort", "outcome")),
                      panel.covariates[:, :, :0], (), panel.cluster, "c", (), (), panel.origin)  # fmt: skip
        estimates.append(aggregate.simple(group_time_cells(plain)).estimate[0])
    assert np.mean(estimates) - truth() > 10 * np.std(estimates) / np.sqrt(200)


@pytest.mark.prove
def test_the_band_holds_all_event_times_at_once() -> None:
    """2,000 panels of 200 units: the band's coverage within the 0.029 of 0.95 that were three simulation errors of the first
    500; pointwise intervals hold all event times at once far less often."""
    rng = np.random.default_rng(11)
    simultaneous, pointwise = [], []
    for _ in range(REPETITIONS):
        found = group_time(
            simulated(rng, 200), outcome="y", unit="u", time="t", cohort="g", rng=rng, multipliers="normal"
        )
        cells = {
            (row.cohort, row.time): 0.5 + 0.3 * (row.time - row.cohort) + 0.2 * (row.cohort - 2)
            for row in found.group_time
        }
        at: dict[float, list[float]] = {}
        for (cohort, time), effect in cells.items():
            at.setdefault(time - cohort, []).append(effect if time >= cohort else 0.0)
        right = [float(np.mean(at[point.at or 0.0])) for point in found.dynamic.points]
        pairs = list(zip(found.dynamic.points, right, strict=True))
        simultaneous.append(all((p.band_low or 0) <= true <= (p.band_high or 0) for p, true in pairs))
        pointwise.append(all((p.low or 0) <= true <= (p.high or 0) for p, true in pairs))
    assert 0.921 <= np.mean(simultaneous) <= 0.979, np.mean(simultaneous)
    assert np.mean(pointwise) < 0.90, np.mean(pointwise)


@pytest.mark.parametrize(
    ("units", "selected", "words"),
    [(200, 1.5, "hardly overlap"), (20, 0.0, "few clusters"), (12, 0.0, "few units")],
)
def test_known_failures_are_told_of(units: int, selected: float, words: str) -> None:
    """Weak overlap is not seen in every panel (58 of 60 at first), few units always are."""
    rng = np.random.default_rng(4)
    told = [
        words in " ".join(str(warning) for warning in found.warnings)
        for found in (
            group_time(simulated(rng, units, 1, selected), outcome="y", unit="u", time="t", cohort="g")
            for _ in range(10)
        )
    ]
    assert np.mean(told) >= (0.9 if selected else 1.0)
