"""The analyst's pages."""

from django.urls import path

from fairlead.desks.analyst import views

app_name = "analyst"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("studies/<slug:key>/", views.study, name="study"),
    path("studies/<slug:key>/plan/", views.plan_new, name="plan_new"),
    path("plans/<int:pk>/", views.plan, name="plan"),
    path("plans/<int:pk>/register/", views.register, name="register"),
    path("plans/<int:pk>/run/", views.run, name="run"),
    path("runs/<int:pk>/", views.report, name="report"),
    path("findings/<int:pk>/claim/", views.claim, name="claim"),
]
