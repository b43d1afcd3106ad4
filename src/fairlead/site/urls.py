"""Every page's address, by room."""

from __future__ import annotations

from importlib.util import find_spec

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_safe

from fairlead.site import demo


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Says that the server answers; touches nothing."""
    return HttpResponse("ok", content_type="text/plain")


def _room(prefix: str, module: str) -> list[URLPattern | URLResolver]:
    return [path(prefix, include(module))] if find_spec(module) else []


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("demo/become", demo.become, name="demo_become"),
    path("demo/leave", demo.leave, name="demo_leave"),
    path("demo/clock", demo.move_clock, name="demo_clock"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
]
for prefix, module in (
    ("", "fairlead.desks.welcome.urls"),
    ("about/", "fairlead.site.about.urls"),
    ("teacher/", "fairlead.desks.teacher.urls"),
    ("office/", "fairlead.desks.office.urls"),
    ("principal/", "fairlead.desks.principal.urls"),
    ("coach/", "fairlead.desks.coach.urls"),
    ("director/", "fairlead.desks.director.urls"),
    ("network/", "fairlead.desks.network.urls"),
    ("analyst/", "fairlead.desks.analyst.urls"),
    ("city/", "fairlead.desks.city.urls"),
):
    try:
        urlpatterns += _room(prefix, module)
    except ModuleNotFoundError:
        continue
