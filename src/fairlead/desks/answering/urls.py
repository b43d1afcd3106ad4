from django.urls import path

from fairlead.desks.answering import families, shared, views

app_name = "answering"
urlpatterns = [
    path("", views.door, name="door"),
    path("thanks/", views.thanks, name="thanks"),
    path("class/<slug:code>/", shared.shared, name="shared"),
    path("family/<slug:secret>/", families.family, name="family"),
    path("<slug:secret>/", views.answer, name="answer"),
]
