from django.urls import path

from fairlead.desks.growth import views

app_name = "growth"
urlpatterns = [
    path("", views.home, name="home"),
    path("new", views.new, name="new"),
    path("mine/", views.mine, name="mine"),
    path("<int:comparison_id>/", views.comparison, name="comparison"),
]
