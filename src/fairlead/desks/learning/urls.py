from django.urls import path

from fairlead.desks.learning import judging, signing, views

app_name = "learning"
urlpatterns = [
    path("", views.home, name="home"),
    path("new", views.new, name="new"),
    path("sign-in", signing.sign_in, name="sign_in"),
    path("<int:pk>/", views.programme, name="programme"),
    path("<int:pk>/invite", views.invite, name="invite"),
    path("<int:pk>/session", views.session_new, name="session_new"),
    path("<int:pk>/levels", judging.five, name="levels"),
    path("<int:pk>/levels/tie", judging.tie, name="tie"),
    path("<int:pk>/cost", judging.cost, name="cost"),
    path("<int:pk>/cost/<int:ingredient_id>", judging.drop, name="drop"),
    path("sessions/<int:pk>/", signing.session, name="session"),
    path("sessions/<int:pk>/list", signing.enter, name="enter"),
    path("sessions/<int:pk>/code", signing.renew, name="renew"),
    path("sessions/<int:pk>/not-there", signing.not_there, name="not_there"),
]
