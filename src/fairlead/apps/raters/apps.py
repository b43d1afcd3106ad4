from django.apps import AppConfig


class RatersConfig(AppConfig):
    name = "fairlead.apps.raters"
    label = "raters"
    verbose_name = "Raters"
