from django.apps import AppConfig


class RosterConfig(AppConfig):
    name = "fairlead.apps.roster"
    label = "roster"
    verbose_name = "Roster"
