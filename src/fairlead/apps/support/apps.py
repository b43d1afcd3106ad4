from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "fairlead.apps.support"
    label = "support"
    verbose_name = "Support"
