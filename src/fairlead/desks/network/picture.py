"""Where the boxes and arrows of a theory of change go: wide in columns, narrow in one column. Numbers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any

from fairlead.apps.progress.definitions import Arrow, Node, TheoryOfChange

COLUMN, GAP, TOP, BETWEEN = 238.0, 68.0, 74.0, 60.0
TITLE, ROW, PAD = 20.0, 46.0, 14.0
NARROW_WIDTH, GUTTER, LANE = 340.0, 62.0, 13.0


@dataclass(frozen=True, slots=True)
class Row:
    """One indicator inside a box."""

    y: float
    series: Any
    spark: str
    dot: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A node: its corner, size, title in lines, indicators, and why it has none."""

    node: Node
    x: float
    y: float
    width: float
    height: float
    title: tuple[tuple[float, str], ...]
    rows: tuple[Row, ...]
    missing: tuple[tuple[float, str], ...]

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    @property
    def text_x(self) -> float:
        return self.x + PAD

    @property
    def inner(self) -> float:
        return self.width - 2 * PAD


@dataclass(frozen=True, slots=True)
class Line:
    """An arrow: its path and where its number stands."""

    number: int
    arrow: Arrow
    path: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Heading:
    """A level's name and place."""

    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that a template needs to draw."""

    width: float
    height: float
    headings: tuple[Heading, ...]
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def spark_points(
    values: Sequence[float | None], width: float, height: float, pad: float = 3.0
) -> tuple[str, tuple[float, float]]:
    """Points of a small trend line and its last point. A flat line stands in the middle."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return "", (0.0, 0.0)
    low, high = min(known), max(known)
    span = max(high - low, 0.02)  # a wobble of less than two points must not look like a landslide
    middle = (low + high) / 2
    places = [
        (
            round(pad + (width - 2 * pad) * i / (len(known) - 1), 1),
            round(height / 2 - (value - middle) / span * (height - 2 * pad), 1),
        )
        for i, value in enumerate(known)
    ]
    return " ".join(f"{x},{y}" for x, y in places), places[-1]


def wide(theory: TheoryOfChange, series: Mapping[str, Any]) -> Picture:
    """Levels as columns from left to right; arrows that skip a level go over or under the others."""
    columns = [[node for node in theory.nodes if node.level == level.key] for level in theory.levels]
    tallest = [0.0, 0.0]
    for nodes in columns:
        for i, node in enumerate(nodes[:2]):
            tallest[i] = max(tallest[i], _height(node, COLUMN))
    boxes: list[Box] = []
    headings = []
    for c, (level, nodes) in enumerate(zip(theory.levels, columns, strict=True)):
        x: float = c * (COLUMN + GAP) + 1
        headings.append(Heading(level.label, x + COLUMN / 2, 18))
        y = TOP
        for i, node in enumerate(nodes):
            boxes.append(_box(node, x, y, COLUMN, series))
            y += (tallest[i] if i < 2 else boxes[-1].height) + BETWEEN
    bottom = max(box.bottom for box in boxes)
    at = {
        box.node.key: (box, c)
        for box in boxes
        for c, level in enumerate(theory.levels)
        if level.key == box.node.level
    }
    ports: dict[tuple[str, str], int] = {}
    lines: list[Line] = []
    under = bottom + 22
    for number, arrow in enumerate(theory.arrows, start=1):
        (a, from_column), (b, to_column) = at[arrow.begins], at[arrow.ends]
        if from_column == to_column:
            upper, lower = (a, b) if a.y < b.y else (b, a)
            x = a.x + a.width / 2
            ends = (upper.bottom, lower.y) if a is upper else (lower.y, upper.bottom)
            lines.append(
                Line(
                    number,
                    arrow,
                    f"M{x},{ends[0]} V{ends[1] - 3 * _sign(ends)}",
                    x,
                    ends[0] + (ends[1] - ends[0]) * 0.42,
                )
            )
        elif to_column == from_column + 1:
            y1, y2 = _port(ports, a, "out"), _port(ports, b, "in")
            x1, x2 = a.right, b.x - 3
            bend = (x2 - x1) / 2
            path = f"M{x1},{y1} C{x1 + bend},{y1} {x2 - bend},{y2} {x2},{y2}"
            lines.append(Line(number, arrow, path, *_beside_it(lines, x1, y1, x2, y2)))
        elif a.y <= TOP + 1 and b.y <= TOP + 1:
            x1, x2, y = a.x + a.width * 0.75, b.x + b.width * 0.25, TOP - 30
            lines.append(Line(number, arrow, _detour(x1, a.y, x2, b.y - 3, y), (x1 + x2) / 2, y))
        else:
            x1, x2 = a.x + a.width * 0.75, b.x + b.width * 0.25
            lines.append(Line(number, arrow, _detour(x1, a.bottom, x2, b.bottom + 3, under), (x1 + x2) / 2, under))
            under += LANE  # each below the one before: lines over each other could not be told apart
    width = len(columns) * COLUMN + (len(columns) - 1) * GAP + 2
    return Picture(width, under + 16 - LANE * (under > bottom + 22), tuple(headings), tuple(boxes), tuple(lines))


def narrow(theory: TheoryOfChange, series: Mapping[str, Any]) -> Picture:
    """One column for a phone; arrows run down the right side, each in a lane of its own."""
    boxes: list[Box] = []
    headings = []
    width = NARROW_WIDTH - GUTTER
    y = 0.0
    for level in theory.levels:
        headings.append(Heading(level.label, 1, y + 18))
        y += 30
        for node in (node for node in theory.nodes if node.level == level.key):
            boxes.append(_box(node, 1, y, width, series))
            y = boxes[-1].bottom + 14
        y += 10
    at = {box.node.key: box for box in boxes}
    ports: dict[tuple[str, str], int] = {}
    taken: list[tuple[float, float, int]] = []
    lines: list[Line] = []
    for number, arrow in sorted(
        enumerate(theory.arrows, start=1), key=lambda n: abs(at[n[1].ends].y - at[n[1].begins].y)
    ):
        a, b = at[arrow.begins], at[arrow.ends]
        y1, y2 = _port(ports, a, "right", 14), _port(ports, b, "right", 14)
        low, high = min(y1, y2), max(y1, y2)
        lane = 0
        while any(used == lane and low <= end + 8 and begin <= high + 8 for begin, end, used in taken):
            lane += 1
        taken.append((low, high, lane))
        x = a.right + 12 + lane * LANE
        r = 6
        s = 1 if y2 > y1 else -1
        path = (
            f"M{a.right},{y1} H{x - r} Q{x},{y1} {x},{y1 + s * r} V{y2 - s * r} Q{x},{y2} {x - r},{y2} H{b.right + 3}"
        )
        lines.append(Line(number, arrow, path, x, _free(lines, x, low, high)))
    lines.sort(key=lambda line: line.number)
    return Picture(NARROW_WIDTH, boxes[-1].bottom + 4, tuple(headings), tuple(boxes), tuple(lines))


def _letters(width: float, size: float) -> int:
    return int((width - 2 * PAD) / (size * 0.54))


def _height(node: Node, width: float) -> float:
    title = len(wrap(node.label, _letters(width, 15)))
    missing = len(wrap(node.not_measured, _letters(width, 12.5)))
    return 2 * PAD - 2 + title * TITLE + len(node.indicators) * ROW + missing * 17 + (4 if missing else 0)


def _box(node: Node, x: float, y: float, width: float, series: Mapping[str, Any]) -> Box:
    title = wrap(node.label, _letters(width, 15))
    at = y + PAD + 12
    lines = tuple((at + i * TITLE, line) for i, line in enumerate(title))
    at = y + PAD - 4 + len(title) * TITLE
    rows = []
    for i, key in enumerate(node.indicators):
        points, dot = spark_points([point.value for point in series[key].points], 44, 20)
        rows.append(Row(at + i * ROW, series[key], points, dot))
    missing = tuple((at + 16 + i * 17, line) for i, line in enumerate(wrap(node.not_measured, _letters(width, 12.5))))
    return Box(node, x, y, width, _height(node, width), lines, tuple(rows), missing)


def _port(ports: dict[tuple[str, str], int], box: Box, side: str, step: float = 22) -> float:
    """The next free place on a side of a box: the middle, then a step below, then one above, and so on."""
    used = ports[box.node.key, side] = ports.get((box.node.key, side), -1) + 1
    offset = (used + 1) // 2 * step * (1 if used % 2 else -1)
    return round(min(max(box.middle + offset, box.y + 10), box.bottom - 10), 1)


def _beside_it(lines: Sequence[Line], x1: float, y1: float, x2: float, y2: float) -> tuple[float, float]:
    """Where on its bend an arrow's number stands clear of the others: in the middle, else nearer to one end."""
    places = [
        (x1 + (x2 - x1) * (1.5 * t - 1.5 * t**2 + t**3), y1 + (y2 - y1) * (3 * t**2 - 2 * t**3))
        for t in (0.5, 0.3, 0.7)
    ]
    clear = (p for p in places if all((p[0] - line.x) ** 2 + (p[1] - line.y) ** 2 > 27**2 for line in lines))
    return next(clear, places[0])


def _free(lines: Sequence[Line], x: float, low: float, high: float) -> float:
    """Where on its lane an arrow's number stands clear of the others: near the middle, else further off."""
    places = [low + (high - low) * part for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.22, 0.78, 0.15, 0.85)]
    clear = (y for y in places if all((x - line.x) ** 2 + (y - line.y) ** 2 > 27**2 for line in lines))
    return round(next(clear, places[0]), 1)


def _sign(ends: tuple[float, float]) -> int:
    return 1 if ends[1] > ends[0] else -1


def _detour(x1: float, y1: float, x2: float, y2: float, y: float) -> str:
    """Up (or down) from a box, along, and down (or up) to another, with rounded corners."""
    r = 10
    s = 1 if y > y1 else -1
    return f"M{x1},{y1} V{y - s * r} Q{x1},{y} {x1 + r},{y} H{x2 - r} Q{x2},{y} {x2},{y - s * r} V{y2}"
