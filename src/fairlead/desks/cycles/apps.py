from django.apps import AppConfig


class CyclesDeskConfig(AppConfig):
    name = "fairlead.desks.cycles"
    label = "cycles_desk"
    verbose_name = "Where supports are opened and followed"
