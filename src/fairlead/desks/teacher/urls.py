from django.urls import path

from fairlead.desks.teacher import views

app_name = "teacher"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("rolls/<int:roll_id>", views.roll, name="roll"),
]
