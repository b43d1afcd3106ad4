from django.apps import AppConfig


class SupervisionDeskConfig(AppConfig):
    name = "fairlead.desks.supervision"
    label = "desk_supervision"
    verbose_name = "Appraisal and decision rights"
