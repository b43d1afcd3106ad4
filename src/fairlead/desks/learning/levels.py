"""Five levels of a programme side by side (Guskey 2000, 2002): each from what stands for it, or plainly "not measured".

What a source says is read by its own app, as far as the reader may read it, and only what has been published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from fairlead.apps.access.scope import Scope
from fairlead.apps.evidence import selectors as evidence
from fairlead.apps.growth import selectors as growth
from fairlead.apps.growth.models import Comparison
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import Version, in_words
from fairlead.apps.learning import selectors
from fairlead.apps.learning.models import Counted, Measured
from fairlead.apps.surveys import selectors as surveys
from fairlead.desks.diagnostics import shown as diagnoses
from fairlead.desks.growth import shown as grown
from fairlead.desks.learning import practice
from fairlead.desks.surveys import shown as asked

READS_STUDIES = ("analyst", "network_lead")


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a level, in words."""

    name: str
    value: str
    interval: str
    n: str
    chance: str = ""


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


def _asks() -> dict[int, tuple[str, str]]:
    return {
        1: (_("Did people find it worth their time?"), _("A short survey of those who took part would measure it.")),
        2: (_("Do they know or believe something else now?"), _("One form before and one after would measure it.")),
        3: (_("Does the school make room for it?"), _("A diagnosis of the conditions, or a survey of staff, would measure it.")),
        4: (_("Is it done in classrooms?"), _("Visits for research with a rubric, before and after, would measure it. Coaching visits are never used for it.")),
        5: (_("Do students have something of it?"), _("A plan that is registered beforehand, with a comparison, would measure it. A bare before and after is not shown here.")),
    }  # fmt: skip


def five(scope: Scope, found: Iterable[Measured], counted: Sequence[Counted]) -> list[Level]:
    """The five levels with what stands for each."""
    ties = list(found)
    readers: dict[str, Callable[[Scope, Measured], Source | None]] = {
        "survey": _survey, "growth": _growth, "diagnosis": _diagnosis, "finding": _finding,
        "visits": partial(_visits, practice.told(counted)),
    }  # fmt: skip
    levels = []
    for number, (asks, would) in _asks().items():
        told = [readers[tie.source](scope, tie) or _closed(tie) for tie in ties if tie.level == number]
        levels.append(Level(number, str(Measured.Level(number).label), asks, tuple(told), would))
    return levels


def _closed(tie: Measured) -> Source:
    """What is named, but is not open to the reader, or not published, or not there any more: they look alike."""
    return Source(
        tie.pk, str(Measured.Source(tie.source).label), "", "", _("Nothing published is open to you."), None, ()
    )


def _survey(scope: Scope, tie: Measured) -> Source | None:
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


def _growth(scope: Scope, tie: Measured) -> Source | None:
    known = growth.comparison(scope, int(tie.reference))
    if known is None or known.state != Comparison.State.DONE:
        return None
    numbers = []
    for measure in grown.measures(known, growth.told(scope, known)):
        for group in measure.groups:
            if group.whole:
                name = _("Grew: %(what)s") % {"what": measure.name}
                numbers.append(Number(name, group.share, group.interval, _n(group.n), group.chance))
    row = grown.row(known)
    return Source(
        tie.pk, f"{row.instrument}: {row.before} → {row.after}", reverse("growth:comparison", args=[known.pk]),
        _("who sat both forms"),
        _("The threshold is the error of measurement, at 95 %. That people grew does not say that the programme did it."),
        known.before.version, tuple(numbers),
    )  # fmt: skip


def _diagnosis(scope: Scope, tie: Measured) -> Source | None:
    tables = diagnoses.tables(scope, tie.reference)
    if not tables:
        return None
    newest = max(tables, key=lambda table: (table.year, table.version.number))
    numbers = tuple(
        Number(str(row.item), " · ".join(f"{name}: {many}" for name, many in row.levels if many), "", _n(row.n))
        for row in newest.rows
    )
    return Source(
        tie.pk, f"{newest.version}, {newest.year}", reverse("diagnostics:home"), _("schools with a published diagnosis"),
        _("Levels that each school's group agreed on: every school counts, so there is no interval."), newest.version, numbers,
    )  # fmt: skip


def _visits(known: dict[int, Counted], scope: Scope, tie: Measured) -> Source | None:
    row = known.get(tie.pk)
    if row is None and not selectors.reads_visits(scope, tie.organization_id):
        return None
    version = instruments.versions([int(tie.reference)])[int(tie.reference)]
    if row is None:
        waits = _("It is being worked out. Load this page again in a moment.")
        return Source(tie.pk, str(version), "", practice.times(tie), waits, version, ())
    found = practice.change(row)
    numbers = (
        Number(_("Practice improved"), found.share, found.interval, found.n, found.chance),
        Number(_("Mean change, in levels"), found.mean, found.mean_interval, found.n),
    ) if found.share else ()  # fmt: skip
    return Source(
        tie.pk, str(version), "", practice.times(tie), " ".join((found.why, *found.notes, found.out)), version, numbers,
    )  # fmt: skip


def _finding(scope: Scope, tie: Measured) -> Source | None:
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
        1: counted, 2: pairs, 3: [*_diagnoses(scope), *counted], 4: [*_visited(scope), *counted], 5: _findings(scope) if scope.has(*READS_STUDIES) else [],
    }  # fmt: skip


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
