from django.urls import path

from fairlead.desks.family import views

app_name = "family"
urlpatterns = [path("thanks", views.thanks, name="thanks"), path("<slug:token>", views.link, name="link")]
