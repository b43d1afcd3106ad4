"""What a programme cost, by ingredients that can be switched off one by one: in all, per teacher, per contact hour, per teacher
who grew beyond what chance brings."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from fairlead.apps.instruments.models import Version
from fairlead.apps.learning.models import Ingredient
from fairlead.apps.learning.selectors import Dose
from fairlead.desks.learning.standing import Standing
from fairlead.desks.shares import percent
from fairlead.science.impact import costs
from fairlead.science.proportion import Share

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Row:
    """One ingredient in words."""

    pk: int
    kind: str
    name: str
    quantity: str
    unit: str
    price: str
    cost: str
    paid_by: str
    quantity_source: str
    price_source: str
    priced_on: date
    counted: bool


@dataclass(frozen=True, slots=True)
class PerGrown:
    """Cost per teacher who grew, on one measure of one comparison, or in practice."""

    measure: str
    link: str
    version: Version
    n: str
    grew: str
    share: str
    interval: str
    expected: str
    each: str
    reach: str
    why: str


@dataclass(frozen=True, slots=True)
class Cost:
    """A programme's cost as its page shows it."""

    rows: tuple[Row, ...]
    kinds: tuple[tuple[str, str, bool, str], ...]  # key, name, counted, cost
    payers: tuple[tuple[str, str, str], ...]  # who pays, how much, share
    total: str
    people: int
    hours: str
    each: str
    per_hour: str
    grew: tuple[PerGrown, ...]


def money(value: float, digits: int = 0) -> str:
    """Dollars."""
    return f"${number_format(round(value, digits), digits, force_grouping=True)}"


def cost(
    ingredients: Sequence[Ingredient], doses: Sequence[Dose], stands: Standing, without: Collection[str]
) -> Cost:
    """Add the ingredients up, those of kinds in `without` left out, and share them among those who came."""
    contact = sum(d.had for d in doses) / 60
    people = sum(d.had > 0 for d in doses)
    used = [
        (one, costs.Ingredient(one.name, contact if one.quantity is None else float(one.quantity), one.unit,
                               float(one.price), one.kind, one.paid_by, one.price_source))
        for one in ingredients
    ]  # fmt: skip
    chosen = costs.Costs(tuple(what for one, what in used if one.kind not in without), people)
    every = costs.Costs(tuple(what for _one, what in used), people)
    each = chosen.per_student if people else None
    by_kind = every.by("category")
    rows = tuple(
        Row(
            one.pk, one.get_kind_display(), one.name, number_format(what.quantity, 0, force_grouping=True), one.unit,
            money(what.price, 2), money(what.cost), one.paid_by, one.quantity_source, one.price_source, one.priced_on,
            one.kind not in without,
        )
        for one, what in used
    )  # fmt: skip
    total = chosen.total
    return Cost(
        rows,
        tuple(
            (key, str(Ingredient.Kind(key).label), key not in without, money(value)) for key, value in by_kind.items()
        ),
        tuple((who, money(value), percent(value / total)) for who, value in chosen.by("paid_by").items() if total),
        money(total),
        people,
        number_format(round(contact), 0, force_grouping=True),
        "–" if each is None else money(each),
        money(total / contact) if contact else "–",
        (*_grew(stands, each), *_practised(stands, each)) if each is not None else (),
    )


def _grew(stands: Standing, each: float) -> Iterator[PerGrown]:
    for compared in stands.compared.values():
        known = compared.known
        names = {m.key: m.name for m in compared.measures}
        for line in compared.lines:
            if line.organization_id == known.organization_id:
                what = names.get(line.measure, "") if line.measure else known.before.version.instrument
                name = _("Knowledge or beliefs, on two forms: %(what)s") % {"what": what}
                link = reverse("growth:comparison", args=[known.pk])
                exact = line.state == "shown" and line.share is not None
                share = Share(line.share, line.low, line.high, LEVEL) if exact else None  # type: ignore[arg-type]
                yield _each(name, link, known.before.version, share, line.n, line.by_chance, each)


def _practised(stands: Standing, each: float) -> Iterator[PerGrown]:
    for version, row in stands.visits.values():
        if row is not None:
            told = row.found
            share = Share(told["share"], told["low"], told["high"], LEVEL) if "low" in told else None
            name = _("Practice, in visits: %(what)s") % {"what": version}
            yield _each(name, "", version, share, told.get("n"), told.get("by_chance"), each)


def _each(
    name: str, link: str, version: Version, share: Share | None, n: int | None, by_chance: float | None, each: float
) -> PerGrown:
    if share is None or n is None:
        return PerGrown(
            name, link, version, "–", "–", "–", "", "–", _("not estimable"), "", _("Its exact share is not told."),
        )  # fmt: skip
    told = costs.cost_per_grown(each, share, n, by_chance or 0.0)
    why = {
        "": "",
        costs.NO_NET: _("No more seem to have grown than chance alone brings."),
        costs.SPANS_ZERO: _("The interval reaches what chance alone brings."),
    }[told.why]
    estimable = told.each is not None and told.each_low is not None and told.each_high is not None
    return PerGrown(
        name, link, version, number_format(n), number_format(round(told.grew), 0), percent(share.value),
        f"{percent(share.low)}–{percent(share.high)}", number_format(round(told.expected, 1), 1),
        money(told.each) if told.each is not None else _("not estimable"),
        f"{money(told.each_low or 0)}–{money(told.each_high or 0)}" if estimable else "", why,
    )  # fmt: skip
