from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


def _grant_framework(**kwargs: Any) -> None:
    from fairlead.apps.access.rls import grant_framework

    grant_framework()


class SiteConfig(AppConfig):
    name = "fairlead.site"
    label = "site"

    def ready(self) -> None:
        from fairlead.site import clock

        clock.install()
        post_migrate.connect(_grant_framework, sender=self)
