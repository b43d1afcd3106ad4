from django.urls import path

from fairlead.desks.cycles import own, views

app_name = "cycles"
urlpatterns = [
    path("", views.home, name="home"),
    path("new", views.new, name="new"),
    path("templates", own.templates, name="templates"),
    path("templates/<slug:kind>", own.own, name="own"),
    path("<int:pk>/", views.support, name="support"),
    path("<int:pk>/agenda", views.agenda, name="agenda"),
    path("<int:pk>/write/<slug:what>", views.write, name="write"),
    path("<int:pk>/step/<int:position>", views.settle, name="settle"),
    path("<int:pk>/end", views.end, name="end"),
]
