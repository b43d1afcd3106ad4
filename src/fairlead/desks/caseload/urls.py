"""The pages of recipes, plans and scenarios."""

from django.urls import path

from fairlead.desks.caseload import asked, plans, real, recipes, strengths

app_name = "caseloads"
urlpatterns = [
    path("", recipes.home, name="home"),
    path("recipes/new", recipes.new, name="new"),
    path("recipes/<int:pk>/", recipes.draft, name="draft"),
    path("recipes/<int:pk>/publish", recipes.publish, name="publish"),
    path("moved", recipes.moved, name="moved"),
    path("five-to-one", real.five_to_one, name="five_to_one"),
    path("scenarios", plans.scenarios, name="scenarios"),
    path("scenarios/<int:pk>/choose", plans.choose, name="choose"),
    path("directors", strengths.directors, name="directors"),
    path("directors/<int:pk>", strengths.say, name="say_strengths"),
    path("asked/<int:pk>/", asked.asked, name="asked"),
    path("asked/<int:pk>/again", asked.again, name="again"),
]
