"""`load_los_angeles [folder]`: Los Angeles' public records, read where they lie."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from fairlead.apps.places.los_angeles import MissingData
from fairlead.apps.places.services import load_los_angeles


class Command(BaseCommand):
    help = "Load LAUSD's applications and offers (2018–19) and California's 2018 results from a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "folder",
            nargs="?",
            type=Path,
            default=settings.SHARED_DATA / "schools" / "la",
            help="where the two files lie (default: %(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            loaded = load_los_angeles(options["folder"])
        except MissingData as missing:
            raise CommandError(f"{missing} See /city/los-angeles/ for what to put there.") from missing
        self.stdout.write(
            f"Los Angeles: {loaded.applications:,} applications, {loaded.offers:,} offers, "
            f"{loaded.counted['schools']:,} schools, {loaded.tables} tables published."
        )
