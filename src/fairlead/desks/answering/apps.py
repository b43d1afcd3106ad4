from django.apps import AppConfig


class AnsweringDeskConfig(AppConfig):
    name = "fairlead.desks.answering"
    label = "answering_desk"
    verbose_name = "Answering by link"
