"""Two reviews of the demo: mathematics, closed, with what it found; reading at Harbor Point, under way, with a queue."""

from __future__ import annotations

import struct
import uuid
import zlib
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments.selectors import current_version, items_of
from fairlead.apps.reviews import results, sampling, services
from fairlead.apps.reviews.models import Piece, Review, Secret
from fairlead.apps.roster.selectors import scope_for
from fairlead.demo.copying import copy_rows
from fairlead.demo.world import YEAR_BEGINS, ZONE, World
from fairlead.science.impact.lottery import commit

INSTRUMENT = "work-worth-doing"
WANTED = 42  # assignments of the closed review, at least
SEED, SALT = "Tidewater assignments, 5 October 2026", "in the network's safe until the draw"
PLANNED, DRAWN, DEALT, CLOSED = (
    datetime(2026, *at, tzinfo=ZONE) for at in ((9, 28, 10, 0), (10, 5, 9, 0), (10, 19, 9, 0), (11, 2, 16, 0))
)
REVIEWERS = ("dana", "nadia", "hector", "may")
# What the invented pages ask, from least to most: the task, then what a careful reader says of it on each rating.
PAGES = (
    ("Circle the bigger number: 12 or 21. 30 or 13. 45 or 54.", 1),
    ("Copy the rule from the board. Then do rows 1 to 4 the same way as the example.", 1),
    ("Add. Write only the answers: 24 + 13, 41 + 20, 35 + 52, 60 + 18.", 2),
    ("Color the parts that the box names. One half is done for you.", 2),
    ("Put these fractions on the number line from 0 to 2 and say how you knew where each one goes.", 3),
    (
        "A school garden is 6 m by 4 m. Draw two other gardens with the same area. Which needs the least fence? Show why.",
        4,
    ),
    (
        "Two friends measured the same table and got different numbers. Find out how both can be right, and write to them.",
        4,
    ),
)
NO_WORK = ("Field trip to the harbor museum.", "Fire drill and assembly took the hour.", "A test from the district.")


def build(world: World, rng: np.random.Generator) -> None:
    """Plan, draw, collect and close through the services, as the cast would; judgements are copied in."""
    version = current_version(INSTRUMENT)
    if version is None:
        raise RuntimeError("the starter instrument for assignments is missing")
    items = {item.key: item for item in items_of(version.pk)}
    _closed(world, rng, version.pk, items)
    _open(world, rng, version.pk, items)


def _scope(world: World, key: str, on: date) -> Scope:
    scope = scope_for(world.person[key], on)
    if scope is None:
        raise RuntimeError(f"{key} of the cast has no role: build the roster first")
    return scope


def _grades(world: World) -> tuple[int, int, int]:
    """Few grades in a large network, more in a small one: from, to, assignments of each classroom."""
    strata = np.unique(np.stack([world.section_school, world.section_grade]), axis=1)
    for low, high in ((3, 4), (2, 6), (0, 12)):
        many = int(((strata[1] >= low) & (strata[1] <= high)).sum())
        if many * 3 >= WANTED:
            break
    return low, high, -(-WANTED // many)


def _planned(world: World, plan: services.Plan, seed: str) -> Review:
    """A plan with a seed of the demo's own, so that each demo draws the same."""
    review = services.make(_scope(world, "tomas", clock.today()), plan)
    review.commitment = commit(seed, SALT)
    review.save(update_fields=["commitment"])
    Secret.objects.filter(review=review).update(seed=seed, salt=SALT)
    return review


def _collect(world: World, rng: np.random.Generator, review: Review, lift: dict[int, int], *, without: float) -> None:
    tomas = _scope(world, "tomas", clock.today())
    while waiting := list(
        Piece.objects.filter(review=review, state=Piece.State.ASKED).order_by("classroom", "place")
    ):
        for piece in waiting:
            if rng.random() < without:
                services.no_assignment(tomas, piece.pk, str(rng.choice(NO_WORK)))
                continue
            kind = int(np.clip(rng.integers(0, 4) + lift.get(piece.classroom, 0), 0, len(PAGES) - 1))
            picture = _page(rng) if rng.random() < 0.12 else b""
            services.hand_in(
                tomas,
                piece.pk,
                content=picture,
                name="page.png" if picture else "",
                text=PAGES[kind][0],
                no_names=True,
            )


def _closed(world: World, rng: np.random.Generator, version_id: int, items: dict[str, Any]) -> None:
    low, high, each = _grades(world)
    with clock.standing_at(PLANNED):
        plan = services.Plan(
            organization_id=world.network_id, name="Mathematics, fall", subject="Mathematics", purpose="improvement",
            grade_low=low, grade_high=high, begins=YEAR_BEGINS, ends=date(2026, 10, 2), version_id=version_id, classrooms=1,
            assignments=each, compare="economically_disadvantaged",
        )  # fmt: skip
        review = _planned(world, plan, SEED)
    with clock.standing_at(DRAWN):
        services.draw_sample(_scope(world, "tomas", DRAWN.date()), review.pk)
        rooms = dict(Piece.objects.filter(review=review).values_list("classroom", "organization_id"))
        need = {int(pk): float(n) for pk, n in zip(world.school_ids, world.school_need, strict=True)}
        lift = {room: int(rng.integers(0, 3)) + (1 if need[org] < 0.5 else 0) for room, org in sorted(rooms.items())}
        _collect(world, rng, review, lift, without=0.06)
    with clock.standing_at(DEALT):
        tomas = _scope(world, "tomas", DEALT.date())
        services.name_reviewers(tomas, review.pk, [world.person[key] for key in REVIEWERS])
        services.deal(tomas, review.pk)
    with clock.standing_at(CLOSED - timedelta(days=3)):
        _judge(world, rng, review, items, share=1.0)
    with clock.standing_at(CLOSED):
        review.refresh_from_db()
        review.closed_at = CLOSED
        review.save(update_fields=["closed_at"])
        results.estimate(review.pk)


def _open(world: World, rng: np.random.Generator, version_id: int, items: dict[str, Any]) -> None:
    """Of Harbor Point's third grade: some days of Ms. Okafor's room are still asked for, the rest waits to be judged."""
    with clock.standing_at(CLOSED):
        plan = services.Plan(
            organization_id=int(world.school_ids[0]), name="Reading, Harbor Point", subject="Reading", purpose="improvement",
            grade_low=0, grade_high=5, begins=date(2026, 10, 5), ends=date(2026, 10, 30), version_id=version_id, classrooms=12,
            assignments=2,
        )  # fmt: skip
        review = _planned(world, plan, SEED + ", reading")
        tomas = _scope(world, "tomas", CLOSED.date())
        services.draw_sample(tomas, review.pk)
        for piece in Piece.objects.filter(review=review).exclude(teacher_id=world.person["amara"])[:8]:
            services.hand_in(tomas, piece.pk, text=str(PAGES[int(rng.integers(len(PAGES)))][0]), no_names=True)
        services.name_reviewers(tomas, review.pk, [world.person[key] for key in REVIEWERS[:3]])
        services.deal(tomas, review.pk)
        _judge(world, rng, review, items, share=0.3)


RESPONSE = ("id", "version_id", "organization_id", "purpose", "author_id", "section_id", "part", "anonymous", "day",
            "submitted_at", "language")  # fmt: skip
ANSWER = ("response_id", "organization_id", "purpose", "author_id", "item_id", "level", "number", "not_observed")
RATED = ("of-the-grade", "engagement", "wholeness")


def _judge(world: World, rng: np.random.Generator, review: Review, items: dict[str, Any], *, share: float) -> None:
    """First and second of a share of the pieces, then the thirds that this leaves open; written as `services.judge` would."""
    true = dict(PAGES)
    pieces = list(Piece.objects.filter(review=review, first__isnull=False).select_related("copy").order_by("pk"))
    judged = pieces[: int(len(pieces) * share)]
    responses: list[tuple[Any, ...]] = []
    answers: list[tuple[Any, ...]] = []

    def write(piece: Piece, part: str, person: int, spread: float) -> dict[str, int]:
        level, pk = true[piece.copy.text], uuid.uuid5(review_key, f"{piece.pk}-{part}")
        said = {
            key: int(np.clip(level + (rng.choice([-1, 1]) if rng.random() < spread else 0), 1, 4)) for key in RATED
        }
        responses.append((pk, review.version_id, piece.organization_id, review.purpose, person, piece.section_id,
                          services.PARTS[part], False, clock.today(), clock.now(), "en"))  # fmt: skip
        whose = (pk, piece.organization_id, review.purpose, person)
        answers.extend((*whose, items[key].pk, given, None, False) for key, given in said.items())
        answers.append((*whose, items["minutes"].pk, None, float(5 + 5 * level), False))
        setattr(piece, f"{part}_response", pk)
        return said

    review_key = uuid.uuid5(uuid.NAMESPACE_OID, f"review-{review.pk}")
    for piece in judged:
        first, second = (write(piece, part, getattr(piece, f"{part}_id"), 0.28) for part in ("first", "second"))
        piece.differs = bool(sampling.differ(first, second, review.item_key, review.least_level))
    for piece in judged if share == 1.0 else ():
        if piece.differs:
            assert piece.third_id is not None
            write(piece, "third", piece.third_id, 0.0)
            piece.reason = "The page asks it in words."
    copy_rows("instruments_response", RESPONSE, responses)
    copy_rows("instruments_answer", ANSWER, answers)
    Piece.objects.bulk_update(
        judged, ["first_response", "second_response", "third_response", "differs", "reason"], batch_size=500
    )


def _page(rng: np.random.Generator) -> bytes:
    """A small grey picture of a page with lines, some hundred bytes."""
    rows = np.full((120, 90), 250, np.uint8)
    for y in range(14, 110, 9):
        rows[y : y + 2, 10 : int(rng.integers(40, 82))] = 90
    raw = b"".join(b"\0" + row.tobytes() for row in rows)

    def part(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", struct.pack(">IIBBBBB", 90, 120, 8, 0, 0, 0, 0))
        + part(b"IDAT", zlib.compress(raw, 9))
        + part(b"IEND", b"")
    )
