from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "fairlead.apps.access"
    label = "access"
    verbose_name = "Access"
