"""The coaching lottery of the demo year: who entered, and who won, by a draw that anybody can repeat."""

from __future__ import annotations

from datetime import date

import numpy as np

from fairlead.demo.world import World
from fairlead.science import impact

SEED = "Tidewater coaching lottery, 20 August 2026"
SALT = "kept in the network's safe until the draw"
SHARE = 0.5
COMMITTED_ON = date(2026, 8, 17)
DRAWN_ON = date(2026, 8, 20)
CANDIDATES = 120


def build(world: World, rng: np.random.Generator) -> None:
    """Draw teachers within schools; leaves `world.extra["lottery"]` for those who build coaching, visits and studies."""
    wanted = min(CANDIDATES, world.teachers * 3 // 5)
    schools = len(world.school_ids)
    per_school = np.full(schools, wanted // schools)
    per_school[: wanted - per_school.sum()] += 1
    chosen = []
    for i in range(schools):
        here = np.flatnonzero(world.section_school == i)
        first = here[:1] if i == 0 else here[:0]  # the cast's teacher entered
        rest = rng.permutation(here[len(first) :])
        chosen.append(np.sort(np.concatenate([first, rest[: max(0, min(per_school[i], len(here)) - len(first))]])))
    index = np.concatenate(chosen)
    teachers = world.section_teacher[index]
    school = world.section_school[index]
    tickets = impact.draw([f"staff-{pk}" for pk in teachers], [f"tidewater-{i + 1:02d}" for i in school], SHARE, SEED)
    world.extra["lottery"] = {
        "teacher_ids": teachers,
        "section_index": index,
        "school_index": school,
        "assigned": np.array([t.selected for t in tickets]),
        "position": np.array([t.order for t in tickets]),
        "drawn_on": DRAWN_ON,
    }
