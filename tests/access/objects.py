"""Objects that the access table names with "@": found in the seeded network by what they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# name -> function of the world that gives the URL argument. Each room adds its own.
OBJECTS: dict[str, Callable[[Any], Any]] = {
    "homeroom_of_amara": lambda world: int(world.section_ids[0]),
    "harbor_point": lambda world: int(world.school_ids[0]),
    "ridgeline": lambda world: int(world.school_ids[1]),
}
