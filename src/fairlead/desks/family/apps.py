from django.apps import AppConfig


class FamilyDeskConfig(AppConfig):
    name = "fairlead.desks.family"
    label = "family_desk"
    verbose_name = "Family's link"
