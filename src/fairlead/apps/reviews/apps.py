from django.apps import AppConfig


class ReviewsConfig(AppConfig):
    name = "fairlead.apps.reviews"
    label = "reviews"
    verbose_name = "Assignment reviews"
