from django.apps import AppConfig


class WelcomeConfig(AppConfig):
    name = "fairlead.desks.welcome"
    label = "welcome"
