from django.urls import path

from fairlead.desks.city import measures, submission, views

app_name = "city"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("los-angeles/", views.los_angeles, name="los_angeles"),
    path("submission/", submission.submission, name="submission"),
    path("submission/measures/", measures.measures, name="measures"),
    path("rules/", views.rules, name="rules"),
    path("rules/<slug:key>/", views.rule, name="rule"),
    path("investments/new/", views.new_investment, name="new_investment"),
    path("investments/<int:investment_id>/", views.investment, name="investment"),
]
