"""The pages on panels, synthesis, power, translations and costs say what the code says."""

from __future__ import annotations

import doctest
import math
from pathlib import Path

import polars as pl
import pytest

from fairlead.science.impact import power, translate
from fairlead.science.impact.panel import group_time
from fairlead.science.impact.synthesis import synthesise
from tests.plugins.skips import needs_data

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "explanation"
PAGES = ("panels", "synthesis", "power", "translations-and-costs")


def text(page: str) -> str:
    return (FOLDER / f"{page}.md").read_text(encoding="utf-8")


def table_after(page: str, mark: str) -> str:
    return text(page).split(f"<!-- {mark} -->\n")[1].split("\n\n")[0]


def rows_of(head: str, rows: list[tuple[str, ...]]) -> str:
    return "\n".join([head, *("| " + " | ".join(row) + " |" for row in rows)])


@pytest.mark.parametrize("page", PAGES)
def test_examples(page: str) -> None:
    failed, tried = doctest.testfile(str(FOLDER / f"{page}.md"), module_relative=False)
    assert tried >= 2
    assert failed == 0


def test_mpdta() -> None:
    path = needs_data("eval", "mpdta_did.csv")
    columns = {"outcome": "lemp", "unit": "countyreal", "time": "year", "cohort": "first.treat"}
    found = group_time(path, **columns)
    given = group_time(path, **columns, covariates="lpop")
    assert found.two_way is not None
    assert found.pretrend is not None
    shown = [(key, getattr(found, key).overall) for key in ("simple", "dynamic", "group", "calendar")]
    shown += [
        ("simple, given log population", given.simple.overall),
        ("two-way fixed effects", found.two_way.coefficient),
    ]
    rows = [(name, f"{point.estimate:.4f}", f"{point.se:.4f}") for name, point in shown]
    assert table_after("panels", "mpdta") == rows_of("| | estimate | error |\n|---|---:|---:|", rows)
    pre = found.pretrend
    assert f"χ²({pre.df}) = {pre.statistic:.2f}, p = {pre.p:.3f}" in text("panels")
    assert f"{found.units} counties" in text("panels")


def test_bcg() -> None:
    table = pl.read_csv(needs_data("eval", "bcg_metadat.csv"))
    treated, control = pl.col("tpos") + pl.col("tneg"), pl.col("cpos") + pl.col("cneg")
    trials = table.select(
        yi=(pl.col("tpos") / treated / (pl.col("cpos") / control)).log(),
        vi=1 / pl.col("tpos") - 1 / treated + 1 / pl.col("cpos") - 1 / control,
    )
    found = synthesise(trials, effect="yi", variance="vi")
    first, new, q = found.inference[0], found.prediction, found.tau2_q_profile
    assert new is not None
    assert q is not None
    rows = [
        ("mean", f"{found.estimate:.3f}"),
        ("error (Knapp-Hartung)", f"{first.se:.3f}"),
        ("interval", f"{first.low:.3f} to {first.high:.3f}"),
        ("a new trial", f"{new[0]:.3f} to {new[1]:.3f}"),
        ("τ² (Q-profile interval)", f"{found.tau2:.3f} ({q[0]:.3f} to {q[1]:.3f})"),
        ("I²", f"{100 * found.i2:.0f} %"),
    ]
    assert table_after("synthesis", "bcg") == rows_of("| | value |\n|---|---:|", rows)


def test_konstantopoulos() -> None:
    path = needs_data("eval", "konstantopoulos2011_metadat.csv")
    found = synthesise(path, effect="yi", variance="vi", cluster="district")
    first = found.inference[0]
    rows = [
        ("mean", f"{found.estimate:.3f}"),
        ("error, CR2 (degrees of freedom)", f"{first.se:.3f} ({first.df:.1f})"),
        ("error if the model holds", f"{found.se:.3f}"),
        ("variance between districts", f"{found.between:.3f}"),
        ("variance between schools of a district", f"{found.within:.3f}"),
    ]
    assert table_after("synthesis", "konst") == rows_of("| | value |\n|---|---:|", rows)
    alone = synthesise(path, effect="yi", variance="vi")
    assert f"{alone.estimate:.3f} ({alone.se:.3f})" in text("synthesis")


def test_designs() -> None:
    designs = (
        power.individual(250),
        power.blocked(15, 20, icc=0.17),
        power.blocked_random(15, 20, icc=0.17, omega=0.5),
        power.clusters(60, 40, icc=0.2, r2=0.5, r2_cluster=0.5, covariates=1),
        power.clusters3(15, 3, 60, icc=0.06, icc_middle=0.17),
    )
    lines = table_after("power", "designs").splitlines()[2:]
    assert [line.split(" | ")[0] for line in lines] == [f"| `{design.design}`" for design in designs]
    assert [line.split(" | ")[-1] for line in lines] == [f"{design.mdes:.3f} |" for design in designs]


def test_translations() -> None:
    tables, g = translate.conversions(), 0.20
    share, months = translate.share_of_year(g, "reading", "4"), translate.months_of_learning(g, "reading", "4")
    assert share is not None
    assert months is not None
    tag = {key: tables[key]["basis"] + tables[key]["confidence"] for key in tables}
    rows = [
        ("improvement index", f"{translate.improvement_index(g):.1f} percentile points", tag["improvement_index"]),
        ("EEF toolkit months", f"{translate.eef_months(g)} months", tag["eef"]),
        ("share of a year's growth, reading, grade 4", f"{share:.2f}", tag["hill"]),
        ("months of a nine-month year, reading, grade 4", f"{months:.1f} months", tag["hill_months"]),
        ("rank among published effects", f"{math.floor(translate.rank_among_published(g))}", tag["rank"]),
    ]
    head = "| conversion of g = 0.20 | value | basis |\n|---|---:|---|"
    assert table_after("translations-and-costs", "translations") == rows_of(head, rows)
