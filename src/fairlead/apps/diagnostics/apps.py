from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    name = "fairlead.apps.diagnostics"
    label = "diagnostics"
    verbose_name = "Diagnoses of conditions"
