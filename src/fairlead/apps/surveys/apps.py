from django.apps import AppConfig


class SurveysConfig(AppConfig):
    name = "fairlead.apps.surveys"
    label = "surveys"
    verbose_name = "Surveys"
