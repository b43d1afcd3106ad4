"""Running a survey: a draft, its steps, and the slips to print."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import Instrument
from fairlead.apps.roster import selectors as roster
from fairlead.apps.surveys import links, selectors, services
from fairlead.apps.surveys.models import Administration
from fairlead.apps.surveys.selectors import RUNNERS
from fairlead.desks.instruments.forms import blame
from fairlead.desks.surveys import shown
from fairlead.desks.surveys.forms import SurveyForm
from fairlead.desks.surveys.views import found, page


def _home_of(request: ScopedRequest) -> int:
    """The organization whose surveys the person runs: the network's, where they have a role there; else their school's."""
    return request.scope.organization_of("network_lead", "analyst") or request.scope.organization_of("principal") or 0


def _form(request: ScopedRequest, **values: Any) -> SurveyForm:
    scope = request.scope
    versions = {
        version.pk: version
        for purpose in services.PURPOSES
        for version in instruments.instruments_for(scope, purpose, Instrument.Kind.values)
        if purpose in services.purposes_of(version.instrument)
    }
    schools = [(school.pk, school.name) for school in roster.organizations(scope, "school")]
    data = request.POST if request.method == "POST" else None
    return SurveyForm(data, versions=sorted(versions.values(), key=str), schools=schools, **values)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*RUNNERS)
def new(request: ScopedRequest) -> HttpResponse:
    """A new draft."""
    form = _form(request)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create(request.scope, _home_of(request), form.draft())
        except ValidationError as error:
            blame(form, error)
        else:
            return redirect("surveys:survey", made.pk)
    return render(request, "surveys/edit.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*RUNNERS)
def edit(request: ScopedRequest, survey_id: int) -> HttpResponse:
    """Change a draft."""
    known = found(request, survey_id)
    if known.opened_at is not None or not selectors.may_run(request.scope, known.organization_id):
        raise Http404
    form = _form(request, initial=selectors.values_of(known))
    if request.method == "POST" and form.is_valid():
        try:
            services.revise(request.scope, survey_id, form.draft())
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("surveys:survey", survey_id)
    context = {"form": form, "row": shown.row(known, known.opens_on)}
    return render(request, "surveys/edit.html", context, status=422 if form.errors else 200)


@require_POST
@needs(*RUNNERS)
def step(request: ScopedRequest, survey_id: int) -> HttpResponse:
    """Open, send, remind, prolong, close, throw away."""
    known = found(request, survey_id)
    try:
        said = _step(request, known)
    except services.NotThere:
        raise Http404 from None
    except ValidationError as error:
        return page(request, known, " ".join(error.messages))
    messages.success(request, said)
    return redirect("surveys:home") if "throw_away" in request.POST else redirect("surveys:survey", survey_id)


def _step(request: ScopedRequest, known: Administration) -> str:
    scope, sent = request.scope, request.POST
    if "open" in sent:
        many = services.open_it(scope, known.pk)
        return ngettext("Open. %(n)s person is asked.", "Open. %(n)s people are asked.", many) % {"n": many}
    if "send" in sent:
        services.send_links(scope, known.pk)
        return _("The links go out now, to everybody with an e-mail address.")
    if "remind" in sent:
        services.remind(scope, known.pk)
        return _("The reminders go out now.")
    if "prolong" in sent:
        try:
            day = date.fromisoformat(sent.get("closes_on", ""))
        except ValueError:
            raise ValidationError(_("Write the last day as a date.")) from None
        services.prolong(scope, known.pk, day)
        return _("The last day is moved.")
    if "close" in sent:
        services.close(scope, known.pk)
        return _("Closed. The answers are counted now; that takes a minute or two.")
    if "throw_away" in sent:
        services.throw_away(scope, known.pk)
        return _("The draft is gone.")
    raise Http404


@require_POST
@needs(*RUNNERS)
def slips(request: ScopedRequest, survey_id: int, school_id: int) -> HttpResponse:
    """Make the slips of a school and show them, this once: they are kept nowhere, so there is nothing to redirect to."""
    known = found(request, survey_id)
    try:
        made = services.make_slips(request.scope, survey_id, school_id)
    except services.NotThere:
        raise Http404 from None
    except ValidationError as error:
        return page(request, known, " ".join(error.messages))
    if any(slip.name for slip in made):
        log_list(request.scope, "surveys.slips", [school_id])
    door = request.build_absolute_uri(reverse("answering:door"))
    context = {
        "known": known, "row": shown.row(known, known.opens_on), "school": roster.organization(school_id).name,
        "slips": [(slip, links.written(slip.secret)) for slip in made], "door": door.split("://", 1)[-1],
    }  # fmt: skip
    response = render(request, "surveys/slips.html", context)
    response["Cache-Control"] = "no-store"
    return response
