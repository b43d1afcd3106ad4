"""When a calibration is passed: a set's rule as data, read and held against what was rated.

exact         least share of levels that are the agreed ones
adjacent      least share at most one level away
domain_exact  least share of exact levels in every domain
kappa         least weighted kappa (quadratic weights)
wait_days     how many days lie between a failed attempt and the next
months        how long the certificate holds; an instrument's own rule may make it shorter
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from fairlead.science.measurement import MeasurementError, exact_and_adjacent, kappa

SHARES = ("exact", "adjacent", "domain_exact", "kappa")
UNSEEN = -99  # a level that is neither near any other nor equal to it: said to be unseen where a level was agreed


@dataclass(frozen=True, slots=True)
class Rule:
    """A set's rule, read. What is None is not asked for."""

    exact: float | None = None
    adjacent: float | None = None
    domain_exact: float | None = None
    kappa: float | None = None
    wait_days: int = 7
    months: int | None = 12


USUAL = Rule(exact=0.7, adjacent=0.95, domain_exact=0.5, kappa=0.5)


def read(raw: Mapping[str, Any]) -> Rule:
    """A rule from data; refuses a word that is not known and a number that could not be kept to."""
    known = [field.name for field in fields(Rule)]
    for name, value in raw.items():
        if name not in known:
            raise ValidationError({"rule": f"{name}: {', '.join(known)}"})
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if name in SHARES:
            good = value is None or (number and 0 <= value <= 1)
        else:
            least, most = (0, 365) if name == "wait_days" else (1, 120)
            good = (value is None and name == "months") or (type(value) is int and least <= value <= most)
        if not good:
            raise ValidationError({"rule": _("“%(name)s” cannot be %(value)s.") % {"name": name, "value": value}})
    rule = Rule(**raw)
    if all(getattr(rule, name) is None for name in SHARES):
        raise ValidationError({"rule": _("Say what passes: at least one of the four shares.")})
    return rule


@dataclass(frozen=True, slots=True)
class Rated:
    """One item of one case: the agreed level, and the rater's (None: said not to be seen)."""

    case: int
    item: str
    domain: str
    agreed: int
    level: int | None


@dataclass(frozen=True, slots=True)
class Held:
    """What came of it. `short` names what fell short: a share of the rule, or `domain:<key>`."""

    passed: bool
    short: tuple[str, ...]
    numbers: dict[str, Any]


def judge(rule: Rule, rated: Sequence[Rated]) -> Held:
    """Hold an attempt against its rule. An agreed level that the rater calls unseen is not agreement.

    Shares come with intervals in which levels of one case count as related (`exact_and_adjacent`); the rule is held
    against the share itself.
    """
    agreed = [row.agreed for row in rated]
    levels = [UNSEEN if row.level is None else row.level for row in rated]
    found = exact_and_adjacent(levels, agreed, cluster=[row.case for row in rated])
    assert found.adjacent is not None
    try:
        beyond = kappa([row.level for row in rated], agreed, weights="quadratic")
    except MeasurementError:  # one level throughout: nothing can be said of agreement beyond chance
        beyond = None
    domains = [
        _domain(key, [row for row in rated if row.domain == key]) for key in dict.fromkeys(r.domain for r in rated)
    ]
    reached = {
        "exact": found.exact.value,
        "adjacent": found.adjacent.value,
        "kappa": None if beyond is None else beyond.value,
    }
    short = []
    for name, value in reached.items():
        floor = getattr(rule, name)
        if floor is not None and (value is None or value < floor - 1e-12):
            short.append(name)
    if rule.domain_exact is not None:
        short += [f"domain:{d['key']}" for d in domains if d["exact"] < rule.domain_exact - 1e-12]
    numbers = {
        "pairs": len(rated),
        "cases": len({row.case for row in rated}),
        "unseen": sum(row.level is None for row in rated),
        "exact": _interval(found.exact),
        "adjacent": _interval(found.adjacent),
        "kappa": None if beyond is None else _interval(beyond),
        "domains": domains,
        "short": short,
    }
    return Held(not short, tuple(short), numbers)


def _domain(key: str, rows: Sequence[Rated]) -> dict[str, Any]:
    told = [row.level - row.agreed for row in rows if row.level is not None]
    return {
        "key": key,
        "pairs": len(rows),
        "exact": sum(row.level == row.agreed for row in rows) / len(rows),
        "lean": sum(told) / len(told) if told else None,  # above zero: higher than agreed
    }


def _interval(found: Any) -> dict[str, float]:
    return {"value": float(found.value), "low": float(found.low), "high": float(found.high)}
