from django.apps import AppConfig


class DirectorDeskConfig(AppConfig):
    name = "fairlead.desks.director"
    label = "director_desk"
    verbose_name = "Director's desk"
