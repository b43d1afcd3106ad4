"""In a notebook: every result prints as lines, and is shown as HTML; every figure says what it shows."""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser

import numpy as np
import polars as pl
import pytest

from fairlead.science import impact
from fairlead.science.impact.printed import as_html


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    rng = np.random.default_rng(11)
    school = np.repeat(np.arange(12), 20)
    pre = rng.normal(50, 10, school.size)
    treat = (rng.random(school.size) < 0.4).astype(int)
    y = 10 + 0.7 * pre + 3 * treat + rng.normal(0, 2, 12)[school] + rng.normal(0, 5, school.size)
    return pl.DataFrame(
        {"school": [f"s{k}" for k in school], "pre": pre, "treat": treat, "y": y, "v": rng.random(school.size) + 0.5}
    )


@pytest.fixture(scope="module")
def results(rows: pl.DataFrame) -> dict[str, object]:
    matched = impact.match(rows, treated="treat", on="pre", method="nearest", also=["y"])
    panel = pl.DataFrame(
        {
            "u": [u for u in range(30) for _ in range(4)],
            "t": [1, 2, 3, 4] * 30,
            "g": [(0, 3, 4)[u % 3] for u in range(30) for _ in range(4)],
        }
    ).with_columns(y=pl.col("u") * 0.1 + pl.col("t") * ((pl.col("u") * 7 + pl.col("t") * 3) % 5))
    return {
        "multilevel": impact.multilevel_model(rows, "y ~ pre + treat + (1 | school)"),
        "regression": impact.linear_regression(rows, "y ~ pre + treat", cluster=["school"]),
        "matched": matched,
        "effect": matched_effect(matched),
        "did": impact.group_time(panel, outcome="y", unit="u", time="t", cohort="g", rng=np.random.default_rng(1)),
        "meta": impact.synthesise(rows[:20], effect="y", variance="v"),
        "power": impact.power.clusters(20, 40, icc=0.2),
    }


def matched_effect(found: object) -> object:
    from fairlead.science.impact.matching import effect

    return effect(found, "y")


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open.append(tag)
        self.seen.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("name", ["multilevel", "regression", "matched", "effect", "did", "meta", "power"])
def test_a_result_prints_and_is_shown(name: str, results: dict[str, object]) -> None:
    result = results[name]
    text = str(result)
    assert not text.startswith(type(result).__name__)  # lines for a person, not the fields of a record
    shown = Balanced()
    html = result._repr_html_()  # type: ignore[attr-defined]
    shown.feed(html)
    assert shown.open == []
    assert set(shown.seen) & {"table", "pre"}
    for word in text.split()[:5]:
        assert escape(word) in html


def test_tables_become_tables_and_nothing_is_lost() -> None:
    html = as_html("Fit: y ~ x\n\nterm   estimate       p\nx           8.9  < 0.001\n\nRandom effects\n  a <b>")
    assert html == (
        '<pre>Fit: y ~ x</pre><table><thead><tr><th scope="col">term</th><th scope="col">estimate</th><th scope="col">p</th></tr>'
        '</thead><tbody><tr><th scope="row">x</th><td>8.9</td><td>&lt; 0.001</td></tr></tbody></table>'
        "<pre>Random effects\n  a &lt;b&gt;</pre>"
    )


def test_a_study_step_by_step() -> None:
    study = impact.Study(impact.shipped_plan("star_kindergarten"), impact.star_kindergarten())
    assert "print it" in repr(study)
    sample = study.section("sample")
    assert "Assigned" in str(sample)
    assert sample._repr_html_().startswith("<section")
    figures = study.figures()
    assert list(figures) == ["flow", "love", "forest"]
    for figure in figures.values():
        assert figure.alt == figure.spec["description"]
        assert figure.rows
        assert f"<desc>{escape(figure.alt)}</desc>" in figure._repr_html_()
    with pytest.raises(impact.ImpactError, match="did you mean 'sample'"):
        study.section("sampel")
