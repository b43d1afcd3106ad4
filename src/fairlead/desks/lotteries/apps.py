from django.apps import AppConfig


class LotteriesDeskConfig(AppConfig):
    name = "fairlead.desks.lotteries"
    label = "lotteries_desk"
    verbose_name = "Lotteries"
