from django.apps import AppConfig


class LearningConfig(AppConfig):
    name = "fairlead.apps.learning"
    label = "learning"
    verbose_name = "Professional learning"
