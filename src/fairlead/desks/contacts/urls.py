"""Addresses of contacts and promises."""

from __future__ import annotations

from django.urls import path

from fairlead.desks.contacts import arrivals, calendars, views

app_name = "contacts"
urlpatterns = [
    path("", views.week, name="week"),
    path("new", views.new, name="new"),
    path("new/<int:school_id>", views.new, name="new_at"),  # in the path: a kept page answers for its path
    path("arrivals", arrivals.arrive, name="arrive"),
    path("prepare/<int:school_id>", views.prepare, name="prepare"),
    path("prepare/person/<int:person_id>", views.prepare_person, name="prepare_person"),
    path("plan", calendars.plan, name="plan"),
    path("plan/<int:plan_id>", calendars.move, name="move"),
    path("calendar", calendars.feed, name="feed"),
    path("calendar/renew", calendars.feed_renew, name="feed_renew"),
    path("calendar/revoke", calendars.feed_revoke, name="feed_revoke"),
    path("calendar/<str:token>.ics", calendars.calendar, name="calendar"),
    path("<int:contact_id>/", views.contact, name="contact"),
    path("<int:contact_id>/answer", views.answer, name="answer"),
    path("<int:contact_id>/minutes", views.minutes, name="minutes"),
    path("promises", views.promises, name="promises"),
    path("promises/<int:promise_id>", views.settle, name="settle"),
]
