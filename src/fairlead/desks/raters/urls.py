"""Addresses of the raters' pages."""

from __future__ import annotations

from django.urls import path

from fairlead.desks.raters import attempt, calibrate, home, second

app_name = "raters"
urlpatterns = [
    path("", home.home, name="home"),
    path("begin/<int:version_id>", attempt.begin, name="begin"),
    path("attempt/<int:attempt_id>", attempt.attempt, name="attempt"),
    path("attempt/<int:attempt_id>/<int:position>", attempt.case, name="case"),
    path("case/<int:case_id>/file", attempt.case_file, name="case_file"),
    path("second/<int:look_id>", second.look, name="look"),
    path("second/<int:look_id>/refuse", second.refuse, name="refuse"),
    path("draws/", second.draws, name="draws"),
    path("draws/<int:draw_id>/draw", second.draw, name="draw"),
    path("measured/", second.measured, name="measured"),
    path("sets/", calibrate.sets, name="sets"),
    path("sets/<int:set_id>/", calibrate.one_set, name="set"),
    path("sets/<int:set_id>/case/<int:position>", calibrate.case, name="set_case"),
]
