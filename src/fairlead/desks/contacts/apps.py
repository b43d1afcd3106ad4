from django.apps import AppConfig


class ContactsDeskConfig(AppConfig):
    name = "fairlead.desks.contacts"
    label = "desk_contacts"
    verbose_name = "Contacts and promises"
