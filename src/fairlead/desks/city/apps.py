from django.apps import AppConfig


class CityDeskConfig(AppConfig):
    name = "fairlead.desks.city"
    label = "city_desk"
    verbose_name = "City desk"
