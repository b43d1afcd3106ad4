"""What the pages say of a comparison: shares beside chance, means in readable units, what stands behind them, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from fairlead.apps.growth.models import Comparison
from fairlead.apps.growth.selectors import Line, Own, Possible
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import in_words
from fairlead.desks.shares import percent

# Logits mean nothing to most readers. 500 is the mean of those who sat the first form, and 100 points are one logit.
MIDDLE, LOGIT = 500.0, 100.0
STATES = {"waiting": "info", "done": "ok", "refused": "warn"}


@dataclass(frozen=True, slots=True)
class Row:
    """A comparison as one line."""

    pk: int
    instrument: str
    before: str
    before_on: date
    after: str
    after_on: date
    state: str
    status: str
    words: str


def row(known: Comparison) -> Row:
    """A comparison for the list and for the head of its page."""
    one, two = known.before, known.after
    return Row(
        known.pk, str(one.version.instrument), in_words(one.name, one.name_es), one.opens_on,
        in_words(two.name, two.name_es), two.opens_on, known.state, STATES[known.state], known.get_state_display(),
    )  # fmt: skip


def possible(found: Sequence[Possible]) -> list[tuple[Possible, str]]:
    """Pairs with their instrument's name."""
    return [(pair, in_words(pair.instrument, pair.instrument_es)) for pair in found]


def reasons() -> dict[str, str]:
    """Why a measure could not be worked out."""
    return {
        "shared": _("The two forms share fewer than three questions, so they cannot be put on one scale. Make the next form repeat some of the first one's questions unchanged."),
        "few": _("Too few people sat both forms for anything to be told. Ask more people, or wait for the next group."),
        "unclear": _("The answers do not tell people apart: nearly everybody answered alike. Look at the questions on the technical page."),
    }  # fmt: skip


def methods() -> dict[str, str]:
    """The methods, as a reader may know them."""
    return {
        "rasch": _("Rasch model"), "2pl": _("two-parameter model"), "partial credit": _("partial credit model"),
        "graded": _("graded response model"), "points": _("points on the shared questions"),
    }  # fmt: skip


def why_points() -> dict[str, str]:
    """Why no model was used."""
    return {
        "asked": _("The scale is short and its score is read as it stands."),
        "few persons": _("Fewer than 100 people sat each form: too few to learn how hard each question is, so the shared questions are compared by points."),
        "few answers": _("Too few of the shared questions were answered at all levels on both forms for a model."),
        "not converged": _("A model was tried and did not converge, so it was not used."),
        "refused": _("A model was tried and the answers did not carry it, so it was not used."),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Group:
    """The whole or a school, in words."""

    organization: str
    whole: bool
    few: bool
    n: int | None
    share: str
    interval: str
    chance: str
    chance_interval: str
    beyond: bool | None
    mean: str
    mean_interval: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One scale of a comparison: its groups, and what stands behind them."""

    key: str
    name: str
    refused: str
    groups: tuple[Group, ...]
    method: str
    why_points: str
    facts: dict[str, Any]
    reliability: str
    shared: tuple[tuple[str, str, str, bool], ...]  # name, before, after, drifted
    left_out: tuple[str, ...]
    true_sd: str
    linked: str


def measures(known: Comparison, lines: Sequence[Line]) -> list[Measure]:
    """Every scale, in the form's order; those that were refused with the reason."""
    items = instruments.items_of(known.before.version_id)
    names = {item.key: str(item) for item in items}
    domains = {item.domain.key: str(item.domain) for item in items} | {"": _("The whole form")}
    found = []
    for key, facts in known.found.get("measures", {}).items():
        found.append(_measure(known, key, domains.get(key, key), facts, lines, names))
    for key, code in known.found.get("refused", {}).items():
        said = reasons().get(code, code)
        found.append(Measure(key, domains.get(key, key), said, (), "", "", {}, "", (), (), "", ""))
    order = list(domains)
    return sorted(found, key=lambda one: order.index(one.key) if one.key in order else len(order))


def _measure(
    known: Comparison, key: str, name: str, facts: dict[str, Any], lines: Sequence[Line], names: dict[str, str]
) -> Measure:
    by_model = facts["unit"] == "logits"
    own = [line for line in lines if line.measure == key]
    reliability = " · ".join(
        number_format(value, 2) for value in (facts["reliability_before"], facts["reliability_after"]) if value is not None
    )  # fmt: skip
    low, high, n = facts["linked_low"], facts["linked_high"], facts["n"]
    return Measure(
        key=key,
        name=name,
        refused="",
        groups=tuple(_group(line, line.organization_id == known.organization_id, by_model) for line in own),
        method=methods().get(facts["method"], facts["method"]),
        why_points=why_points().get(facts["why_points"], ""),
        facts=facts,
        reliability=reliability,
        shared=tuple(
            (names.get(s["key"], s["key"]), _at(s["before"]) if by_model else "", _at(s["after"]) if by_model else "", s["drifted"])
            for s in facts["shared"]
        ),
        left_out=tuple(names.get(one, one) for one in facts["left_out"]),
        true_sd="" if facts["true_sd"] is None else _size(facts["true_sd"], by_model),
        linked="" if not by_model or low == high else f"{percent(low / n)}–{percent(high / n)}",
    )  # fmt: skip


def _at(logit: float) -> str:
    return number_format(MIDDLE + LOGIT * logit, 0)


def _size(change: float, by_model: bool, sign: bool = False) -> str:
    value = LOGIT * change
    said = number_format(abs(value), 0)
    if by_model:
        words = said
    else:
        words = _("%(n)s percentage points") % {"n": said}
    if not sign:
        return words
    return ("+" if value > 0 else "−" if value < 0 else "") + words


def _group(line: Line, whole: bool, by_model: bool) -> Group:
    if line.state in ("few", "value"):
        words = _("not enough people") if line.state == "few" else _("withheld")
        return Group(line.organization, whole, True, line.n, words, "", "", "", None, "", "")
    if line.state == "bottom":
        share = _("at most %(share)s") % {"share": percent(line.most)}
    elif line.state == "top":
        share = _("at least %(share)s") % {"share": percent(line.share)}
    else:
        share = percent(line.share)
    exact = line.state == "shown" and line.share is not None and line.chance_high is not None
    return Group(
        line.organization, whole, False, line.n, share, _between(line.low, line.high), percent(line.by_chance),
        _between(line.chance_low, line.chance_high), bool(line.share > line.chance_high) if exact else None,  # type: ignore[operator]
        "" if line.mean is None else _size(line.mean, by_model, sign=True),
        "" if line.mean_low is None else f"{_signed(line.mean_low)} … {_signed(line.mean_high or 0.0)}",
    )  # fmt: skip


def _signed(change: float) -> str:
    value = round(LOGIT * change)
    return f"+{value}" if value > 0 else f"−{-value}" if value < 0 else "0"


def _between(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{percent(low)}–{percent(high)}"


@dataclass(frozen=True, slots=True)
class OwnRow:
    """One's own growth in one measure."""

    instrument: str
    key: str
    number: int
    day: date
    measure: str
    before: str
    before_error: str
    after: str
    after_error: str
    verdict: str
    words: str


def own(found: Sequence[Own]) -> list[OwnRow]:
    """The asking person's own scores with their errors, in readable units."""
    said = {
        "grew": ("ok", _("Higher, by more than the error of measurement")),
        "same": ("none", _("No difference that the error of measurement could not make")),
        "fell": ("info", _("Lower, by more than the error of measurement")),
    }
    rows = []
    for one in found:
        names = {item.domain.key: str(item.domain) for item in instruments.items_of(one.version_id)}
        by_model = one.method != "points"
        status, words = said[one.verdict]
        rows.append(
            OwnRow(
                in_words(one.name, one.name_es), one.key, one.number, one.counted_on, names.get(one.measure, ""),
                _score(one.before, by_model), _error(one.se_before), _score(one.after, by_model), _error(one.se_after),
                status, words,
            )
        )  # fmt: skip
    return rows


def _score(value: float, by_model: bool) -> str:
    return _at(value) if by_model else percent(value)


def _error(se: float) -> str:
    return "± " + number_format(2 * LOGIT * se, 0)
