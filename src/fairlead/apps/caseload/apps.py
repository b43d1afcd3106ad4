from django.apps import AppConfig


class CaseloadConfig(AppConfig):
    name = "fairlead.apps.caseload"
    label = "caseload"
    verbose_name = "Caseload"
