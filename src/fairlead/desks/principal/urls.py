from django.urls import path

from fairlead.desks.principal import views

app_name = "principal"
urlpatterns = [path("", views.desk, name="desk")]
