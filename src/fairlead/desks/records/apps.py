from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "fairlead.desks.records"
    label = "records"
