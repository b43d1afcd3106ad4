"""Looks at numbers before a person quotes them: out of range, a jump, thin coverage, the wrong sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from django.utils.translation import gettext as _

from fairlead.apps.progress.definitions import Expectation, Indicator


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to look at before quoting: what kind, and in words."""

    kind: str
    says: str


def check(indicator: Indicator, values: Sequence[float | None], coverage: float | None) -> list[Flag]:
    """Flags of one series, oldest value first."""
    known = [value for value in values if value is not None]
    flags = []
    if any(not 0 <= value <= indicator.most for value in known):
        flags.append(Flag("range", _("A value lies outside what is possible: a field is broken or mislabelled.")))
    if len(known) > 1 and abs(known[-1] - known[-2]) > indicator.jump:
        flags.append(
            Flag("jump", _("The last value jumped further than is usual: check what changed in the records."))
        )
    if coverage is not None and coverage < indicator.min_coverage:
        flags.append(Flag("coverage", _("Too many records are missing to quote this number.")))
    return flags


def check_sign(
    expectation: Expectation, first: Mapping[int, float], second: Mapping[int, float]
) -> tuple[float, Flag | None]:
    """Correlation of two indicators across schools, with a flag when its sign is clearly the wrong one.

    Clearly: further from zero than two standard errors of a zero correlation, 2 / sqrt(n).
    """
    both = sorted(first.keys() & second.keys())
    if len(both) < 5:
        return 0.0, None
    correlation = _correlation([first[school] for school in both], [second[school] for school in both])
    if correlation * expectation.sign < -2 / sqrt(len(both)):
        return correlation, Flag(
            "sign", _("Across schools this goes the wrong way with an indicator that it should go with.")
        )
    return correlation, None


def _correlation(x: Sequence[float], y: Sequence[float]) -> float:
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    xy = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    xx, yy = sum((a - mean_x) ** 2 for a in x), sum((b - mean_y) ** 2 for b in y)
    return xy / sqrt(xx * yy) if xx > 0 and yy > 0 else 0.0
