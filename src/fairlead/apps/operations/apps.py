from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "fairlead.apps.operations"
    label = "operations"
    verbose_name = "Requests of schools, and leaders' time"
