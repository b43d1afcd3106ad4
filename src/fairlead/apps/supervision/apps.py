from django.apps import AppConfig


class SupervisionConfig(AppConfig):
    name = "fairlead.apps.supervision"
    label = "supervision"
    verbose_name = "Appraisal of leaders, and decision rights"
