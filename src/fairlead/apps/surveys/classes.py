"""What may be told of one class, to its teacher: worked out at closing, beside the table of schools that everybody reads.

The table of schools is settled first, and nothing of it changes for the sake of classes. Then each school and its classes
are a lattice of their own, protected as every other: a class too small goes, and another with it, so that the school's
number less the classes that teachers know never leaves fewer than the minimum. Where the school's own number does not
stand exactly (too few, withheld, “at least”), none of its classes is told: they would give back what was withheld.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fairlead.apps.access.asking import fetch
from fairlead.apps.surveys.models import Administration, ClassResult, Result
from fairlead.science.disclosure import Lattice, Release, Rule, State, protect
from fairlead.science.measurement import clustered_share

DIGITS = 2  # as of schools
_HIDDEN = (State.PRIMARY, State.COMPLEMENTARY)
_STATES = {State.SHOWN: "shown", State.BOTTOM: "bottom", State.TOP: "top", State.VALUE: "value"}
_WITHHELD: dict[str, Any] = {"state": Result.State.VALUE, "n": None}
_FEW: dict[str, Any] = {"state": Result.State.FEW, "n": None}


def teachers_of(administration_id: int) -> dict[int, int]:
    """Who taught each section when the survey was opened."""
    return dict(fetch(_TEACHERS, administration=administration_id))


_TEACHERS = """
SELECT DISTINCT section_id, teacher_id FROM surveys_invitation
WHERE administration_id = %(administration)s AND section_id IS NOT NULL AND teacher_id IS NOT NULL
"""


def class_results(
    known: Administration,
    forms: Sequence[Any],
    exact: Sequence[tuple[Any, frozenset[int]]],
    rule: Rule,
    *,
    shown: bool,
    only: int | None = None,
) -> list[ClassResult]:
    """The numbers of every class with a teacher. `exact`: each measure, with the schools whose number stands as it is."""
    teachers = teachers_of(known.pk)
    sections: dict[int, list[int | None]] = defaultdict(list)
    for school, section in sorted(
        {(f.organization_id, f.section_id) for f in forms}, key=lambda p: (p[0], p[1] or 0)
    ):
        if only in (None, school):
            sections[school].append(section)
    found: list[ClassResult] = []
    for school, own in sections.items():
        rows = [n for n, form in enumerate(forms) if form.organization_id == school]
        places = [forms[n].section_id for n in rows]
        few = _few(own, places, rule)
        for position, (measure, told_at) in enumerate(exact, start=1):
            well = [measure.well[n] for n in rows]
            told = _told(own, places, well, rule) if school in told_at else {}
            for section in own:
                if section is None or section not in teachers:
                    continue
                values = _FEW if section in few else told.get(section, _WITHHELD)
                found.append(
                    ClassResult(
                        administration=known, organization_id=school, purpose=known.purpose, section_id=section,
                        teacher_id=teachers[section], part=measure.part, key=measure.key, position=position,
                        **(values if shown else values | {"n": None}),
                    )
                )  # fmt: skip
    return found


def protected(
    own: Sequence[int | None], places: Sequence[int | None], well: Sequence[bool | None], rule: Rule
) -> Release:
    """A school over its classes; who is in no class is a class of its own."""
    n: Counter[int | None] = Counter()
    numerator: Counter[int | None] = Counter()
    for place, answer in zip(places, well, strict=True):
        if answer is not None:
            n[place] += 1
            numerator[place] += answer
    lattice = Lattice.build(
        ["school", *map(str, own)],
        [-1, *[0] * len(own)],
        (),
        np.array([[0], *([n[section]] for section in own)], dtype=np.int64),
        np.array([[0], *([numerator[section]] for section in own)], dtype=np.int64),
    )
    return protect(lattice, rule)


def _few(own: Sequence[int | None], places: Sequence[int | None], rule: Rule) -> set[int | None]:
    """Classes that are told nothing of: too few answered, or it would give another away."""
    part = protected(own, places, [True] * len(places), rule)
    return {section for row, section in enumerate(own, start=1) if part.state_of(row, 0) in _HIDDEN}


def _told(
    own: Sequence[int | None], places: Sequence[int | None], well: Sequence[bool | None], rule: Rule
) -> Mapping[int | None, dict[str, Any]]:
    release = protected(own, places, well, rule)
    if release.state_of(0, 0) is not State.SHOWN:  # to tell a class, the school would have to go: it stands already
        return {}
    found: dict[int | None, dict[str, Any]] = {}
    for row, section in enumerate(own, start=1):
        state, n = release.state_of(row, 0), int(release.n[row, 0])
        if state in _HIDDEN or n == 0:
            found[section] = _FEW
            continue
        ends = release.interval(row, 0)
        values: dict[str, Any] = {"state": _STATES[state], "n": n}
        if ends:
            values |= {"share": round(ends[0], DIGITS), "most": round(ends[1], DIGITS)}
        if state is State.SHOWN:
            said = [float(w) for place, w in zip(places, well, strict=True) if place == section and w is not None]
            share = clustered_share(said, range(len(said)))
            values |= {"low": round(share.low, DIGITS), "high": round(share.high, DIGITS)}
        found[section] = values
    return found
