"""The technical page of a version: what it may be used for, and how well it measures. Every result links to it."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.purposes import purposes
from fairlead.apps.instruments import drafts, library, policy
from fairlead.apps.instruments.catalogue import form_of
from fairlead.apps.instruments.models import Instrument
from fairlead.apps.support.visibility import PurposeWords, purpose_words
from fairlead.desks.instruments.shown import restrictions_in_words
from fairlead.desks.instruments.views import found


@dataclass(frozen=True, slots=True)
class Use:
    """A purpose, and why the instrument may not be used for it; "" when it may."""

    purpose: PurposeWords
    why_not: str


def uses(instrument: Instrument) -> list[Use]:
    """Every purpose of the table: what is allowed first, then what is refused, with the reason."""
    rows = [Use(purpose_words(key), policy.why_not(instrument, key)) for key in purposes()]
    return sorted(rows, key=lambda row: bool(row.why_not))


@require_safe
@needs()
def technical(request: ScopedRequest, key: str, number: int) -> HttpResponse:
    """Licence, use and what is known of a published version, for everybody to whom its results are shown."""
    instrument = found(request, key)
    version = library.version_of(instrument.pk, number)
    if version is None or version.published_at is None:
        raise Http404
    builds = request.scope.has(*drafts.BUILDERS)
    context = {
        "instrument": instrument,
        "version": version,
        "versions": [v for v in library.versions_of(instrument.pk) if v.published_at],
        "definition": form_of(version),
        "restrictions": restrictions_in_words(instrument)[1:],
        "uses": uses(instrument),
        "builds": builds,  # the wording of single items is for those who build: an assessment's must not get about
    }
    return render(request, "builder/technical.html", context)
