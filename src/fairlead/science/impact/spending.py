"""What a study's intervention cost: the plan's ingredients, those of each participant and those of the whole, in one sum."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.science.impact import costs as prices
from fairlead.science.impact.estimate import Estimate
from fairlead.science.impact.plan import Costs


@dataclass(frozen=True, slots=True)
class Spent:
    """One ingredient: in all, and per participant."""

    name: str
    name_es: str
    category: str
    quantity: float
    unit: str
    price: float
    per: str
    total: float
    each: float
    source: str


@dataclass(frozen=True, slots=True)
class CostResult:
    """Costs beyond the comparison's. `tenth`: per participant for 0.1 SD, with the interval of the effect (None where the
    interval of the effect reaches zero, and no finite number of dollars is sure to buy it)."""

    currency: str
    year: str
    perspective: str
    participants: int
    spent: tuple[Spent, ...]
    total: float
    each: float
    per_unit: float | None
    tenth: float | None
    tenth_low: float | None
    tenth_high: float | None


def cost(costs: Costs, participants: int, estimate: Estimate | None, *, favourable: bool) -> CostResult:
    """Add the ingredients up, and lay them beside the effect (see `costs.cost_effect`).

    Parameters
    ----------
    participants : who was served; the plan's `served` comes first. A whole price is shared among them.
    favourable : whether the effect is in the wanted direction; only then a cost per unit of effect makes sense.

    Examples
    --------
    >>> from fairlead.science.impact.plan import Costs, Ingredient
    >>> coach = Ingredient("a coach's year", "", "personnel", 0.5, "year", 90_000.0, "whole", "")
    >>> book = Ingredient("books", "", "materials", 2.0, "book", 15.0, "participant", "")
    >>> found = cost(Costs("USD", "2026", "", 300, (coach, book)), 0, None, favourable=False)
    >>> found.total, found.each
    (54000.0, 180.0)
    """
    served = costs.served or participants
    spent = []
    for item in costs.ingredients:
        bought = item.quantity * item.price
        total = bought * served if item.per == "participant" else bought
        each = total / served if served else 0.0
        spent.append(
            Spent(item.name, item.name_es, item.category, item.quantity, item.unit, item.price, item.per, total, each,
                  item.source)
        )  # fmt: skip
    whole = sum(item.total for item in spent)
    each = whole / served if served else 0.0
    per_unit = tenth = low = high = None
    effect = None if estimate is None else estimate.effect
    if favourable and estimate is not None and estimate.estimate:
        per_unit = each / abs(estimate.estimate)
    if effect is not None and served:
        ingredients = tuple(
            prices.Ingredient(
                item.name, item.total / item.price if item.price else 0.0, item.unit, item.price, item.category
            )
            for item in spent
        )
        reach = (
            (None, None) if effect.se is None else (effect.value - 1.96 * effect.se, effect.value + 1.96 * effect.se)
        )
        found = prices.cost_effect(prices.Costs(ingredients, served, costs.currency), effect.value, *reach)
        tenth, low, high = found.per_tenth, found.low, found.high
    return CostResult(
        costs.currency, costs.year, costs.perspective, served, tuple(spent), whole, each, per_unit, tenth, low, high
    )
