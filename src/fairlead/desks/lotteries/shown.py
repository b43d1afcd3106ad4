"""What the pages show of a lottery: its steps, its list, its balance, and what it could find. Estimated by the engine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fairlead.apps.evidence.of_lotteries import OUTCOMES
from fairlead.apps.lotteries import designs, selectors
from fairlead.apps.lotteries.eligible import COVARIATES, Rule
from fairlead.apps.lotteries.models import Entry, Lottery
from fairlead.desks.shares import percent
from fairlead.science.impact.lottery import Check
from fairlead.science.impact.lottery.drawing import balance_of

STATES = ("draft", "listed", "committed", "drawn")
STATUS = {"draft": "none", "listed": "info", "committed": "info", "drawn": "ok", "withdrawn": "warn"}
WANTED = 0.20  # standard deviations: what is asked about first


def title(lottery: Lottery) -> str:
    """Its title in the reader's language."""
    return lottery.title_es if (get_language() or "").startswith("es") and lottery.title_es else lottery.title


def state_words(state: str) -> str:
    """How far a lottery is, in words."""
    return {
        "draft": _("draft"),
        "listed": _("list closed"),
        "committed": _("seed committed to"),
        "drawn": _("drawn"),
        "withdrawn": _("called off"),
    }[state]


@dataclass(frozen=True, slots=True)
class Row:
    """A lottery in the list of all."""

    pk: int
    title: str
    status: str
    words: str
    when: Any
    drawn: bool
    listed: int
    won: int
    steps: bool
    own: str


def row(lottery: Lottery, counts: tuple[int, int], own: selectors.Own | None) -> Row:
    """One row."""
    return Row(
        lottery.pk, title(lottery), STATUS[lottery.state], state_words(lottery.state), lottery.drawn_at or lottery.draw_at,
        lottery.drawn_at is not None, *counts, lottery.kind == "steps", "" if own is None else own_words(lottery, own),
    )  # fmt: skip


def own_words(lottery: Lottery, own: selectors.Own) -> str:
    """What one drew, in a sentence."""
    if lottery.withdrawn_at is not None:
        return _("This lottery was called off.")
    if own.group is None:
        return (
            _("You are on the list; your chance is %(chance)s.") % {"chance": percent(own.chance)}
            if (lottery.kind == "places")
            else _("Your school is on the list; each step is as likely as the others, or nearly so.")
        )
    if lottery.kind == "steps":
        return _("Your school begins on %(day)s.") % {"day": day_of(lottery.steps, own.group)}
    if own.group:
        return _("You won a place.")
    return _("You are number %(n)s on the waiting list.") % {"n": own.waiting}


def day_of(steps: list[str], group: int) -> str:
    """The day on which a step begins."""
    return date_format(date.fromisoformat(steps[group]), "DATE_FORMAT")


def covariate(unit: str, name: str) -> str:
    """A covariate in words."""
    return str(COVARIATES[unit].get(name, name))


def rule_words(lottery: Lottery) -> list[str]:
    """Who is eligible, in sentences."""
    rule = Rule.read(lottery.rule)
    school = lottery.unit == "school"
    words = [_("Every school of the organization") if school else _("Everybody who teaches a class this year")]
    if not school and (rule.grade_low is not None or rule.grade_high is not None):
        low = 0 if rule.grade_low is None else rule.grade_low
        high = 12 if rule.grade_high is None else rule.grade_high
        words.append(_("of grades %(low)s to %(high)s") % {"low": low or "K", "high": high or "K"})
    if rule.least_students:
        words.append(_("with at least %(n)s students") % {"n": rule.least_students})
    if rule.not_coached_since:
        words.append(
            _("without coaching since %(day)s") % {"day": date_format(rule.not_coached_since, "DATE_FORMAT")}
        )
    return words


def amount_words(lottery: Lottery) -> str:
    """How many win."""
    if lottery.kind == "steps":
        return _("%(n)s steps, as equal as can be") % {"n": len(lottery.steps)}
    if lottery.places is not None:
        return _("%(n)s places") % {"n": lottery.places}
    if lottery.strata:
        return _("%(share)s of each stratum") % {"share": lottery.share}
    return _("%(share)s of those on the list") % {"share": lottery.share}


@dataclass(frozen=True, slots=True)
class Balanced:
    """A covariate's limit, and after the draw each group's mean."""

    name: str
    most: str
    means: list[str]
    widest: str


def balance(lottery: Lottery, entries: list[Entry]) -> list[Balanced]:
    """Limits in the covariate's unit; the means that were drawn beside them."""
    if lottery.drawn_at is None:
        return [
            Balanced(covariate(lottery.unit, b["covariate"]), number_format(float(b["most"]), 2), [], "")
            for b in lottery.bounds
        ]
    design = designs.design_of(lottery, entries)
    by_key = {entry.key: entry for entry in entries}
    groups = tuple(int(by_key[e.key].group or 0) for e in design.ordered)
    return [
        Balanced(
            covariate(lottery.unit, found.covariate),
            number_format(found.most, 2),
            [number_format(mean, 2) for mean in (reversed(found.means) if lottery.kind == "places" else found.means)],
            number_format(found.widest, 2),
        )
        for found in balance_of(design, groups)
    ]


@dataclass(frozen=True, slots=True)
class Stratum:
    """A stratum with its size and its winners."""

    name: str
    listed: int
    won: int | None


def strata(lottery: Lottery, places: list[selectors.Place]) -> list[Stratum]:
    """The strata by name; schools by their own name and not by their pseudonym."""
    found: dict[str, list[selectors.Place]] = {}
    for place in places:
        name = place.organization if lottery.strata == "school" else place.stratum
        found.setdefault(name, []).append(place)
    drawn = lottery.drawn_at is not None and lottery.kind == "places"
    return [
        Stratum(stratum_words(name), len(inside), sum(p.group == 1 for p in inside) if drawn else None)
        for name, inside in sorted(found.items())
    ]


def stratum_words(name: str) -> str:
    """A third or a grade in words; a school as it is called."""
    thirds = {"small": _("fewest students"), "middle": _("in the middle"), "large": _("most students")}
    if name.startswith("grade "):
        grade = name.removeprefix("grade ")
        return _("Grade %(grade)s") % {"grade": "K" if grade == "0" else grade}
    return thirds.get(name, name)


@dataclass(frozen=True, slots=True)
class Found:
    """What a lottery could find, in words: between which effects, and whether that is enough."""

    low: str
    high: str
    wanted: str
    verdict: str
    needs: str
    of_students: bool
    steps: bool
    told: designs.Assumptions


def precision(lottery: Lottery, entries: list[Entry], wanted: float) -> Found | None:
    """The smallest effects that would be found with power 0.80, under a hopeful and a cautious guess."""
    school = lottery.unit == "school"
    students = sum(entry.students for entry in entries) / len(entries) if school and entries else 0.0
    found = designs.precision(designs.design_of(lottery, entries), students, wanted)
    if found is None:
        return None
    ends = [found.hopeful.mdes, found.cautious.mdes]
    verdict = "enough" if ends[1] <= wanted else "perhaps" if ends[0] <= wanted else "too_few"
    needs = ""
    if found.span is not None and verdict != "enough":
        many = [n for n in found.span.needs if n is not None]
        needs = "–".join(number_format(n) for n in dict.fromkeys(many)) if many else ""
    low, high, aim = (number_format(value, 2) for value in (*ends, wanted))
    return Found(low, high, aim, verdict, needs, school, lottery.kind == "steps", found.assumptions)


def check_words(check: Check) -> tuple[str, str, str]:
    """A check of a record: kind and word of its status, and the question it answers."""
    asked = {
        "list": _("List and rules are those whose hash was published."),
        "commitment": _("Seed and salt give the commitment that was published."),
        "times": _("The list was closed first, then the seed committed to, then drawn."),
        "draw": _("List and seed draw this result."),
        "waiting": _("List and seed draw these waiting lists."),
        "chances": _("Each one had the chance that is written beside it."),
    }[check.name]
    if check.holds is None:
        return "none", _("not drawn yet"), asked
    return ("ok", _("yes"), asked) if check.holds else ("bad", _("no"), asked)


def outcomes(unit: str) -> list[tuple[str, str]]:
    """What the study of a lottery may ask about first."""
    spanish = (get_language() or "").startswith("es")
    return [(name, told.label_es if spanish else told.label) for name, told in OUTCOMES[unit].items()]
