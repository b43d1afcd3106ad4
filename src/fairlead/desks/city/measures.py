"""Measures of a city's schools as they were checked before anybody could quote them, with the evidence."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.attendance import measures as room
from fairlead.apps.attendance.aggregate_models import CityMeasure
from fairlead.desks.city.checks import said
from fairlead.desks.shares import percent
from fairlead.science.sanity import known


@require_safe
@needs()
def measures(request: ScopedRequest) -> HttpResponse:
    """Every field that was loaded or refused, and why."""
    return render(request, "city/measures.html", {"measures": [_shown(one) for one in room.measures(request.scope)]})


def _shown(record: CityMeasure) -> dict[str, Any]:
    language = get_language() or "en"
    findings = record.evidence["findings"]
    return {
        "record": record,
        "label": known()[record.measure].label(language),
        "findings": [(finding["verdict"], said(finding, language)) for finding in findings],
        "like": [known()[key].label(language) for key in record.evidence["behaves_like"]],
        "other": next((known()[f["other"]].label(language) for f in findings if f["other"]), ""),
        "fifths": [(n, percent(value, 1), percent(other, 1)) for n, value, other in record.evidence["fifths"]],
    }
