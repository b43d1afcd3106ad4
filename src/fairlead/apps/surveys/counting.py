"""Opening the ballots of a closed survey, once: what may be told is worked out, stored, and the answers are let go of names.

Nothing of this can be done by the app's login: ballots are sealed against it. The worker does it in one transaction.

What is published of an item is one number: the share of those who answered that answered *well* (above the middle of
the scale, reversed where the item is; right, where there is a key). Of a domain: the share whose answers in it lie
above the middle on the whole, among those who answered at least half of it. The tables are the fixed lattice of every
other published table (organization × one measure), protected by `science.disclosure`.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from fairlead.apps.access.asking import change, fetch
from fairlead.apps.instruments import policy, scoring
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.nameless import Nameless, record_nameless
from fairlead.apps.instruments.responding import Given
from fairlead.apps.surveys import links
from fairlead.apps.surveys.classes import class_results
from fairlead.apps.surveys.models import Administration, Ballot, ClassResult, Receipt, Result, Tie
from fairlead.apps.surveys.selectors import FLOOR, least_group
from fairlead.science.disclosure import STUDENTS, Band, Lattice, Release, Rule, State, protect
from fairlead.science.measurement import ClusteredShare, clustered_share

DIGITS = 2  # a finer share would give away how many people are behind it
HALF = 0.5  # of a domain's items must be answered
# Groups of five to nine: of so few, "all" says what each of them said.
SMALLEST_BAND = Band(FLOOR, 0.40)
_HIDDEN = (State.PRIMARY, State.COMPLEMENTARY)
_STATES = {State.SHOWN: "shown", State.BOTTOM: "bottom", State.TOP: "top", State.VALUE: "value"}


@dataclass(frozen=True, slots=True)
class Form:
    """A ballot, opened."""

    organization_id: int
    section_id: int | None
    answers: dict[int, Given]
    invitation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """An item or a domain: for each form whether it answered well; None where it did not answer."""

    part: str
    key: str
    well: tuple[bool | None, ...]


def rule_for(least: int) -> Rule:
    """The rule of the published tables, for a least group of so many people."""
    width = min(STUDENTS.width, least - 2)
    bands = tuple(band for band in (SMALLEST_BAND, *STUDENTS.bands))
    return Rule(min_n=least, width=width, rate_width=min(STUDENTS.rate_width, width), bands=bands)


@transaction.atomic
def count(administration_id: int, at: datetime) -> bool:
    """Count a closed survey. False when there is nothing to do: not closed, or counted already."""
    known = (
        Administration.objects.select_for_update(of=("self",))
        .select_related("version__instrument", "organization")
        .filter(pk=administration_id, closed_at__isnull=False, counted_at=None)
        .first()
    )
    if known is None:
        return False
    instrument = known.version.instrument
    least = least_group(instrument)
    rows = Ballot.objects.filter(administration=known).values_list(
        "organization_id", "section_id", "answers", "invitation_id"
    )
    forms = [
        Form(school, section, {int(pk): links.from_data(said) for pk, said in answers.items()}, invitation)
        for school, section, answers, invitation in rows
    ]
    random.SystemRandom().shuffle(forms)
    schools = list(known.schools.order_by("organization_id").values_list("organization_id", flat=True))
    items = instruments.items_of(known.version_id)
    shown = policy.counts_shown(instrument)
    exact = publish(known, schools, forms, items, least, shown=shown)
    if known.asked == Administration.Asked.STUDENTS:
        publish_classes(known, forms, exact, least, shown=shown)
    if len(forms) >= least:  # of fewer, nothing could ever be told: their ballots are not opened
        _let_go(known, forms, least)
    Ballot.objects.filter(administration=known).delete()
    Receipt.objects.filter(administration=known).delete()
    known.counted_at = at
    known.save(update_fields=["counted_at"])
    return True


def publish(
    known: Administration,
    schools: Sequence[int],
    forms: Sequence[Form],
    items: Sequence[Any],
    least: int,
    *,
    shown: bool,
) -> list[tuple[Measure, frozenset[int]]]:
    """Work out and store what may be told: how many answered at each school, and every measure's table.

    Gives each measure with the schools whose number stands exactly.
    """
    rule = rule_for(least)
    top = known.organization_id
    below = [school for school in schools if school != top]
    part = protected(top, below, forms, [True] * len(forms), rule)
    few = {organization for row, organization in enumerate((top, *below)) if part.state_of(row, 0) in _HIDDEN}
    for school, *counts in fetch(_INVITED, administration=known.pk):
        row = ((top, *below).index(school)) if school in (top, *below) else 0
        change(
            _COUNTED, administration=known.pk, school=school, invited=counts[0], opted_out=counts[1],
            no_permission=counts[2], declined=counts[3], floor=FLOOR,
            answered=None if school in few else int(part.n[row, 0]),
        )  # fmt: skip
    results: list[Result] = []
    exact: list[tuple[Measure, frozenset[int]]] = []
    for position, measure in enumerate(measures(forms, items), start=1):
        release = protected(top, below, forms, measure.well, rule)
        here = set()
        for row, organization in enumerate((top, *below)):
            found = told(release, row, organization in few)
            if found["state"] == Result.State.SHOWN:
                members = None if row == 0 else organization
                found |= _interval(forms, measure.well, members)
                here.add(organization)
            results.append(
                Result(
                    administration=known, organization_id=organization, part=measure.part, key=measure.key,
                    position=position, **(found if shown else found | {"n": None}),
                )
            )  # fmt: skip
        exact.append((measure, frozenset(here)))
    Result.objects.bulk_create(results, batch_size=2000)
    return exact


def publish_classes(
    known: Administration,
    forms: Sequence[Form],
    exact: Sequence[tuple[Measure, frozenset[int]]],
    least: int,
    *,
    shown: bool,
    only: int | None = None,
) -> None:
    """The same of every class, for its teacher alone; the demo has it of `only` one school."""
    own = class_results(known, forms, exact, rule_for(least), shown=shown, only=only)
    ClassResult.objects.bulk_create(own, batch_size=2000)


_INVITED = """
SELECT s.organization_id, count(i.id), count(i.id) FILTER (WHERE i.state = 'opted_out'),
       count(i.id) FILTER (WHERE i.state = 'no_permission'), count(i.id) FILTER (WHERE i.state = 'declined')
FROM surveys_schoolasked s
LEFT JOIN surveys_invitation i ON i.administration_id = s.administration_id AND i.organization_id = s.organization_id
WHERE s.administration_id = %(administration)s GROUP BY s.organization_id
"""
_COUNTED = """
UPDATE surveys_schoolasked SET invited = %(invited)s, answered = %(answered)s,
       opted_out = CASE WHEN %(opted_out)s >= %(floor)s THEN %(opted_out)s END,
       no_permission = CASE WHEN %(no_permission)s >= %(floor)s THEN %(no_permission)s END,
       declined = CASE WHEN %(declined)s >= %(floor)s THEN %(declined)s END
WHERE administration_id = %(administration)s AND organization_id = %(school)s
"""


def measures(forms: Sequence[Form], items: Sequence[Any]) -> list[Measure]:
    """Each domain with its items under it, in the form's order; what has no score is not counted."""
    found: list[Measure] = []
    domains: dict[str, list[Any]] = {}
    for item in items:
        if scoring.scale(item) is not None:
            domains.setdefault(item.domain.key, []).append(item)
    for key, own in domains.items():
        places = np.array([[_place(item, form.answers.get(item.pk)) for item in own] for form in forms])
        places = places.reshape(len(forms), len(own))
        answered = (~np.isnan(places)).sum(axis=1)
        enough = answered >= max(1.0, HALF * len(own))
        means = np.divide(np.nansum(places, axis=1), answered, out=np.zeros(len(forms)), where=answered > 0)
        found.append(
            Measure("domain", key, tuple(bool(m > HALF) if e else None for m, e in zip(means, enough, strict=True)))
        )
        found += [
            Measure("item", item.key, tuple(None if np.isnan(v) else bool(v > HALF) for v in column))
            for item, column in zip(own, places.T, strict=True)
        ]
    return found


def _place(item: Any, given: Given | None) -> float:
    """An answer's place on its scale, 0 to 1; NaN where there is none."""
    if given is None:
        return float("nan")
    scored, ends = scoring.score(item, given.level, given.chosen), scoring.scale(item)
    return float("nan") if scored is None or ends is None else (scored - ends[0]) / (ends[1] - ends[0])


def protected(
    top: int, below: Sequence[int], forms: Sequence[Form], well: Sequence[bool | None], rule: Rule
) -> Release:
    """One measure over the organization and its schools, with what must not be told withheld."""
    n: Counter[int] = Counter()
    numerator: Counter[int] = Counter()
    for form, answer in zip(forms, well, strict=True):
        if answer is not None:
            n[form.organization_id] += 1
            numerator[form.organization_id] += answer
    rows = (top, *below)
    lattice = Lattice.build(
        [str(organization) for organization in rows],
        [-1, *[0] * len(below)],
        (),
        np.array([[n[organization]] for organization in rows], dtype=np.int64),
        np.array([[numerator[organization]] for organization in rows], dtype=np.int64),
    )
    return protect(lattice, rule)


def told(release: Release, row: int, few: bool = False) -> dict[str, Any]:
    state, n = release.state_of(row, 0), int(release.n[row, 0])
    if few or state in _HIDDEN or n == 0:
        return {"state": Result.State.FEW, "n": None}
    ends = release.interval(row, 0)
    told = {"share": round(ends[0], DIGITS), "most": round(ends[1], DIGITS)} if ends else {}
    return {"state": _STATES[state], "n": n, **told}


def _interval(forms: Sequence[Form], well: Sequence[bool | None], school: int | None) -> dict[str, float]:
    """The interval of a share that is shown: classes (of one school) or schools (of all) answer alike."""
    here = [(f, w) for f, w in zip(forms, well, strict=True) if w is not None and school in (None, f.organization_id)]
    groups: list[Any] = [f.section_id if school is not None else f.organization_id for f, _w in here]
    if len(set(groups)) < 2 or None in groups:
        groups = list(range(len(here)))
    found: ClusteredShare = clustered_share([float(w) for _f, w in here], groups)
    return {"low": round(found.low, DIGITS), "high": round(found.high, DIGITS)}


def _let_go(known: Administration, forms: Sequence[Form], least: int) -> None:
    """Write the forms as responses that name nobody, in the random order they are in; keep the ties of confidential ones."""
    kept = coarse([(form.organization_id, form.section_id) for form in forms], known.organization_id, least)
    anonymous = known.mode == Administration.Mode.ANONYMOUS
    made = record_nameless(
        known.version_id,
        known.purpose,
        known.opens_on,
        (Nameless(*where, form.answers) for where, form in zip(kept, forms, strict=True)),
        anonymous=anonymous,
    )
    if not anonymous:
        Tie.objects.bulk_create(
            Tie(response_id=pk, organization_id=known.organization_id, invitation_id=form.invitation_id)
            for pk, form in zip(made, forms, strict=True)
            if form.invitation_id is not None
        )


def coarse(places: Sequence[tuple[int, int | None]], top: int, least: int) -> list[tuple[int, int | None]]:
    """Where each form is said to be from: class and school only where that many answered, and no fewer are left over."""
    schools = _large_enough((school for school, _section in places), least)
    sections: set[tuple[int, int | None]] = set()
    for school in schools:
        own = [(s, section) for s, section in places if s == school]
        sections |= _large_enough((place for place in own if place[1] is not None), least, among=len(own))
    return [
        (school, section if (school, section) in sections else None) if school in schools else (top, None)
        for school, section in places
    ]


def _large_enough(labels: Iterable[Any], least: int, among: int | None = None) -> set[Any]:
    """Groups of at least `least`, so many that those left over are none or at least as many."""
    counts = Counter(labels)
    total = sum(counts.values()) if among is None else among
    kept = {label for label, n in counts.items() if n >= least}
    while kept and 0 < total - sum(counts[label] for label in kept) < least:
        kept.remove(min(kept, key=lambda label: (counts[label], str(label))))
    return kept
