"""Every page's address, by room."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path
from django.views.decorators.http import require_safe

from fairlead.site import demo, offline


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Says that the server answers; touches nothing."""
    return HttpResponse("ok", content_type="text/plain")


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", health, name="health"),
    path("sw.js", offline.service_worker, name="service_worker"),
    path("outbox/", offline.outbox, name="outbox"),
    path("outbox/who", offline.who, name="outbox_who"),
    path("demo/become", demo.become, name="demo_become"),
    path("demo/leave", demo.leave, name="demo_leave"),
    path("demo/clock", demo.move_clock, name="demo_clock"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("about/", include("fairlead.site.about.urls")),
    path("", include("fairlead.desks.welcome.urls")),
    path("", include("fairlead.desks.records.urls")),
    path("teacher/", include("fairlead.desks.teacher.urls")),
    path("office/", include("fairlead.desks.office.urls")),
    path("f/", include("fairlead.desks.family.urls")),
    path("s/", include("fairlead.desks.substitute.urls")),
    path("a/", include("fairlead.desks.answering.urls")),
    path("principal/", include("fairlead.desks.principal.urls")),
    path("coach/", include("fairlead.desks.coach.urls")),
    path("raters/", include("fairlead.desks.raters.urls")),
    path("director/", include("fairlead.desks.director.urls")),
    path("caseloads/", include("fairlead.desks.caseload.urls")),
    path("network/", include("fairlead.desks.network.urls")),
    path("analyst/", include("fairlead.desks.analyst.urls")),
    path("city/", include("fairlead.desks.city.urls")),
    path("data/", include("fairlead.desks.data.urls")),
    path("growth/", include("fairlead.desks.growth.urls")),
    path("instruments/", include("fairlead.desks.instruments.urls")),
    path("surveys/", include("fairlead.desks.surveys.urls")),
    path("supports/", include("fairlead.desks.cycles.urls")),
    path("diagnoses/", include("fairlead.desks.diagnostics.urls")),
    path("requests/", include("fairlead.desks.operations.urls")),
    path("supervision/", include("fairlead.desks.supervision.urls")),
    path("time/", include("fairlead.desks.operations.time_urls")),
    path("contacts/", include("fairlead.desks.contacts.urls")),
    path("learning/", include("fairlead.desks.learning.urls")),
    path("reviews/", include("fairlead.desks.reviews.urls")),
    path("lotteries/", include("fairlead.desks.lotteries.urls")),
]
