from django.apps import AppConfig


class CyclesConfig(AppConfig):
    name = "fairlead.apps.cycles"
    label = "cycles"
    verbose_name = "Cycles of supports"
