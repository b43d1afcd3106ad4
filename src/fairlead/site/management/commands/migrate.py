"""`migrate`: as Django does it, after an empty database was given the recorded schema."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate

from fairlead.site import baseline


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        whole = not options["app_label"] and not options["plan"] and not options["fake"]
        if whole and baseline.lay() and options["verbosity"]:
            self.stdout.write("The empty database has the recorded schema.")
        super().handle(*args, **options)
