"""Numbers about raters as a page shows them: what is behind them first, then the interval, then the number. Nothing is computed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from fairlead.apps.raters.counting import LEAST
from fairlead.apps.raters.models import Basis
from fairlead.apps.raters.selectors import Counted, CountedTogether
from fairlead.apps.support.visibility import purpose_words


@dataclass(frozen=True, slots=True)
class Shown:
    """A number with its interval, written out; `leans` is set where the whole interval lies on one side of zero."""

    value: str
    low: str
    high: str
    leans: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A rater in a half-year against their own usual."""

    period: str
    shown: Shown
    behind: int
    beyond: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A rater with one version and source."""

    name: str
    behind: int
    least: int
    exact: Shown | None
    adjacent: Shown | None
    kappa: Shown | None
    severity: Shown | None
    alike: bool  # no difference between raters can be told from chance
    drift: list[Moved]

    @property
    def enough(self) -> bool:
        return self.exact is not None

    @property
    def moved(self) -> list[Moved]:
        """The half-years that lie beyond chance."""
        return [one for one in self.drift if one.beyond]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows of one version, source and purpose."""

    version: Any
    basis: str
    purpose: str
    on_cases: bool
    rows: list[Row]
    counted_at: Any


def _share(numbers: dict[str, float] | None) -> Shown | None:
    if not numbers:
        return None
    value, low, high = (f"{numbers[name] * 100:.0f} %" for name in ("value", "low", "high"))
    return Shown(value, low, high)


def _plain(numbers: dict[str, float] | None) -> Shown | None:
    if not numbers:
        return None
    value, low, high = (f"{numbers[name]:.2f}" for name in ("value", "low", "high"))
    return Shown(value, low, high)


def _signed(numbers: dict[str, float] | None) -> Shown | None:
    """Points of the scale: below zero severe, above it lenient."""
    if not numbers:
        return None
    value, low, high = (f"{numbers[name]:+.2f}".replace("-", "−") for name in ("value", "low", "high"))
    leans = _("lenient") if numbers["low"] > 0 else _("severe") if numbers["high"] < 0 else ""
    return Shown(value, low, high, leans)


def period_in_words(period: str) -> str:
    """A half-year: “2026-2” is July to December 2026."""
    year, half = period.split("-")
    return (
        _("January–June %(year)s") % {"year": year} if half == "1" else _("July–December %(year)s") % {"year": year}
    )


def row_of(counted: Counted) -> Row:
    """One rater's row."""
    numbers = counted.numbers
    drift = [
        Moved(period_in_words(one["period"]), shown, one["behind"], one["beyond"])
        for one in numbers.get("drift", ())
        if (shown := _signed(one)) is not None
    ]
    return Row(
        name=counted.name,
        behind=counted.behind,
        least=LEAST[Basis(counted.basis)],
        exact=_share(numbers.get("exact")),
        adjacent=_share(numbers.get("adjacent")),
        kappa=_plain(numbers.get("kappa")),
        severity=_signed(numbers.get("severity")),
        alike=bool(numbers.get("alike")),
        drift=drift,
    )


def with_words(rows: Sequence[Counted]) -> list[Group]:
    """By version, source and purpose; inside by name, as they come."""
    groups: dict[tuple[int, str, str], Group] = {}
    for row in rows:
        key = row.version.pk, row.basis, row.purpose
        if key not in groups:
            groups[key] = Group(
                row.version,
                str(Basis(row.basis).label),
                purpose_words(row.purpose).label,
                row.basis == Basis.CASES,
                [],
                row.counted_at,
            )
        groups[key].rows.append(row_of(row))
    return list(groups.values())


def together_in_words(rows: Sequence[CountedTogether]) -> list[dict[str, Any]]:
    """All raters together."""
    shown = []
    for row in rows:
        numbers = row.numbers
        p = numbers.get("drift_p")
        shown.append(
            {
                "row": row,
                "basis": str(Basis(row.basis).label),
                "on_cases": row.basis == Basis.CASES,
                "purpose": purpose_words(row.purpose).label,
                "least": LEAST[Basis(row.basis)],
                "exact": _share(numbers.get("exact")),
                "adjacent": _share(numbers.get("adjacent")),
                "kappa": _plain(numbers.get("kappa")),
                "alpha": _plain(numbers.get("alpha")),
                "sd": f"{numbers['severity_sd']:.2f}" if "severity_sd" in numbers else "",
                "p": "" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}",
                "beyond": numbers.get("drift_beyond"),
                "expected": f"{numbers['drift_expected']:.1f}" if "drift_expected" in numbers else "",
            }
        )
    return shown
