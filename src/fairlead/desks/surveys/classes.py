"""A teacher's own class report: the class, beside its school and all schools as published, and what changed since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.instruments.models import in_words
from fairlead.apps.surveys import reports, selectors
from fairlead.apps.surveys.models import Administration
from fairlead.apps.surveys.reports import ClassLine
from fairlead.apps.surveys.selectors import Line
from fairlead.desks.shares import percent
from fairlead.desks.surveys import shown
from fairlead.desks.surveys.shown import Told
from fairlead.desks.surveys.views import found


@dataclass(frozen=True, slots=True)
class Measured:
    """A domain or an item: in the class, in its school, in all."""

    part: str
    name: str
    question: str
    reverse: bool
    here: Told
    school: Told
    all: Told
    change: str


@require_safe
@needs()
def report(request: ScopedRequest, survey_id: int, section_id: int) -> HttpResponse:
    """One class of the asking person's own. To everybody else there is no such page, above them neither."""
    known = found(request, survey_id)
    one = next((c for c in reports.classes(request.scope)
                if (c.administration_id, c.section_id) == (survey_id, section_id)), None)  # fmt: skip
    if one is None:
        raise Http404
    own = reports.lines(request.scope, survey_id, section_id)
    before = reports.earlier(request.scope, survey_id, section_id)
    then = reports.lines(request.scope, before[0], section_id) if before else []
    published = selectors.results(request.scope, known)
    context = {
        "known": known, "row": shown.row(known, clock.today()), "one": one,
        "table": table(known, one.school_id, own, published, then), "told": any(line.state in _TOLD for line in own),
        "since": in_words(before[1], before[2]) if before else "",
        "least": selectors.least_group(known.version.instrument),
    }  # fmt: skip
    return render(request, "surveys/class_report.html", context)


_TOLD = ("shown", "top", "bottom")


def table(
    known: Administration,
    school_id: int,
    own: Sequence[ClassLine],
    published: Sequence[Line],
    then: Sequence[ClassLine],
) -> list[Measured]:
    """The class's numbers in words, beside those that everybody may read."""
    names = shown.words_of(known)
    at = {(line.organization_id, line.part, line.key): line for line in published}
    former = {(line.part, line.key): line for line in then}
    rows = []
    for line in own:
        name, question, reverse = names[line.part, line.key]
        rows.append(
            Measured(
                line.part, name, question, reverse, shown.told(line),
                shown.told(at.get((school_id, line.part, line.key))),
                shown.told(at.get((known.organization_id, line.part, line.key))),
                changed(line, former.get((line.part, line.key))),
            )
        )  # fmt: skip
    return rows


def changed(now: ClassLine, before: ClassLine | None) -> str:
    """The change between two surveys with one version, in words; "" where either is not told exactly."""
    if before is None or not (now.exact and before.exact) or None in (now.low, now.high, before.low, before.high):
        return ""
    points = round(100 * ((now.share or 0) - (before.share or 0)))
    apart = (now.low or 0) > (before.high or 0) or (now.high or 0) < (before.low or 0)
    words = {"then": percent(before.share), "points": f"{points:+d}".replace("-", "−")}
    if apart:
        return _("%(points)s points (%(then)s before)") % words
    return _("%(points)s points (%(then)s before): the intervals meet, so it may be chance") % words
