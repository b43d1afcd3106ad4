"""Reading a plan from TOML: every key checked, then the whole, everything wrong reported at once."""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from pathlib import Path

from fairlead.science.impact.costs import CATEGORIES, SOCIETY
from fairlead.science.impact.plan import (
    BY_METHOD,
    DESIGNS,
    ERRORS,
    GRADES,
    MATCHING,
    METHODS,
    OPERATORS,
    ORDERED,
    RELIABILITY,
    SUMS,
    VERSIONS,
    Assignment,
    Attrition,
    Baseline,
    Condition,
    Costs,
    Ingredient,
    Limitation,
    Matching,
    Model,
    Outcome,
    Panel,
    Plan,
    Population,
    Subgroup,
)
from fairlead.science.impact.plan_checks import cross_checks
from fairlead.science.impact.problems import PlanError, Problem
from fairlead.science.impact.reading import Reader


def load_plan(path: str | Path) -> Plan:
    """Read a plan from a TOML file."""
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        problem = Problem(str(path), "the plan cannot be read", error.strerror or "", "a file", "mend the path")
    except UnicodeDecodeError as error:
        problem = Problem(str(path), "the plan is not UTF-8", f"byte {error.start}", "UTF-8", "save it as UTF-8")
    else:
        return read_plan(text)
    raise PlanError([problem])


def shipped_plan(name: str) -> Plan:
    """A plan that comes with Fairlead: `star_kindergarten`, `coaching_lottery`,
    `coaching_lottery_students`."""
    return read_plan(shipped_plan_text(name))


def shipped_plan_text(name: str) -> str:
    """The TOML text of a shipped plan, comments and all."""
    folder = resources.files("fairlead.science.impact") / "plans"
    known = sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))
    if name not in known:
        raise PlanError([Problem("name", "no such shipped plan", got=repr(name), allowed=", ".join(known))])
    return (folder / f"{name}.toml").read_text(encoding="utf-8")


def read_plan(text: str) -> Plan:
    """Read a plan from TOML text.

    Raises
    ------
    PlanError
        With every problem found: where (key path), what, got, allowed, next.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanError(
            [
                Problem(
                    "TOML",
                    "the text is not TOML",
                    got=str(error),
                    next="mend the line named here; strings need quotes, tables need [brackets]",
                )
            ]
        ) from None
    problems: list[Problem] = []
    plan = _plan(Reader(data, "", problems))
    if not problems:
        problems.extend(cross_checks(plan))
    if problems:
        raise PlanError(problems)
    return plan


def _plan(top: Reader) -> Plan:
    title, title_es = top.twin("title")
    question, question_es = top.twin("question")
    intervention, intervention_es = top.twin("intervention")
    comparison, comparison_es = top.twin("comparison")
    assignment = _assignment(top.table("assignment"))
    design = assignment.design
    plan = Plan(
        title=title,
        title_es=title_es,
        question=question,
        question_es=question_es,
        intervention=intervention,
        intervention_es=intervention_es,
        comparison=comparison,
        comparison_es=comparison_es,
        standards=top.choice("standards", VERSIONS, "4.1"),
        alpha=top.number("alpha", low=0.0001, high=0.5, default=0.05) or 0.05,
        smallest_effect=top.number("smallest_effect", low=0.0),
        missing=top.choice(
            "missing",
            ("complete_case",),
            "complete_case",
            hint="multiple imputation is refused: for clustered data it is not built yet, and one imputation would hide what "
            "is missing; complete_case counts every row left out, by reason",
        ),
        multiplicity=top.choice("multiplicity", ("by_version", "benjamini_hochberg", "none"), "by_version"),
        cost_per_participant=top.number("cost_per_participant", low=0.0),
        evaluator=top.choice("evaluator", ("independent", "provider", "unknown"), "unknown"),
        source=top.text("source", ""),
        population=_population(top.table("population")),
        assignment=assignment,
        outcomes=tuple(_outcome(item) for item in top.tables("outcomes", needed=True)),
        baseline=tuple(_baseline(item) for item in top.tables("baseline")),
        models=tuple(_model(item, design) for item in top.tables("models", needed=True)),
        attrition=_attrition(top.table("attrition")),
        limitations=tuple(_limitation(item) for item in top.tables("limitations")),
        subgroups=tuple(_subgroup(item) for item in top.tables("subgroups")),
        costs=_costs(top.table("costs")) if "costs" in top.data else None,
        matching=_matching(top.table("matching")) if "matching" in top.data else None,
        panel=_panel(top.table("panel")) if "panel" in top.data else None,
        rationale=top.text("rationale", ""),
    )
    for key in ("costs", "matching", "panel"):  # known, also where they are not written
        top.take(key)
    top.done()
    return plan


def _population(reader: Reader) -> Population:
    who, who_es = reader.twin("who")
    place, place_es = reader.twin("place")
    participants, participants_es = reader.twin("participants")
    population = Population(
        who=who,
        place=place,
        period=reader.text("period"),
        grades=reader.texts("grades", GRADES),
        participants=participants,
        who_es=who_es,
        place_es=place_es,
        participants_es=participants_es,
        rows=reader.text("rows", "student"),
        students=reader.column("students"),
        where=tuple(_condition(item) for item in reader.tables("where")),
    )
    reader.done()
    return population


def _condition(reader: Reader) -> Condition:
    operator = reader.choice("operator", OPERATORS, "in")
    values = reader.values("values")
    if operator in ORDERED and values and (len(values) != 1 or not _is_number(values[0])):
        reader.note("values", f"{operator} compares with one number", ", ".join(values), "[5]", "write one number")
    condition = Condition(reader.text("column"), operator, values)
    reader.done()
    return condition


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _assignment(reader: Reader) -> Assignment:
    staggered = reader.data.get("design") == "panel"
    assignment = Assignment(
        design=reader.choice("design", DESIGNS),
        unit=reader.text("unit"),
        column=reader.text("column"),
        intervention=reader.text("intervention", "adopted" if staggered else None),
        comparison=reader.text("comparison", "not adopted" if staggered else None),
        other_arms=reader.texts("other_arms"),
        blocks=reader.column("blocks"),
        cluster=reader.column("cluster"),
        provider=reader.column("provider"),
        site=reader.column("site"),
        identifier=reader.column("identifier"),
        analysed_as=reader.choice("analysed_as", ("assigned", "received"), "assigned"),
        exclusions_after_assignment=bool(reader.flag("exclusions_after_assignment", False)),
        joiners=reader.choice("joiners", ("none", "not_a_risk", "risk"), "none"),
        confound=reader.text("confound", ""),
        received=reader.column("received"),
        received_value=reader.optional("received_value"),
    )
    reader.done()
    return assignment


def _outcome(reader: Reader) -> Outcome:
    label, label_es = reader.twin("label")
    unit, unit_es = reader.twin("unit")
    name = reader.text("name")
    outcome = Outcome(
        name=name,
        label=label,
        label_es=label_es,
        domain=reader.text("domain"),
        unit=unit,
        unit_es=unit_es,
        columns=reader.texts("columns", default=(name,)),
        combine=reader.choice("combine", ("sum", "mean"), "sum"),
        kind=reader.choice("kind", ("continuous", "binary"), "continuous"),
        higher_is_better=bool(reader.flag("higher_is_better", True)),
        primary=bool(reader.flag("primary", False)),
        standardiser=reader.choice("standardiser", ("pooled", "comparison"), "pooled"),
        subject=reader.optional("subject"),
        grade=reader.optional("grade"),
        icc=reader.number("icc", low=0.0, high=0.99),
        face_valid=bool(reader.flag("face_valid", True)),
        over_aligned=bool(reader.flag("over_aligned", False)),
        same_collection=bool(reader.flag("same_collection", True)),
        reliability_kind=reader.choice("reliability_kind", RELIABILITY, "unknown"),
        reliability=reader.number("reliability", low=0.0, high=1.0),
        independent=reader.flag("independent", None),
    )
    reader.done()
    return outcome


def _baseline(reader: Reader) -> Baseline:
    label, label_es = reader.twin("label")
    name = reader.text("name")
    baseline = Baseline(
        name=name,
        label=label,
        label_es=label_es,
        column=reader.text("column", name),
        kind=reader.choice("kind", ("continuous", "binary"), "continuous"),
        level=reader.optional("level"),
        domains=reader.texts("domains"),
        required=bool(reader.flag("required", False)),
    )
    reader.done()
    return baseline


def _model(reader: Reader, design: str) -> Model:
    label, label_es = reader.twin("label")
    method = reader.choice("method", METHODS, design if design in ("matched", "panel") else "regression")
    permutations = reader.number("permutations", low=0, high=1_000_000, default=0.0) or 0.0
    model = Model(
        name=reader.text("name"),
        label=label,
        label_es=label_es,
        outcomes=reader.texts("outcomes"),
        covariates=reader.texts("covariates"),
        fixed_effects=reader.column("fixed_effects"),
        errors=reader.choice("errors", ERRORS, None if method == "regression" else BY_METHOD),
        cluster=reader.column("cluster"),
        primary=bool(reader.flag("primary", False)),
        method=method,
        formula=reader.optional("formula"),
        adjust=bool(reader.flag("adjust", False)),
        permutations=int(permutations),
    )
    reader.done()
    return model


def _attrition(reader: Reader) -> Attrition:
    attrition = Attrition(
        boundary=reader.choice("boundary", ("cautious", "optimistic"), "cautious"),
        reason=reader.text("reason", ""),
    )
    reader.done()
    return attrition


def _limitation(reader: Reader) -> Limitation:
    text, text_es = reader.twin("text")
    reader.done()
    return Limitation(text=text, text_es=text_es)


def _subgroup(reader: Reader) -> Subgroup:
    label, label_es = reader.twin("label")
    name = reader.text("name")
    subgroup = Subgroup(name, label, label_es, reader.text("column", name), reader.texts("levels"))
    reader.done()
    return subgroup


def _costs(reader: Reader) -> Costs:
    served = reader.number("served", low=1)
    costs = Costs(
        currency=reader.text("currency", "USD"),
        year=reader.text("year", ""),
        perspective=reader.text("perspective", SOCIETY),
        served=None if served is None else int(served),
        ingredients=tuple(_ingredient(item) for item in reader.tables("ingredients", needed=True)),
    )
    reader.done()
    return costs


def _ingredient(reader: Reader) -> Ingredient:
    name, name_es = reader.twin("name")
    ingredient = Ingredient(
        name=name,
        name_es=name_es,
        category=reader.choice("category", CATEGORIES, "other"),
        quantity=reader.needed("quantity", low=0.0),
        unit=reader.text("unit"),
        price=reader.needed("price", low=0.0),
        per=reader.choice("per", ("whole", "participant"), "whole"),
        source=reader.text("source", ""),
    )
    reader.done()
    return ingredient


def _matching(reader: Reader) -> Matching:
    matching = Matching(
        method=reader.choice("method", MATCHING),
        on=reader.text("on"),
        estimand=reader.choice("estimand", ("ATT", "ATE"), "ATT"),
        ratio=int(reader.number("ratio", low=1, high=100, default=1.0) or 1),
        replace=bool(reader.flag("replace", False)),
        exact=reader.texts("exact"),
        within=reader.column("within"),
        caliper=reader.number("caliper", low=0.0),
        hierarchical=reader.texts("hierarchical"),
    )
    reader.done()
    return matching


def _panel(reader: Reader) -> Panel:
    panel = Panel(
        unit=reader.text("unit"),
        time=reader.text("time"),
        control=reader.choice("control", ("never", "notyet"), "never"),
        covariates=reader.text("covariates", ""),
        cluster=reader.column("cluster"),
        anticipation=reader.number("anticipation", low=0.0, default=0.0) or 0.0,
        summary=reader.choice("summary", SUMS, "simple"),
    )
    reader.done()
    return panel
