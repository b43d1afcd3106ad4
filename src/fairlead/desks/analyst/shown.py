"""What the templates show of plans, results and findings: the engine's words in the reader's language, nothing computed."""

from __future__ import annotations

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from fairlead.apps.access.scope import Scope
from fairlead.apps.evidence import extracts, selectors
from fairlead.apps.evidence.models import Finding, Plan, Run, Study
from fairlead.apps.instruments.models import Version
from fairlead.apps.instruments.selectors import current_version
from fairlead.desks.analyst import figures
from fairlead.desks.charts import Figure
from fairlead.desks.kept import Kept
from fairlead.science import impact
from fairlead.science.impact import claims
from fairlead.science.impact.power import Power
from fairlead.science.impact.report import Section, build_report


@dataclass(frozen=True, slots=True)
class PowerRow:
    """The design's power under one guess at how much covariates explain."""

    r2: float
    mdes: float
    mdes_native: float | None
    power: float | None


@dataclass(frozen=True, slots=True)
class PlanShown:
    """A plan that can be read, in words, with its power from the units it has (never from outcomes)."""

    plan: impact.Plan
    units: int
    blocks: int
    rows: tuple[PowerRow, ...]
    sd: float | None
    unit: str
    enough: bool | None


def plan_of(scope: Scope, record: Plan) -> PlanShown:
    """Read a stored plan and its power."""
    plan = impact.read_plan(record.text)
    facts = extracts.design_of(scope, record.study, plan)
    rows = tuple(_power_row(plan, power, r2) for r2, power in facts.power.items())
    wanted = [row.power for row in rows if row.power is not None]
    outcome = plan.primary_outcome
    return PlanShown(
        plan=plan,
        units=facts.units,
        blocks=facts.blocks,
        rows=rows,
        sd=facts.sd,
        unit=outcome.unit,
        enough=min(wanted) >= 0.8 if wanted else None,
    )


def _power_row(plan: impact.Plan, power: Power, r2: float) -> PowerRow:
    effect = plan.smallest_effect
    return PowerRow(r2, power.mdes, power.mdes_native, None if effect is None else power.power_for_native(effect))


def finding_of(finding: Finding) -> claims.Finding:
    """A finding as the engine tells it: its figures are those of the report's table."""
    return claims.finding(selectors.result_of(finding.run), finding.outcome, finding.model)


@dataclass(frozen=True, slots=True)
class SectionShown:
    """One section of a report with its figures drawn."""

    section: Section
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class ReportShown:
    """A run's report in one language: its head, and its sections as they stand on the page."""

    title: str
    timing: str
    sections: SafeString


_REPORTS: Kept[ReportShown] = Kept()


def report_of(run: Run, language: str) -> ReportShown:
    """A run's report in the reader's language. A run is stored as it came, so its sections are drawn once and kept;
    `run.result`, which is large, is read for the drawing alone."""
    key = (run.pk, run.at, run.data_hash, run.plan.hash, run.plan.study.invented, language)
    return _REPORTS.get(key, lambda: _drawn(run, language))


def _drawn(run: Run, language: str) -> ReportShown:
    result = selectors.result_of(run)
    report = build_report(result, "es" if language.startswith("es") else "en")
    invented = run.plan.study.invented
    sections = [SectionShown(s, tuple(figures.draw(f, invented) for f in s.figures)) for s in report.sections]
    values = {"sections": sections, "verdict": result.primary.verdict}
    drawn = mark_safe(render_to_string("analyst/_sections.html", values))  # noqa: S308  (a template's own output)
    return ReportShown(report.title, report.timing, drawn)


def measured_with(study: Study) -> Version | None:
    """The instrument whose scores are the study's outcome, in its current version; None where no instrument is."""
    key = extracts.MEASURED_WITH.get(study.extract)
    return current_version(key) if key else None
