"""The demo's own two doors: become somebody of the cast, and move the clock. Loopback only, demo only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from ipaddress import ip_address
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from fairlead import clock
from fairlead.apps.access.models import Account
from fairlead.apps.attendance.services import ensure_rolls
from fairlead.apps.roster import selectors as roster
from fairlead.demo.cast import BY_KEY, NETWORK_SOURCED_ID
from fairlead.demo.world import MORNING
from fairlead.site.clock import MOMENTS, move_demo


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """To anyone but a browser on this machine, in the demo, the page is not there."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        address = request.META.get("REMOTE_ADDR") or ""
        if not settings.DEMO or not address or not ip_address(address).is_loopback:
            raise Http404
        return view(request, *args, **kwargs)

    return checked


def _back(request: HttpRequest, default: str) -> HttpResponse:
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if safe and target else default)


@require_POST
@demo_only
def become(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the cast, in one click."""
    member = BY_KEY.get(request.POST.get("person", ""))
    account = Account.objects.filter(email=member.email, is_active=True).first() if member else None
    if account is None:
        raise Http404
    login(request, account, backend=settings.AUTHENTICATION_BACKENDS[0])
    return _back(request, "/")


@require_POST
@demo_only
def leave(request: HttpRequest) -> HttpResponse:
    """Sign out, back to the story."""
    logout(request)
    return redirect("/")


@require_POST
@demo_only
def move_clock(request: HttpRequest) -> HttpResponse:
    """Move the demo's clock within its day, to the next school day before any roll is due, or back to the story's morning."""
    to = request.POST.get("moment", "")
    now = clock.now()
    if to in MOMENTS:
        moment = datetime.combine(now.date(), MOMENTS[to], tzinfo=ZoneInfo(settings.TIME_ZONE))
    elif to == "next":
        network = roster.organization_by_sourced_id(NETWORK_SOURCED_ID)
        days = roster.school_days(network.pk, now.date() + timedelta(days=1), now.date() + timedelta(days=30))
        if not days:
            return _back(request, "/")
        moment = datetime.combine(days[0], MOMENTS["early"], tzinfo=ZoneInfo(settings.TIME_ZONE))
        ensure_rolls(network.pk, moment.date())
    elif to == "story":
        moment = MORNING
    else:
        raise Http404
    move_demo(moment)
    return _back(request, "/")
