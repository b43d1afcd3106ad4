"""A sentence against its finding: accepted, or refused with what it says, what the finding supports, what
to change."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fairlead.science.impact.claims.finding import Finding
from fairlead.science.impact.claims.language import Words, reasons, states, words
from fairlead.science.impact.claims.numbers import Number, matches, numbers
from fairlead.science.impact.standards.rating import NOT, Verdict


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a sentence is refused. `start`, `end` place the quoted words in the text; equal when something is
    missing."""

    rule: str
    says: str
    start: int
    end: int
    supports: str
    change: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """The sentence says no more than its finding."""

    text: str
    language: str

    @property
    def accepted(self) -> bool:
        return True

    @property
    def reasons(self) -> tuple[Reason, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Refused:
    """The sentence says more, or less, than its finding."""

    text: str
    language: str
    reasons: tuple[Reason, ...]

    @property
    def accepted(self) -> bool:
        return False


def check(text: str, finding: Finding, verdict: Verdict, language: str = "en") -> Accepted | Refused:
    """Hold a claim against its finding and verdict.

    Parameters
    ----------
    text : one to a few sentences, caveats included.
    finding, verdict : of the same outcome and model.
    language : "en" or "es", the language of the text and of the reasons.

    Notes
    -----
    A word list is a net, not a reader: it catches what it knows, and a person still signs the claim. Names
    from the plan (intervention, comparison, outcome, population, place, period, title) are taken as names.
    """
    review = _Review(text, finding, verdict, language)
    found = sorted(review.all(), key=lambda reason: (reason.start, reason.end, reason.rule))
    kept: list[Reason] = []
    for reason in found:
        if not any(
            reason.rule == other.rule and reason.start < other.end and other.start < reason.end for other in kept
        ):
            kept.append(reason)
    return Refused(text, language, tuple(kept)) if kept else Accepted(text, language)


class _Review:
    """One reading of one sentence; every method yields reasons."""

    def __init__(self, text: str, finding: Finding, verdict: Verdict, language: str):
        self.text, self.finding, self.verdict, self.language = text, finding, verdict, language
        self.words: Words = words(language)
        self.masked = _mask(text, finding, language)
        self.numbers: list[Number] = numbers(text, self.masked, finding, language, self.words)

    def all(self) -> Iterator[Reason]:
        yield from self.causal_words()
        yield from self.directions()
        yield from self.significance()
        yield from self.every_number()
        yield from self.sample()
        for rule in ("certain", "future", "lasting", "superlative", "broad", "share"):
            for match in self.hits(rule):
                yield self.reason(rule, match.start(), match.end())
        yield from self.sizes()
        yield from self.units_without_number()
        yield from self.caveats()

    def hits(self, category: str, *, negated: bool = False) -> Iterator[re.Match[str]]:
        """Matches outside of names; those that are negated just before are left out unless asked for."""
        for match in self.words.lists[category].finditer(self.masked):
            if negated or not self.negated(match.start()):
                yield match

    def negated(self, start: int) -> bool:
        clause = re.split(r"[.;:,]", self.masked[:start])[-1]
        tail = " ".join(clause.split()[-5:])
        return self.words.lists["negation"].search(tail) is not None

    def causal_words(self) -> Iterator[Reason]:
        if not self.verdict.causal:
            for match in self.hits("causal"):
                yield self.reason("causal", match.start(), match.end())

    def directions(self) -> Iterator[Reason]:
        native_up = self.finding.estimate >= 0
        favourable = native_up == self.finding.higher_is_better
        for wrong in ("down" if native_up else "up", "bad" if favourable else "good"):
            for match in self.hits(wrong):
                yield self.reason("direction", match.start(), match.end())

    def significance(self) -> Iterator[Reason]:
        hedged = list(self.hits("not_significant", negated=True))
        for match in self.hits("no_effect", negated=True):
            yield self.reason("no_effect", match.start(), match.end())
        if self.verdict.significant:
            for match in hedged:
                yield self.reason("understated", match.start(), match.end())
            return
        inside = [(match.start(), match.end()) for match in hedged]
        for match in self.hits("significant"):
            if not any(start <= match.start() < end for start, end in inside):
                yield self.reason("significance", match.start(), match.end())
        if not hedged:
            for category in ("causal", "up", "down", "good", "bad"):
                for match in self.hits(category):
                    yield self.reason("significance", match.start(), match.end())

    def every_number(self) -> Iterator[Reason]:
        finding = self.finding
        ends = (finding.ci_low, finding.ci_high)
        both = all(any(matches(n, (end,), either_sign=False) for n in self.numbers) for end in ends)
        as_interval = both and self.words.lists["interval"].search(self.masked) is not None
        for number in self.numbers:
            rule = self.number_rule(number, as_interval)
            if rule is not None:
                yield self.reason(rule, number.start, number.end)

    def number_rule(self, number: Number, as_interval: bool) -> str | None:
        """The rule that this number breaks, or None."""
        finding, unit, lists = self.finding, number.unit, self.words.lists
        if re.search(r"(?<!\w)[pP]\s*(?:=|<|≤|>|≥|is|es)\s*$", number.before):
            return None if self.p_value(number) else "p_value"
        ends = (finding.ci_low, finding.ci_high)
        if unit == "percent":
            after = self.text[number.end : number.end + 24]
            if matches(number, (95.0 if finding.alpha == 0.05 else 100 * (1 - finding.alpha),)) and (
                lists["confidence"].search(after) or lists["confidence"].search(number.before)
            ):
                return None
            return None if matches(number, finding.percents) else "unit"
        if unit in ("percentile", "months", "years", "sd"):
            return self.converted(number, unit)
        if unit == "people":
            return None if matches(number, (*map(float, finding.counts), *finding.context)) else "number"
        if matches(number, (finding.estimate,), either_sign=False):
            return None
        if as_interval and matches(number, ends, either_sign=False):
            return None
        if matches(number, (finding.estimate,)):
            return "number" if number.text[0] in "-−" else None
        if matches(number, (finding.se,)) and lists["error"].search(number.before):
            return None
        if matches(number, (finding.se,)) and number.before.endswith("(") and unit == "":
            return None
        if matches(number, ends, either_sign=False):
            return "interval"
        if matches(number, (*finding.means, finding.smallest_effect)) and lists["mean"].search(number.before):
            return None
        if unit == "native":
            return "number"
        loose = (*map(float, finding.counts), *finding.context, *finding.percents, 100 * finding.alpha, finding.alpha)
        if matches(number, loose):
            return None
        named = self.words.names["sd"].search(number.before)
        return None if named and matches(number, (finding.effect, finding.effect_se)) else "number"

    def converted(self, number: Number, unit: str) -> str | None:
        finding = self.finding
        value = {"percentile": finding.improvement_index, "months": finding.months, "years": finding.share_of_year,
                 "sd": finding.effect}[unit]  # fmt: skip
        if unit == "years" and matches(number, finding.context):
            return None
        if not self.words.names[unit].search(self.text):
            return "unit"
        return None if matches(number, (value,)) else "unit" if value is None else "number"

    def p_value(self, number: Number) -> bool:
        sign = re.search(r"(=|<|≤|>|≥|is|es)\s*$", number.before)
        shown = number.readings[0][0] if number.readings else -1.0
        kind = sign.group(1) if sign else "="
        if kind in ("<", "≤"):
            return self.finding.p < shown
        if kind in (">", "≥"):
            return self.finding.p >= shown
        return matches(number, (self.finding.p,))

    def sample(self) -> Iterator[Reason]:
        finding, names = self.finding, self.finding.names(self.language)
        text = self.text.casefold()
        told = any(word and word.casefold() in text for word in (names.who, names.place, finding.period))
        told |= any(number.unit == "people" and matches(number, (float(finding.n),)) for number in self.numbers)
        if not told:
            yield self.reason("sample", len(self.text), len(self.text))
        if finding.grades:
            for grades, found in self.words.grades:
                for match in found.finditer(self.masked):
                    if not grades <= set(finding.grades):
                        yield self.reason("grade", match.start(), match.end())
        place = f"{names.place} {names.who}".casefold()
        for match in states().finditer(self.masked):
            if match.group().casefold() not in place:
                yield self.reason("place", match.start(), match.end())

    def sizes(self) -> Iterator[Reason]:
        band = self.words.names["size"].search(self.text) is not None and abs(self.finding.effect or 0.0) >= 0.20
        for match in self.hits("size"):
            allowed = band and self.words.lists["size_allowed"].fullmatch(match.group()) is not None
            if not allowed:
                yield self.reason("size", match.start(), match.end())

    def units_without_number(self) -> Iterator[Reason]:
        """Months, years or percentiles of progress without a number are still an unnamed conversion."""
        for kind in ("percentile", "months", "years"):
            for match in self.words.units[kind].finditer(self.masked):
                near = any(0 <= match.start() - number.end <= 24 for number in self.numbers)
                if not near and kind != "years" and not self.words.names[kind].search(self.text):
                    yield self.reason("unit", match.start(), match.end())

    def caveats(self) -> Iterator[Reason]:
        needed = {
            "retrospective": self.finding.timing == "retrospective",
            "provisional": self.verdict.provisional,
            "high_attrition": self.verdict.high_attrition,
            "does_not_meet": self.verdict.rating == NOT,
        }
        for rule, must in needed.items():
            if must and not self.words.caveats[rule].search(self.text):
                yield self.reason(rule, len(self.text), len(self.text))

    def reason(self, rule: str, start: int, end: int) -> Reason:
        supports, change = (part.format(**self.fields()) for part in reasons()[rule][self.language])
        return Reason(rule, self.text[start:end], start, end, supports, change)

    def fields(self) -> dict[str, str]:
        finding, names = self.finding, self.finding.names(self.language)
        return {
            "estimate": shown(finding.estimate, finding.decimals), "low": shown(finding.ci_low, finding.decimals),
            "high": shown(finding.ci_high, finding.decimals), "unit": names.unit, "n": f"{finding.n:,}",
            "participants": names.participants, "p": shown_p(finding.p), "alpha": f"{finding.alpha:g}", "who": names.who,
            "place": names.place, "period": finding.period, "grades": ", ".join(finding.grades),
            "intervention": names.intervention, "comparison": names.comparison,
            "g": "—" if finding.effect is None else f"{finding.effect:.2f}",
            "attrition": "—" if finding.attrition is None else f"{finding.attrition:.1f}",
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """A finding's numbers as every table prints them."""

    estimate: str
    se: str
    low: str
    high: str
    p: str
    n: str


def figures(finding: Finding) -> Figures:
    """The numbers of a finding for a table: one decimal more than its sentence has, so that the standard error has three."""
    decimals = finding.decimals + 1
    return Figures(
        estimate=shown(finding.estimate, decimals),
        se=shown(finding.se, decimals),
        low=shown(finding.ci_low, decimals),
        high=shown(finding.ci_high, decimals),
        p=shown_p(finding.p),
        n=f"{finding.n:,}",
    )


def shown(value: float, decimals: int) -> str:
    """A number as printed: thousands with commas, a real minus sign, never a negative zero."""
    text = f"{value:,.{decimals}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.,") else text.replace("-", "−")


def shown_p(p: float) -> str:
    """p to three decimals, "< 0.001" below."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def _mask(text: str, finding: Finding, language: str) -> str:
    """Blank the plan's own names (four letters or more), keeping every position."""
    names = finding.names(language)
    literals = [
        names.title,
        names.intervention,
        names.comparison,
        names.outcome,
        names.who,
        names.place,
        finding.period,
    ]
    literals += [re.sub(r"\s*\([^)]*\)", "", name) for name in literals]
    masked = text
    for literal in sorted({name.strip() for name in literals if len(name.strip()) >= 4}, key=len, reverse=True):
        found = re.compile(rf"(?<!\w){re.escape(literal)}(?!\w)", re.IGNORECASE)
        masked = found.sub(lambda match: "\x00" * len(match.group()), masked)
    return masked
