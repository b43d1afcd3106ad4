from django.urls import path

from fairlead.desks.substitute import views

app_name = "substitute"
urlpatterns = [
    path("<slug:token>", views.link, name="link"),
    path("<slug:token>/rolls/<int:roll_id>", views.roll, name="roll"),
]
