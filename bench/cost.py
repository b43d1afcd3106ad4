"""What the engine costs against rows, groups and columns: a table, and with --write a figure and a page of the documentation.

python -m bench cost [--share 0.1] [--write]

From Parquet to result, each in a process of its own with its modules loaded: a multilevel model with a random intercept (8
columns, 1,000 schools, where these are not what varies), two-way fixed effects with errors by cluster (1,000 units, 20 years),
and group-time effects of a panel of ten periods, whose units are a tenth of its rows.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import html
import os
import sys
import tempfile
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import psutil

from bench import multilevel, panel, regression

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
MULTILEVEL, TWO_WAY, GROUP_TIME = "multilevel model", "two-way fixed effects", "group-time effects"


@dataclass(frozen=True)
class Cost:
    """One measurement; `peak` in GB, of the whole process, of which `before` is the loaded modules."""

    method: str
    varied: str
    rows: int
    groups: int
    columns: int
    seconds: float
    cpu: float
    peak: float
    before: float

    @property
    def size(self) -> int:
        return int(getattr(self, self.varied))


def main(arguments: list[str]) -> int:
    """Measure, print, and write if asked."""
    parser = argparse.ArgumentParser(prog="python -m bench cost", description=__doc__.split("\n\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the largest number of rows, for a quick look")
    parser.add_argument(
        "--write", action="store_true", help="the figure, the numbers and the table of docs/reference"
    )
    chosen = parser.parse_args(arguments)
    before = os.getloadavg()[0]
    found: list[Cost] = []
    with tempfile.TemporaryDirectory(prefix="fairlead-bench-", dir=os.environ.get("FAIRLEAD_BENCH_FOLDER")) as folder:
        path = Path(folder) / "cost.parquet"
        print("\n".join(table([])), flush=True)
        for measure, method, varied, rows, groups, columns in grid(int(ROWS[-1] * chosen.share)):
            found.append(Cost(method, varied, rows, groups, columns, *measure(path, rows, groups, columns)))
            print(line(found[-1]), flush=True)
            path.unlink()
    if chosen.write:
        write(found, before)
    return 0


def grid(most: int) -> list[tuple[Any, str, str, int, int, int]]:
    """What is measured, in order."""
    sizes = [min(rows, most) for rows in ROWS]
    found: list[tuple[Any, str, str, int, int, int]] = []
    found += [(of_multilevel, MULTILEVEL, "rows", rows, 1_000, 8) for rows in sizes]
    found += [(of_two_way, TWO_WAY, "rows", rows, 1_000, 3) for rows in sizes]
    found += [(of_group_time, GROUP_TIME, "rows", rows, rows // panel.PERIODS, 0) for rows in sizes]
    million = min(1_000_000, most)
    found += [(of_multilevel, MULTILEVEL, "groups", million, count, 8) for count in (100, 1_000, 10_000, 100_000)]
    found += [(of_multilevel, MULTILEVEL, "columns", million, 1_000, count) for count in (4, 8, 16, 32)]
    return found


def of_multilevel(path: Path, rows: int, groups: int, columns: int) -> tuple[float, float, float, float]:
    """Seconds, CPU seconds, peak and what was loaded before (GB)."""
    names = multilevel.students(path, rows, groups, columns=columns)
    got = multilevel.ours(path, f"y ~ {' + '.join(names)} + (1 | school)", repeat=2)
    return got["seconds"], got["cpu"], got["peak"], got["empty"]


def of_two_way(path: Path, rows: int, groups: int, columns: int) -> tuple[float, float, float, float]:
    regression.students(path, rows, units=groups, times=20)
    got = regression.once("bench.regression_once", {"path": str(path), "formula": regression.FORMULA})
    return got["seconds"], got["cpu"], got["peak"], got["empty"]


def of_group_time(path: Path, rows: int, groups: int, columns: int) -> tuple[float, float, float, float]:
    panel.panel(path, rows)
    got = panel.run(sys.executable, panel.OURS, path, "", "banded")
    assert got is not None
    return got[0], got[1], got[3] / 1024, got[2] / 1024


HEAD = (
    "method",
    "varied",
    "rows",
    "groups",
    "columns",
    "seconds",
    "CPU seconds",
    "peak GB",
    "of it modules",
    "µs a row",
)


def line(cost: Cost) -> str:
    """A row of the table."""
    cells = [cost.method, cost.varied, f"{cost.rows:,}", f"{cost.groups:,}", str(cost.columns), f"{cost.seconds:.2f}"]
    cells += [f"{cost.cpu:.2f}", f"{cost.peak:.2f}", f"{cost.before:.2f}", f"{cost.seconds / cost.rows * 1e6:.2f}"]
    return f"| {' | '.join(cells)} |"


def table(costs: list[Cost]) -> list[str]:
    """As Markdown."""
    return [f"| {' | '.join(HEAD)} |", "|---|---|" + "---:|" * (len(HEAD) - 2), *map(line, costs)]


def read(path: Path = FOLDER / "scale.csv") -> list[Cost]:
    """What was written last."""
    kinds = {"str": str, "int": int, "float": float}
    with path.open(encoding="utf-8") as file:
        return [
            Cost(**{f.name: kinds[str(f.type)](row[f.name]) for f in fields(Cost)}) for row in csv.DictReader(file)
        ]


def write(costs: list[Cost], load: float) -> None:
    """scale.csv, scale.svg, and the part of scale.md between its marks."""
    with (FOLDER / "scale.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow([f.name for f in fields(Cost)])
        out.writerows([[round(cell, 4) if isinstance(cell, float) else cell for cell in astuple(c)] for c in costs])
    costs = read()
    (FOLDER / "scale.svg").write_text(figure(costs), encoding="utf-8")
    page = FOLDER / "scale.md"
    before, mark, rest = page.read_text(encoding="utf-8").partition("<!-- measured -->\n")
    _, end, after = rest.partition("<!-- end -->")
    where = f"Measured on {datetime.datetime.now(tz=datetime.UTC):%d %B %Y} on {machine()}; load before: {load:.1f}."
    told = "\n".join([where, "", f"![{words(costs)}](scale.svg)", "", *table(costs)])
    page.write_text(f"{before}{mark}{told}\n{end}{after}", encoding="utf-8")


def machine() -> str:
    """Cores, processor and memory."""
    names = [
        text.partition(":")[2].strip()
        for text in Path("/proc/cpuinfo").read_text().splitlines()
        if text.startswith("model name")
    ]
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores ({names[0] if names else 'an unnamed processor'}) and {memory:.0f} GB"


def words(costs: list[Cost]) -> str:
    """The figure for people who hear it."""
    told = []
    for method in (MULTILEVEL, TWO_WAY, GROUP_TIME):
        own = [c for c in costs if c.method == method and c.varied == "rows"]
        few, many = own[0], own[-1]
        told.append(
            f"{method}, {few.rows:,} to {many.rows:,} rows: {few.cpu:.2f} to {many.cpu:.2f} CPU seconds, peak memory "
            f"{few.peak:.2f} to {many.peak:.2f} GB"
        )
    for varied in ("groups", "columns"):
        own = [c for c in costs if c.varied == varied]
        told.append(
            f"{MULTILEVEL} of {own[0].rows:,} rows, {own[0].size:,} to {own[-1].size:,} {varied}: "
            f"{own[0].cpu:.2f} to {own[-1].cpu:.2f} CPU seconds, {own[0].peak:.2f} to {own[-1].peak:.2f} GB"
        )
    return "CPU time and peak memory on logarithmic scales. " + "; ".join(told) + "."


def figure(costs: list[Cost]) -> str:
    """CPU time (that of the clock belongs to whoever else is on the machine) above memory, against rows, groups and columns; as SVG with its words inside."""
    import altair as alt
    import vl_convert

    methods = [MULTILEVEL, TWO_WAY, GROUP_TIME]
    color = alt.Color(
        "method:N", title=None, sort=methods, legend=alt.Legend(orient="bottom", labelLimit=300),
        scale=alt.Scale(domain=methods, range=["#1f6396", "#c2541c", "#1f8573"]),
    )  # fmt: skip
    shape = alt.Shape("method:N", title=None, sort=methods, scale=alt.Scale(domain=methods))
    rows = []
    for value, title in (("cpu", "CPU seconds"), ("peak", "peak memory, GB")):
        across = []
        for varied in ("rows", "groups", "columns"):
            own = [c for c in costs if c.varied == varied]
            data = alt.Data(values=[{"method": c.method, "x": c.size, "y": getattr(c, value)} for c in own])
            base = alt.Chart(data).encode(
                x=alt.X("x:Q", title=varied, scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", values=sorted({c.size for c in own}))),
                y=alt.Y("y:Q", title=title, scale=alt.Scale(type="log"), axis=alt.Axis(format="~g", tickCount=4)),
                color=color,
            )  # fmt: skip
            across.append(
                (base.mark_line() + base.mark_point(size=45, filled=True).encode(shape=shape)).properties(
                    width=170, height=150
                )
            )
        rows.append(alt.hconcat(*across))
    spec = alt.vconcat(*rows).to_dict()
    spec["config"] = {"background": "white", "view": {"stroke": None}, "axis": {"gridColor": "#e4ddd0"}}
    head, sign, rest = str(vl_convert.vegalite_to_svg(spec)).partition(">")
    title = "<title>What the engine costs against rows, groups and columns</title>"
    return f'{head} role="img"{sign}{title}<desc>{html.escape(words(costs))}</desc>{rest}'
