"""Which methods a plan uses, by the names under which `methods` says what each is worth; and the refusal of unproven ones."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.science.impact.methods import Method, methods
from fairlead.science.impact.plan import Model, Plan
from fairlead.science.impact.problems import Problem

_KEYS = {
    "regression": "regression.least_squares",
    "difference": "trials.difference_in_means",
    "lin": "trials.interacted_regression",
    "cace": "trials.compliers",
    "panel": "panel.group_time",
}


def method_key(plan: Plan, model: Model) -> str:
    """The method of one model.

    Examples
    --------
    >>> from fairlead.science.impact import shipped_plan
    >>> plan = shipped_plan("star_kindergarten")
    >>> method_key(plan, plan.primary_model)
    'regression.least_squares'
    """
    if model.method == "matched" and plan.matching is not None:
        return "matching.hierarchical" if plan.matching.hierarchical else f"matching.{plan.matching.method}"
    if model.method == "multilevel" and model.formula is not None:
        from fairlead.science.impact.formula import parse_formula

        levels = {part.group for part in parse_formula(model.formula).random}
        return "multilevel.two_levels" if len(levels) == 1 else "multilevel.three_levels"
    return _KEYS[model.method]


def methods_used(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Each method with the models that use it, in the plan's order; randomization inference by its own name."""
    found: dict[str, list[str]] = {}
    for model in plan.models:
        found.setdefault(method_key(plan, model), []).append(model.name)
    for model in plan.models:
        if model.permutations:
            found.setdefault("trials.randomization_test", []).append(model.name)
    return {key: tuple(names) for key, names in found.items()}


def experimental(plan: Plan, known: Mapping[str, Method] | None = None) -> list[Problem]:
    """One problem for each model whose method is not validated."""
    table = methods() if known is None else known
    return [
        Problem(
            f"models.{name}",
            f"the method is experimental: {table[key].name}",
            table[key].against,
            "validated methods",
            "ask for experimental methods (--experimental), and say so wherever the number goes",
        )
        for key, names in methods_used(plan).items()
        if table[key].status != "validated"
        for name in names
    ]
