"""Chance in a review: which classrooms and days are drawn, who judges what. Everything follows from the seed.

The draw is the house's lottery (`science.impact.lottery`): a unit's place is its place among SHA-256(seed | stratum | unit),
so anybody can repeat it once the seed is told. Classrooms are drawn within school and grade, days within a classroom. A
day without an assignment is replaced by the next of the same order; so the days asked for are always its first ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from fairlead.science.impact.lottery import draw


@dataclass(frozen=True, slots=True)
class Classroom:
    """One that can be drawn."""

    section_id: int
    organization_id: int
    grade: int
    teacher_id: int | None


@dataclass(frozen=True, slots=True)
class Drawn:
    """One that was drawn, with its chance."""

    classroom: Classroom
    chance: float


def _places(units: Sequence[str], strata: Sequence[str], seed: str) -> list[int]:
    """Each unit's place in its stratum's order. How many are taken is the plan's: the lottery's own share is not used."""
    return [ticket.order for ticket in draw(units, strata, 0.5, seed)]


def classrooms(frame: Sequence[Classroom], most: int, seed: str) -> list[Drawn]:
    """At most so many of each school and grade, with the chance that each of them had."""
    strata = [f"{c.organization_id}:{c.grade}" for c in frame]
    places = _places([f"section-{c.section_id}" for c in frame], strata, seed)
    size: dict[str, int] = {}
    for stratum in strata:
        size[stratum] = size.get(stratum, 0) + 1
    drawn = [
        (stratum, place, Drawn(classroom, min(most, size[stratum]) / size[stratum]))
        for classroom, stratum, place in zip(frame, strata, places, strict=True)
        if place < most
    ]
    return [one for _stratum, _place, one in sorted(drawn, key=lambda row: row[:2])]


def day_order(section_id: int, days: Sequence[date], seed: str) -> list[date]:
    """The days of a classroom in the order in which they are asked for."""
    places = _places([day.isoformat() for day in days], [f"section-{section_id}"] * len(days), seed)
    return [day for _place, day in sorted(zip(places, days, strict=True))]


def weight(chance_of_classroom: float, days: int, asked: int) -> float:
    """How many assignments of the window one stands for: its classroom's share of the draw, its days' share of those asked."""
    return 1 / chance_of_classroom * days / asked


def deal(
    pieces: Mapping[int, int], homes: Mapping[int, int], seed: str, *, load: Mapping[int, int] | None = None
) -> dict[int, tuple[int, int, int]]:
    """Three different people for each piece: two who judge, and who decides where these differ.

    Parameters
    ----------
    pieces : piece to its school.
    homes : person to the organization of their role; nobody gets work of it as long as others are left.
    load : what people have been dealt already.

    Whoever has least gets the next, so that loads differ by little; among equals the seed decides.
    """
    if len(homes) < 3:
        raise ValueError("two who judge and one who decides: three people are needed")
    judging = {person: (load or {}).get(person, 0) for person in homes}
    deciding = dict.fromkeys(homes, 0)
    order = sorted(zip(_places([str(p) for p in pieces], ["pieces"] * len(pieces), seed), pieces, strict=True))
    dealt = {}
    for _place, piece in order:
        chance = dict(
            zip(homes, _places([str(p) for p in homes], [f"piece-{piece}"] * len(homes), seed), strict=True)
        )
        own = {person: home == pieces[piece] for person, home in homes.items()}
        by_load = sorted(homes, key=lambda person: (own[person], judging[person], chance[person]))
        one, two = sorted(by_load[:2], key=lambda person: chance[person])
        three = min(by_load[2:], key=lambda person: (own[person], deciding[person], chance[person]))
        judging[one] += 1
        judging[two] += 1
        deciding[three] += 1
        dealt[piece] = (one, two, three)
    return dealt


def differ(first: Mapping[str, int], second: Mapping[str, int], item_key: str, least_level: int) -> list[str]:
    """The items on which a third decides: one says of the grade and one does not, or levels are more than one apart."""
    found = []
    for key in first:
        if key not in second:
            continue
        sides = key == item_key and (first[key] >= least_level) != (second[key] >= least_level)
        if sides or abs(first[key] - second[key]) > 1:
            found.append(key)
    return found
