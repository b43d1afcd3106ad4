from django.urls import path

from fairlead.desks.network import rules, submissions, views

app_name = "network"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("indicator/<slug:key>/", views.indicator, name="indicator"),
    path("facts/", views.facts, name="facts"),
    path("attendance-rules/", rules.attendance_rules, name="attendance_rules"),
    path("submissions/", submissions.submissions, name="submissions"),
    path("published/", views.published, name="published"),
    path("published/<slug:key>/<int:year>-<int:month>/", views.published_table, name="published_table"),
]
