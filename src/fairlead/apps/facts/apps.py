from django.apps import AppConfig


class FactsConfig(AppConfig):
    name = "fairlead.apps.facts"
    label = "facts"
    verbose_name = "Facts"
