"""A year of surveys: what teachers hold true (closed), what a class is like for students (closed), and one that is open."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import numpy as np

from fairlead.apps.instruments import policy
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.responding import Given
from fairlead.apps.surveys import counting, links
from fairlead.apps.surveys.models import Administration, ClassSession, FamilyNotice, SchoolAsked
from fairlead.apps.surveys.selectors import least_group
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.world import ZONE, World

BELIEFS, CLASS = "what-we-hold-true", "in-this-class"
GRADES = (3, 4)  # of students who are asked
SKIPPED = 0.03  # of questions
CODE = "reef2468"  # of the class that is open
FEW = 3  # answers came from the last school: too few to tell


def build(world: World, rng: np.random.Generator) -> None:
    """Three surveys, the latest open now."""
    schools = np.arange(len(world.school_ids))
    teachers = (world.section_school, world.section_teacher, None)
    before = _survey(
        world, BELIEFS, "confidential", "staff", date(2026, 9, 14), date(2026, 9, 25),
        "What we hold true, September", "Lo que creemos, septiembre",
    )  # fmt: skip
    _ask(world, rng, before, schools, teachers, 0.82)
    asked = np.flatnonzero(np.isin(world.student_grade, GRADES))
    place = world.section_school[world.student_section[asked]]
    students = (place, world.student_ids[asked], world.student_section[asked])
    classes = _survey(
        world, CLASS, "anonymous", "students", date(2026, 10, 19), date(2026, 10, 30),
        "In this class", "En esta clase", grade_low=GRADES[0], grade_high=GRADES[1],
    )  # fmt: skip
    _ask(world, rng, classes, np.unique(place), students, 0.86)
    now = _survey(
        world, BELIEFS, "confidential", "staff", date(2026, 11, 9), date(2026, 12, 4),
        "What we hold true, November", "Lo que creemos, noviembre",
        words="We ask again after the autumn's work together. Thank you for ten honest minutes.",
        words_es="Preguntamos otra vez después del trabajo de este otoño. Gracias por diez minutos sinceros.",
    )  # fmt: skip
    _ask(world, rng, now, schools, teachers, 0.55, still_open=True)
    here = place == 0
    _class_now(world, rng, tuple(column[here] for column in students))
    advance_ids("surveys_invitation")


def _class_now(world: World, rng: np.random.Generator, students: tuple[np.ndarray, ...]) -> None:
    """One that asks students of the first school now: three families said no, and Ms. Okafor's class is open."""
    known = _survey(
        world, CLASS, "anonymous", "students", date(2026, 11, 16), date(2026, 11, 25),
        "In this class, November", "En esta clase, noviembre", grade_low=GRADES[0], grade_high=GRADES[1],
        opt_out_until=date(2026, 11, 13),
    )  # fmt: skip
    amara = world.person["amara"]
    own = int(np.flatnonzero(world.section_teacher == amara)[0])
    others = students[1][students[2] != own]
    out = others[:: max(1, len(others) // 3)][:3]
    at = datetime.combine(date(2026, 11, 10), time(8, 20), tzinfo=ZONE)
    FamilyNotice.objects.bulk_create(
        FamilyNotice(
            administration=known, organization_id=int(world.school_ids[0]), student_id=int(student), opted_out=True,
            said_at=at + timedelta(days=n), entered_by_id=world.person["luis"] if n else None,
        )
        for n, student in enumerate(out)
    )  # fmt: skip
    _ask(world, rng, known, np.array([0]), students, 0.3, still_open=True, out=out)
    SchoolAsked.objects.filter(administration=known).update(notices_at=at - timedelta(days=6))
    ClassSession.objects.create(
        administration=known, organization_id=int(world.school_ids[0]), section_id=int(world.section_ids[own]),
        opened_by_id=amara, day=world.moment.date(), code=CODE,
    )  # fmt: skip


def _survey(
    world: World, key: str, mode: str, asked: str, first: date, last: date, name: str, name_es: str, **more: Any
) -> Administration:
    version = instruments.current_version(key)
    assert version is not None
    at = datetime.combine(first, time(7), tzinfo=ZONE)
    return Administration.objects.create(
        organization_id=world.network_id, version=version, name=name, name_es=name_es, purpose="survey", mode=mode,
        asked=asked, role="teacher" if asked == "staff" else "", opens_on=first, closes_on=last,
        made_by_id=world.person["ines"], made_at=at - timedelta(days=5), opened_at=at, **more,
    )  # fmt: skip


def _ask(
    world: World, rng: np.random.Generator, known: Administration, schools: np.ndarray, people: Any, share: float,
    *, still_open: bool = False, out: np.ndarray | None = None,
) -> None:  # fmt: skip
    """Invite people (school by index, person, section by index), let a share of them answer, and count what is closed.

    `out`: whose family said no.
    """
    place, person, section = people
    anonymous = known.mode == Administration.Mode.ANONYMOUS
    SchoolAsked.objects.bulk_create(
        SchoolAsked(administration=known, organization_id=int(world.school_ids[s]), slips_at=known.opened_at)
        for s in schools
    )
    order = rng.permutation(len(person))
    ids = world.take_ids("surveys_invitation", len(person))
    kept_out = np.isin(person, out if out is not None else [])
    answered = (rng.random(len(person)) < share) & ~kept_out
    if still_open:
        answered &= person != world.person["amara"]  # it waits for her
    elif not anonymous:  # at the last school hardly anybody did
        last = np.flatnonzero(place == schools[-1])
        answered[last] = np.arange(len(last)) < FEW
    copy_rows(
        "surveys_invitation",
        ("id", "administration_id", "organization_id", "anonymous", "person_id", "section_id", "teacher_id", "state", "mailed"),
        (
            (
                int(ids[n]), known.pk, int(world.school_ids[place[i]]), anonymous, None if anonymous else int(person[i]),
                None if section is None else int(world.section_ids[section[i]]),
                None if section is None else int(world.section_teacher[section[i]]),
                "answered" if answered[i] else "opted_out" if kept_out[i] else "waiting", False,
            )
            for n, i in enumerate(order)
        ),
    )  # fmt: skip
    invitation = np.empty(len(person), np.int64)
    invitation[order] = ids
    items = instruments.items_of(known.version_id)
    who = rng.permutation(np.flatnonzero(answered))
    levels = _levels(world, rng, items, place[who])
    forms = [
        counting.Form(
            int(world.school_ids[place[i]]),
            None if section is None else int(world.section_ids[section[i]]),
            {item.pk: Given(level=int(level)) for item, level in zip(items, row, strict=True) if level},
            None if anonymous else int(invitation[i]),
        )
        for i, row in zip(who, levels, strict=True)
    ]
    if still_open:
        _seal(known, rng, forms)
        return
    least = least_group(known.version.instrument)
    shown = policy.counts_shown(known.version.instrument)
    exact = counting.publish(known, [int(world.school_ids[s]) for s in schools], forms, items, least, shown=shown)
    if known.asked == Administration.Asked.STUDENTS:
        counting.publish_classes(known, forms, exact, least, shown=shown, only=int(world.school_ids[0]))
    _let_go(known, rng, forms, least)
    at = datetime.combine(known.closes_on + timedelta(days=1), time(0, 40), tzinfo=ZONE)
    Administration.objects.filter(pk=known.pk).update(closed_at=at, counted_at=at + timedelta(minutes=1))


def _levels(world: World, rng: np.random.Generator, items: Sequence[Any], place: np.ndarray) -> np.ndarray:
    """A level a person and item, 0 where it was left out: people differ, schools a little, questions a lot."""
    theta = 0.5 + rng.normal(0, 0.9, len(place)) - 0.7 * (world.school_need[place] - 0.5)
    hard = rng.normal(0, 0.6, len(items))
    told = theta[:, None] - hard[None, :] + rng.normal(0, 0.8, (len(place), len(items)))
    many = np.array([len(item.options) for item in items])
    turned = np.array([item.reverse for item in items])
    level = np.clip(np.rint((many + 1) / 2 + told * many / 5), 1, many).astype(int)
    level = np.where(turned, many + 1 - level, level)
    return np.where(rng.random(level.shape) < SKIPPED, 0, level)


def _uuids(rng: np.random.Generator, n: int) -> list[UUID]:
    raw = rng.bytes(16 * n)
    return [UUID(bytes=raw[16 * i : 16 * i + 16], version=4) for i in range(n)]


def _seal(known: Administration, rng: np.random.Generator, forms: Sequence[counting.Form]) -> None:
    copy_rows(
        "surveys_ballot",
        ("id", "administration_id", "organization_id", "section_id", "anonymous", "invitation_id", "answers"),
        (
            (
                pk, known.pk, form.organization_id, form.section_id, form.invitation_id is None, form.invitation_id,
                json.dumps({item: links.as_data(given) for item, given in form.answers.items()}),
            )
            for pk, form in zip(_uuids(rng, len(forms)), forms, strict=True)
        ),
    )  # fmt: skip


def _let_go(known: Administration, rng: np.random.Generator, forms: Sequence[counting.Form], least: int) -> None:
    """As the closing does, by COPY."""
    places = counting.coarse([(f.organization_id, f.section_id) for f in forms], known.organization_id, least)
    ids = _uuids(rng, len(forms))
    anonymous = known.mode == Administration.Mode.ANONYMOUS
    copy_rows(
        "instruments_response",
        ("id", "organization_id", "purpose", "version_id", "part", "section_id", "anonymous", "day", "language"),
        (
            (pk, organization, known.purpose, known.version_id, "single", section, anonymous, known.opens_on, "")
            for pk, (organization, section) in zip(ids, places, strict=True)
        ),
    )
    copy_rows(
        "instruments_answer",
        ("organization_id", "purpose", "response_id", "item_id", "level", "not_observed"),
        (
            (organization, known.purpose, pk, item, given.level, False)
            for pk, (organization, _section), form in zip(ids, places, forms, strict=True)
            for item, given in form.answers.items()
        ),
    )
    if not anonymous:
        copy_rows(
            "surveys_tie",
            ("response_id", "organization_id", "invitation_id"),
            ((pk, known.organization_id, form.invitation_id) for pk, form in zip(ids, forms, strict=True)),
        )
