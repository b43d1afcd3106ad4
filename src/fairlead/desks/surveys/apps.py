from django.apps import AppConfig


class SurveysDeskConfig(AppConfig):
    name = "fairlead.desks.surveys"
    label = "surveys_desk"
    verbose_name = "Where surveys are run"
