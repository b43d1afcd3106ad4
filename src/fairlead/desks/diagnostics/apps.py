from django.apps import AppConfig


class DiagnosticsDeskConfig(AppConfig):
    name = "fairlead.desks.diagnostics"
    label = "diagnostics_desk"
    verbose_name = "Where conditions are rated and agreed on"
