from django.urls import path

from fairlead.desks.office import views

app_name = "office"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("rolls/<int:roll_id>/remind", views.remind, name="remind"),
    path("absences/<int:mark_id>/call", views.call, name="call"),
    path("absences/<int:mark_id>/explain", views.explain, name="explain"),
]
