"""What it cost, by ingredients: how much of everything, at which price (Levin, McEwan, Belfield, Bowden & Shand 2018,
*Economic Evaluation in Education*, 3rd ed., chapter 3).

All that was used counts, also what nobody paid for (volunteers' hours, rooms), above what the comparison used.
"""

from __future__ import annotations

from dataclasses import dataclass

SOCIETY = "society: whoever pays"  # the perspective of a plan that names none
CATEGORIES = ("personnel", "training", "facilities", "materials", "other")
TENTH = 0.1


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One thing that was used: `quantity` of `unit` at `price` each. `paid_by` says who bore it."""

    name: str
    quantity: float
    unit: str
    price: float
    category: str = "other"
    paid_by: str = ""
    source: str = ""

    @property
    def cost(self) -> float:
        """Quantity × price."""
        return self.quantity * self.price


@dataclass(frozen=True, slots=True)
class Costs:
    """The ingredients of serving `students`, in one currency at the prices of one year."""

    ingredients: tuple[Ingredient, ...]
    students: float
    currency: str = "USD"
    price_year: int | None = None

    @property
    def total(self) -> float:
        """Of all ingredients."""
        return sum(ingredient.cost for ingredient in self.ingredients)

    @property
    def per_student(self) -> float:
        """Total ÷ students served.

        Examples
        --------
        >>> Costs((Ingredient("coach", 0.5, "year", 80_000.0), Ingredient("books", 200, "book", 10.0)), 200).per_student
        210.0
        """
        return self.total / self.students

    def by(self, what: str) -> dict[str, float]:
        """Total by "category" or "paid_by", the largest first."""
        sums: dict[str, float] = {}
        for ingredient in self.ingredients:
            key = str(getattr(ingredient, what)) or "not said"
            sums[key] = sums.get(key, 0.0) + ingredient.cost
        return dict(sorted(sums.items(), key=lambda item: -item[1]))


@dataclass(frozen=True, slots=True)
class CostEffect:
    """Cost of each 0.1 standard deviations for a student. None: no positive effect, so no such price.

    `low` and `high` come from the ends of the effect's interval; `high` is None where the interval reaches zero: the price
    has no upper end. The costs themselves are taken as known.
    """

    per_student: float
    per_tenth: float | None
    low: float | None
    high: float | None
    currency: str
    price_year: int | None


def cost_effect(costs: Costs, g: float, low: float | None = None, high: float | None = None) -> CostEffect:
    """Cost per student and per 0.1 standard deviations of effect.

    Parameters
    ----------
    g, low, high : the standardised effect and its interval, favourable effects positive.

    Examples
    --------
    >>> costs = Costs((Ingredient("tutor", 1000, "hour", 30.0),), students=100)
    >>> found = cost_effect(costs, 0.2, -0.1, 0.5)
    >>> found.per_student, found.per_tenth, round(found.low), found.high
    (300.0, 150.0, 60, None)
    """

    def price(effect: float | None) -> float | None:
        return None if effect is None or effect <= 0 else costs.per_student * TENTH / effect

    if price(g) is None:
        return CostEffect(costs.per_student, None, None, None, costs.currency, costs.price_year)
    return CostEffect(costs.per_student, price(g), price(high), price(low), costs.currency, costs.price_year)
