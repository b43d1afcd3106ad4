from django.apps import AppConfig


class CaseloadDeskConfig(AppConfig):
    name = "fairlead.desks.caseload"
    label = "caseload_desk"
    verbose_name = "Caseloads"
