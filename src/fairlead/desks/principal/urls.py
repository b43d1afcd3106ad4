from django.urls import path

from fairlead.desks.principal import absence, support, views

app_name = "principal"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("support", support.support, name="support"),
    path("chronic-absence", absence.chronic_absence, name="chronic_absence"),
]
