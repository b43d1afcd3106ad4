from django.apps import AppConfig


class GrowthDeskConfig(AppConfig):
    name = "fairlead.desks.growth"
    label = "growth_desk"
    verbose_name = "Growth between two forms"
