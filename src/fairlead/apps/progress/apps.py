from django.apps import AppConfig


class ProgressConfig(AppConfig):
    name = "fairlead.apps.progress"
    label = "progress"
    verbose_name = "Progress"
