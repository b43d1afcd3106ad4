"""The page on scale shows what `python -m bench cost --write` measured, in its table, its figure and its words."""

from __future__ import annotations

from pathlib import Path

from bench.cost import figure, line, read, words

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
PAGE = (FOLDER / "scale.md").read_text(encoding="utf-8")


def test_the_table_is_what_was_measured() -> None:
    costs = read()
    assert {cost.varied for cost in costs} == {"rows", "groups", "columns"}
    assert [row for row in PAGE.splitlines() if row.startswith(("| multi", "| two", "| group"))] == [
        *map(line, costs)
    ]
    assert f"![{words(costs)}](scale.svg)" in PAGE
    assert "Measured on " in PAGE


def test_the_figure_is_small_and_says_what_it_shows() -> None:
    picture = (FOLDER / "scale.svg").read_text(encoding="utf-8")
    assert len(picture) < 150_000
    assert picture.startswith("<svg")
    assert f"<desc>{words(read())}</desc>" in picture
    assert picture.count("<path") == figure(read()).count("<path")


def test_time_grows_no_faster_than_the_rows() -> None:
    """From the smallest panel to the largest: a thousand times the rows cost less than a thousand times the CPU."""
    for method in {cost.method for cost in read()}:
        own = [cost for cost in read() if cost.method == method and cost.varied == "rows"]
        assert own[-1].cpu / own[0].cpu < own[-1].rows / own[0].rows
