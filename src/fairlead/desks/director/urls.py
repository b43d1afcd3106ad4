from django.urls import path

from fairlead.desks.director import views

app_name = "director"
urlpatterns = [
    path("", views.desk, name="desk"),
    path("caseload", views.caseload, name="caseload"),
    path("caseload/optimise", views.optimise, name="optimise"),
    path("need/<slug:key>", views.recipe, name="recipe"),
    path("need/<slug:key>/again", views.recompute, name="recompute"),
]
