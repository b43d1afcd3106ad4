"""Looks at numbers before a person quotes them: out of range, a jump, thin coverage, the wrong sign."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from django.utils.translation import gettext as _

from fairlead.apps.progress.definitions import Expectation, Indicator, expectations, indicators
from fairlead.science.sanity import check_jump, check_range, correlate


@dataclass(frozen=True, slots=True)
class Flag:
    """Something to look at before quoting: what kind, in words, and the evidence in words and as `found`, in numbers."""

    kind: str
    says: str
    evidence: str = ""
    found: tuple[tuple[str, float], ...] = ()


def out_of_range(n: int, of: int) -> Flag:
    """So many of so many values cannot be."""
    return Flag(
        "range",
        _("A value lies outside what is possible: a field is broken or mislabelled."),
        _("%(n)s of %(of)s values") % {"n": n, "of": of},
        (("n", n), ("of", of)),
    )


def wrong_sign(r: float, n: int, sign: int) -> Flag:
    """A correlation over so many schools that should have the other sign."""
    numbers = {"r": f"{r:+.2f}", "n": n}
    return Flag(
        "sign",
        _("Across schools this goes the wrong way with an indicator that it should go with."),
        _("correlation %(r)s over %(n)s schools, expected above zero") % numbers
        if sign > 0
        else _("correlation %(r)s over %(n)s schools, expected below zero") % numbers,
        (("r", r), ("n", n), ("sign", sign)),
    )


_AGAIN = {"range": out_of_range, "sign": wrong_sign}


def again(kind: str, found: Mapping[str, float]) -> Flag:
    """The flag of a check that was made before, in the reader's language."""
    return _AGAIN[kind](**found)  # type: ignore[operator]


def check(indicator: Indicator, values: Sequence[float | None], coverage: float | None) -> list[Flag]:
    """Flags of one series, oldest value first."""
    known = [value for value in values if value is not None]
    flags = []
    beyond = check_range(known, 0, indicator.most)
    if beyond.verdict == "broken":
        flags.append(out_of_range(beyond.n, beyond.of))
    step = check_jump(known, indicator.jump)
    if step.verdict != "ok":
        flags.append(
            Flag(
                "jump",
                _("The last value jumped further than is usual: check what changed in the records."),
                _("by %(step)s points; usual are %(usual)s at most")
                % {"step": round(100 * step.value), "usual": round(100 * indicator.jump)},
            )
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
    found = correlate([first[school] for school in both], [second[school] for school in both])
    if found.r * expectation.sign < -2 / sqrt(len(both)):
        return found.r, wrong_sign(round(found.r, 4), len(both), expectation.sign)
    return found.r, None


def unsound(values: Mapping[str, Mapping[int, float]]) -> dict[str, tuple[Flag, str]]:
    """Indicators that must not be published: a value that cannot be, or a sign that is clearly wrong, and with which other.

    `values` are each indicator's by school. Of a pair that goes the wrong way neither is published: nothing here tells
    which of the two is the broken one.
    """
    found: dict[str, tuple[Flag, str]] = {}
    for key, by_school in values.items():
        if flag := next(
            (f for f in check(indicators()[key], list(by_school.values()), None) if f.kind == "range"), None
        ):
            found[key] = flag, ""
    for expectation in expectations():
        pair = (expectation.first, expectation.second)
        if all(key in values for key in pair):
            _r, flag = check_sign(expectation, values[pair[0]], values[pair[1]])
            if flag is not None:
                found |= {pair[0]: (flag, pair[1]), pair[1]: (flag, pair[0])}
    return found
