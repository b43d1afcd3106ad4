from django.apps import AppConfig


class LearningDeskConfig(AppConfig):
    name = "fairlead.desks.learning"
    label = "desk_learning"
    verbose_name = "Professional learning"
