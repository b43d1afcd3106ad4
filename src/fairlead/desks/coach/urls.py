"""Addresses of the coach's desk."""

from __future__ import annotations

from django.urls import path

from fairlead.desks.coach import arrivals, pictures, raters, views

app_name = "coach"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("visit/new", views.visit_new, name="visit_new"),
    path("visit/new/<int:teacher_id>/<slug:purpose>", views.visit_form, name="visit_form"),
    path("visit/new/<int:teacher_id>/<slug:purpose>/<int:version_id>", views.visit_form, name="visit_version"),
    path("visit/arrivals", arrivals.arrive, name="arrive"),
    path("visit/arrivals/picture", arrivals.arrive_picture, name="arrive_picture"),
    path("visit/<int:visit_id>", views.visit, name="visit"),
    path("visit/<int:visit_id>/share", views.visit_share, name="visit_share"),
    path("visit/<int:visit_id>/close", views.visit_close, name="visit_close"),
    path("visit/<int:visit_id>/pictures", pictures.add, name="picture_add"),
    path("pictures/<uuid:picture_id>", pictures.picture, name="picture"),
    path("pictures/<uuid:picture_id>/remove", pictures.remove, name="picture_remove"),
    path("raters", raters.raters, name="raters"),
    path("raters/<int:certificate_id>/end", raters.take_back, name="certificate_end"),
    path("promise/<int:promise_id>", views.promise, name="promise"),
]
