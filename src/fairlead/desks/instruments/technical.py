"""The technical page of a version: what it may be used for, and how well it measures. Every result links to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.purposes import purposes
from fairlead.apps.instruments import drafts, library, policy
from fairlead.apps.instruments import technical as results
from fairlead.apps.instruments.catalogue import form_of
from fairlead.apps.instruments.definition import Form
from fairlead.apps.instruments.models import Instrument, Version
from fairlead.apps.instruments.standards import standards
from fairlead.apps.support.visibility import PurposeWords, purpose_words
from fairlead.desks.instruments import measured
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


# Which purposes a use of the standards is one of: it is allowed where one of them is.
_PURPOSES = {
    "conversation": ("coaching", "supervision", "improvement", "survey", "research", "appraisal"),
    "group": ("research", "improvement", "survey"),
    "research": ("research", "improvement"),
    "person": ("appraisal", "selection"),
}


def _published(request: ScopedRequest, key: str, number: int) -> Version:
    version = library.version_of(found(request, key).pk, number)
    if version is None or version.published_at is None:
        raise Http404
    return version


@require_safe
@needs()
def technical(request: ScopedRequest, key: str, number: int) -> HttpResponse:
    """Licence, use and what is known of a published version, for everybody to whom its results are shown."""
    version = _published(request, key, number)
    instrument, definition = version.instrument, form_of(version)
    known = results.latest(request.scope, version.pk)
    builds = request.scope.has(*drafts.BUILDERS)
    context = {
        "instrument": instrument,
        "version": version,
        "versions": [v for v in library.versions_of(instrument.pk) if v.published_at],
        "definition": definition,
        "restrictions": restrictions_in_words(instrument)[1:],
        "uses": uses(instrument),
        "builds": builds,  # the wording of single items is for those who build: an assessment's must not get about
        "known": known,
        "may_ask": request.scope.has(*results.MAY_ASK),
        "standards": standards(),
        "read": [purpose_words(p).label for p in known.found["purposes"]] if known else [],
        **(_shown(known.found, instrument, definition, builds, request.scope.has(*results.MAY_ASK)) if known else {}),
    }
    return render(request, "builder/technical.html", context)


def _shown(
    told: Mapping[str, Any], instrument: Instrument, definition: Form, builds: bool, exact: bool
) -> dict[str, Any]:
    """A result as the page shows it. `exact`: whether small counts are told."""
    allowed = set(policy.purposes_of(instrument))
    items = {item.key: item.title for item in definition.items} if builds else {}
    own = {name: told.get(name) or {} for name in ("visits", "agreement", "knowledge")}
    return {
        "told": told,
        "responses": measured.counted(told["counted"]["responses"], exact),
        "answers": measured.counted(told["counted"]["answers"], exact),
        "visits": measured.visits(own["visits"], lambda use: bool(allowed & set(_PURPOSES[use]))),
        "agreement": measured.agreement(own["agreement"]) if "exact" in own["agreement"] else None,
        "scales": measured.scales(
            told["scales"], {d.key: d.title for d in definition.domains}, items, exact
        ) if "scales" in told else [],
        "knowledge": measured.knowledge(own["knowledge"], items) if "reliability" in own["knowledge"] else None,
        "compared": measured.compared(
            (told.get("scales") or told.get("knowledge") or {}).get("dif", []), items
        ),
        "waiting": {name: measured.waiting_words(part["waiting"], exact) for name, part in own.items() if "waiting" in part},
        "refused": {name: part["refused"] for name, part in own.items() if "refused" in part},
        "left_out": measured.left_out(told, exact),
    }  # fmt: skip


@require_POST
@needs(*results.MAY_ASK)
def measure(request: ScopedRequest, key: str, number: int) -> HttpResponse:
    """Have the result of a version computed now, by the worker."""
    version = _published(request, key, number)
    results.ask(request.scope, version.pk)
    messages.success(request, _("Asked for. The result stands here in a minute: open the page again."))
    return redirect("instruments:technical", key, number)
