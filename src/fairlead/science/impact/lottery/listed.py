"""A lottery anyone can check: the seed is committed to before the draw, and the draw is arithmetic on the
seed.

Commit: publish `commit(seed, salt)`; keep seed and salt secret. After the list of units is closed, publish
both and draw. The order within a stratum is the order of SHA-256(seed | stratum | unit), so it can be
repeated in any language, does not depend on the order of the list, and no other stratum can change it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from fairlead.science.impact.problems import DataError, Problem
from fairlead.science.impact.wording import counted

FORMAT = "fairlead-lottery-1"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One unit's place in the draw: `order` within its stratum (0 first), and whether that place won."""

    unit: str
    stratum: str
    order: int
    selected: bool


def commit(seed: str, salt: str) -> str:
    """The commitment to publish before the draw: SHA-256 over format name, salt and seed, each
    length-prefixed."""
    return _digest("commit", salt, seed).hex()


def draw(units: Sequence[str], strata: Sequence[str], share: float, seed: str) -> tuple[Ticket, ...]:
    """Draw `share` of the units of each stratum, in the order of the given list.

    Where share × size is not whole, the stratum gets the whole part, and one more with probability equal to
    the rest, drawn from the same seed: so each unit's chance is exactly `share` in every stratum.

    Parameters
    ----------
    units : distinct names (pseudonyms) of what is assigned.
    strata : the stratum (school) of each unit.
    share : of each stratum to select, strictly between 0 and 1.
    seed : any text; its commitment was published before.

    Examples
    --------
    >>> tickets = draw(["a", "b", "c", "d"], ["s"] * 4, 0.5, "seed")
    >>> sum(ticket.selected for ticket in tickets)
    2
    """
    problems: list[Problem] = []
    if len(units) != len(strata):
        problems.append(
            Problem("strata", "one stratum per unit is needed", f"{len(strata)} for {counted(len(units), 'unit')}")
        )
    doubled = sorted({unit for unit in units if units.count(unit) > 1}) if len(set(units)) != len(units) else []
    if doubled:
        problems.append(
            Problem(
                "units",
                "each unit may be in the lottery once",
                ", ".join(doubled[:5]),
                next="remove the repeated names",
            )
        )
    if not 0 < share < 1:
        problems.append(Problem("share", "must lie strictly between 0 and 1", repr(share), "e.g. 0.5"))
    if not seed:
        problems.append(Problem("seed", "is empty", repr(seed), "a text", "use the seed that was committed to"))
    if problems:
        raise DataError(problems)
    part = Fraction(share).limit_denominator(10_000)
    members: dict[str, list[str]] = {}
    for unit, stratum in zip(units, strata, strict=True):
        members.setdefault(stratum, []).append(unit)
    place: dict[str, tuple[int, bool]] = {}
    for stratum, inside in members.items():
        ordered = sorted(inside, key=lambda unit: (_digest("unit", seed, stratum, unit), unit))
        exact = part * len(ordered)
        rest = exact - int(exact)
        chance = Fraction(int.from_bytes(_digest("rest", seed, stratum)), 2**256)
        winners = int(exact) + (1 if chance < rest else 0)
        for order, unit in enumerate(ordered):
            place[unit] = (order, order < winners)
    return tuple(Ticket(unit, stratum, *place[unit]) for unit, stratum in zip(units, strata, strict=True))


def verify(
    commitment: str,
    seed: str,
    salt: str,
    units: Sequence[str],
    strata: Sequence[str],
    share: float,
    selected: Sequence[bool],
) -> tuple[Problem, ...]:
    """What does not agree with the published commitment or with the draw; empty when all is as it was
    promised."""
    problems: list[Problem] = []
    if commit(seed, salt) != commitment:
        problems.append(
            Problem(
                "seed",
                "seed and salt do not give the published commitment",
                commit(seed, salt)[:12],
                commitment[:12],
                "ask for the seed that was committed to",
            )
        )
    drawn = draw(units, strata, share, seed)
    if len(selected) != len(drawn):
        problems.append(
            Problem("selected", "one answer per unit is needed", f"{len(selected)} for {counted(len(drawn), 'unit')}")
        )
        return tuple(problems)
    changed = [ticket.unit for ticket, got in zip(drawn, selected, strict=True) if ticket.selected != bool(got)]
    if changed:
        problems.append(
            Problem(
                "selected",
                "the assignment is not the one that the seed draws",
                f"{len(changed)} units differ: {', '.join(changed[:5])}",
                next="restore the drawn assignment, or report the study as compromised",
            )
        )
    return tuple(problems)


def _digest(*parts: str) -> bytes:
    content = b"".join(len(raw).to_bytes(8) + raw for raw in (part.encode() for part in (FORMAT, *parts)))
    return hashlib.sha256(content).digest()
