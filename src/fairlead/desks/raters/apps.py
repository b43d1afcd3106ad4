from django.apps import AppConfig


class RatersDeskConfig(AppConfig):
    name = "fairlead.desks.raters"
    label = "raters_desk"
    verbose_name = "Raters"
