from django.apps import AppConfig


class ReviewsDeskConfig(AppConfig):
    name = "fairlead.desks.reviews"
    label = "reviews_desk"
    verbose_name = "Where assignments are reviewed"
