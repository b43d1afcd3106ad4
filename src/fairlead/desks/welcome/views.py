"""The first page. In the demo, on this machine only: the story in seven stops. Otherwise: sign in, or your desk."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_POST

from fairlead.desks.welcome import sample
from fairlead.desks.welcome.stops import BESIDE, HELEN, OWEN, PRIYA, STOPS, YUSUF, Who


@dataclass(frozen=True, slots=True)
class Door:
    """A person of a stop, with the address of their page ("" while it is not built) and whether you are them."""

    who: Who
    url: str
    here: bool


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The story in the demo; elsewhere the signed-in person's first page."""
    scope = request.scope  # type: ignore[attr-defined]
    if settings.DEMO and _on_this_machine(request):
        name = scope.name if scope else ""
        stops = [(stop, [_door(who, name) for who in stop.people]) for stop in STOPS]
        doors = {"stranger": OWEN, "keeper": PRIYA, "by_period": YUSUF, "auditor": HELEN}
        told = {"stops": stops, "grand_bend": sample.state()} | {key: _door(who, name) for key, who in doors.items()}
        return render(request, "welcome/story.html", told)
    if scope is None:
        return redirect_to_login("/")
    first = first_page(tuple(scope.role_names))
    return redirect(first) if first else render(request, "welcome/no_desk.html")


@require_POST
def load_sample(request: HttpRequest) -> HttpResponse:
    """Begin to load the Grand Bend sample. In the demo, on this machine; to anyone else the address is not there."""
    if not (settings.DEMO and _on_this_machine(request)):
        raise Http404
    sample.begin()
    return redirect(f"{reverse('welcome:home')}#grand-bend")


def first_page(roles: tuple[str, ...]) -> str:
    """The address of the first desk that one of the roles opens."""
    for who in (*(who for stop in STOPS for who in stop.people), *BESIDE):
        if who.role in roles and (url := _address(who.page)):
            return url
    return ""


def _on_this_machine(request: HttpRequest) -> bool:
    address = request.META.get("REMOTE_ADDR") or ""
    return bool(address) and ip_address(address).is_loopback


def _door(who: Who, name: str) -> Door:
    return Door(who, _address(who.page), who.name == name)


def _address(page: str) -> str:
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""
