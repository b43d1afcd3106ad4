from django.apps import AppConfig


class OperationsDeskConfig(AppConfig):
    name = "fairlead.desks.operations"
    label = "desk_operations"
    verbose_name = "Requests and time"
