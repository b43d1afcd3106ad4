"""What a closed review says: computed once, stored as it came. Every estimate is `science.measurement`'s.

The share is that of assignments which are grade-appropriate, of all that students of these grades got in the window:
weighted by 1 ÷ chance, clustered by classroom. A group that is too small is withheld by `science.disclosure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.instruments import responding
from fairlead.apps.instruments.selectors import items_of
from fairlead.apps.reviews import sampling
from fairlead.apps.reviews.models import Piece, Result, Review
from fairlead.apps.reviews.services import least_classrooms
from fairlead.science.disclosure import Group, Lattice, Rule, State, protect
from fairlead.science.measurement import (
    MeasurementError,
    exact_and_adjacent,
    hours_below_grade,
    kappa,
    krippendorff_alpha,
    ratio_of_shares,
)

MOST = 0.5
SEED = 20_261_119  # of the resamples behind Krippendorff's interval
GROUPS = ("most", "others")


@dataclass(frozen=True, slots=True)
class Judged:
    """One assignment with what was decided about it. `appropriate` None: not judged to the end."""

    classroom: int
    weight: float
    appropriate: bool | None
    group: str | None


@transaction.atomic
def estimate(review_id: int) -> Result:
    """Count a closed review. Counted again, it is the first result that stands."""
    review = Review.objects.select_for_update(of=("self",)).select_related("version__instrument").get(pk=review_id)
    if review.closed_at is None:
        raise ValueError(f"review {review_id} is not closed")
    known = Result.objects.filter(review=review).first()
    if known is not None:
        return known
    pieces = list(Piece.objects.filter(review=review).order_by("classroom", "place"))
    asked: dict[int, int] = {}
    for piece in pieces:
        if piece.state != Piece.State.ASKED:
            asked[piece.classroom] = asked.get(piece.classroom, 0) + 1
    collected = [piece for piece in pieces if piece.state == Piece.State.COLLECTED]
    for piece in collected:
        piece.weight = sampling.weight(piece.chance_of_classroom, piece.days, asked[piece.classroom])
    Piece.objects.bulk_update(collected, ["weight"])
    ids = [r for p in collected for r in (p.first_response, p.second_response, p.third_response) if r]
    levels = responding.levels_of(ids)
    found = {
        "counts": _counts(pieces, collected),
        "agreement": _agreement(review, collected, levels),
        **_shares(review, collected, levels),
    }
    return Result.objects.create(review=review, organization_id=review.organization_id, at=clock.now(), found=found)


def _counts(pieces: list[Piece], collected: list[Piece]) -> dict[str, int]:
    both = [p for p in collected if p.differs is not None]
    return {
        "drawn": len(pieces),
        "collected": len(collected),
        "none": sum(p.state == Piece.State.NONE for p in pieces),
        "missing": sum(p.state == Piece.State.ASKED for p in pieces),
        "classrooms": len({p.classroom for p in collected}),
        "double": len(both),
        "differing": sum(bool(p.differs) for p in both),
        "decided": sum(p.third_response is not None for p in both),
    }


def decided(piece: Piece, levels: Mapping[Any, Mapping[str, int]], item_key: str, least_level: int) -> bool | None:
    """Whether an assignment is of the grade: what both said, or the third where they differ; None while that is open."""
    if piece.differs is None or (piece.differs and piece.third_response is None):
        return None
    response = piece.third_response if piece.differs else piece.first_response
    level = levels.get(response, {}).get(item_key)
    return None if level is None else level >= least_level


def _agreement(
    review: Review, collected: list[Piece], levels: Mapping[Any, Mapping[str, int]]
) -> list[dict[str, Any]]:
    """By item: exact, adjacent, weighted kappa, alpha; what cannot be had is None, with the reason."""
    rows = []
    for item in items_of(review.version_id):
        if item.kind != "rating":
            continue
        pairs = [
            (
                levels.get(p.first_response, {}).get(item.key),
                levels.get(p.second_response, {}).get(item.key),
                p.classroom,
            )
            for p in collected
        ]
        whole = [(one, two, room) for one, two, room in pairs if one is not None and two is not None]
        row: dict[str, Any] = {
            "key": item.key, "name": item.name, "name_es": item.name_es, "pairs": len(whole), "missing": len(pairs) - len(whole),
        }  # fmt: skip
        first, second = [one for one, _two, _room in whole], [two for _one, two, _room in whole]
        order = list(range(1, len(item.anchors) + 1))
        for name, compute in (
            ("exact", lambda f=first, s=second, w=whole: _interval(exact_and_adjacent(f, s, cluster=[r for *_, r in w]).exact)),
            ("adjacent", lambda f=first, s=second, w=whole: _interval(exact_and_adjacent(f, s, cluster=[r for *_, r in w]).adjacent)),
            ("kappa", lambda f=first, s=second, o=order: _interval(kappa(f, s, weights="quadratic", order=o))),
            ("alpha", lambda f=first, s=second, o=order: _interval(
                krippendorff_alpha(list(zip(f, s, strict=True)), metric="ordinal", order=o, rng=np.random.default_rng(SEED)))),
        ):  # fmt: skip
            try:
                row[name] = compute()
            except MeasurementError as error:
                row[name] = {"value": None, "because": str(error)}
        rows.append(row)
    return rows


def _interval(found: Any) -> dict[str, float | None]:
    return {"value": found.value, "low": found.low, "high": found.high}


def _shares(review: Review, collected: list[Piece], levels: Mapping[Any, Mapping[str, int]]) -> dict[str, Any]:
    groups = _groups(review, collected)
    judged = [
        Judged(
            p.classroom,
            p.weight or 1.0,
            decided(p, levels, review.item_key, review.least_level),
            groups.get(p.classroom),
        )
        for p in collected
    ]
    whole = [one for one in judged if one.appropriate is not None]
    told: dict[str, Any] = {"judged": len(whole), "unjudged": len(judged) - len(whole)}
    try:
        hours = hours_below_grade(
            [float(bool(one.appropriate)) for one in whole],
            [one.classroom for one in whole],
            weights=[one.weight for one in whole],
            hours=review.hours,
        )
    except MeasurementError as error:
        return told | {"hours": None, "share": None, "because": str(error), "compared": None}
    if hours.share.clusters < least_classrooms(review):
        return told | {"hours": None, "share": None, "because": "withheld", "compared": None}
    told["hours"] = _interval(hours) | {"a_year": hours.hours}
    told["share"] = _interval(hours.share) | {
        "classrooms": hours.share.clusters, "n": hours.share.n, "level": hours.share.level, "df": hours.share.df,
        "design_effect": hours.share.design_effect, "method": hours.share.method, "warnings": list(hours.share.warnings),
    }  # fmt: skip
    told["compared"] = _compared(review, whole) if review.compare else None
    return told


_COMPOSITION = """
SELECT p.classroom, avg((CASE %(compare)s
    WHEN 'economically_disadvantaged' THEN d.economically_disadvantaged
    WHEN 'english_learner' THEN d.english_learner
    WHEN 'disability' THEN d.disability
    ELSE d.race_ethnicity = %(compare)s END)::int)::float8
FROM (SELECT DISTINCT classroom, section_id FROM reviews_piece WHERE review_id = %(review)s) p
JOIN roster_enrollment e ON e.section_id = p.section_id AND e.begins <= %(on)s AND (e.ends IS NULL OR e.ends >= %(on)s)
JOIN roster_demographics d ON d.person_id = e.student_id
GROUP BY p.classroom
"""


def _groups(review: Review, collected: list[Piece]) -> dict[int, str]:
    """Of each classroom: whether most of its students are of the group, on the last day of the window."""
    if not review.compare or not collected:
        return {}
    rows = fetch(_COMPOSITION, compare=review.compare, review=review.pk, on=review.ends)
    return {room: GROUPS[0] if share > MOST else GROUPS[1] for room, share in rows if share is not None}


def _compared(review: Review, judged: list[Judged]) -> dict[str, Any]:
    """Both groups' shares, the others' share ÷ this group's, and the difference; or why there is none."""
    rooms = {group: len({one.classroom for one in judged if one.group == group}) for group in GROUPS}
    least = least_classrooms(review)
    if min(rooms.values()) < 2:
        return {"because": "few", "least": 2}
    rule = Rule(min_n=least, width=1, rate_width=0, bands=(), source="no group of fewer classrooms")
    sizes = np.array([[sum(rooms.values()), *rooms.values()]])
    release = protect(Lattice.build(["all"], [-1], [Group("group", GROUPS)], sizes, np.zeros_like(sizes)), rule)
    if any(release.state_of(0, column) in (State.PRIMARY, State.COMPLEMENTARY) for column in (1, 2)):
        return {"because": "withheld", "least": least}
    rows = [one for one in judged if one.group is not None]
    try:
        found = ratio_of_shares(
            [float(bool(one.appropriate)) for one in rows],
            [one.group for one in rows],
            [one.classroom for one in rows],
            first="others",
            second="most",
            weights=[one.weight for one in rows],
        )
    except MeasurementError as error:
        return {"because": str(error)}
    return {
        "most": _interval(found.second) | {"classrooms": found.second.clusters, "n": found.second.n},
        "others": _interval(found.first) | {"classrooms": found.first.clusters, "n": found.first.n},
        "ratio": _interval(found),
        "difference": {"value": found.difference, "low": found.difference_low, "high": found.difference_high},
        "warnings": list(found.warnings),
        "method": found.method,
    }
