from django.urls import path

from fairlead.desks.welcome import views

app_name = "welcome"
urlpatterns = [
    path("", views.home, name="home"),
    path("demo/grand-bend", views.load_sample, name="load_sample"),
]
