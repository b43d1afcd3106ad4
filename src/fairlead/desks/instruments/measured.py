"""A stored technical result in words, tables and a picture. Nothing is estimated here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from fairlead.apps.instruments.standards import Standards, Use, standards
from fairlead.desks.charts import MUTED, SERIES, Figure, figure

Found = Mapping[str, Any]
FEW = 10  # counts below this are told exactly to those who may ask for a result only

_SOURCES = {
    "teacher": gettext_lazy("Teachers: what the score is about"),
    "rater": gettext_lazy("Raters: how severe each one is"),
    "item": gettext_lazy("Items: how much each one asks for"),
    "visit": gettext_lazy("The lesson that happened to be seen"),
    "teacher:rater": gettext_lazy("How one rater sees one teacher"),
    "teacher:visit": gettext_lazy("The lesson that happened to be seen"),
    "teacher:item": gettext_lazy("What one teacher does better or less well than the rest"),
    "rater:item": gettext_lazy("How one rater reads one item"),
    "teacher:rater:visit": gettext_lazy("The lesson that happened to be seen"),
    "teacher:rater:item": gettext_lazy("How one rater reads one item with one teacher"),
    "teacher:visit:item": gettext_lazy("How one item went in one lesson"),
    "residual": gettext_lazy("All else, and chance"),
}
_LEFT_OUT = {
    "other_purpose": gettext_lazy("responses of a purpose that does not allow this"),
    "earlier": gettext_lazy("responses from before these twelve months"),
    "other_part": gettext_lazy("responses of calibrations and consensus"),
    "draft": gettext_lazy("responses not yet sent"),
    "not_observed": gettext_lazy("answers “not seen” or “I do not know”"),
    "unscored": gettext_lazy("answers without a score: words, counts, open choices"),
}
_GROUPED_BY = {
    "gender": gettext_lazy("gender"),
    "economically_disadvantaged": gettext_lazy("economic disadvantage"),
    "english_learner": gettext_lazy("English learner"),
    "disability": gettext_lazy("disability"),
}


@dataclass(frozen=True, slots=True)
class NeededRow:
    """One use: what it asks for, the cells for one, two and three raters, and how many visits at least."""

    use: Use
    cells: tuple[str, ...]
    least: int | None
    raters: int
    allowed: bool


@dataclass(frozen=True, slots=True)
class Visits:
    """The answer for an instrument of visits."""

    headline: str
    today: str
    rows: tuple[NeededRow, ...]
    raters: tuple[str, ...]  # heads of the columns
    components: tuple[tuple[str, str, str, str, str], ...]  # what, share, variance, error, how many
    few_raters: int | None
    converged: bool
    chart: Figure | None
    off: tuple[tuple[int, str], ...]  # visits by one rater: points


def number(value: float | None, digits: int = 2) -> str:
    """A number as the reader writes it; a dash where there is none."""
    return (
        "–" if value is None else formats.number_format(round(value, digits), digits)
    )  # it cuts, and does not round


def percent(value: float) -> str:
    """A share as a whole percentage."""
    return _("%(n)s %%") % {"n": formats.number_format(round(100 * value), 0)}


def between(found: Found) -> str:
    """A value with its interval."""
    if found.get("low") is None or found.get("high") is None:
        return number(found["value"])
    words = {"value": number(found["value"]), "low": number(found["low"]), "high": number(found["high"])}
    return _("%(value)s (%(low)s to %(high)s)") % words


def counted(n: int, exact: bool) -> str:
    """A count; a small one only to those who may know it."""
    if exact or n >= FEW or n == 0:
        return formats.number_format(n, 0, force_grouping=True)
    return _("fewer than %(n)s") % {"n": FEW}


def waiting_words(waiting: Found, exact: bool) -> str:
    """Not enough yet: of what, how many of how many."""
    what = {
        "teachers": _("teachers visited"),
        "teachers_twice": _("teachers visited twice or more"),
        "pairs": _("ratings given twice in the same room"),
        "responses": _("whole responses"),
        "groups": _("groups with two or more responses"),
        "persons": _("people who answered"),
    }[waiting["what"]]
    words = {"n": counted(waiting["n"], exact), "wanted": waiting["wanted"], "what": what}
    return _("Not enough yet: %(n)s of %(wanted)s %(what)s.") % words


def left_out(found: Found, exact: bool) -> list[tuple[str, str]]:
    """What was not counted, and why."""
    rows = found.get("left_out", {})
    return [(str(words), counted(rows[key], exact)) for key, words in _LEFT_OUT.items() if key in rows]


def visits(found: Found, allowed: Callable[[str], bool]) -> Visits | None:
    """Visits by raters that each use needs; None where there is no study. `allowed`: whether the instrument may be used so."""
    if "needed" not in found:
        return None
    table = standards()
    several = tuple(dict.fromkeys(row["raters"] for row in found["needed"]))
    rows = tuple(_needed(use, found, several, allowed(use.key), table) for use in table.uses)
    research = next(row for row in rows if row.use.key == "research")
    median = found["has"]["median"]
    few = next((one["levels"] for one in found["components"] if one["name"] == "rater" and one["levels"] < 5), None)
    return Visits(
        headline=_headline(research, table),
        today=_("Today the median visited teacher has %(n)s within twelve months.")
        % {"n": formats.number_format(median, 0 if float(median).is_integer() else 1)},
        rows=rows,
        raters=tuple(ngettext("%(n)s rater", "%(n)s raters", n) % {"n": n} for n in several),
        components=tuple(_component(one) for one in found["components"]),
        few_raters=few if few is not None else (1 if found["raters"] == 1 else None),
        converged=found["converged"],
        chart=_curve(found, table),
        off=tuple((row["visits"], number(row["off"])) for row in found["curve"] if row["raters"] == 1),
    )


def _needed(use: Use, found: Found, several: tuple[int, ...], allowed: bool, table: Standards) -> NeededRow:
    if use.coefficient == "none":
        one = ngettext("%(n)s visit", "%(n)s visits", 1) % {"n": 1}
        return NeededRow(use, (one,) * len(several), 1, 1, allowed)
    own = [row for row in found["needed"] if row["use"] == use.key]
    reached = sorted((row["visits"], row["raters"]) for row in own if row["visits"] is not None)
    cells = tuple(
        _("not within %(n)s") % {"n": table.look.most}
        if row["visits"] is None
        else ngettext("%(n)s visit", "%(n)s visits", row["visits"]) % {"n": row["visits"]}
        for row in own
    )
    least, raters = reached[0] if reached else (None, several[-1])
    return NeededRow(use, cells, least, raters, allowed)


def _headline(row: NeededRow, table: Standards) -> str:
    if row.least is None:
        return _(
            "No number of visits up to %(n)s makes a teacher's score exact enough to compare people in a study."
        ) % {"n": table.look.most}
    visits = ngettext("%(n)s visit", "%(n)s visits", row.least) % {"n": row.least}
    raters = ngettext("%(n)s rater", "%(n)s raters", row.raters) % {"n": row.raters}
    return _("A teacher's score needs %(visits)s by %(raters)s before people may be compared by it in a study.") % {
        "visits": visits,
        "raters": raters,
    }


def _component(one: Found) -> tuple[str, str, str, str, str]:
    name = str(_SOURCES.get(one["name"], one["name"]))
    return name, percent(one["share"]), number(one["variance"], 3), number(one["se"], 3), str(one["levels"])


def _curve(found: Found, table: Standards) -> Figure | None:
    """How reliable a score is by visits, a line for each number of raters, with the thresholds of the uses."""
    points = found["curve"]
    if not points:
        return None
    data = alt.Data(
        values=[
            {"visits": row["visits"], "value": round(row["value"], 3), "raters": str(row["raters"])} for row in points
        ]
    )
    rules = [{"wanted": use.wanted, "said": number(use.wanted, 1)} for use in table.asking]
    y = alt.Y("value:Q", title=_("reliability"), scale=alt.Scale(domain=[0, 1]))
    lines = alt.Chart(data).mark_line(point={"size": 46, "filled": True})
    wanted = alt.Chart(alt.Data(values=rules)).mark_rule(color=MUTED, strokeDash=[6, 4])
    chart = alt.layer(
        wanted.encode(y=alt.Y("wanted:Q", title=_("reliability"), scale=alt.Scale(domain=[0, 1]))),
        lines.encode(
            x=alt.X("visits:Q", title=_("visits"), axis=alt.Axis(tickMinStep=1, format="d", grid=False)),
            y=y,
            color=alt.Color(
                "raters:N", title=_("raters"), scale=alt.Scale(range=SERIES), legend=alt.Legend(orient="bottom")
            ),
        ),
    ).properties(width=350, height=220)  # fmt: skip
    return figure(
        chart,
        _("How reliable a score is, by the number of visits"),
        _("Reliability of a teacher's score by visits and raters. Broken lines: what groups (0.7), research (0.8) and "
          "a decision about one person (0.9) ask for."),
        [_("Visits"), _("Raters"), _("Reliability"), _("Interval"), _("A score is off by")],
        [
            (row["visits"], row["raters"], number(row["value"]),
             "–" if row["low"] is None else _("%(low)s to %(high)s") % {"low": number(row["low"]), "high": number(row["high"])},
             number(row["off"]))
            for row in points
        ],
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """A domain as a scale."""

    name: str
    waiting: str
    refused: str
    alpha: str
    n: int
    omega: str
    items: tuple[tuple[str, str, str], ...]  # name, with the rest, alpha without
    alike: tuple[str, ...]
    single: str
    mean: str
    usual: int
    groups_waiting: str
    needed: tuple[tuple[Use, str], ...]


def scales(found: Found, titles: Mapping[str, str], items: Mapping[str, str], exact: bool) -> list[Scale]:
    """Each domain's consistency, items and means. `titles`: of domains; `items`: names of items, empty where not told."""
    return [_scale(row, titles, items, exact) for row in found["domains"]]


def _scale(row: Found, titles: Mapping[str, str], items: Mapping[str, str], exact: bool) -> Scale:
    means = row.get("means", {})
    omega = row.get("omega")
    told = row.get("items", []) if items else []
    return Scale(
        name=titles.get(row["domain"], row["domain"]),
        waiting=waiting_words(row["waiting"], exact) if "waiting" in row else "",
        refused=row.get("refused", ""),
        alpha=between(row["alpha"]) if "alpha" in row else "",
        n=row["alpha"]["n"] if "alpha" in row else 0,
        omega="" if omega is None else number(omega["value"]) if omega["converged"] else _("did not converge"),
        items=tuple((items.get(one["item"], one["item"]), number(one["rest"]), number(one["without"])) for one in told),
        alike=tuple(items.get(key, key) for key in row.get("alike", ())) if items else (),
        single=between(means["single"]) if "single" in means else "",
        mean=between(means["mean"]) if "mean" in means else "",
        usual=means.get("usual", 0),
        groups_waiting=waiting_words(means["waiting"], exact) if "waiting" in means else means.get("refused", ""),
        needed=tuple(
            (standards().use(one["use"]), _("not within 500") if one["n"] is None else str(one["n"]))
            for one in means.get("needed", ())
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Compared:
    """Items held against two groups who answer alike otherwise."""

    by: str
    large: tuple[str, ...]
    moderate: tuple[str, ...]
    tested: int
    below: int
    expected: str
    refused: str


def compared(rows: list[Found], items: Mapping[str, str]) -> list[Compared]:
    """Differential item functioning, in words."""
    return [
        Compared(
            str(_GROUPED_BY.get(row["by"], row["by"])),
            tuple(items.get(key, "…") for key in row.get("large", ())),
            tuple(items.get(key, "…") for key in row.get("moderate", ())),
            row.get("tested", 0),
            row.get("below", 0),
            number(row.get("expected"), 1),
            row.get("refused", ""),
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Agreed:
    """Two raters in the same room."""

    pairs: int
    rooms: str
    exact: str
    adjacent: str
    kappa: str


def agreement(found: Found) -> Agreed:
    """Agreement of two raters, in words."""

    def share(one: Found | None) -> str:
        if one is None:
            return "–"
        words = {"value": percent(one["value"]), "low": percent(one["low"]), "high": percent(one["high"])}
        return _("%(value)s (%(low)s to %(high)s)") % words

    rooms = counted(found["rooms"], exact=False)
    return Agreed(found["pairs"], rooms, share(found["exact"]), share(found["adjacent"]), between(found["kappa"]))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """An item-response model, in words."""

    model: str
    persons: int
    converged: bool
    convergence: str
    reliability: str
    items: tuple[tuple[str, str, str, str, str], ...]  # name, difficulty (error), slope, infit, p of S-X²
    tested: int
    below: int
    expected: str
    precise: tuple[tuple[str, str], ...]  # place of the scale, error there


_MODELS = {"rasch": "Rasch", "2pl": gettext_lazy("two parameters")}


def knowledge(found: Found, items: Mapping[str, str]) -> Knowledge:
    """How precise an assessment is, and which items fit. `items` is empty for whom single items are not told."""
    rows = found["items"] if items else []
    return Knowledge(
        model=str(_MODELS.get(found["model"], found["model"])),
        persons=found["persons"],
        converged=found["converged"],
        convergence=found["convergence"],
        reliability=number(found["reliability"]),
        items=tuple(
            (items.get(one["item"], one["item"]), f"{number(one['difficulty'])} ({number(one['se'])})",
             number(one["slope"]), number(one["infit"]), number(one["p"], 3))
            for one in rows
        ),
        tested=found["tested"],
        below=found["below"],
        expected=number(found["expected"], 1),
        precise=tuple((number(one["at"], 0), number(one["error"])) for one in found["information"]),
    )  # fmt: skip
