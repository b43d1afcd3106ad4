from django.urls import path

from fairlead.desks.operations import views

app_name = "operations"
urlpatterns = [
    path("", views.home, name="home"),
    path("new", views.new, name="new"),
    path("counts", views.counts, name="counts"),
    path("<uuid:pk>/", views.request, name="request"),
    path("<uuid:pk>/<slug:step>", views.step, name="step"),
]
