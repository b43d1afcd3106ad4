"""Other words for an effect size, each naming its conversion. They stand beside the native unit, never in
its place."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import scipy

from fairlead.science.impact.estimate import Estimate
from fairlead.science.impact.plan import Outcome


@dataclass(frozen=True, slots=True)
class Translation:
    """One conversion of one effect. `low` and `high` carry the interval through; a band has a word, not a
    number."""

    key: str
    name: str
    name_es: str
    value: float | None
    low: float | None
    high: float | None
    word: str
    word_es: str
    unit: str
    unit_es: str
    source: str
    basis: str
    confidence: str


@cache
def conversions() -> dict[str, Any]:
    """The committed conversion tables with their sources."""
    text = (resources.files("fairlead.science.impact") / "translations.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def improvement_index(g: float) -> float:
    """100·Φ(g) − 50: the percentile a comparison student at the median would reach, minus 50.

    Examples
    --------
    >>> round(improvement_index(0.25), 2)
    9.87
    """
    return float(100 * scipy.stats.norm.cdf(g) - 50)


def kraft_band(g: float) -> str:
    """small, medium or large among causal studies of education; "negative" below zero.

    Examples
    --------
    >>> kraft_band(0.049), kraft_band(0.05), kraft_band(0.2)
    ('small', 'medium', 'large')
    """
    table = conversions()["kraft"]
    if g < 0:
        return "negative"
    return "large" if g >= table["large"] else "medium" if g >= table["medium"] else "small"


def eef_months(g: float) -> int:
    """Months of additional progress by the EEF toolkit's table, at two decimals; negatives mirrored, 12 at
    most.

    Examples
    --------
    >>> eef_months(0.21), eef_months(-0.1), eef_months(0.01)
    (3, -2, 0)
    """
    size = round(abs(g), 2)
    months = next((place for place, top in enumerate(conversions()["eef"]["upto"]) if size <= top), 12)
    return months if g >= 0 else -months


def share_of_year(g: float, subject: str, grade: str) -> float | None:
    """g as a share of the average year's growth; None for kindergarten, other subjects, or gains too small
    to divide by.

    Examples
    --------
    >>> round(share_of_year(0.12, "reading", "3"), 2)
    0.2
    """
    table = conversions()["hill"]
    if subject not in ("reading", "math") or not grade.isdigit():
        return None
    gain = table[subject][int(grade) - 1]
    return g / gain if gain >= table["least"] else None


def months_of_learning(g: float, subject: str, grade: str) -> float | None:
    """g in months of a nine-month school year of the average student of this grade and subject; None where
    `share_of_year` is.

    Examples
    --------
    >>> round(months_of_learning(0.12, "reading", "3"), 1)
    1.8
    """
    share = share_of_year(g, subject, grade)
    return None if share is None else share * float(conversions()["hill_months"]["months"])


def rank_among_published(g: float) -> float:
    """The percentage of published effects that are smaller, by straight lines between published percentiles; 10 and 90
    at most, beyond which nothing was published.

    Examples
    --------
    >>> rank_among_published(0.10), round(rank_among_published(0.18)), rank_among_published(2.0)
    (50.0, 65, 90.0)
    """
    table = conversions()["rank"]
    return float(np.interp(g, table["effects"], table["percentiles"]))


def translations(estimate: Estimate, outcome: Outcome) -> tuple[Translation, ...]:
    """Every conversion that applies to this estimate, with its interval from g ± 1.96 standard errors."""
    if estimate.effect is None:
        return ()
    g, se = estimate.effect.value, estimate.effect.se
    low, high = (None, None) if se is None else (g - 1.96 * se, g + 1.96 * se)
    tables = conversions()
    found: list[Translation] = []

    def add(key: str, convert: Any, unit: tuple[str, str], word: tuple[str, str] = ("", "")) -> None:
        numbers = [None if x is None or convert is None else convert(x) for x in (g, low, high)]
        if convert is not None and numbers[0] is None:
            return
        value, lower, upper = numbers
        body = tables[key]
        labels = body["name"], body["name_es"]
        tags = body["source"], body["basis"], body["confidence"]
        found.append(Translation(key, *labels, value, lower, upper, *word, *unit, *tags))

    add("improvement_index", improvement_index, ("percentile points", "puntos percentiles"))
    spanish = {"small": "pequeño", "medium": "mediano", "large": "grande", "negative": "negativo"}
    band = kraft_band(g)
    add("kraft", None, ("", ""), (band, spanish[band]))
    if outcome.is_achievement:
        add("eef", lambda x: float(eef_months(x)), ("months", "meses"))
        edge = ("at or beyond the last published percentile", "en el último percentil publicado o más allá")
        at_edge = rank_among_published(g) in (10.0, 90.0)
        add("rank", rank_among_published, ("percentile", "percentil"), edge if at_edge else ("", ""))
        subject, grade = outcome.subject, outcome.grade
        if subject is not None and grade is not None:
            add("hill", lambda x: share_of_year(x, subject, grade), ("of a year", "de un año"))
            add("hill_months", lambda x: months_of_learning(x, subject, grade), ("months", "meses"))
    return tuple(found)
