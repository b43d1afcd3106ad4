"""Charts: an Altair chart becomes an inline SVG that follows the page's light or dark colours.

The picture is drawn on the server (vl-convert) with the light palette; every colour of that palette is then
replaced by its CSS variable, so that one cached picture serves both. Nothing in it needs an inline style, which
the pages' content policy forbids. Under each chart stands its table.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

import altair as alt
import vl_convert
from django.conf import settings
from django.core.cache import cache
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

# The light palette of fairlead.css, by the name of its variable (a test keeps the two equal).
PALETTE = {
    "c1": "#1f6396",
    "c2": "#c2541c",
    "c3": "#1f8573",
    "c4": "#a97b12",
    "c5": "#7b4b7b",
    "c6": "#66737f",
    "ink": "#14293d",
    "ink-2": "#40546a",
    "ink-3": "#566777",
    "line-strong": "#857f72",
    "chart-grid": "#e4ddd0",
    "chart-band": "#d8e5ef",
    "ok": "#0a6652",
    "warn": "#765000",
    "bad": "#9c2a1e",
    "none": "#4f5e6b",
    "accent": "#a13f14",
    "surface": "#ffffff",
}
SERIES = [PALETTE[f"c{n}"] for n in range(1, 7)]
INK, MUTED, GRID, BAND = PALETTE["ink"], PALETTE["ink-3"], PALETTE["chart-grid"], PALETTE["chart-band"]

_SVG = "http://www.w3.org/2000/svg"
_VARIABLE = {colour: f"var(--{name}, {colour})" for name, colour in PALETTE.items()}
_VARIABLE["white"] = _VARIABLE["#fff"] = _VARIABLE[PALETTE["surface"]]
_DRAWN = {"fill", "stroke", "stop-color"}
_SAID = {"role", "aria-label", "aria-roledescription", "aria-hidden"}
_FOOT = 20

_THEME: dict[str, Any] = {
    "background": None,
    "padding": 4,
    "font": "sans-serif",
    "view": {"stroke": None},
    "range": {"category": SERIES, "ordinal": {"scheme": "blues"}, "ramp": {"scheme": "blues"}},
    "axis": {
        "domainColor": PALETTE["line-strong"],
        "gridColor": GRID,
        "labelColor": PALETTE["ink-2"],
        "labelFontSize": 13,
        "labelLimit": 300,
        "labelPadding": 6,
        "tickColor": PALETTE["line-strong"],
        "tickSize": 4,
        "titleColor": PALETTE["ink-2"],
        "titleFontSize": 13,
        "titleFontWeight": 600,
        "titlePadding": 10,
    },
    "axisX": {"labelAngle": 0},
    "axisBand": {"grid": False},
    "axisQuantitative": {"domain": False, "ticks": False, "tickCount": 6},
    "header": {"labelColor": INK, "labelFontSize": 13, "titleColor": PALETTE["ink-2"], "titleFontSize": 13},
    "legend": {
        "labelColor": PALETTE["ink-2"],
        "labelFontSize": 13,
        "titleColor": PALETTE["ink-2"],
        "titleFontSize": 13,
        "symbolSize": 110,
        "labelLimit": 320,
    },
    "title": {"color": INK, "fontSize": 15, "fontWeight": 600, "anchor": "start"},
    "text": {"color": INK, "fontSize": 13},
    "mark": {"color": SERIES[0]},
    "bar": {"cornerRadiusEnd": 2},
    "line": {"strokeWidth": 2.5, "strokeCap": "round"},
    "point": {"size": 80, "filled": True},
    "rule": {"color": PALETTE["line-strong"]},
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawn chart with the sentence it answers and the numbers behind it."""

    title: str
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    svg: SafeString
    invented: bool


def figure(
    spec: alt.TopLevelMixin,
    title: str,
    summary: str,
    table_columns: Sequence[str],
    table_rows: Iterable[Sequence[Any]],
    *,
    invented: bool | None = None,
) -> Figure:
    """Draw `spec` (or take it from the cache) for the `{% figure %}` tag.

    `summary` says in words what the picture shows; it is also the caption of the table.
    `invented` prints INVENTED inside the picture, so that a copied image still says so; None: as the demo stands.
    Charts of real records shown in the demo pass False.
    """
    marked = settings.DEMO if invented is None else invented
    drawn = spec.to_dict()
    drawn["config"] = _merge(_THEME, drawn.get("config", {}))
    label = _("Invented").upper() if marked else ""
    told = json.dumps([drawn, title, summary, label], sort_keys=True, default=str)
    key = "chart:" + hashlib.sha256(told.encode()).hexdigest()
    svg = cache.get(key)
    if svg is None:
        svg = _themable(vl_convert.vegalite_to_svg(drawn), title, summary, label)
        cache.set(key, svg, None)
    return Figure(
        title=title,
        summary=summary,
        columns=tuple(str(c) for c in table_columns),
        rows=tuple(tuple(str(cell) for cell in row) for row in table_rows),
        svg=mark_safe(svg),  # noqa: S308  (written by _themable, text escaped by ElementTree)
        invented=marked,
    )


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, group by group. Altair's own default for the view says nothing we want."""
    merged = dict(base)
    for name, value in over.items():
        known = merged.get(name)
        merged[name] = _merge(known, value) if isinstance(known, dict) and isinstance(value, dict) else value
    return merged


def _themable(svg: str, title: str, summary: str, label: str) -> str:
    """The SVG named for screen readers, its palette as CSS variables, without styles, fonts or scripts."""
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(svg)  # noqa: S314  (drawn by vl-convert a moment ago)
    for parent in root.iter():
        for child in list(parent):
            invisible = child.get("display") == "none" or child.get("d") == "M0,0h0v0h0Z"
            if invisible or child.tag.endswith(("script", "style")):
                parent.remove(child)
    for element in root.iter():
        _unstyle(element)
        for name in list(element.attrib):
            if name in _SAID or name in {"class", "font-family", "pointer-events"} or name.startswith(("on", "{")):
                del element.attrib[name]
            elif name in _DRAWN:
                value = element.attrib[name]
                element.attrib[name] = _VARIABLE.get(value.lower(), value)
    width, height = float(root.get("width", "0")), float(root.get("height", "0"))
    if label:
        note = ElementTree.SubElement(root, f"{{{_SVG}}}text")
        note.attrib |= {
            "x": f"{width - 4:g}",
            "y": f"{height + _FOOT - 6:g}",
            "text-anchor": "end",
            "font-size": "11px",
            "font-weight": "700",
            "letter-spacing": "0.08em",
            "fill": _VARIABLE[PALETTE["accent"]],
        }
        note.text = label
        height += _FOOT
    root.attrib |= {
        "class": "chart chart--wide" if width > 420 else "chart",
        "role": "img",
        "width": f"{width:g}",
        "height": f"{height:g}",
        "viewBox": f"0 0 {width:g} {height:g}",
    }
    for position, (tag, text) in enumerate((("title", title), ("desc", f"{summary} {label}".strip()))):
        said = ElementTree.Element(f"{{{_SVG}}}{tag}")
        said.text = text
        root.insert(position, said)
    root.attrib.pop("version", None)
    return ElementTree.tostring(root, encoding="unicode")


def _unstyle(element: ElementTree.Element) -> None:
    """A style attribute's declarations as presentation attributes."""
    style = element.attrib.pop("style", "")
    for declaration in style.split(";"):
        name, colon, value = declaration.partition(":")
        if colon and name.strip() not in {"pointer-events", "cursor"}:
            element.attrib.setdefault(name.strip(), value.strip())
