from django.apps import AppConfig


class LotteriesConfig(AppConfig):
    name = "fairlead.apps.lotteries"
    label = "lotteries"
    verbose_name = "Lotteries"
