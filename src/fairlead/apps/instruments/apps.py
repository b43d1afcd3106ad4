from django.apps import AppConfig


class InstrumentsConfig(AppConfig):
    name = "fairlead.apps.instruments"
    label = "instruments"
    verbose_name = "Instruments"
