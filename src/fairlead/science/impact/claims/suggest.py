"""An honest default sentence for a finding, in English or Spanish, with every caveat it needs."""

from __future__ import annotations

from fairlead.science.impact.claims.check import shown
from fairlead.science.impact.claims.finding import Finding
from fairlead.science.impact.standards.rating import NOT, Verdict


def suggest(finding: Finding, verdict: Verdict, language: str = "en") -> str:
    """A sentence that `check` accepts: who, how much, in which unit, how sure, and what to beware of."""
    return _spanish(finding, verdict) if language == "es" else _english(finding, verdict)


def _numbers(finding: Finding) -> tuple[str, str, str, str]:
    digits = finding.decimals
    return (shown(finding.estimate, digits), shown(abs(finding.estimate), digits), shown(finding.ci_low, digits),
            shown(finding.ci_high, digits))  # fmt: skip


def _english(finding: Finding, verdict: Verdict) -> str:
    names = finding.english
    signed, size, low, high = _numbers(finding)
    interval = f"({100 * (1 - finding.alpha):g}% interval {low} to {high})"
    sample = f"Among {finding.n:,} {names.participants} ({names.who}; {names.place}, {finding.period})"
    up = finding.estimate >= 0
    if not verdict.significant:
        body = (
            f"the difference in {names.outcome} between {names.intervention} and {names.comparison} was {signed} "
            f"{names.unit} {interval}, not distinguishable from zero."
        )
    elif verdict.causal:
        body = (
            f"{names.intervention} {'raised' if up else 'lowered'} {names.outcome} by {size} {names.unit} compared with "
            f"{names.comparison} {interval}."
        )
    else:
        body = (
            f"{names.outcome} was {size} {names.unit} {'higher' if up else 'lower'} with {names.intervention} than with "
            f"{names.comparison} {interval}; this is an association only."
        )
    notes = []
    if finding.timing == "retrospective":
        notes.append("This is a retrospective study: its plan was registered after the outcomes existed.")
    if verdict.high_attrition:
        notes.append("Attrition was high.")
    if verdict.rating == NOT:
        notes.append(f"The study does not meet WWC {verdict.version} standards.")
    if verdict.provisional:
        notes.append(f"Its rating under WWC {verdict.version} is provisional.")
    return " ".join([f"{sample}, {body}", *notes])


def _spanish(finding: Finding, verdict: Verdict) -> str:
    names = finding.spanish
    signed, size, low, high = _numbers(finding)
    interval = f"(intervalo de {100 * (1 - finding.alpha):g}%: {low} a {high})"
    sample = f"Entre {finding.n:,} {names.participants} ({names.who}; {names.place}, {finding.period})"
    up = finding.estimate >= 0
    if not verdict.significant:
        body = (
            f"la diferencia en «{names.outcome}» entre {names.intervention} y {names.comparison} fue de {signed} "
            f"{names.unit} {interval} y no se distingue de cero."
        )
    elif verdict.causal:
        body = (
            f"el efecto {_of(names.intervention)} en «{names.outcome}» fue de {size} {names.unit} {'más' if up else 'menos'} "
            f"que con {names.comparison} {interval}."
        )
    else:
        body = (
            f"el resultado «{names.outcome}» fue {size} {names.unit} más {'alto' if up else 'bajo'} con "
            f"{names.intervention} que con {names.comparison} {interval}; es solo una asociación."
        )
    notes = []
    if finding.timing == "retrospective":
        notes.append("Es un estudio retrospectivo: su plan se registró cuando ya existían los resultados.")
    if verdict.high_attrition:
        notes.append("La pérdida de participantes fue alta.")
    if verdict.rating == NOT:
        notes.append(f"El estudio no cumple los estándares WWC {verdict.version}.")
    if verdict.provisional:
        notes.append(f"Su calificación según WWC {verdict.version} es provisional.")
    return " ".join([f"{sample}, {body}", *notes])


def _of(name: str) -> str:
    """de + el = del."""
    return f"del {name[3:]}" if name.startswith("el ") else f"de {name}"
