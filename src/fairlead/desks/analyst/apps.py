from django.apps import AppConfig


class AnalystDeskConfig(AppConfig):
    name = "fairlead.desks.analyst"
    label = "desk_analyst"
