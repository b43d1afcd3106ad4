"""The numbers of a sentence: where they stand, what unit follows them, and whether the finding carries
them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.science.impact.claims.finding import Finding
from fairlead.science.impact.claims.language import Words, pattern

_DIGITS = re.compile(r"(?<![\w.,])[-−]?\d+(?:[.,]\d+)*")


@dataclass(frozen=True, slots=True)
class Number:
    """One number: its span, its possible readings (value, decimals shown), its unit and what stands before
    it."""

    start: int
    end: int
    text: str
    readings: tuple[tuple[float, int], ...]
    unit: str
    before: str


def numbers(text: str, masked: str, finding: Finding, language: str, lexicon: Words) -> list[Number]:
    """Every number of the sentence that is not part of a name. `masked` blanks the names out, same length."""
    native = _unit_pattern(finding.names(language).unit)
    found: list[Number] = []
    spans = [(match.start(), match.end(), _readings(match.group())) for match in _DIGITS.finditer(masked)]
    if lexicon.number_words:
        spelled = pattern([re.escape(word) for word in lexicon.number_words])
        for match in spelled.finditer(masked):
            unit = _unit(text, match.end(), native, lexicon)
            if unit not in ("", "people"):
                value = float(lexicon.number_words[match.group().lower()])
                spans.append((match.start(), match.end(), ((value, 0),)))
    for start, end, readings in sorted(spans):
        unit = _unit(text, end, native, lexicon)
        found.append(Number(start, end, text[start:end], readings, unit, text[max(0, start - 32) : start]))
    # "11.5 to 20.3 points", "between 11.5 and 20.3 points": the first shares the unit of the second
    for place in range(len(found) - 2, -1, -1):
        here, after = found[place], found[place + 1]
        link = text[here.end : after.start].strip().lower()
        if not here.unit and link in ("to", "and", "–", "-", "a", "y", "hasta"):
            found[place] = Number(here.start, here.end, here.text, here.readings, after.unit, here.before)
    return found


def matches(number: Number, values: Iterable[float | None], *, either_sign: bool = True) -> bool:
    """Whether one reading is one of the values, rounded to the decimals shown."""
    for shown, decimals in number.readings:
        tolerance = 0.5 * 10**-decimals + 1e-9
        for value in values:
            if value is None:
                continue
            if abs(value - shown) <= tolerance or (either_sign and abs(abs(value) - abs(shown)) <= tolerance):
                return True
    return False


def _readings(text: str) -> tuple[tuple[float, int], ...]:
    """1,234 is 1234 or 1.234, and 1.234 too; 0,05 only 0.05. Whoever wrote it meant one of them."""
    plain = text.replace("−", "-")
    found: set[tuple[float, int]] = set()
    for decimal, thousands in ((".", ","), (",", ".")):
        whole, _, part = plain.partition(decimal)
        grouped = re.fullmatch(rf"-?\d{{1,3}}(?:\{thousands}\d{{3}})+|-?\d+", whole)
        if grouped and (part.isdigit() or not part):
            found.add((float(whole.replace(thousands, "") + (f".{part}" if part else "")), len(part)))
    return tuple(sorted(found))


def _unit(text: str, end: int, native: re.Pattern[str] | None, lexicon: Words) -> str:
    """The unit that follows within two words; of several the nearest, and the outcome's own before the others."""
    after = text[end : end + 48]
    kinds = {"native": native} if native is not None else {}
    kinds |= {kind: lexicon.units[kind] for kind in ("percentile", "percent", "months", "years", "sd", "people")}
    nearest, unit = len(after), ""
    for kind, forms in kinds.items():
        place = _near(forms, after)
        if place is not None and place < nearest:
            nearest, unit = place, kind
    return unit


def _near(unit: re.Pattern[str], after: str) -> int | None:
    match = unit.search(after)
    if match is None:
        return None
    between = after[: match.start()]
    return match.start() if len(between.split()) <= 2 and not re.search(r"[\d.;:()]", between) else None


def _unit_pattern(unit: str) -> re.Pattern[str] | None:
    """The outcome's unit, in singular and plural, by its full name or its first or last word ("rubric points", "points")."""
    names = {unit, unit.split()[0], unit.split()[-1]} if unit.split() else set()
    forms = {re.escape(name.rstrip("s")) + "s?" for name in names if len(name) > 1} | {re.escape(n) for n in names}
    return pattern(sorted(forms)) if forms else None
