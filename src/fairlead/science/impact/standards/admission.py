"""Before any number is rated: is the outcome eligible, is there a confound, is the randomization intact?"""

from __future__ import annotations

from fairlead.science.impact.plan import RANDOMIZED
from fairlead.science.impact.standards.facts import Evidence
from fairlead.science.impact.standards.rules import Line, line, rules

_DESIGNS = {
    "randomized_individual": ("Assigned by lottery; unit: {u}.", "Asignación por sorteo; unidad: {u}."),
    "randomized_blocked": ("Assigned by lottery{b}; unit: {u}.", "Asignación por sorteo; unidad: {u}{b}."),
    "randomized_paired": (
        "Assigned by lottery within pairs{b}; unit: {u}.",
        "Asignación por sorteo dentro de parejas; unidad: {u}{b}.",
    ),
    "randomized_cluster": (
        "Clusters assigned by lottery{b}; unit: {u}.",
        "Asignación de conglomerados por sorteo; unidad: {u}{b}.",
    ),
    "matched": (
        "Not a lottery: comparison units were matched or weighted; unit: {u}.",
        "Sin sorteo: las unidades de comparación se emparejaron o ponderaron; unidad: {u}.",
    ),
    "panel": (
        "Not a lottery: units that adopted are compared over time with units that had not; unit: {u}.",
        "Sin sorteo: las unidades que adoptaron se comparan en el tiempo con las que aún no; unidad: {u}.",
    ),
    "qed": (
        "Not a lottery: arms were formed in another way{b}; unit: {u}.",
        "Sin sorteo: los grupos se formaron de otro modo; unidad: {u}{b}.",
    ),
}


def eligible(facts: Evidence, lines: list[Line]) -> bool:
    """Whether the outcome may be rated: valid, reliable, not over-aligned, collected alike."""
    outcome, version = facts.outcome, facts.version
    es_name = {"outcome": outcome.label_es}

    def yes(rule: str, good: bool, words: tuple[str, str], words_es: tuple[str, str]) -> bool:
        place = 0 if good else 1
        lines.append(
            line(
                version,
                rule,
                "pass" if good else "fail",
                en={"answer": words[place], "outcome": outcome.label},
                es={"answer": words_es[place], **es_name},
            )
        )
        return good

    valid = yes("outcome.face_valid", outcome.face_valid, ("states", "does not state"), ("afirma", "no afirma"))
    aligned = yes(
        "outcome.over_aligned",
        not outcome.over_aligned,
        ("does not contain", "contains"),
        ("no contiene", "contiene"),
    )
    same = yes("outcome.same_collection", outcome.same_collection, ("were", "were not"), ("fueron", "no fueron"))
    kind = outcome.reliability_kind
    if kind == "standardised":
        state, value, needed = "pass", "standardised test or record", "presumed reliable"
        value_es, needed_es = "prueba estandarizada o registro", "se presume confiable"
    elif kind == "unknown" or outcome.reliability is None:
        state, value, needed, value_es, needed_es = (
            "unknown",
            "not stated",
            "a stated reliability",
            "no se indica",
            "indicarla",
        )
    else:
        least = float(rules(version)["outcome.reliability"][kind])
        state = "pass" if outcome.reliability >= least else "fail"
        names = {
            "internal_consistency": ("internal consistency", "consistencia interna"),
            "test_retest": ("test–retest", "test–retest"),
            "inter_rater": ("inter-rater", "entre evaluadores"),
        }[kind]
        value, value_es = f"{names[0]} {outcome.reliability:.2f}", f"{names[1]} {outcome.reliability:.2f}"
        needed = needed_es = f"≥ {least:.2f}"
    lines.append(
        line(
            version,
            "outcome.reliability",
            state,
            value=value,
            threshold=needed,
            en={"outcome": outcome.label},
            es={**es_name, "value": value_es, "threshold": needed_es},
        )
    )
    return valid and aligned and same and state == "pass"


def unconfounded(facts: Evidence, lines: list[Line]) -> bool:
    """Whether nothing else lines up perfectly with one arm: a single unit, or what the plan itself names."""
    providers, stated = facts.flow.providers, facts.assignment.confound
    alone = providers is not None and min(providers.intervention, providers.comparison) < 2
    value = "not recorded" if providers is None else f"{providers.intervention} + {providers.comparison}"
    value_es = "sin registro" if providers is None else value
    outcome = "fail" if alone or stated else "unknown" if providers is None else "pass"
    lines.append(
        line(
            facts.version,
            "confound",
            outcome,
            value=value,
            threshold="≥ 2 + 2",
            en={"stated": f"The plan names one: {stated}." if stated else ""},
            es={"stated": f"El plan señala uno: {stated}." if stated else "", "value": value_es},
        )
    )
    return outcome != "fail"


def intact_design(facts: Evidence, lines: list[Line]) -> bool:
    """Whether the units were randomized and it stayed so."""
    assignment, flow = facts.assignment, facts.flow
    words = _DESIGNS[assignment.design]
    block = (
        ("", "")
        if assignment.blocks is None
        else (f" within {assignment.blocks}", f", dentro de {assignment.blocks}")
    )
    value = words[0].format(u=assignment.unit, b=block[0])
    lines.append(
        line(
            facts.version,
            "design",
            "pass" if assignment.design in RANDOMIZED else "info",
            value=value,
            es={"value": words[1].format(u=assignment.unit, b=block[1])},
        )
    )
    if assignment.design not in RANDOMIZED:
        return False
    low, high = flow.block_share_low, flow.block_share_high
    uneven = low is not None and high is not None and high - low > 1e-9
    modelled = facts.estimate.absorbed is not None and facts.estimate.absorbed == assignment.blocks
    faults = []
    if assignment.analysed_as == "received":
        faults.append(("Arms are those received, not assigned.", "Los grupos son los recibidos, no los asignados."))
    if assignment.exclusions_after_assignment:
        faults.append(("Some were excluded after assignment.", "Hubo exclusiones después de asignar."))
    if uneven and not modelled:
        shown = f"{100 * (low or 0):.0f}–{100 * (high or 0):.0f}%"
        faults.append(
            (
                f"The share assigned varies between blocks ({shown}) and this model leaves the blocks out.",
                f"La proporción asignada varía entre bloques ({shown}) y este modelo los omite.",
            )
        )
    kept = (
        "Assigned arms, nobody excluded afterwards, blocks in the model or equal chances.",
        "Grupos asignados, sin exclusiones posteriores, bloques en el modelo o probabilidades iguales.",
    )
    said = [" ".join(part) for part in zip(*(faults or [kept]), strict=True)]
    lines.append(
        line(
            facts.version,
            "randomization.intact",
            "fail" if faults else "pass",
            value=said[0],
            es={"value": said[1]},
        )
    )
    return not faults
