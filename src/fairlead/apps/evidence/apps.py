from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "fairlead.apps.evidence"
    label = "evidence"
    verbose_name = "Evidence"
