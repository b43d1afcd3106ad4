"""A chart is named, themable, marked when invented, escaped, and free of inline styles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import altair as alt
import pytest

import fairlead
from fairlead.desks.charts import PALETTE, Figure, figure

CSS = (Path(fairlead.__file__).parent / "site/static/fairlead/fairlead.css").read_text("utf-8")


def bars() -> alt.Chart:
    rows = alt.Data(values=[{"name": "<b>A & B</b>", "n": 3}, {"name": "C", "n": 5}])
    return alt.Chart(rows).mark_bar().encode(x="n:Q", y="name:N").properties(width=200, height=80)


def drawn(**more: Any) -> Figure:
    return figure(bars(), "Rolls <missing>", "C has more than A & B.", ["name", "n"], [["A", 3], ["C", 5]], **more)


def test_the_palette_is_the_stylesheets() -> None:
    light = CSS[CSS.index(":root {") : CSS.index("@media screen")]
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    assert {name: tokens.get(name) for name in PALETTE} == PALETTE


def test_both_dark_palettes_are_equal() -> None:
    dark = re.findall(r'data-theme="(?:light|dark)"\](?:\))? \{\s*(color-scheme: dark;.*?)\}', CSS, re.S)
    assert len(dark) == 2
    assert dark[0].split() == dark[1].split()


def test_every_colour_follows_the_theme_and_nothing_is_inline() -> None:
    svg = drawn().svg
    colours = set(re.findall(r'(?:fill|stroke)="([^"]*)"', svg))
    assert any("--c1" in c for c in colours)
    assert not [c for c in colours if c.startswith("#")]
    assert "style" not in svg
    assert "<script" not in svg


def test_it_is_named_for_screen_readers_and_escaped() -> None:
    root = ElementTree.fromstring(drawn().svg)
    assert root.get("role") == "img"
    assert root[0].text == "Rolls <missing>"
    assert (root[1].text or "").startswith("C has more than A & B.")
    assert "<b>" not in drawn().svg


@pytest.mark.parametrize(("invented", "expected"), [(True, 1), (False, 0), (None, 1)])
def test_invented_is_printed_inside_the_picture(invented: bool | None, expected: int) -> None:
    svg = drawn(invented=invented).svg  # None: the tests run in the demo
    assert len(re.findall(r"<text[^>]*>INVENTED</text>", svg)) == expected


def test_the_same_chart_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first = drawn().svg
    monkeypatch.setattr("vl_convert.vegalite_to_svg", lambda *_: pytest.fail("drawn again"))
    assert drawn().svg == first
