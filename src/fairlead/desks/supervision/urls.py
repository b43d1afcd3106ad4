from django.urls import path

from fairlead.desks.supervision import spread, views

app_name = "supervision"
urlpatterns = [
    path("", views.home, name="home"),
    path("begin", views.begin, name="begin"),
    path("distribution", spread.distribution, name="distribution"),
    path("rights", views.rights, name="rights"),
    path("rights/new", views.new_right, name="new_right"),
    path("<int:pk>/", views.appraisal, name="appraisal"),
    path("<int:pk>/<slug:step>", views.step, name="step"),
]
