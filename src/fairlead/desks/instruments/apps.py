from django.apps import AppConfig


class InstrumentsDeskConfig(AppConfig):
    name = "fairlead.desks.instruments"
    label = "instruments_desk"
    verbose_name = "Where instruments are built"
