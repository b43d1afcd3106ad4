"""Five levels of a programme side by side (Guskey 2000, 2002): each from what stands for it, or plainly "not measured".

What a source says is read by its own app, as far as the reader may read it, and only what has been published.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.apps.access.scope import Scope
from fairlead.apps.evidence import selectors as evidence
from fairlead.apps.growth import selectors as growth
from fairlead.apps.growth.models import Comparison
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import Version, in_words
from fairlead.apps.learning import selectors
from fairlead.apps.learning.models import Measured
from fairlead.apps.progress import selectors as progress
from fairlead.apps.progress.definitions import indicators
from fairlead.apps.surveys import selectors as surveys
from fairlead.desks.diagnostics import shown as diagnoses
from fairlead.desks.growth import shown as grown
from fairlead.desks.learning import practice
from fairlead.desks.learning.standing import Standing
from fairlead.desks.shares import percent
from fairlead.desks.surveys import shown as asked

READS_STUDIES = ("analyst", "network_lead")


@dataclass(frozen=True, slots=True)
class Reach:
    """A share's interval on a line from nothing to all, beside what chance alone brings; places from 0 to 100."""

    low: str
    width: str
    value: str
    chance: str


def _reach(value: float | None, low: float | None, high: float | None, chance: float | None = None) -> Reach | None:
    if value is None or low is None or high is None:
        return None
    return Reach(
        f"{100 * low:.1f}",
        f"{100 * (high - low):.1f}",
        f"{100 * value:.1f}",
        "" if chance is None else f"{100 * chance:.1f}",
    )


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a level, in words."""

    name: str
    value: str
    interval: str
    n: str
    chance: str = ""
    reach: Reach | None = None

    @property
    def large(self) -> bool:
        """Whether it is a number, and not a list of words."""
        return bool(self.n)


@dataclass(frozen=True, slots=True)
class Source:
    """What stands for a level, with its numbers."""

    pk: int
    name: str
    link: str
    coverage: str
    note: str
    version: Version | None
    numbers: tuple[Number, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """One of the five, with what would measure it where nothing does."""

    number: int
    name: str
    asks: str
    sources: tuple[Source, ...]
    would: str

    @property
    def measured(self) -> bool:
        return any(source.numbers for source in self.sources)


def _asks() -> dict[int, tuple[str, str]]:
    return {
        1: (_("Did people find it worth their time?"), _("A short survey of those who took part would measure it.")),
        2: (_("Do they know or believe something else now?"), _("One form before and one after would measure it.")),
        3: (_("Does the school make room for it?"), _("A diagnosis of the conditions, a survey of staff or an indicator would measure it.")),
        4: (_("Is it done in classrooms?"), _("Visits for research with a rubric, before and after, would measure it. Coaching visits enter by the teacher's own consent only.")),
        5: (_("Do students have something of it?"), _("A plan that is registered beforehand, with a comparison, would measure it. A bare before and after is not shown here.")),
    }  # fmt: skip


def five(scope: Scope, stands: Standing) -> list[Level]:
    """The five levels with what stands for each."""
    readers: dict[str, Callable[[Scope, Standing, Measured], Source | None]] = {
        "survey": _survey, "growth": _growth, "diagnosis": _diagnosis, "finding": _finding, "visits": _visits,
        "indicator": _indicator,
    }  # fmt: skip
    levels = []
    for number, (asks, would) in _asks().items():
        told = [readers[tie.source](scope, stands, tie) or _closed(tie) for tie in stands.ties if tie.level == number]
        levels.append(Level(number, str(Measured.Level(number).label), asks, tuple(told), would))
    return levels


def _closed(tie: Measured) -> Source:
    """What is named, but is not open to the reader, or not published, or not there any more: they look alike."""
    return Source(
        tie.pk, str(Measured.Source(tie.source).label), "", "", _("Nothing published is open to you."), None, ()
    )


def _survey(scope: Scope, _stands: Standing, tie: Measured) -> Source | None:
    known = surveys.administration(scope, int(tie.reference))
    if known is None or known.counted_at is None:
        return None
    lines = surveys.results(scope, known, known.organization_id)
    rate = asked.total(surveys.rates(scope, known))
    numbers = []
    for row in asked.table(known, lines, known.organization_id):
        if row.part == "domain":
            numbers.append(Number(row.name, row.here.words, row.here.interval, _n(row.here.n)))
    coverage = _("%(share)s of %(asked)s asked answered") % {"share": rate.share, "asked": rate.asked} if rate else ""
    note = _("What people say of themselves.") if tie.level == Measured.Level.USE else ""
    return Source(
        tie.pk, in_words(known.name, known.name_es), reverse("surveys:results", args=[known.pk]), coverage, note,
        known.version, tuple(numbers),
    )  # fmt: skip


def _growth(_scope: Scope, stands: Standing, tie: Measured) -> Source | None:
    compared = stands.compared.get(tie.pk)
    if compared is None:
        return None
    known = compared.known
    numbers = []
    whole = {line.measure: line for line in compared.lines if line.organization_id == known.organization_id}
    for measure in compared.measures:
        for group in measure.groups:
            if group.whole:
                name = _("Grew: %(what)s") % {"what": measure.name} if measure.key else _("Know more than before")
                line = whole[measure.key]
                reach = _reach(line.share, line.low, line.high, line.by_chance)
                numbers.append(Number(name, group.share, group.interval, _n(group.n), group.chance, reach))
    row = grown.row(known)
    return Source(
        tie.pk, f"{row.instrument}: {row.before} → {row.after}", reverse("growth:comparison", args=[known.pk]),
        _("who sat both forms"),
        _("The threshold is the error of measurement, at 95 %. That people grew does not say that the programme did it."),
        known.before.version, tuple(numbers),
    )  # fmt: skip


def _diagnosis(scope: Scope, _stands: Standing, tie: Measured) -> Source | None:
    tables = diagnoses.tables(scope, tie.reference)
    if not tables:
        return None
    newest = max(tables, key=lambda table: (table.year, table.version.number))
    numbers = tuple(
        Number(str(row.item), " · ".join(f"{name}: {many}" for name, many in row.levels if many), "", "")
        for row in newest.rows
    )
    most = max((row.n or 0 for row in newest.rows), default=0)
    schools = ngettext("%(n)s school with a published diagnosis", "%(n)s schools with a published diagnosis", most)
    return Source(
        tie.pk, f"{newest.version}, {newest.year}", reverse("diagnostics:home"), schools % {"n": most},
        _("Levels that each school's group agreed on: every school counts, so there is no interval."), newest.version, numbers,
    )  # fmt: skip


def _visits(scope: Scope, stands: Standing, tie: Measured) -> Source | None:
    version, row = stands.visits[tie.pk]
    if row is None and not selectors.reads_visits(scope, tie.organization_id):
        return None
    if row is None:
        waits = _("It is being worked out. Load this page again in a moment.")
        return Source(tie.pk, str(version), "", practice.times(tie), waits, version, ())
    found = practice.change(row)
    numbers = (
        Number(
            _("Practice improved"), found.share, found.interval, found.n, found.chance,
            _reach(row.found.get("share"), row.found.get("low"), row.found.get("high"), row.found["by_chance"]),
        ),
        Number(_("Mean change, in levels"), found.mean, found.mean_interval, found.n),
    ) if found.share else ()  # fmt: skip
    return Source(
        tie.pk, str(version), "", practice.times(tie), " ".join((found.why, *found.notes, found.out)), version, numbers,
    )  # fmt: skip


def _indicator(scope: Scope, stands: Standing, tie: Measured) -> Source | None:
    one = progress.series(scope, stands.schools).get(tie.reference)
    if one is None or one.latest is None:
        return None
    share = one.latest.share
    interval = f"{percent(share.low)} – {percent(share.high)}" if share else ""
    reach = _reach(share.value, share.low, share.high) if share else None
    number = Number(_("now"), percent(one.value, 1), interval, _n(one.latest.n), "", reach)
    here = len(stands.schools)
    coverage = _("%(schools)s schools, up to %(day)s") % {
        "schools": here,
        "day": date_format(one.latest.ends, "DATE_FORMAT"),
    }
    if one.coverage is not None:
        coverage += " · " + _("coverage %(share)s") % {"share": percent(one.coverage)}
    link = reverse("network:indicator", args=[tie.reference]) if scope.has(*READS_STUDIES) else ""
    return Source(
        tie.pk, one.indicator.label, link, coverage,
        _("Where the schools stand now, of all and not only of those who took part. It says nothing of what the programme did."),
        None, (number,),
    )  # fmt: skip


def _finding(scope: Scope, _stands: Standing, tie: Measured) -> Source | None:
    known = evidence.finding(scope, int(tie.reference))
    if known is None or known.run.plan.registered_at is None:
        return None
    reach = 1.96 * known.se
    numbers = (
        Number(
            f"{known.outcome} ({known.unit})", number_format(known.estimate, 2),
            f"{number_format(known.estimate - reach, 2)} … {number_format(known.estimate + reach, 2)}", _n(known.n),
        ),
    )  # fmt: skip
    link = reverse("analyst:report", args=[known.run_id]) if scope.has(*READS_STUDIES) else ""
    study = known.run.plan.study
    verdict = _("provisional") if known.provisional else ""
    return Source(
        tie.pk, in_words(study.title, study.title_es), link, known.rating, verdict, None, numbers,
    )  # fmt: skip


def _n(n: int | None) -> str:
    return "–" if n is None else number_format(n)


def choices(scope: Scope) -> dict[int, list[tuple[str, str]]]:
    """By level, what could stand for it: published results only."""
    counted = [
        (f"survey:{a.pk}", in_words(a.name, a.name_es))
        for a in surveys.administrations(scope)
        if a.counted_at is not None
    ]
    pairs = [
        (f"growth:{c.pk}", f"{grown.row(c).instrument}: {grown.row(c).after}")
        for c in growth.comparisons(scope)
        if c.state == Comparison.State.DONE
    ]
    return {
        1: counted,
        2: pairs,
        3: [*_diagnoses(scope), *counted, *_indicators("conditions", "leadership")],
        4: [*_visited(scope), *counted],
        5: [*(_findings(scope) if scope.has(*READS_STUDIES) else []), *_indicators("student")],
    }


def _indicators(*kinds: str) -> list[tuple[str, str]]:
    return [
        (f"indicator:{key}", _("indicator: %(what)s") % {"what": one.label})
        for key, one in indicators().items()
        if one.level in kinds
    ]


def _visited(scope: Scope) -> list[tuple[str, str]]:
    found = instruments.published_of(scope, ("observation", "walkthrough"), selectors.VISITS)
    return [(f"visits:{version.pk}", _("visits with: %(what)s") % {"what": version}) for version in found]


def _diagnoses(scope: Scope) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for version in instruments.published_of(scope, ("conditions",)):
        found[f"diagnosis:{version.instrument.key}"] = str(version.instrument)
    return list(found.items())


def _findings(scope: Scope) -> list[tuple[str, str]]:
    told: list[tuple[str, str]] = []
    for study in evidence.studies(scope):
        for plan in study.plans.all():
            for run in plan.runs.all():
                told += [
                    (f"finding:{f.pk}", f"{in_words(study.title, study.title_es)}: {f.outcome}")
                    for f in run.findings.all()
                    if f.primary
                ]
    return told
