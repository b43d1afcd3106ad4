from django.urls import path

from fairlead.desks.principal import support, views

app_name = "principal"
urlpatterns = [path("", views.desk, name="desk"), path("support", support.support, name="support")]
