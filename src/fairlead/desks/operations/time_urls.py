from django.urls import path

from fairlead.desks.operations import time_views as views

app_name = "time"
urlpatterns = [
    path("", views.home, name="home"),
    path("entry/<uuid:pk>/gone", views.take_back, name="take_back"),
    path("shadow/new", views.plan, name="plan"),
    path("shadow/<int:pk>/", views.week, name="week"),
    path("shadow/<int:pk>/share", views.share, name="share"),
    path("network", views.network, name="network"),
]
