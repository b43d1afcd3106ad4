from django.urls import path

from fairlead.site.about import views

urlpatterns = [
    path("looks", views.looks, name="about_looks"),
    path("seeds", views.seeds, name="about_seeds"),
    path("theme", views.set_theme, name="set_theme"),
]
