from django.urls import path

from fairlead.desks.supervision import spread, views, year

app_name = "supervision"
urlpatterns = [
    path("", views.home, name="home"),
    path("begin", views.begin, name="begin"),
    path("distribution", spread.distribution, name="distribution"),
    path("rights", views.rights, name="rights"),
    path("rights/new", views.new_right, name="new_right"),
    path("days", year.days, name="days"),
    path("<int:pk>/", views.appraisal, name="appraisal"),
    path("<int:pk>/gather", year.gather, name="gather"),
    path("<int:pk>/rubric", year.rubric, name="rubric"),
    path("<int:pk>/support", year.plan_support, name="plan_support"),
    path("<int:pk>/<slug:step>", views.step, name="step"),
]
