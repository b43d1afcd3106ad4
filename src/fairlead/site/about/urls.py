from django.urls import path

from fairlead.site.about import views

urlpatterns = [
    path("about/looks", views.looks, name="about_looks"),
    path("about/seeds", views.seeds, name="about_seeds"),
    path("about/theme", views.set_theme, name="set_theme"),
]
