"""Reading a plan from TOML: every key checked, then the whole, everything wrong reported at once."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

from fairlead.science.impact.plan import (
    DESIGNS,
    ERRORS,
    GRADES,
    RELIABILITY,
    VERSIONS,
    Assignment,
    Attrition,
    Baseline,
    Limitation,
    Model,
    Outcome,
    Plan,
    Population,
)
from fairlead.science.impact.problems import PlanError, Problem
from fairlead.science.impact.reading import Reader, closest


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
        problems.extend(_cross_checks(plan))
    if problems:
        raise PlanError(problems)
    return plan


def _plan(top: Reader) -> Plan:
    title, title_es = top.twin("title")
    question, question_es = top.twin("question")
    intervention, intervention_es = top.twin("intervention")
    comparison, comparison_es = top.twin("comparison")
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
            hint="multiple imputation is not built yet; complete_case counts every dropped row",
        ),
        multiplicity=top.choice("multiplicity", ("by_version", "benjamini_hochberg", "none"), "by_version"),
        cost_per_participant=top.number("cost_per_participant", low=0.0),
        evaluator=top.choice("evaluator", ("independent", "provider", "unknown"), "unknown"),
        source=top.text("source", ""),
        population=_population(top.table("population")),
        assignment=_assignment(top.table("assignment")),
        outcomes=tuple(_outcome(item) for item in top.tables("outcomes", needed=True)),
        baseline=tuple(_baseline(item) for item in top.tables("baseline")),
        models=tuple(_model(item) for item in top.tables("models", needed=True)),
        attrition=_attrition(top.table("attrition")),
        limitations=tuple(_limitation(item) for item in top.tables("limitations")),
    )
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
    )
    reader.done()
    return population


def _assignment(reader: Reader) -> Assignment:
    assignment = Assignment(
        design=reader.choice("design", DESIGNS),
        unit=reader.text("unit"),
        column=reader.text("column"),
        intervention=reader.text("intervention"),
        comparison=reader.text("comparison"),
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


def _model(reader: Reader) -> Model:
    label, label_es = reader.twin("label")
    model = Model(
        name=reader.text("name"),
        label=label,
        label_es=label_es,
        outcomes=reader.texts("outcomes"),
        covariates=reader.texts("covariates"),
        fixed_effects=reader.column("fixed_effects"),
        errors=reader.choice("errors", ERRORS),
        cluster=reader.column("cluster"),
        primary=bool(reader.flag("primary", False)),
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


def _cross_checks(plan: Plan) -> list[Problem]:
    """What only the whole plan shows: names that must meet, a design that needs a cluster, one primary of
    each."""
    problems: list[Problem] = []
    names = [outcome.name for outcome in plan.outcomes]
    for kind, items in (
        ("outcomes", names),
        ("models", [model.name for model in plan.models]),
        ("baseline", [measure.name for measure in plan.baseline]),
    ):
        doubled = sorted({item for item in items if items.count(item) > 1})
        if doubled:
            problems.append(Problem(kind, "names must differ", got=", ".join(doubled), next="rename one of them"))
    for kind, flags in (
        ("outcomes", [outcome.primary for outcome in plan.outcomes]),
        ("models", [model.primary for model in plan.models]),
    ):
        if sum(flags) != 1:
            problems.append(
                Problem(
                    kind,
                    "exactly one must be primary",
                    got=f"{sum(flags)} with primary = true",
                    next="put primary = true on the one that answers the question",
                )
            )
    for place, model in enumerate(plan.models):
        where = f"models[{place}]"
        for name in model.outcomes:
            if name not in names:
                problems.append(
                    Problem(
                        f"{where}.outcomes",
                        "no such outcome in this plan",
                        got=repr(name),
                        allowed=", ".join(names),
                        next=closest(name, names),
                    )
                )
        if model.errors in ("CR1", "CR2") and not (model.cluster or plan.assignment.cluster):
            problems.append(
                Problem(
                    f"{where}.cluster",
                    f"{model.errors} errors need a cluster column",
                    got="nothing",
                    next='name it here (cluster = "teacher") or in [assignment]',
                )
            )
        if plan.assignment.design == "randomized_cluster" and model.errors == "HC1":
            problems.append(
                Problem(
                    f"{where}.errors",
                    "clusters were assigned, so errors must be clustered",
                    got="HC1",
                    allowed="CR1, CR2",
                    next='write errors = "CR2"',
                )
            )
    primaries = [model.outcomes for model in plan.models if model.primary and model.outcomes]
    wanted = [outcome.name for outcome in plan.outcomes if outcome.primary]
    if len(primaries) == len(wanted) == 1 and wanted[0] not in primaries[0]:
        problems.append(
            Problem(
                "models",
                "the primary model leaves out the primary outcome",
                got=", ".join(primaries[0]),
                next=f"add {wanted[0]!r}",
            )
        )
    assignment = plan.assignment
    if assignment.design == "randomized_cluster" and not assignment.cluster:
        problems.append(
            Problem(
                "assignment.cluster",
                "a cluster design needs the column of its clusters",
                got="nothing",
                next='add cluster = "teacher" (or "school", …)',
            )
        )
    arms = [assignment.intervention, assignment.comparison, *assignment.other_arms]
    if len(set(arms)) != len(arms):
        problems.append(
            Problem(
                "assignment",
                "each arm must have its own value",
                got=", ".join(arms),
                next="intervention, comparison and other_arms must differ",
            )
        )
    for place, measure in enumerate(plan.baseline):
        if measure.kind == "continuous" and measure.level is not None:
            problems.append(
                Problem(
                    f"baseline[{place}].level",
                    "only a binary measure has a level",
                    got=repr(measure.level),
                    next='write kind = "binary" or leave level out',
                )
            )
    for place, outcome in enumerate(plan.outcomes):
        if outcome.grade is not None and outcome.grade not in GRADES:
            problems.append(
                Problem(
                    f"outcomes[{place}].grade",
                    "not a grade",
                    got=repr(outcome.grade),
                    allowed=", ".join(GRADES),
                )
            )
        if outcome.reliability_kind in RELIABILITY[1:4] and outcome.reliability is None:
            problems.append(
                Problem(
                    f"outcomes[{place}].reliability",
                    "the reliability itself is missing",
                    got="nothing",
                    allowed="0 to 1",
                    next='write it, or reliability_kind = "unknown"',
                )
            )
    return problems
