"""Two years of the six conditions in most schools, each from evidence to consensus; Harbor Point rates alone just now.

One school took the newer version in its second year, so that its page refuses what cannot be compared.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from fairlead.apps.instruments.models import Item, Version
from fairlead.apps.roster.models import Role
from fairlead.apps.roster.names import sort_key
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.diagnostics_words import CITY_EVIDENCE, EVIDENCE, PROMISES, REASONS, REVIEW, SAW
from fairlead.demo.world import ZONE, World

LAST_YEAR, THIS_YEAR = date(2026, 5, 12), date(2026, 9, 22)  # when the group talked
OTHER_VERSION = 3  # index of the school that took version 2 in its second year
NOT_YET = (11, 16)  # schools without a diagnosis this year; the latter had none last year either
SPREAD_RATERS = 0.55  # of one rater around what the evidence says, in levels
CITY_STAFF = (("Delia", "Marsh"), ("Anton", "Kessler"))


@dataclass(slots=True)
class Group:
    """Who rates, and with what."""

    org: int
    raters: list[int]
    facilitator: int
    version: int
    items: list[tuple[int, str]]  # id, key


Rows = defaultdict[str, list[tuple[Any, ...]]]


def build(world: World, rng: np.random.Generator) -> None:
    """Write them."""
    conditions = {n: _version("what-makes-it-stick", n) for n in (1, 2)}
    rows: Rows = defaultdict(list)
    for i, org in enumerate(world.school_ids.tolist()):
        group = _group(world, rng, i, org)
        truth = rng.normal(2.4 - 0.5 * float(world.school_need[i]), 0.55, 20)
        if i != NOT_YET[1]:
            group.version, group.items = conditions[1]
            _diagnosis(world, rng, rows, group, truth, 2025, LAST_YEAR, "reviewed" if i % 3 == 0 else "published")
        if i in NOT_YET:
            continue
        group.version, group.items = conditions[2 if i == OTHER_VERSION else 1]
        later = truth + rng.choice([0.0, 0.0, 0.6, 0.9, -0.4], 20)
        stage = "rate" if i == 0 else "published"
        day = date(2026, 11, 10) if i == 0 else THIS_YEAR + timedelta(days=int(rng.integers(0, 21)))
        _diagnosis(world, rng, rows, group, later, 2026, day, stage)
    _team(world, rng, rows)
    _city(world, rng, rows)
    _copy(rows)


def _version(key: str, number: int) -> tuple[int, list[tuple[int, str]]]:
    version = Version.objects.get(instrument__key=key, number=number)
    items = Item.objects.filter(version=version, kind="rating").order_by("position")
    return version.pk, list(items.values_list("pk", "key"))


def _group(world: World, rng: np.random.Generator, i: int, org: int) -> Group:
    teachers = world.section_teacher[world.section_school == i]
    chosen = [int(t) for t in teachers[: min(3, len(teachers))]]
    principal = world.person[f"principal:{i}"]
    people = [principal, *chosen]
    if i % 2 == 0:
        people.append(int(world.school_director[i]))
    return Group(org, people, principal, 0, [])


def _team(world: World, rng: np.random.Generator, rows: Rows) -> None:
    """Two leadership teams looked at how they meet."""
    for i in (0, 1):
        group = _group(world, rng, i, int(world.school_ids[i]))
        group.version, group.items = _version("team-that-leads", 1)
        _diagnosis(world, rng, rows, group, rng.normal(2.5, 0.5, 20), 2026, date(2026, 10, 6), "published")


def _city(world: World, rng: np.random.Generator, rows: Rows) -> None:
    """The city's readiness: Ruth and two of her colleagues."""
    ids = [int(pk) for pk in world.take_ids("roster_person", len(CITY_STAFF))]
    copy_rows(
        "roster_person",
        ("id", "organization_id", "kind", "given_name", "family_name", "sort_name", "language", "email", "phone",
         "sourced_id"),
        [(pk, world.city_id, "staff", given, family, sort_key(family, given), "en", "", "", f"city-{pk}")
         for pk, (given, family) in zip(ids, CITY_STAFF, strict=True)],
    )  # fmt: skip
    advance_ids("roster_person")
    Role.objects.bulk_create(
        Role(person_id=pk, organization_id=world.city_id, role="city_lead", begins=date(2025, 7, 1)) for pk in ids
    )
    ruth = world.person["ruth"]
    group = Group(world.city_id, [ruth, *ids], ruth, 0, [])
    group.version, group.items = _version("ready-to-grow", 1)
    _diagnosis(
        world, rng, rows, group, rng.normal(2.2, 0.6, 20), 2026, date(2026, 10, 20), "published", CITY_EVIDENCE
    )


def _diagnosis(
    world: World, rng: np.random.Generator, rows: Rows, group: Group, truth: np.ndarray, year: int, talk: date,
    stage: str, pool: dict[str, Any] = EVIDENCE,
) -> None:  # fmt: skip
    pk = int(world.take_ids("diagnostics_diagnosis", 1)[0])
    talked = datetime.combine(talk, time(15, 30), tzinfo=ZONE)
    over = stage in ("published", "reviewed")
    begun, rating = talked - timedelta(days=21), talked - timedelta(days=8)
    pieces = _gather(world, rng, rows, group, pk, talk, pool)
    for n, person in enumerate(group.raters):
        given = over or n not in (0, 1)  # where they rate just now, two of the group have not given theirs
        response = _uuid(rng) if given else None
        when = talked - timedelta(days=int(rng.integers(1, 7)), hours=int(rng.integers(0, 6)))
        if given:
            levels = np.clip(
                np.round(truth[: len(group.items)] + rng.normal(0, SPREAD_RATERS, len(group.items))), 1, 4
            )
            unseen = rng.random(len(group.items)) < 0.04
            _respond(world, rng, rows, group, response, person, "individual", when, levels, unseen, pieces)
        rows["diagnostics_rater"].append((pk, group.org, person, response, when if given else None))
    consensus = _uuid(rng) if over else None
    if over:
        levels = np.clip(np.round(truth[: len(group.items)]), 1, 4)
        none = np.zeros(len(group.items), bool)
        _respond(world, rng, rows, group, consensus, group.facilitator, "consensus", talked, levels, none, pieces)
        _promises(world, rng, rows, group, pk, talked, year)
    reviewed = datetime(2026, 9, 15, 14, tzinfo=ZONE) if stage == "reviewed" else None
    rows["diagnostics_diagnosis"].append(
        (pk, group.org, group.version, year, group.facilitator, False, stage, begun, rating, talked if over else None,
         talked if over else None, reviewed, REVIEW if reviewed else "", consensus, 75 if over else None)
    )  # fmt: skip


def _gather(
    world: World, rng: np.random.Generator, rows: Rows, group: Group, pk: int, talk: date, pool: dict[str, Any]
) -> dict[str, list[int]]:
    """Evidence for most items: its ids by the item's key."""
    found: dict[str, list[int]] = {}
    for _item, key in group.items:
        told = pool.get(key, ()) if talk < THIS_YEAR else pool.get(key, ())[::-1]  # another piece in another year
        for text, source in told[: int(rng.integers(1, len(told) + 1))] if told else ():
            piece = int(world.take_ids("diagnostics_evidence", 1)[0])
            dated = talk - timedelta(days=int(rng.integers(9, 30)))
            author = group.raters[int(rng.integers(len(group.raters)))]
            added = datetime.combine(dated, time(16), tzinfo=ZONE)
            rows["diagnostics_evidence"].append((piece, pk, group.org, author, [key], text, source, dated, "", added))
            found.setdefault(key, []).append(piece)
    return found


def _respond(
    world: World, rng: np.random.Generator, rows: Rows, group: Group, response: uuid.UUID | None, person: int,
    part: str, when: datetime, levels: np.ndarray, unseen: np.ndarray, pieces: dict[str, list[int]],
) -> None:  # fmt: skip
    purpose = "survey" if part == "individual" else "improvement"
    rows["instruments_response"].append(
        (response, group.version, group.org, purpose, person, None, part, False, when.date(), when, "en")
    )
    for n, (item, key) in enumerate(group.items):
        level = None if unseen[n] else int(levels[n])
        rows["instruments_answer"].append((response, group.org, purpose, person, None, item, level, level is None))
        if level is None:
            continue
        held = pieces.get(key, [])
        for piece in held if part == "consensus" else held[:1]:
            rows["diagnostics_restson"].append((group.org, purpose, person, response, item, piece))
        if part == "consensus" or rng.random() < 0.35:
            said = REASONS[level - 1] if part == "consensus" else SAW[level - 1]
            words = said[int(rng.integers(len(said)))]
            rows["instruments_note"].append(
                (_uuid(rng), response, group.org, purpose, person, None, [key], None, words)
            )


def _promises(
    world: World, rng: np.random.Generator, rows: Rows, group: Group, pk: int, talked: datetime, year: int
) -> None:
    """The principal promises something, and a teacher to the principal."""
    keys = {key: item for item, key in group.items}
    for owner, to in ((group.facilitator, group.raters[1]), (group.raters[1], group.facilitator)):
        known = [key for key in PROMISES if key in keys]
        if not known:
            return
        key = known[int(rng.integers(len(known)))]
        contact, promise = (int(world.take_ids(f"support_{t}", 1)[0]) for t in ("contact", "promise"))
        due = talked.date() + timedelta(days=int(rng.choice([21, 35, 60, 90])))
        kept = None if due > world.today else datetime.combine(due, time(15), tzinfo=ZONE) - timedelta(days=2)
        rows["support_contact"].append((contact, group.org, owner, to, talked, 75, "meeting", "improvement"))
        rows["support_promise"].append(
            (promise, group.org, "improvement", contact, owner, to, talked, due, kept, False)
        )
        rows["support_promisewords"].append(
            (promise, group.org, "improvement", owner, to, PROMISES[key][int(rng.integers(len(PROMISES[key])))], "")
        )
        rows["diagnostics_nextstep"].append((pk, group.org, keys[key], promise))


def _uuid(rng: np.random.Generator) -> uuid.UUID:
    return uuid.UUID(bytes=rng.bytes(16), version=4)


# In the order in which they refer to each other.
_COLUMNS = {
    "instruments_response": "id version_id organization_id purpose author_id subject_id part anonymous day submitted_at language",
    "instruments_answer": "response_id organization_id purpose author_id subject_id item_id level not_observed",
    "instruments_note": "id response_id organization_id purpose author_id subject_id tags at text",
    "support_contact": "id organization_id lead_id with_person_id at minutes kind purpose",
    "support_promise": "id organization_id purpose contact_id owner_id made_to_id made_at due kept_at done_another_way",
    "support_promisewords": "promise_id organization_id purpose owner_id made_to_id text because",
    "diagnostics_diagnosis": "id organization_id version_id year facilitator_id named stage begun_at rating_at consensus_at published_at reviewed_at review consensus_id minutes instrument_id",
    "diagnostics_rater": "diagnosis_id organization_id person_id response_id given_at",
    "diagnostics_evidence": "id diagnosis_id organization_id author_id items text source dated link added_at",
    "diagnostics_restson": "organization_id purpose author_id response_id item_id evidence_id",
    "diagnostics_nextstep": "diagnosis_id organization_id item_id promise_id",
}


def _copy(rows: Rows) -> None:
    instruments = dict(Version.objects.values_list("pk", "instrument_id"))
    rows["diagnostics_diagnosis"] = [(*row, instruments[row[2]]) for row in rows["diagnostics_diagnosis"]]
    for table, columns in _COLUMNS.items():
        copy_rows(table, columns.split(), rows[table])
    for table in ("diagnostics_diagnosis", "diagnostics_evidence", "support_contact", "support_promise"):
        advance_ids(table)
