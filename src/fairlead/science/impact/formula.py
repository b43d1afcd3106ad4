"""Formulas as lme4 writes them: `math ~ pre * treat + (1 + pre | school)`, into terms and random parts.

The fixed part is read by formulaic; the random parts, which it does not know, here. What a formula means as columns
is decided where the levels of the data are known: `fairlead.science.impact.moments.columns`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from formulaic.errors import FormulaicError
from formulaic.parser import DefaultFormulaParser

from fairlead.science.impact.problems import EstimationError, Problem

FUNCTIONS = ("C", "log", "sqrt", "exp", "square")
_RANDOM = re.compile(r"\(([^()|]*(?:\([^()|]*\)[^()|]*)*)(\|\|?)([^()|]*)\)")
_FACTOR = re.compile(rf"^(?:({'|'.join(FUNCTIONS)})\(\s*([A-Za-z_]\w*)\s*\)|([A-Za-z_]\w*))$")


@dataclass(frozen=True, slots=True, order=True)
class Factor:
    """A variable, as it is or through one function; `C` makes a number categorical."""

    variable: str
    function: str = ""

    def __str__(self) -> str:
        return f"{self.function}({self.variable})" if self.function else self.variable


Term = tuple[Factor, ...]  # the product of its factors; the empty term is the intercept


@dataclass(frozen=True, slots=True)
class RandomPart:
    """Effects that differ by group: `(1 + pre | school/class)` is one part for each of its two levels.

    `group` names the columns that identify a group, outermost first.
    """

    terms: tuple[Term, ...]
    group: tuple[str, ...]
    correlated: bool = True

    @property
    def label(self) -> str:
        """The group as lme4 prints it, innermost first."""
        return ":".join(reversed(self.group))


@dataclass(frozen=True, slots=True)
class Formula:
    """What stands left and right of the tilde."""

    outcome: Factor
    terms: tuple[Term, ...]
    random: tuple[RandomPart, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable of the outcome, the fixed and the random terms, once, outcome first."""
        named = [self.outcome.variable]
        for term in (*self.terms, *(term for part in self.random for term in part.terms)):
            named += [factor.variable for factor in term]
        return tuple(dict.fromkeys(named))

    @property
    def groups(self) -> tuple[str, ...]:
        """Every column that identifies a group, once, outermost first."""
        return tuple(dict.fromkeys(column for part in self.random for column in part.group))


def parse_formula(text: str) -> Formula:
    """Read a formula.

    Parameters
    ----------
    text : `outcome ~ terms + (terms | group)`. Terms join by `+`, `:`, `*`, `(a + b)**2`; `0 +` leaves the
        intercept out; functions are C, log, sqrt, exp, square, each of one variable. A group is a column or nested
        columns, `school/class`.

    Raises
    ------
    EstimationError
        With the piece that cannot be read, and what can.

    Examples
    --------
    >>> from fairlead.science.impact.formula import parse_formula
    >>> formula = parse_formula("math ~ pre * treat + (1 + pre | school)")
    >>> [":".join(map(str, term)) or "1" for term in formula.terms]
    ['1', 'pre', 'treat', 'pre:treat']
    >>> formula.random[0].group
    ('school',)
    """
    left, tilde, right = text.partition("~")
    if not tilde or not left.strip() or not right.strip():
        raise _refuse("a formula has an outcome, a tilde and terms", text, "math ~ pre + treat + (1 | school)")
    outcome = _factor(left.strip(), text)
    random: list[RandomPart] = []
    for inner, bar, groups in _RANDOM.findall(right):
        random += _random(inner, bar, groups, text)
    fixed = _RANDOM.sub("", right)
    if "|" in fixed:
        raise _refuse("a random part stands in parentheses", fixed.strip(), "(1 + pre | school)")
    fixed = re.sub(r"\+\s*(?=\+|$)", "", fixed).strip().lstrip("+").strip() or "1"
    return Formula(outcome, _terms(fixed, text), tuple(random))


def _random(inner: str, bar: str, groups: str, text: str) -> list[RandomPart]:
    names = [name.strip() for name in groups.split("/")]
    if not all(re.fullmatch(r"[A-Za-z_]\w*(:[A-Za-z_]\w*)*", name) for name in names):
        raise _refuse("a group is a column, or columns nested by a slash", groups.strip(), "school, district/school")
    terms = _terms(inner, text)
    if not terms:
        raise _refuse("a random part has at least one term", f"({inner}{bar}{groups})", "(1 | school)")
    parts = []
    so_far: tuple[str, ...] = ()
    for name in names:
        so_far = (*so_far, *reversed(name.split(":")))
        parts.append(RandomPart(terms, so_far, correlated=bar == "|"))
    return parts


def _terms(text: str, whole: str) -> tuple[Term, ...]:
    try:
        parsed = DefaultFormulaParser(include_intercept=True).get_terms(text)
    except (FormulaicError, SyntaxError, ValueError) as error:
        raise _refuse("the terms cannot be read", text.strip(), "terms joined by + : * ** and parentheses") from error
    found: list[Term] = []
    for term in parsed:
        factors = [str(factor.expr) for factor in term.factors]
        if factors == ["0"]:
            continue
        found.append(() if factors == ["1"] else tuple(_factor(factor, whole) for factor in factors))
    return tuple(sorted(dict.fromkeys(found), key=len))


def _factor(text: str, whole: str) -> Factor:
    match = _FACTOR.match(text.strip())
    if match is None:
        allowed = f"a column, or {', '.join(f'{name}(column)' for name in FUNCTIONS)}"
        raise _refuse(f"{text!r} is not a factor that can be read", whole, allowed)
    function, argument, plain = match.groups()
    return Factor(plain) if plain else Factor(argument, function)


def _refuse(what: str, got: str, allowed: str) -> EstimationError:
    return EstimationError([Problem("formula", what, got, allowed, "write the formula so")])
