from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "fairlead.apps.places"
    label = "places"
    verbose_name = "Places"
