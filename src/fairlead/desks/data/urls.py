from django.urls import path

from fairlead.desks.data import views

app_name = "data"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("roster.zip", views.export, name="export"),
    path("imports/<int:run_id>", views.run, name="run"),
    path("imports/<int:run_id>/confirm", views.confirm, name="confirm"),
    path("imports/<int:run_id>/discard", views.discard, name="discard"),
    path("imports/<int:run_id>/answer", views.answer, name="answer"),
]
