from django.apps import AppConfig


class GrowthConfig(AppConfig):
    name = "fairlead.apps.growth"
    label = "growth"
    verbose_name = "Growth between two forms"
