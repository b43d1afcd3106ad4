from django.apps import AppConfig


class SubstituteDeskConfig(AppConfig):
    name = "fairlead.desks.substitute"
    label = "substitute_desk"
    verbose_name = "Substitute's link"
