from django.urls import path

from fairlead.desks.answering import views

app_name = "answering"
urlpatterns = [
    path("", views.door, name="door"),
    path("thanks/", views.thanks, name="thanks"),
    path("<slug:secret>/", views.answer, name="answer"),
]
