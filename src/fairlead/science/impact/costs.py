"""What it cost, by ingredients: how much of everything, at which price (Levin, McEwan, Belfield, Bowden & Shand 2018,
*Economic Evaluation in Education*, 3rd ed., chapter 3).

All that was used counts, also what nobody paid for (volunteers' hours, rooms), above what the comparison used.
"""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.science.proportion import Share

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


@dataclass(frozen=True, slots=True)
class CostGrown:
    """Cost for each person who grew beyond chance. `each` is None where that cannot be estimated; `why` says why then.

    `net` is the share who grew less the share that chance alone brings, `net_low` and `net_high` its interval. `each_high` is
    None where `each` is.
    """

    grew: float
    expected: float
    net: float
    net_low: float
    net_high: float
    each: float | None
    each_low: float | None
    each_high: float | None
    why: str


NO_NET, SPANS_ZERO = "no more grew than by chance", "the interval reaches what chance alone brings"


def cost_per_grown(per_person: float, share: Share, n: int, by_chance: float = 0.025) -> CostGrown:
    """Cost per person ÷ (share who grew beyond the error of measurement − share that would seem so by chance).

    For a programme with a change measured in each person (`measurement.growth_beyond_error`). Dividing by all who seem to
    have grown would count chance as an effect, and makes every programme look cheaper than it is. Nothing here says that
    the programme *made* anybody grow: for that a comparison is needed.

    Parameters
    ----------
    per_person : cost for each participant, in one currency; taken as known.
    share : who grew, with its interval.
    n : how many were measured twice; they stand for all participants.
    by_chance : share in [0, 1) that would seem to have grown if nobody had; taken as known.

    Returns
    -------
    CostGrown

    Raises
    ------
    ValueError
        Nobody measured, a share outside [0, 1), a cost below zero.

    Notes
    -----
    The cost's interval comes from the ends of the share's; where that reaches `by_chance`, no finite number of dollars is
    sure to buy one, and none is told.

    Examples
    --------
    >>> from fairlead.science.proportion import wilson
    >>> found = cost_per_grown(1200.0, wilson(40, 100), n=100)
    >>> round(found.net, 3), round(found.each), round(found.each_low), round(found.each_high)
    (0.375, 3200, 2537, 4219)
    >>> cost_per_grown(1200.0, wilson(3, 100), n=100).why
    'the interval reaches what chance alone brings'
    """
    if n < 1:
        raise ValueError(f"n must be at least 1: got {n}")
    if not 0 <= by_chance < 1:
        raise ValueError(f"by_chance must be in [0, 1): got {by_chance}")
    if not per_person >= 0:
        raise ValueError(f"per_person must be zero or more: got {per_person}")
    net, low, high = (value - by_chance for value in (share.value, share.low, share.high))
    told = (n * share.value, n * by_chance, net, low, high)
    if net <= 0:
        return CostGrown(*told, None, None, None, NO_NET)
    if low <= 0:
        return CostGrown(*told, None, None, None, SPANS_ZERO)
    return CostGrown(*told, per_person / net, per_person / high, per_person / low, "")
