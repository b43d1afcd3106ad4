"""Signing in: the code on the board, the same as a QR code, the list on paper; and one's own "I was not there"."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.learning import codes, selectors, services
from fairlead.desks import qr
from fairlead.desks.learning.forms import CodeForm, LateForm, blame


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.STAFF)
def sign_in(request: ScopedRequest) -> HttpResponse:
    """Type the code, or come with it by the QR code: opening the address alone signs nobody in."""
    scanned = request.GET.get("code", "")[:20]
    form = (LateForm if "minutes" in request.POST else CodeForm)(request.POST or None, initial={"code": scanned})
    if request.method == "POST" and form.is_valid():
        way = "qr" if request.POST.get("way") == "qr" else "code"
        try:
            said = form.cleaned_data
            found, minutes, fresh = services.sign_in(request.scope, said["code"], way, said.get("minutes"))
        except services.Late as error:
            form = LateForm(request.POST)
            form.errors.pop("minutes", None)
            blame(form, error)
        except ValidationError as error:
            blame(form, error)
        else:
            words = {"name": found.programme, "n": minutes}
            if fresh:
                messages.success(request, _("You are signed in: %(name)s, %(n)s minutes.") % words)
            else:
                messages.info(request, _("You had signed in already: %(name)s.") % words)
            return redirect("learning:home")
    context = {"form": form, "scanned": bool(scanned) or request.POST.get("way") == "qr"}
    return render(request, "learning/sign_in.html", context, status=422 if form.errors else 200)


def _led(request: ScopedRequest, pk: int) -> selectors.SessionLine:
    found = selectors.session(request.scope, pk) if pk < 2**63 else None
    if found is None or not selectors.may_lead(request.scope, found):
        raise Http404
    return found


@require_safe
@needs(*selectors.STAFF)
def session(request: ScopedRequest, pk: int) -> HttpResponse:
    """For who leads it: the code, large; the list with names, to print or to enter."""
    return _session(request, _led(request, pk))


def _session(request: ScopedRequest, found: selectors.SessionLine, error: str = "") -> HttpResponse:
    listed = selectors.listed(request.scope, found.pk)
    log_list(request.scope, "learning", {one.organization_id for one in listed})
    code = codes.code(found.pk, found.renewed) if not found.is_over or found.is_open else ""
    address = request.build_absolute_uri(f"{reverse('learning:sign_in')}?code={code}")
    context = {
        "found": found,
        "listed": listed,
        "there": sum(one.minutes is not None and not one.not_there for one in listed),
        "code": code,
        "door": request.build_absolute_uri(reverse("learning:sign_in")),
        "drawn": qr.drawn(address) if code else "",
        "opens": codes.opens(found.begins_at),
        "closes": codes.closes(found.begins_at, found.minutes),
        "error": error,
    }
    response = render(request, "learning/session.html", context, status=422 if error else 200)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@needs(*selectors.STAFF)
def enter(request: ScopedRequest, pk: int) -> HttpResponse:
    """Enter the list on paper."""
    found = _led(request, pk)
    chosen = [int(one) for one in request.POST.getlist("there") if one.isdecimal() and len(one) < 19]
    said = {person: request.POST.get(f"minutes-{person}", "").strip() for person in chosen}
    if any(value and not (value.isdecimal() and len(value) < 5) for value in said.values()):
        return _session(request, found, _("Minutes are whole numbers."))
    minutes = {person: int(value) if value else found.minutes for person, value in said.items()}
    try:
        n = services.enter(request.scope, found.pk, minutes)
    except ValidationError as error:
        return _session(request, found, " ".join(error.messages))
    messages.success(request, ngettext("%(n)s line changed.", "%(n)s lines changed.", n) % {"n": n})
    return redirect("learning:session", found.pk)


@require_POST
@needs(*selectors.STAFF)
def renew(request: ScopedRequest, pk: int) -> HttpResponse:
    """A new code, when the former one went further than the room."""
    services.renew(request.scope, _led(request, pk).pk)
    messages.success(request, _("There is a new code. The former one opens nothing any more."))
    return redirect("learning:session", pk)


@require_POST
@needs(*selectors.STAFF)
def not_there(request: ScopedRequest, pk: int) -> HttpResponse:
    """I was not there."""
    try:
        services.not_there(request.scope, pk)
    except services.NotThere:
        raise Http404 from None
    messages.success(request, _("It is noted that you were not there. What stood there before stays in the history."))
    return redirect("learning:home")
