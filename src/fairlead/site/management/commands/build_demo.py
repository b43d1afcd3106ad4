"""`build_demo`: fill the database with the invented network, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from fairlead.apps.roster.models import Organization
from fairlead.demo.build import build
from fairlead.demo.world import World
from fairlead.site.clock import move_demo


class Command(BaseCommand):
    help = "Fill an empty database with the invented demo network (does nothing when it is there)."

    def handle(self, *args: Any, **options: Any) -> None:
        if Organization.objects.exists():
            self.stdout.write("The demo network is there already.")
            return
        world = World.full()
        build(world, lambda part, seconds: self.stdout.write(f"  {part:<12} {seconds:5.1f} s"))
        move_demo(world.moment)
