"""The study of a lottery: its first plan, its power before the draw, and after it the rows of its record with outcomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.evidence.extracts import (
    EXPLAINED,
    Design,
    Extract,
    means_of_scores,
    number_of_lottery,
    pseudonym,
)
from fairlead.apps.evidence.models import Study
from fairlead.apps.facts import selectors as facts
from fairlead.apps.lotteries import designs
from fairlead.apps.lotteries import selectors as lotteries
from fairlead.apps.roster import selectors as roster
from fairlead.science import impact
from fairlead.science.impact import trials
from fairlead.science.impact.lottery import assignments
from fairlead.science.impact.power import Power

WON, WAITS = "drawn", "waiting"
PERMUTATIONS = 2000
MEASURES: dict[str, Callable[[Scope, facts.Question], list[facts.Count]]] = {
    "attendance": facts.attendance,
    "chronic_absence": facts.chronic_absence,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an analyst may choose before the draw: as plans write it."""

    label: str
    label_es: str
    before: str
    before_es: str
    domain: str
    unit: str
    unit_es: str
    reliability: str
    higher_is_better: bool = True


OUTCOMES: dict[str, dict[str, Outcome]] = {
    "teacher": {
        "practice": Outcome(
            "classroom practice after the draw", "la práctica en el aula después del sorteo",
            "classroom practice before the draw", "la práctica en el aula antes del sorteo",
            "teacher practice", "rubric points", "puntos de rúbrica", 'reliability_kind = "inter_rater"\nreliability = 0.70',
        )
    },
    "school": {
        "attendance": Outcome(
            "average attendance after the draw", "la asistencia promedio después del sorteo",
            "average attendance before the draw", "la asistencia promedio antes del sorteo",
            "attendance", "percentage points", "puntos porcentuales", 'reliability_kind = "standardised"',
        ),
        "chronic_absence": Outcome(
            "chronically absent students after the draw", "estudiantes con ausentismo crónico después del sorteo",
            "chronically absent students before the draw", "estudiantes con ausentismo crónico antes del sorteo",
            "attendance", "percentage points", "puntos porcentuales", 'reliability_kind = "standardised"', False,
        ),
    },
}  # fmt: skip


def lottery_of(scope: Scope, study: Study) -> Any:
    """The lottery that a study is of, as this person may see it."""
    found = lotteries.lottery(scope, number_of_lottery(study) or 0)
    if found is None:
        raise impact.DataError([impact.Problem("lottery", "this study has no lottery that you may read", "none")])
    return found


def extract(scope: Scope, study: Study) -> Extract:
    """The list with arms, take-up and outcomes; before the draw the arms are empty, and only the design can be read."""
    lottery = lottery_of(scope, study)
    entries = lotteries.entries(scope, lottery.pk)
    if lottery.kind == "steps":
        return _roll_out(scope, study, lottery, entries)
    drawn_on = lottery.drawn_at.date() if lottery.drawn_at else None
    if lottery.unit == "teacher":
        rows, days = _teachers(scope, study, lottery, entries, drawn_on)
    else:
        rows, days = _schools(scope, study, lottery, entries, drawn_on)
    first = min(days, default=max(clock.today(), lottery.draw_at.date()) + timedelta(days=1))
    unit = "team" if lottery.together else lottery.unit
    names = {entry.entry_key: row[unit] for entry, row in zip(entries, rows, strict=True)}

    def redraws(draws: int) -> trials.Redraws:
        design = designs.design_of(lottery, entries)
        keys = tuple(names[entry.key] for entry in design.ordered)
        return trials.Redraws(unit, keys, assignments(design, draws) == 1)

    return Extract(
        table=pl.DataFrame(rows, schema=_schema(lottery.unit), orient="row").sort(lottery.unit),
        outcomes_from=first,
        outcomes_to=max(days, default=first),
        source=f"The lottery “{lottery.title}”, list {lottery.list_hash[:12]}, and the records of this network",
        source_es=f"El sorteo «{lottery.title_es or lottery.title}», lista {lottery.list_hash[:12]}, y los registros de esta red",
        redraws=redraws if lottery.drawn_at else None,
    )


def _schema(unit: str) -> dict[str, Any]:
    shared = {"team": pl.String, "stratum": pl.String, "arm": pl.String, "chance": pl.Float64, "took_part": pl.Int64}
    if unit == "teacher":
        own = {
            "practice_before": pl.Float64,
            "practice": pl.Float64,
            "coaching_minutes": pl.Int64,
            "students": pl.Int64,
        }
        return {"teacher": pl.String, "school": pl.String, **shared, **own}
    measured = {f"{name}{when}": pl.Float64 for name in MEASURES for when in ("_before", "")}
    return {"school": pl.String, **shared, **measured, "students": pl.Int64}


def _shared(entry: Any, drawn: bool, took: str) -> dict[str, Any]:
    return {
        "team": entry.entry_key,
        "stratum": entry.stratum,
        "arm": (WON if entry.group == 1 else WAITS) if drawn else None,
        "chance": entry.chances[1],
        "took_part": {"took": 1, "not": 0}.get(took),
    }


def _teachers(
    scope: Scope, study: Study, lottery: Any, entries: list[Any], drawn_on: date | None
) -> tuple[list[dict[str, Any]], list[date]]:
    people = [entry.person_id for entry in entries if entry.person_id]
    scores = facts.research_scores(scope, people)
    edge = drawn_on or clock.today()
    before = means_of_scores("practice_before", [s for s in scores if s.date <= edge])
    later = [s for s in scores if s.date > edge] if drawn_on else []
    after = means_of_scores("practice", later)
    minutes = facts.coaching_minutes(scope, people, after=edge) if drawn_on else {}
    students = roster.students_by_teacher(scope, people, clock.today())
    took = lotteries.took_part(scope, lottery.pk)
    rows = []
    for entry in entries:
        pk = entry.person_id or 0
        shared = _shared(entry, drawn_on is not None, took.get(entry.pk, ""))
        if drawn_on and shared["took_part"] is None:
            shared["took_part"] = int(minutes.get(pk, 0) > 0)
        rows.append(
            {
                "teacher": pseudonym(study, "teacher", pk) if pk else entry.key,
                "school": pseudonym(study, "school", entry.organization_id),
                **shared,
                "practice_before": before.get(pk),
                "practice": after.get(pk),
                "coaching_minutes": minutes.get(pk, 0),
                "students": students.get(pk, 0),
            }
        )
    return rows, [s.date for s in later]


def _schools(
    scope: Scope, study: Study, lottery: Any, entries: list[Any], drawn_on: date | None
) -> tuple[list[dict[str, Any]], list[date]]:
    schools = [entry.organization_id for entry in entries]
    edge, took = drawn_on or clock.today(), lotteries.took_part(scope, lottery.pk)
    begins = _year(lottery, edge)
    before = _measured(scope, schools, begins, edge)
    first, last = edge + timedelta(days=1), clock.today()
    after = _measured(scope, schools, first, last) if drawn_on and first <= last else {}
    rows = [
        {
            "school": pseudonym(study, "school", entry.organization_id),
            **_shared(entry, drawn_on is not None, took.get(entry.pk, "")),
            **{f"{name}_before": before.get(name, {}).get(entry.organization_id) for name in MEASURES},
            **{name: after.get(name, {}).get(entry.organization_id) for name in MEASURES},
            "students": entry.students,
        }
        for entry in entries
    ]
    return rows, [first, last] if any(after.values()) else []


def _year(lottery: Any, on: date) -> date:
    year = roster.session_of(lottery.organization_id, on)
    return year.begins if year else on - timedelta(days=60)


def _measured(scope: Scope, schools: list[int], begins: date, ends: date) -> dict[str, dict[int, float]]:
    """Each school's percentages in one period; a school without marks is not in it."""
    question = facts.Question(tuple(schools), (facts.Period(begins, ends, "month"),), begins)
    return {name: _percent(measure(scope, question)) for name, measure in MEASURES.items()}


def _percent(counts: Iterable[facts.Count]) -> dict[int, float]:
    return {c.organization_id: 100 * c.numerator / c.denominator for c in counts if c.denominator}


def _roll_out(scope: Scope, study: Study, lottery: Any, entries: list[Any]) -> Extract:
    """A row a school and month: `begins` is the number of the month in which its step begins (0: not drawn yet)."""
    first, today = _year(lottery, clock.today()), clock.today()
    months = _months(first, today)
    schools = [entry.organization_id for entry in entries]
    question = facts.Question(tuple(schools), months, first)
    found = {
        name: {(c.organization_id, c.period.begins): 100 * c.numerator / c.denominator for c in measure(scope, question) if c.denominator}
        for name, measure in MEASURES.items()
    }  # fmt: skip
    steps = [_month(first, date.fromisoformat(day)) for day in lottery.steps]
    rows = [
        {
            "school": pseudonym(study, "school", entry.organization_id),
            "month": number,
            "begins": steps[entry.group] if entry.group is not None else 0,
            "stratum": entry.stratum,
            "students": entry.students,
            **{name: found[name].get((entry.organization_id, month.begins)) for name in MEASURES},
        }
        for entry in entries
        for number, month in enumerate(months, start=1)
        if any((entry.organization_id, month.begins) in of for of in found.values())
    ]
    schema = {"school": pl.String, "month": pl.Int64, "begins": pl.Int64, "stratum": pl.String, "students": pl.Int64}
    start = date.fromisoformat(lottery.steps[0])
    names = {entry.entry_key: pseudonym(study, "school", entry.organization_id) for entry in entries}

    def orders(draws: int) -> trials.Orders:
        design = designs.design_of(lottery, entries)
        keys = tuple(names[entry.key] for entry in design.ordered)
        return trials.Orders("school", keys, np.array(steps, dtype=float)[assignments(design, draws)])

    return Extract(
        table=pl.DataFrame(rows, schema={**schema, **dict.fromkeys(MEASURES, pl.Float64)}, orient="row").sort("school", "month"),
        outcomes_from=start,
        outcomes_to=max(start, today),
        source=f"The order drawn in “{lottery.title}”, list {lottery.list_hash[:12]}, and attendance month by month",
        source_es=f"El orden sorteado en «{lottery.title_es or lottery.title}», lista {lottery.list_hash[:12]}, y la asistencia mes por mes",
        redraws=orders if lottery.drawn_at else None,
    )  # fmt: skip


def _month(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month + 1


def _months(first: date, last: date) -> tuple[facts.Period, ...]:
    found, begins = [], first
    while begins <= last:
        following = (begins.replace(day=1) + timedelta(days=32)).replace(day=1)
        found.append(facts.Period(begins, min(last, following - timedelta(days=1)), "month"))
        begins = following
    return tuple(found)


def early(scope: Scope, study: Study, plan: impact.Plan) -> Design | None:
    """A plan's power from the list alone, where nothing is drawn or all begin by turns; None where the rows tell it."""
    lottery = lottery_of(scope, study)
    rows: dict[float, Power] = {}
    if lottery.drawn_at is not None and lottery.kind == "places":
        return None
    entries = lotteries.entries(scope, lottery.pk)
    design = designs.design_of(lottery, entries)
    units, blocks = len(design.entries), len(design.strata) if lottery.strata else 0
    if lottery.kind == "steps":
        students = sum(entry.students for entry in entries) / len(entries)
        rows = {
            r2: impact.power.stepped_wedge(
                max(1.0, students), designs.step_sizes(design), icc=0.1, r2=r2, autocorrelation=0.8
            )
            for r2 in EXPLAINED
        }
        return Design(units, max(1, blocks), None, rows)
    share = float(design.total / sum(design.stratum_sizes))
    sizes: dict[str, Any] = {"units": units, "blocks": blocks, "per_cluster": len(entries) / units, "share": share}
    try:
        rows = {r2: impact.power.plan_power(plan, r2=r2, **sizes) for r2 in EXPLAINED}
    except impact.DataError:  # more columns than units: nothing can be found
        rows = {}
    return Design(units, max(1, blocks), None, rows)


def plan_text(scope: Scope, lottery: Any, outcome: str) -> str:
    """A first plan of a lottery's study, to be read and changed: its design as it is drawn, one outcome, two or three models."""
    told = OUTCOMES[lottery.unit][outcome]
    title, title_es = lottery.title, lottery.title_es or lottery.title
    people, people_es = {"teacher": ("teachers", "docentes"), "school": ("schools", "escuelas")}[lottery.unit]
    place = roster.organization(lottery.organization_id).name
    entries = lotteries.entries(scope, lottery.pk)
    chances = sorted({round(entry.chances[-1 if lottery.kind == "places" else 0], 3) for entry in entries})
    lines = [
        "# Written from the lottery itself: read it, change what you must, and register it before the draw.",
        *_pairs(
            ("title", f"{title}: what it did", f"{title_es}: qué logró"),
            ("question", f"What did {title} do for {told.label}?", f"¿Qué logró {title_es} en {told.label_es}?"),
            ("intervention", title, title_es),
            ("comparison", "waiting", "la espera"),
        ),
        'standards = "4.1"',
        "alpha = 0.05",
        'missing = "complete_case"',
        'multiplicity = "by_version"',
        'evaluator = "provider"',
        f"rationale = {_text(_rationale(lottery, chances))}",
        "",
        "[population]",
        *_pairs(
            ("who", f"{people} on the list of {title}", f"{people_es} de la lista de {title_es}"),
            ("participants", people, people_es),
        ),
        f"place = {_text(place)}",
        f'period = "{lottery.draw_at.year}"',
        f'rows = "{lottery.unit}"',
        'students = "students"',
        "",
        *_assignment(lottery),
        "",
        "[attrition]",
        'boundary = "cautious"',
        'reason = "winning could itself change who stays"',
        "",
        "[[outcomes]]",
        f'name = "{outcome}"',
        *_pairs(("label", told.label, told.label_es), ("unit", told.unit, told.unit_es)),
        f'domain = "{told.domain}"',
        *(["higher_is_better = false"] if not told.higher_is_better else []),
        "primary = true",
        told.reliability,
        "",
        *([] if lottery.kind == "steps" else _baseline(outcome, told)),
        *_models(lottery, outcome),
    ]
    return "\n".join(lines) + "\n"


def _rationale(lottery: Any, chances: list[float]) -> str:
    between = f"{chances[0]:g}" if len(chances) == 1 else f"{chances[0]:g} to {chances[-1]:g}"
    how, sure = "", ""
    if lottery.tried:
        how = f"{lottery.accepted} of {lottery.tried} rehearsed draws kept the limits. "
        sure = f", each counted from these to within {1 / lottery.accepted**0.5:.3f}"
    what = "the first step" if lottery.kind == "steps" else "a place"
    return f"Drawn by lot. List {lottery.list_hash}. {how}Chance of {what}: {between}{sure}."


def _assignment(lottery: Any) -> list[str]:
    if lottery.kind == "steps":
        return [
            "[assignment]", 'design = "panel"', 'unit = "school"', 'column = "begins"', "",
            "[panel]", 'unit = "school"', 'time = "month"', 'control = "notyet"', 'summary = "simple"',
        ]  # fmt: skip
    design = "randomized_blocked" if lottery.strata else "randomized_individual"
    if lottery.together:
        design = "randomized_cluster"
    return [
        "[assignment]",
        f'design = "{design}"',
        f'unit = "{"team" if lottery.together else lottery.unit}"',
        'column = "arm"',
        f'intervention = "{WON}"',
        f'comparison = "{WAITS}"',
        *(['blocks = "stratum"'] if lottery.strata else []),
        *(['cluster = "team"'] if lottery.together else []),
        *(['site = "school"'] if lottery.unit == "teacher" else []),
        f'identifier = "{lottery.unit}"',
        *(['received = "took_part"'] if lottery.unit == "teacher" else []),
    ]


def _baseline(outcome: str, told: Outcome) -> list[str]:
    label = _pairs(("label", told.before, told.before_es))
    return ["[[baseline]]", f'name = "{outcome}_before"', *label, "required = true", ""]


def _models(lottery: Any, outcome: str) -> list[str]:
    if lottery.kind == "steps":
        label = _pairs(
            ("label", "schools that began beside those that had not", "escuelas que comenzaron junto a las que no")
        )
        return ["[[models]]", 'name = "steps"', *label, f"permutations = {PERMUTATIONS}", "primary = true"]
    within = ['fixed_effects = "stratum"'] if lottery.strata else []
    errors = ['errors = "CR2"' if lottery.together else 'errors = "HC1"']
    found = [
        "[[models]]",
        'name = "adjusted"',
        *_pairs(("label", "as drawn, with the measure before the draw", "según el sorteo, con la medida anterior")),
        f'covariates = ["{outcome}_before"]',
        *within,
        *errors,
        f"permutations = {PERMUTATIONS}      # the lottery drawn again from its record, under the same limits",
        "primary = true",
        "",
        "[[models]]",
        'name = "unadjusted"',
        *_pairs(("label", "as drawn, nothing else", "según el sorteo, nada más")),
        *within,
        *errors,
        f"permutations = {PERMUTATIONS}",
    ]
    if lottery.unit == "teacher":
        label = _pairs(("label", "effect on those who took part", "efecto en quienes participaron"))
        found += [
            "",
            "[[models]]",
            'name = "took_part"',
            *label,
            'method = "cace"',
            f'covariates = ["{outcome}_before"]',
        ]
    return found


def _pairs(*told: tuple[str, str, str]) -> list[str]:
    return [line for key, en, es in told for line in (f"{key} = {_text(en)}", f"{key}_es = {_text(es)}")]


def _text(words: str) -> str:
    """A TOML string: JSON's is one, but for the characters above U+FFFF that it is not asked to escape."""
    return json.dumps(words, ensure_ascii=False)
