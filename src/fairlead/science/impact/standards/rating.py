"""The verdict: each rule applied in the order a reviewer would, one line each, then the rating and the ESSA
tier."""

from __future__ import annotations

from dataclasses import dataclass, replace

from fairlead.science.impact.effects import benjamini_hochberg
from fairlead.science.impact.fixed_words import errors_label
from fairlead.science.impact.plan import RANDOMIZED
from fairlead.science.impact.sample import Count
from fairlead.science.impact.standards.admission import eligible, intact_design, unconfounded
from fairlead.science.impact.standards.attrition import AttritionResult, attrition
from fairlead.science.impact.standards.facts import Evidence
from fairlead.science.impact.standards.rules import Line, line, rules
from fairlead.science.impact.wording import counted

WITHOUT, WITH, NOT = "MWOR", "MWR", "DNM"
RATINGS = {
    WITHOUT: ("Meets standards without reservations", "Cumple los estándares sin reservas"),
    WITH: ("Meets standards with reservations", "Cumple los estándares con reservas"),
    NOT: ("Does not meet standards", "No cumple los estándares"),
}
TIERS = {
    "1": ("Tier 1, strong evidence.", "Nivel 1, evidencia fuerte."),
    "2": ("Tier 2, moderate evidence.", "Nivel 2, evidencia moderada."),
    "3": ("Tier 3, promising evidence.", "Nivel 3, evidencia prometedora."),
    "4": ("Tier 4, demonstrates a rationale.", "Nivel 4, con fundamento."),
    "none": ("No tier from this study.", "Este estudio no alcanza ningún nivel."),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Rating (MWOR, MWR, DNM), character (positive, uncertain, negative), ESSA tier (1, 2, 3, 4, none) and
    their reasons."""

    version: str
    rating: str
    character: str
    essa: str
    significant: bool
    high_attrition: bool
    causal: bool
    provisional: bool
    rests_on: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def rating_text(self) -> str:
        return RATINGS[self.rating][0]

    @property
    def rating_text_es(self) -> str:
        return RATINGS[self.rating][1]


def verdict(facts: Evidence) -> Verdict:
    """Apply the version's rules to one finding and say why, line by line.

    Notes
    -----
    Rating as in EVIDENCE_STANDARDS §5: an ineligible outcome or a confound does not meet; an intact
    individual trial with low attrition meets without reservations; otherwise baseline equivalence decides
    between with reservations and not. Cluster trials follow the seven cluster steps. `provisional` is set
    when a decisive line is recalled or of low confidence, and `rests_on` names those rules.
    """
    decided = _decide(facts)
    return replace(decided, lines=(*decided.lines, *_readings(facts, decided)))


def _decide(facts: Evidence) -> Verdict:
    """The rules in order, by the reading that the plan and the version choose."""
    lines: list[Line] = []
    admitted = eligible(facts, lines)
    admitted &= unconfounded(facts, lines)
    randomized = facts.assignment.design in RANDOMIZED
    intact = intact_design(facts, lines)
    clustered = facts.assignment.clustered
    if clustered:
        sound, high = _cluster_path(facts, intact, lines)
    elif randomized:
        sound, high = _individual_path(facts, intact, lines)
    else:
        sound, high = (WITH if _equivalent(facts, lines, needed=True) else NOT), False
    rating = sound if admitted else NOT
    lines.append(line(facts.version, "missing", "pass"))
    significant = _significance(facts, lines)
    favourable = (facts.estimate.estimate >= 0) == facts.outcome.higher_is_better
    character = ("positive" if favourable else "negative") if significant else "uncertain"
    words = {
        "positive": ("Positive: favourable and significant.", "Positivo: favorable y significativo."),
        "negative": ("Negative: unfavourable and significant.", "Negativo: desfavorable y significativo."),
        "uncertain": (
            "Uncertain: not distinguishable from no difference.",
            "Incierto: no se distingue de una diferencia nula.",
        ),
    }[character]
    lines.append(line(facts.version, "character", "info", value=words[0], es={"value": words[1]}))
    good = {WITHOUT: "pass", WITH: "adjust", NOT: "fail"}[rating]
    lines.append(line(facts.version, "rating", good, value=RATINGS[rating][0], es={"value": RATINGS[rating][1]}))
    essa = _essa(facts, rating, character, lines)
    says = {
        "independent": ("independent of the provider", "independiente de quien la imparte"),
        "provider": ("the provider itself", "quien la imparte"),
        "unknown": ("not stated", "no se indica"),
    }[facts.evaluator]
    lines.append(line(facts.version, "independence", "info", decisive=False, value=says[0], es={"value": says[1]}))
    leaning = tuple(dict.fromkeys(item.rule for item in lines if item.decisive and item.provisional))
    return Verdict(
        version=facts.version,
        rating=rating,
        character=character,
        essa=essa,
        significant=significant,
        high_attrition=high,
        causal=randomized and intact and rating != NOT,
        provisional=bool(leaning),
        rests_on=leaning,
        lines=tuple(lines),
    )


def _readings(facts: Evidence, decided: Verdict) -> list[Line]:
    """Where a rule is open: what its other reading would make of this study."""
    other = "optimistic" if facts.boundary == "cautious" else "cautious"
    spanish = {"cautious": "cauteloso", "optimistic": "optimista"}
    asked = []
    if facts.assignment.design in RANDOMIZED:
        asked.append(
            (
                replace(facts, boundary=other),
                (f"By the {other} attrition boundary", f"Con el límite de pérdida {spanish[other]}"),
            )
        )
    if sum(item.domain == facts.outcome.domain for item in facts.siblings) > 1:
        corrects = bool(rules(facts.version)["multiplicity"]["correct"])
        if facts.multiplicity != "by_version":
            corrects = facts.multiplicity == "benjamini_hochberg"
        turned = "none" if corrects else "benjamini_hochberg"
        words = ("Without", "Sin") if corrects else ("With", "Con")
        said = (f"{words[0]} Benjamini–Hochberg", f"{words[1]} Benjamini–Hochberg")
        asked.append((replace(facts, multiplicity=turned), said))
    outcome = facts.outcome
    loose = outcome.reliability_kind == "internal_consistency" and 0.50 <= (outcome.reliability or 0.0) < 0.60
    if facts.version == "5.0" and loose:
        presumed = replace(facts, outcome=replace(outcome, reliability_kind="standardised"))
        asked.append((presumed, ("With 4.1's reliability of 0.50", "Con la confiabilidad de 0.50 de 4.1")))
    if any(not item.required for item in facts.balance):
        wider = replace(facts, balance=tuple(replace(item, required=True) for item in facts.balance))
        said = (
            "If every baseline measure named were required",
            "Si se exigieran todas las medidas iniciales nombradas",
        )
        asked.append((wider, said))
    found = []
    for changed, words in asked:
        answer = _decide(changed)
        if (answer.rating, answer.character, answer.essa) != (decided.rating, decided.character, decided.essa):
            texts = [
                f"{words[place]}: {RATINGS[answer.rating][place]}. {TIERS[answer.essa][place]}" for place in (0, 1)
            ]
            found.append(
                line(facts.version, "readings", "info", decisive=False, value=texts[0], es={"value": texts[1]})
            )
    if decided.rating == NOT and decided.character == "positive" and facts.estimate.rank > 2:
        texts = [
            "By the statute alone a correlational study with controls for selection may count as promising (tier 3).",
            "Por la sola ley, un estudio correlacional con controles de selección puede contar como prometedor (nivel 3).",
        ]
        found.append(line(facts.version, "readings", "info", decisive=False, value=texts[0], es={"value": texts[1]}))
    if not found:
        same = (
            "No other reading of an open rule would change the rating or the tier.",
            "Ninguna otra lectura de una regla abierta cambiaría la calificación ni el nivel.",
        )
        found.append(line(facts.version, "readings", "info", decisive=False, value=same[0], es={"value": same[1]}))
    return found


def _attrition_line(
    facts: Evidence, rule: str, before: Count, after: Count, lines: list[Line], *, decisive: bool = True
) -> tuple[bool, AttritionResult]:
    result = attrition(before, after)
    reading = result.reading(facts.boundary)
    other = "optimistic" if facts.boundary == "cautious" else "cautious"
    second = result.reading(other)
    spanish = {"cautious": "cauteloso", "optimistic": "optimista"}
    limit = f"{reading.limit:.1f}" if reading.limit is not None else "—"
    numbers = {
        "assigned": f"{before.total:,}",
        "analysed": f"{after.total:,}",
        "overall": f"{result.overall:.1f}",
        "differential": f"{result.differential:.1f}",
        "limit": limit,
    }
    lines.append(
        line(
            facts.version,
            rule,
            "pass" if reading.low else "fail",
            decisive=decisive,
            value=f"{result.overall:.1f}% / {result.differential:.1f}",
            threshold=limit,
            en={
                **numbers,
                "boundary": facts.boundary,
                "other": f"by the {other} one attrition is {'low' if second.low else 'high'}",
            },
            es={
                "boundary": spanish[facts.boundary],
                "other": f"según el {spanish[other]} la pérdida es {'baja' if second.low else 'alta'}",
            },
        )
    )
    if reading.between:
        lines.append(line(facts.version, "attrition.rounding", "info", value=f"{result.overall:.2f}%"))
    return reading.low, result


def _individual_path(facts: Evidence, intact: bool, lines: list[Line]) -> tuple[str, bool]:
    low, _ = _attrition_line(facts, "attrition", facts.flow.assigned, facts.flow.analysed, lines, decisive=intact)
    if intact and low:
        _equivalent(facts, lines, needed=False)
        return WITHOUT, False
    return (WITH if _equivalent(facts, lines, needed=True) else NOT), not low


def _cluster_path(facts: Evidence, intact: bool, lines: list[Line]) -> tuple[str, bool]:
    """The seven steps for cluster trials (EVIDENCE_STANDARDS §5)."""
    flow, assignment = facts.flow, facts.assignment
    assert flow.clusters_assigned is not None
    assert flow.clusters_analysed is not None
    assert flow.assigned_in_kept_clusters is not None
    clusters_low, _ = _attrition_line(
        facts, "attrition.clusters", flow.clusters_assigned, flow.clusters_analysed, lines
    )
    risk = assignment.joiners == "risk"
    says = {
        "none": ("none counted", "ninguno contado"),
        "not_a_risk": ("present, judged no risk of bias", "presentes, sin riesgo de sesgo"),
        "risk": ("a risk of bias", "un riesgo de sesgo"),
    }[assignment.joiners]
    lines.append(line(facts.version, "joiners", "fail" if risk else "pass", value=says[0], es={"value": says[1]}))
    people_low, _ = _attrition_line(
        facts, "attrition.individuals", flow.assigned_in_kept_clusters, flow.analysed, lines
    )
    high = not (clusters_low and people_low)
    if intact and clusters_low and not risk and people_low:
        _equivalent(facts, lines, needed=False)
        return WITHOUT, high
    equivalent = _equivalent(facts, lines, needed=True)
    if equivalent and not risk:
        return WITH, high
    value = ("represented", "representadas") if people_low else ("not represented", "no representadas")
    lines.append(
        line(
            facts.version,
            "cluster.inference",
            "pass" if people_low else "fail",
            value=value[0],
            es={"value": value[1]},
        )
    )
    if people_low and ((clusters_low and intact) or equivalent):
        return WITH, high
    return NOT, high


def _equivalent(facts: Evidence, lines: list[Line], *, needed: bool) -> bool:
    """Baseline equivalence over the required measures; shown for all. Without a required measure it cannot
    be shown."""
    body = rules(facts.version)["equivalence"]
    satisfied, adjustable = float(body["satisfied"]), float(body["adjustable"])
    required = [item for item in facts.balance if item.required]
    answers: list[bool] = []
    shown: list[Line] = []
    for item in facts.balance:
        if item.effect is None:
            state, value = "unknown", "—"
        else:
            size = abs(item.effect)
            state = "pass" if size <= satisfied else "adjust" if size <= adjustable and item.adjusted else "fail"
            value = f"{item.effect:.3f}".replace("-", "−")
        if item.required:
            answers.append(state in ("pass", "adjust"))
        kind = "Cox" if item.effect_name == "cox" else "Hedges’ g"
        adjusted = (" (it does)", " (lo ajusta)") if item.adjusted else (" (it does not)", " (no lo ajusta)")
        shown.append(
            line(
                facts.version,
                "equivalence",
                state,
                value=value,
                threshold=f"{satisfied:.2f} / {adjustable:.2f}",
                decisive=needed and item.required,
                en={
                    "measure": item.label,
                    "kind": kind,
                    "satisfied": f"{satisfied:.2f}",
                    "adjustable": f"{adjustable:.2f}",
                    "adjusted": adjusted[0],
                },
                es={"measure": item.label_es, "adjusted": adjusted[1]},
            )
        )
    good = bool(answers) and all(answers)
    need = (
        ("is required here", "se requiere aquí")
        if needed
        else ("is not required here, and is shown", "no se requiere aquí, y se muestra")
    )
    one = len(required) == 1
    count = (
        f"{len(required)} required {'measure' if one else 'measures'} named in the plan.",
        f"{len(required)} {'medida requerida' if one else 'medidas requeridas'} en el plan.",
    )
    if needed and not required:
        count = (
            "The plan names no required measure, so it cannot be shown.",
            "El plan no nombra ninguna medida requerida, así que no puede mostrarse.",
        )
    state = ("pass" if good else "fail") if needed else "info"
    lines.append(
        line(
            facts.version,
            "equivalence.required",
            state,
            value=count[0],
            decisive=needed,
            en={"needed": need[0]},
            es={"needed": need[1], "value": count[1]},
        )
    )
    lines.extend(shown)
    return good


def _significance(facts: Evidence, lines: list[Line]) -> bool:
    estimate, version = facts.estimate, facts.version
    effect = estimate.effect
    if effect is not None:
        names = {"hedges_g": "Hedges’ g", "hedges_g_clustered": "Hedges’ g (clusters)", "cox": "Cox"}
        base = f"SD {effect.sd:.2f}" if effect.sd is not None else "logit / 1.65"
        if effect.icc is not None:
            base += f"; ICC {effect.icc:.3f} ({effect.icc_from})"
        lines.append(
            line(
                version,
                "effect_size",
                "info",
                value=f"{effect.value:.3f}",
                threshold=base,
                decisive=False,
                en={"name": names[effect.name], "se": "—" if effect.se is None else f"{effect.se:.3f}"},
            )
        )
    if facts.mismatch is not None:
        lines.append(_mismatch_line(facts))
    elif facts.assignment.clustered and estimate.errors == "reported":
        said = (
            "The study reports errors that respect its clusters.",
            "El estudio informa errores que respetan sus conglomerados.",
        )
        lines.append(line(version, "clustering", "pass", value=said[0], es={"value": said[1]}))
    elif facts.assignment.clustered:
        said = (
            f"Clusters were assigned and the errors are clustered ({estimate.errors}, "
            f"{counted(estimate.n_clusters or 0, 'cluster')}, {estimate.df:.1f} degrees of freedom).",
            f"Se asignaron conglomerados y los errores los respetan ({errors_label(estimate.errors, 'es')}, "
            f"{estimate.n_clusters} conglomerados, {estimate.df:.1f} grados de libertad).",
        )
        lines.append(line(version, "clustering", "pass", value=said[0], es={"value": said[1]}))
    raw = estimate.p < estimate.alpha
    shown_p = "< 0.001" if estimate.p < 0.001 else f"= {estimate.p:.3f}"
    lines.append(
        line(version, "significance", "pass" if raw else "info", value=shown_p, threshold=f"{estimate.alpha:g}")
    )
    family = [item for item in facts.siblings if item.domain == facts.outcome.domain]
    place = next((i for i, item in enumerate(family) if item.outcome == facts.outcome.name), None)
    if place is None or len(family) < 2:
        return raw
    kept = benjamini_hochberg(
        [item.p if i != place else estimate.p for i, item in enumerate(family)], estimate.alpha
    )[place]
    rule_says = bool(rules(version)["multiplicity"]["correct"])
    correct = rule_says if facts.multiplicity == "by_version" else facts.multiplicity == "benjamini_hochberg"
    word = {True: ("significant", "significativo"), False: ("not significant", "no significativo")}
    used = ("The first is used.", "Se usa la primera.") if correct else ("The second is used.", "Se usa la segunda.")
    final = kept if correct else raw
    lines.append(
        line(
            version,
            "multiplicity",
            "pass" if final else "info",
            decisive=kept != raw,
            en={
                "count": str(len(family)),
                "domain": facts.outcome.domain,
                "with_bh": word[kept][0],
                "without": word[raw][0],
                "used": used[0],
            },
            es={"with_bh": word[kept][1], "without": word[raw][1], "used": used[1]},
        )
    )
    return final


def _mismatch_line(facts: Evidence) -> Line:
    """Clusters were assigned and left out of the errors: corrected, by the version's formula and by the older one."""
    m = facts.mismatch
    assert m is not None
    numbers = f"t {m.t:.3f} → {m.corrected:.3f}, {m.h:.1f} df, p {m.p:.3f}"
    older = f"t {m.older_t:.3f} → {m.older_corrected:.3f}, p {m.older_p:.3f}"
    value = (
        f"The study left its clusters out of the errors; corrected with an ICC of {m.icc:.2f} ({m.icc_from}) and clusters "
        f"of {m.cluster_size:g}: {numbers}. The formula before 4.1, without g²/2N: {older}."
    )
    spanish = (
        f"El estudio dejó sus conglomerados fuera de los errores; corregido con una correlación intraclase de {m.icc:.2f} "
        f"y conglomerados de {m.cluster_size:g}: {numbers}. La fórmula anterior a 4.1, sin g²/2N: {older}."
    )
    return line(facts.version, "clustering", "adjust", value=value, es={"value": spanish})


def _essa(facts: Evidence, rating: str, character: str, lines: list[Line]) -> str:
    body = rules(facts.version)["essa.size"]
    students, sites = facts.flow.students, facts.flow.sites
    enough = students is not None and sites is not None and students >= body["students"] and sites >= body["sites"]
    known = students is not None and sites is not None
    threshold = f"≥ {body['students']}, ≥ {body['sites']}"
    numbers = {
        "students": "—" if students is None else f"{students:,}",
        "sites": "—" if sites is None else str(sites),
    }
    lines.append(
        line(
            facts.version,
            "essa.size",
            "pass" if enough else "fail" if known else "unknown",
            value=f"{numbers['students']} / {numbers['sites']}",
            threshold=threshold,
            en=numbers,
        )
    )
    against = [item.outcome for item in facts.siblings if not item.favourable and item.p < facts.estimate.alpha]
    lines.append(
        line(
            facts.version,
            "essa.overriding",
            "fail" if against else "pass",
            value=", ".join(against) or "0",
            threshold="0",
            decisive=character == "positive",
        )
    )
    tier = "none"
    if rating != NOT and character == "positive":
        tier = "3" if not enough or against else "1" if rating == WITHOUT else "2"
    elif facts.rationale and character != "negative":
        tier = "4"
        lines.append(line(facts.version, "essa.rationale", "pass", value=facts.rationale))
    lines.append(
        line(
            facts.version,
            "essa.tier",
            "pass" if tier in "12" else "info",
            value=TIERS[tier][0],
            es={"value": TIERS[tier][1]},
        )
    )
    return tier
