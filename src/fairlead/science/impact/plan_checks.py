"""What only the whole plan shows: names that must meet, and what designs, methods and tables need of each other."""

from __future__ import annotations

from fairlead.science.impact.plan import GRADES, RELIABILITY, Plan
from fairlead.science.impact.problems import ImpactError, Problem
from fairlead.science.impact.reading import closest


def cross_checks(plan: Plan) -> list[Problem]:
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
        if plan.assignment.clustered and model.errors == "HC1":
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
    return problems + _later_checks(plan)


def _later_checks(plan: Plan) -> list[Problem]:
    """What the designs and methods of the second format need of each other."""
    problems: list[Problem] = []
    assignment, design = plan.assignment, plan.assignment.design
    later = {column for outcome in plan.outcomes for column in outcome.columns} | {assignment.received}
    for place, condition in enumerate(plan.population.where):
        where = f"population.where[{place}].column"
        if condition.column in later:
            what = "who is in the study cannot depend on what came after the assignment"
            problems.append(Problem(where, what, condition.column, "a column from before it", "remove the condition"))
        if condition.column == assignment.column:
            what = "the arms are named in [assignment]; rows of no arm are counted there"
            problems.append(Problem(where, what, condition.column, next="remove the condition"))
    if design == "randomized_paired" and not assignment.blocks:
        what = "a paired design needs the column of its pairs"
        problems.append(Problem("assignment.blocks", what, "nothing", next='add blocks = "pair"'))
    for key, wanted in (("matching", "matched"), ("panel", "panel")):
        if design == wanted and getattr(plan, key) is None:
            what = f"a {wanted} design needs a [{key}] table"
            problems.append(Problem(key, what, "nothing", f"[{key}]", f"add it; see docs/reference/plan.md, {key}"))
        if design != wanted and getattr(plan, key) is not None:
            what = f"a [{key}] table belongs to the design {wanted}"
            problems.append(Problem(key, what, f"design {design}", next=f"remove it, or write design = {wanted!r}"))
    if assignment.received_value is not None and assignment.received is None:
        problems.append(Problem("assignment.received", "received_value needs the column it is a value of", "nothing"))
    for place, model in enumerate(plan.models):
        where = f"models[{place}]"
        if model.method in ("matched", "panel") and model.method != design:
            what = f"the method {model.method} is for the design {model.method}"
            problems.append(Problem(f"{where}.method", what, f"design {design}", "regression", "change one of them"))
        if model.method in ("difference", "lin", "cace") and not plan.randomized:
            what = "nobody drew lots in this design, so there is no lottery to analyse"
            problems.append(Problem(f"{where}.method", what, f"{model.method} in {design}", "regression, multilevel"))
        if design == "panel" and model.method not in ("panel", "regression"):
            problems.append(Problem(f"{where}.method", "rows of a panel are units in periods", model.method, "panel"))
        if model.method == "lin" and not (model.covariates or assignment.blocks):
            what = "Lin's regression needs covariates from before the draw"
            problems.append(Problem(f"{where}.covariates", what, "nothing", next='or write method = "difference"'))
        if model.method == "cace" and assignment.received is None:
            what = "the effect on compliers needs the column of what was received"
            problems.append(Problem("assignment.received", what, "nothing", next='add received = "attended"'))
        if model.method == "multilevel" or model.formula is not None:
            problems += _formula(model.formula, model.method, f"{where}.formula")
        if model.permutations and not plan.randomized and design != "panel":
            what = "only a lottery can be drawn again"
            problems.append(Problem(f"{where}.permutations", what, f"design {design}", "0"))
    names = [subgroup.name for subgroup in plan.subgroups]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        problems.append(Problem("subgroups", "names must differ", ", ".join(doubled), next="rename one of them"))
    for place, subgroup in enumerate(plan.subgroups):
        if len(subgroup.levels) == 1:
            what = "one group has nothing to be compared with"
            problems.append(Problem(f"subgroups[{place}].levels", what, subgroup.levels[0], "two or more, or none"))
        if subgroup.column == assignment.column:
            what = "the arms are no subgroup: it must come from before the assignment"
            problems.append(Problem(f"subgroups[{place}].column", what, subgroup.column))
    if plan.costs is not None and plan.cost_per_participant is not None:
        what = "costs are given twice"
        problems.append(Problem("cost_per_participant", what, "also [costs]", next="keep the ingredients"))
    return problems


def _formula(formula: str | None, method: str, where: str) -> list[Problem]:
    example = "outcome ~ treatment + pretest + (1 | school)"
    if method != "multilevel":
        return [
            Problem(where, "only a multilevel model has a formula", f"method {method}", next='method = "multilevel"')
        ]
    if formula is None:
        return [Problem(where, "a multilevel model needs its formula", "nothing", example, f'formula = "{example}"')]
    from fairlead.science.impact.formula import parse_formula

    try:
        parsed = parse_formula(formula)
    except ImpactError as error:
        return [Problem(f"{where}: {p.where}", p.what, p.got, p.allowed, p.next) for p in error.problems]
    problems = []
    if parsed.outcome.variable != "outcome" or "treatment" not in {str(f) for t in parsed.terms for f in t}:
        what = "the formula names the outcome “outcome” and the arm “treatment”"
        problems.append(Problem(where, what, formula, example))
    if not parsed.random:
        problems.append(Problem(where, "a multilevel model has a random part", formula, example, "add (1 | school)"))
    return problems
