"""Reading surveys: the list, one survey with its response rate, its results, and the same as a file."""

from __future__ import annotations

import csv
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_read
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.surveys import comments, people, selectors, services
from fairlead.apps.surveys.models import Administration
from fairlead.apps.surveys.selectors import READERS, RUNNERS, Line
from fairlead.desks.surveys import shown


def found(request: ScopedRequest, survey_id: int) -> Administration:
    """A survey that the person may see."""
    known = selectors.administration(request.scope, survey_id)
    if known is None:
        raise Http404
    return known


@require_safe
@needs(*READERS)
def home(request: ScopedRequest) -> HttpResponse:
    """Every survey that the person may see, the newest first."""
    today = clock.today()
    rows = [shown.row(known, today) for known in selectors.administrations(request.scope)]
    return render(request, "surveys/home.html", {"rows": rows, "runs": request.scope.has(*RUNNERS)})


@require_safe
@needs(*READERS)
def survey(request: ScopedRequest, survey_id: int) -> HttpResponse:
    """One survey: its promise, how many have answered, and the next step."""
    return page(request, found(request, survey_id))


def page(request: ScopedRequest, known: Administration, error: str = "") -> HttpResponse:
    """The page of one survey; `error`: why a step was refused."""
    today = clock.today()
    row = shown.row(known, today)
    rates = [] if row.stage == "draft" else selectors.rates(request.scope, known)
    would_ask = people.would_ask(known) if row.stage == "draft" else []
    context: dict[str, Any] = {
        "known": known,
        "row": row,
        "would_ask": would_ask,
        "would_be": sum(many for _school, many in would_ask),
        "rates": shown.with_percent(rates),
        "total": shown.total(rates),
        "least": selectors.least_group(known.version.instrument),
        "floor": selectors.FLOOR,
        "runs": selectors.may_run(request.scope, known.organization_id),
        "no_reminder": services.why_no_reminder(known, today),
        "address": settings.PUBLIC_ADDRESS,
        "error": error,
    }
    return render(request, "surveys/survey.html", context, status=422 if error else 200)


@require_safe
@needs(*READERS)
def results(request: ScopedRequest, survey_id: int) -> HttpResponse:
    """The published table: of a school, or of all."""
    known = found(request, survey_id)
    if known.counted_at is None:
        raise Http404
    lines = selectors.results(request.scope, known)
    places, chosen = _places(request, known, lines)
    context = {
        "known": known, "row": shown.row(known, clock.today()), "places": places, "chosen": chosen,
        "chosen_name": dict(places).get(chosen, ""), "whole": chosen == known.organization_id,
        "table": shown.table(known, lines, chosen), "least": selectors.least_group(known.version.instrument),
    }  # fmt: skip
    return render(request, "surveys/results.html", context)


def _places(request: ScopedRequest, known: Administration, lines: list[Line]) -> tuple[list[tuple[int, str]], int]:
    """Organizations that the table tells of, and the one that is asked for."""
    places = list(dict.fromkeys((line.organization_id, line.organization) for line in lines))
    own = [pk for pk, _name in places if pk in request.scope.org_ids]
    asked = request.GET.get("at", "")
    chosen = int(asked) if asked.isdecimal() and len(asked) < 19 else (own[0] if own else known.organization_id)
    if places and chosen not in dict(places):
        raise Http404
    return places, chosen


@require_safe
@needs(*READERS)
def in_own_words(request: ScopedRequest, survey_id: int) -> HttpResponse:
    """What was written, where the survey's purpose lets the person read it and enough wrote."""
    known = found(request, survey_id)
    if known.counted_at is None:
        raise Http404
    places, chosen = _places(request, known, selectors.results(request.scope, known))
    written = comments.comments(request.scope, known, chosen)
    items = {item.pk: item.question or str(item) for item in instruments.items_of(known.version_id)}
    opened = request.scope.opens("notes", known.purpose, chosen)
    if opened:
        log_read(request.scope, "surveys.comments", f"survey {known.pk}", chosen)
    context = {
        "row": shown.row(known, clock.today()), "place": dict(places).get(chosen, ""), "opened": opened,
        "questions": [(items[pk], texts) for pk, texts in written.items()],
        "least": selectors.least_group(known.version.instrument),
    }  # fmt: skip
    return render(request, "surveys/comments.html", context)


@require_safe
@needs(*READERS)
def export(request: ScopedRequest, survey_id: int) -> HttpResponse:
    """The stored table as a file: what a page shows, and nothing else."""
    known = found(request, survey_id)
    if known.counted_at is None:
        raise Http404
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="survey-{known.pk}.csv"'
    csv.writer(response).writerows(shown.csv_rows(known, selectors.results(request.scope, known)))
    return response
