"""Last year's staff: who has come since, who worked at another school, and who has left. Nobody of the cast.

People who have left are made after everybody else, so that all others keep their numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from fairlead.apps.roster.models import Role
from fairlead.apps.roster.names import sort_key
from fairlead.demo.cast import BY_KEY
from fairlead.demo.copying import copy_rows
from fairlead.demo.names import FAMILY, GIVEN
from fairlead.demo.world import SEED, World

BEGAN, ENDED, MOVED, HIRED = date(2024, 7, 1), date(2026, 6, 30), date(2026, 7, 1), date(2026, 8, 3)
KEPT = 2  # teachers of each school, the first ones, about whom the story tells, stay where they are
NEW_PRINCIPAL, CAME_FROM = (2, 3, 4), {3: 4}  # schools by index; the principal of 3 led 4 last year


def came_and_moved(world: World, roles: Sequence[Role]) -> list[Role]:
    """Let some roles of this year begin with it; gives the roles that movers held elsewhere last year."""
    held = {role.person_id: role for role in roles}
    cast = {world.person[key] for key in BY_KEY if key in world.person}
    former: list[Role] = []
    left: list[tuple[int, str]] = []  # school, role of those who are not there any more
    number = 0
    for school in range(world.schools):
        for teacher in world.section_teacher[world.section_school == school][KEPT:].tolist():
            number += 1
            if teacher in cast or number % 9 not in (1, 5):
                continue
            if number % 9 == 1:
                held[teacher].begins = HIRED
                left.append((school, "teacher"))
            else:
                held[teacher].begins = MOVED
                former.append(_last_year(world, teacher, (school + 1) % world.schools, "teacher"))
    for school in NEW_PRINCIPAL:
        if school < world.schools:
            principal = world.person[f"principal:{school}"]
            held[principal].begins = MOVED
            if school in CAME_FROM and CAME_FROM[school] < world.schools:
                former.append(_last_year(world, principal, CAME_FROM[school], "principal"))
            if school not in CAME_FROM.values():
                left.append((school, "principal"))
    world.extra["left"] = left
    return former


def _last_year(world: World, person: int, school: int, role: str) -> Role:
    return Role(person_id=person, organization_id=int(world.school_ids[school]), role=role, begins=BEGAN, ends=ENDED)


def left(world: World) -> None:
    """People who worked at a school last year and work nowhere in the network now."""
    rng = np.random.default_rng([SEED, 32])
    gone: list[tuple[int, str]] = world.extra["left"]
    ids = world.take_ids("roster_person", len(gone)).tolist()
    given, family = rng.choice(GIVEN, len(gone)), rng.choice(FAMILY, len(gone))
    copy_rows(
        "roster_person",
        ("id", "organization_id", "kind", "given_name", "family_name", "sort_name", "language", "email", "phone",
         "sourced_id"),
        [(pk, int(world.school_ids[school]), "staff", given[i], family[i], sort_key(family[i], given[i]), "en", "", "",
          f"staff-{pk}") for i, (pk, (school, _role)) in enumerate(zip(ids, gone, strict=True))],
    )  # fmt: skip
    Role.objects.bulk_create(
        _last_year(world, pk, school, role) for pk, (school, role) in zip(ids, gone, strict=True)
    )
