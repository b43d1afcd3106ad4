from django.apps import AppConfig


class DataDeskConfig(AppConfig):
    name = "fairlead.desks.data"
    label = "data_desk"
    verbose_name = "Data manager's desk"
