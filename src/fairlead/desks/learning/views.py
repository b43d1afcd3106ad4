"""Programmes: the list, a new one, one of them with its sessions and who had how much of it."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.learning import selectors, services, spreading
from fairlead.apps.learning.models import Programme
from fairlead.apps.roster import selectors as roster
from fairlead.desks.learning import shown
from fairlead.desks.learning.forms import CodeForm, ProgrammeForm, SessionForm, blame


@require_safe
@needs(*selectors.STAFF)
def home(request: ScopedRequest) -> HttpResponse:
    """First the session that is on, with its code; then one's own hours; then the programmes."""
    scope = request.scope
    lines = selectors.lines(scope)
    near = selectors.near(scope, clock.now())
    own = selectors.own_sessions(scope)
    makes = scope.has(*selectors.MAKERS)
    context = {
        "form": CodeForm(),
        "invited": any(line.invited for line in lines),
        "to_lead": [one for one in near if selectors.may_lead(scope, one)],
        "own": own,
        "hours": shown.own_hours(own),
        "lines": lines,
        "makes": makes,
    }
    return render(request, "learning/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.MAKERS)
def new(request: ScopedRequest) -> HttpResponse:
    """A new programme, offered to the teachers of the chosen schools."""
    scope = request.scope
    places = {g.organization_id: g.organization_name for g in scope.roles}
    schools = [(o.pk, o.name) for o in roster.organizations(scope, "school")]
    form = ProgrammeForm(request.POST or None, organizations=sorted(places.items()), schools=schools)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make(scope, *form.draft())
        except services.NotThere:
            raise Http404 from None
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("The programme is made. Now add its sessions."))
            return redirect("learning:programme", made.pk)
    return render(request, "learning/new.html", {"form": form}, status=422 if form.errors else 200)


def found(request: ScopedRequest, pk: int) -> Programme:
    """A programme that the person may see."""
    known = selectors.programme(request.scope, pk) if pk < 2**63 else None
    if known is None:
        raise Http404
    return known


@require_safe
@needs(*selectors.STAFF)
def programme(request: ScopedRequest, pk: int) -> HttpResponse:
    """One programme: sessions, one's own hours, and the hours of those whose dose one's role opens."""
    scope, known = request.scope, found(request, pk)
    doses = selectors.doses(scope, pk)
    others = [d for d in doses if d.person_id != scope.person_id]
    log_list(scope, "learning", {d.organization_id for d in others})
    makes = selectors.may_make(scope, known.organization_id)
    context = {
        "known": known,
        "whose": roster.organization(known.organization_id).name,
        "sessions": selectors.sessions(scope, pk),
        "own": next((shown.dose(d) for d in doses if d.person_id == scope.person_id), None),
        "rows": [shown.dose(d) for d in others],
        "spread": shown.spread(spreading.spread(others)),
        "whole": shown.told(selectors.counted(scope, pk), known, scope),
        "makes": makes,
        "schools": selectors.schools_to_invite(scope, known.organization_id) if makes else [],
        "reads": scope.has(*selectors.READERS),
        "pays": selectors.may_pay(scope, known.organization_id),
        "leads": makes or any(selectors.may_lead(scope, one) for one in selectors.sessions(scope, pk)),
    }
    return render(request, "learning/programme.html", context)


@require_POST
@needs(*selectors.MAKERS)
def invite(request: ScopedRequest, pk: int) -> HttpResponse:
    """Offer it to the teachers of more schools."""
    known = found(request, pk)
    chosen = [int(one) for one in request.POST.getlist("schools") if one.isdecimal() and len(one) < 19]
    try:
        n = services.invite(request.scope, known.pk, chosen)
    except services.NotThere:
        raise Http404 from None
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(
            request, ngettext("%(n)s teacher more is invited.", "%(n)s teachers more are invited.", n) % {"n": n}
        )
    return redirect("learning:programme", known.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.MAKERS)
def session_new(request: ScopedRequest, pk: int) -> HttpResponse:
    """Add a session."""
    scope, known = request.scope, found(request, pk)
    if not selectors.may_make(scope, known.organization_id):
        raise Http404
    people = selectors.who_can_lead(scope, clock.today())
    log_list(scope, "learning", {pk for pk, _name in selectors.schools_to_invite(scope, known.organization_id)})
    form = SessionForm(request.POST or None, people=people, lead=scope.person_id)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_session(scope, known.pk, form.draft())
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("The session is added. Its code works from 15 minutes before it begins."))
            return redirect("learning:session", made.pk)
    context = {"known": known, "form": form}
    return render(request, "learning/session_new.html", context, status=422 if form.errors else 200)
