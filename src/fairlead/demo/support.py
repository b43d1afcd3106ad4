"""A year of visits and contacts: coaches and principals in classrooms, directors with principals, research visits.

One pass over who helps whom writes visits with their levels, contacts, and promises with their words. The coaching
of 2026-27 goes to the winners of the lottery (nearly: a few did not take it up, a few others got it) and to teachers
outside of it. Research visits before the draw and in November carry the lottery's true effect on practice.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

import numpy as np

from fairlead.apps.instruments.models import Instrument, Item, Version
from fairlead.apps.roster.models import Role
from fairlead.apps.roster.names import sort_key
from fairlead.demo import sayings
from fairlead.demo.cast import COACHES
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.world import TODAY, YEAR_BEGINS, ZONE, World, school_days

BEGINS = date(2025, 11, 19)
LAST_YEAR_ENDS = date(2026, 6, 12)
BREAKS = ((date(2025, 11, 27), date(2025, 11, 28)), (date(2025, 12, 22), date(2026, 1, 2)),
          (date(2026, 2, 16), date(2026, 2, 20)), (date(2026, 4, 6), date(2026, 4, 10)))  # fmt: skip
TRUE_EFFECT = 0.30  # of coaching on practice, on the latent scale of the levels (1 to 4)
SPREAD_TEACHERS, SPREAD_VISITS, SPREAD_ITEMS = 0.42, 0.18, 0.45
COACHED_SHARE = 0.20  # of all teachers, with and without the lottery: about 120 of 600
TAKES_UP, CROSSES_OVER = 0.95, 0.03
MARCUS_LAST_CONTACT = (2, 9, 16, 34, 5)  # days ago, by school: what his desk has to show
RESEARCH_VISITORS = (("Noor", "Haddad"), ("Elliot", "Brandt"))


@dataclass(slots=True)
class Book:
    """Rows on their way into the tables."""

    version: int
    items: list[tuple[int, bool]]  # id, whether it is rated
    scripts_of: int  # whose visits are scripted
    supports: list[tuple[object, ...]] = field(default_factory=list)
    participants: list[tuple[object, ...]] = field(default_factory=list)
    visits: list[tuple[object, ...]] = field(default_factory=list)
    responses: list[tuple[object, ...]] = field(default_factory=list)
    ratings: list[tuple[object, ...]] = field(default_factory=list)
    notes: list[tuple[object, ...]] = field(default_factory=list)
    contacts: list[tuple[object, ...]] = field(default_factory=list)
    promises: list[tuple[object, ...]] = field(default_factory=list)
    words: list[tuple[object, ...]] = field(default_factory=list)


def build(world: World, rng: np.random.Generator) -> None:
    """Write the year. Leaves `world.extra["coached_teacher_ids"]` and `world.extra["research_true_effect"]`."""
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    items = list(Item.objects.filter(version=version).order_by("position"))
    book = Book(
        version.pk,
        [(i.pk, i.kind == "rating") for i in items],
        world.person["dana"],
    )
    practice = dict(
        zip(
            world.section_teacher.tolist(),
            rng.normal(2.35, SPREAD_TEACHERS, len(world.section_teacher)).tolist(),
            strict=True,
        )
    )
    coached = _coached(world, rng)
    world.extra["coached_teacher_ids"] = np.array(sorted(coached), np.int64)
    world.extra["research_true_effect"] = TRUE_EFFECT
    _coaching(world, rng, book, practice, coached)
    _walkthroughs(world, rng, book)
    _supervision(world, rng, book)
    _research(world, rng, book, practice, coached)
    _copy(world, book)
    _certificates(world)


# Who is helped -----------------------------------------------------------------------------------------------------


def _coached(world: World, rng: np.random.Generator) -> set[int]:
    """Teachers coached in 2026-27: the lottery's winners, nearly, and others outside of it."""
    lottery = world.extra["lottery"]
    assigned = lottery["assigned"]
    got = np.where(assigned, rng.random(len(assigned)) < TAKES_UP, rng.random(len(assigned)) < CROSSES_OVER)
    coached = {int(t) for t in lottery["teacher_ids"][got]} | {world.person["amara"]}
    outside = np.setdiff1d(world.section_teacher, lottery["teacher_ids"])
    more = max(0, round(COACHED_SHARE * world.teachers) - len(coached))
    return coached | {int(t) for t in rng.permutation(outside)[:more]}


def _coach_of(world: World, school: int) -> int:
    return world.person[COACHES[school * len(COACHES) // world.schools].key]


def _director_of(world: World, school: int) -> int:
    """By the plan chosen for the year (see `demo.caseload`)."""
    return int(world.school_director[school])


# How a row is written ----------------------------------------------------------------------------------------------


def _days(first: date, last: date) -> list[date]:
    return [d for d in school_days(first, last) if not any(a <= d <= b for a, b in BREAKS)]


def _at(day: date, rng: np.random.Generator) -> datetime:
    return datetime.combine(day, time(8, 30), tzinfo=ZONE) + timedelta(minutes=int(rng.integers(0, 66)) * 5)


def _pick(rng: np.random.Generator, sayings: Sequence[str]) -> str:
    return sayings[int(rng.integers(len(sayings)))]


def _support(
    world: World, book: Book, org: int, kind: str, purpose: str, goal: str, lead: int, person: int,
    begins: date, ends: date | None, minutes: int,
) -> int:  # fmt: skip
    pk = int(world.take_ids("support_support", 1)[0])
    cycle = (kind, 1) if ends is None else ("", None)  # this year's follow a template; last year's had none yet
    book.supports.append((pk, org, kind, purpose, goal, lead, begins, ends, minutes, *cycle))
    book.participants.append((pk, org, person, begins, ends))
    return pk


def _visit(
    world: World, rng: np.random.Generator, book: Book, *, org: int, section: int | None, purpose: str, visitor: int,
    subject: int, at: datetime, minutes: int, support: int | None, note: str, feedback: str,
    latent: float | None = None, shared: datetime | None = None, closed: datetime | None = None, answer: str = "",
    because: str = "",
) -> int:  # fmt: skip
    """A visit with its levels and its contact; gives the contact."""
    pk = int(world.take_ids("instruments_visit", 1)[0])
    token = uuid.UUID(bytes=rng.bytes(16), version=4)  # of the visit and of its own response
    book.visits.append(
        (pk, token, org, purpose, visitor, subject, section, at, minutes,
         None if latent is None else book.version, note, feedback, at + timedelta(minutes=minutes), shared,
         closed if answer else None, answer, closed, because)
    )  # fmt: skip
    if latent is not None:
        book.responses.append(
            (token, org, purpose, visitor, subject, book.version, "single", pk, section, False, at.date(),
             at + timedelta(minutes=minutes), "en")
        )  # fmt: skip
        noise = rng.normal(0, SPREAD_ITEMS, len(book.items))
        seen = rng.random(len(book.items)) > 0.05
        for k, (item, rated) in enumerate(book.items):
            if rated:
                level = int(np.clip(round(latent + float(noise[k])), 1, 4)) if seen[k] else None
                book.ratings.append((token, org, purpose, visitor, subject, item, level, level is None))
        if visitor == book.scripts_of:
            _script(book, token, (org, purpose, visitor, subject), at, pk)
    return _contact(
        world, book, org=org, support=support, visit=pk, lead=visitor, person=subject, at=at, minutes=minutes,
        kind="visit", purpose=purpose, shared=shared, closed=closed,
    )  # fmt: skip


def _script(book: Book, token: uuid.UUID, walled: tuple[object, ...], at: datetime, pk: int) -> None:
    """What was seen and heard, with its minutes: without a draw, so that all else stays as it is."""
    for n, (minute, text, tags) in enumerate(sayings.SCRIPTS[pk % len(sayings.SCRIPTS)]):
        line = uuid.uuid5(token, str(n))
        book.notes.append((line, token, *walled, list(tags), at + timedelta(minutes=minute), text))


def _contact(
    world: World, book: Book, *, org: int, support: int | None, visit: int | None, lead: int, person: int, at: datetime,
    minutes: int, kind: str, purpose: str, shared: datetime | None = None, closed: datetime | None = None,
) -> int:  # fmt: skip
    pk = int(world.take_ids("support_contact", 1)[0])
    book.contacts.append((pk, org, support, visit, lead, person, at, minutes, kind, purpose, shared, closed))
    return pk


def _promise(
    world: World, book: Book, *, org: int, purpose: str, contact: int, owner: int, made_to: int, made: datetime,
    due: date, kept: datetime | None, text: str, because: str = "",
) -> None:  # fmt: skip
    pk = int(world.take_ids("support_promise", 1)[0])
    book.promises.append((pk, org, purpose, contact, owner, made_to, made, due, kept, bool(because)))
    shown = kept is not None and not because and pk % 3 == 0  # a third of the kept ones say what shows it
    evidence = sayings.EVIDENCE[pk // 3 % len(sayings.EVIDENCE)] if shown else ""
    book.words.append((pk, org, purpose, owner, made_to, text, because, evidence))


def _maybe_promise(
    world: World, rng: np.random.Generator, book: Book, *, org: int, purpose: str, contact: int, owner: int,
    made_to: int, made: datetime, chance: float, texts: Sequence[str],
) -> None:  # fmt: skip
    """Now and then a promise, mostly kept; what is open is recent, or overdue."""
    if rng.random() > chance:
        return
    due = made.date() + timedelta(days=int(rng.choice([5, 7, 10, 14])))
    kept = made + timedelta(days=float(rng.integers(1, 14)), hours=3)
    forgotten = rng.random() < (0.10 if (TODAY - due).days < 40 else 0.0)
    because = _pick(rng, sayings.OTHERWISE) if rng.random() < 0.08 else ""
    if forgotten or kept.date() >= TODAY:
        kept_at, because = None, ""
    else:
        kept_at = kept
    _promise(
        world, book, org=org, purpose=purpose, contact=contact, owner=owner, made_to=made_to, made=made, due=due,
        kept=kept_at, text=_pick(rng, texts), because=because,
    )  # fmt: skip


def _fate(
    rng: np.random.Generator, at: datetime, shares: float, answers: float
) -> tuple[datetime | None, datetime | None, str, str]:
    """When feedback was shared and closed, the teacher's answer, and how else it was given."""
    shared = at + timedelta(hours=float(rng.choice([2, 5, 23, 28, 50], p=[0.35, 0.25, 0.2, 0.12, 0.08])))
    closed = shared + timedelta(hours=float(rng.integers(3, 120)))
    now = datetime.combine(TODAY, time(8, 0), tzinfo=ZONE)
    old = (TODAY - at.date()).days > 21
    if rng.random() < shares:
        if shared > now:
            return None, None, "", ""
        if rng.random() < answers and closed < now:
            return shared, closed, _pick(rng, sayings.ANSWERS), ""
        if (old and rng.random() < 0.97 and closed < now) or (TODAY - at.date()).days > 60:
            return shared, closed, "", _pick(rng, sayings.OTHERWISE)
        return shared, None, "", ""
    if (TODAY - at.date()).days > 45 or (old and rng.random() < 0.97) or rng.random() < 0.3:
        return None, at + timedelta(hours=4), "", _pick(rng, sayings.OTHERWISE)
    return None, None, "", ""


# The year ----------------------------------------------------------------------------------------------------------


def _coaching(
    world: World, rng: np.random.Generator, book: Book, practice: dict[int, float], coached: set[int]
) -> None:
    last_year = set(rng.permutation(np.setdiff1d(world.section_teacher, world.extra["lottery"]["teacher_ids"]))[
        : round(0.17 * world.teachers)
    ].tolist())  # fmt: skip
    amara = world.person["amara"]
    for index, teacher in enumerate(world.section_teacher.tolist()):
        school = int(world.section_school[index])
        org, coach = int(world.school_ids[school]), _coach_of(world, school)
        section = int(world.section_ids[index])
        periods: list[tuple[date, date, date, date | None, int, int | None]] = []
        if teacher in last_year:
            periods.append((BEGINS, LAST_YEAR_ENDS, date(2025, 9, 2), LAST_YEAR_ENDS, 15, None))
        if teacher in coached:
            periods.append((YEAR_BEGINS, TODAY - timedelta(days=1), date(2026, 8, 25), None, 10, section))
        for first, last, begins, ends, every, room in periods:
            goal = _pick(rng, sayings.COACHING_GOALS)
            support = _support(
                world, book, org, "teacher_coaching", "coaching", goal, coach, teacher, begins, ends, 60
            )
            if teacher == amara:
                _amara(world, rng, book, org, section, coach, support)
                continue
            _coached_year(
                world, rng, book, practice[teacher], _days(first, last), every, org, room, coach, teacher, support
            )


def _coached_year(
    world: World, rng: np.random.Generator, book: Book, base: float, days: list[date], every: int, org: int,
    section: int | None, coach: int, teacher: int, support: int,
) -> None:  # fmt: skip
    """Every two or three weeks a visit, now and then a meeting."""
    at, done = int(rng.integers(0, every)), 0
    while at < len(days):
        begins = _at(days[at], rng)
        if rng.random() < 0.72:
            shared, closed, answer, because = _fate(rng, begins, 0.93, 0.72)
            latent = base + 0.02 * done + float(rng.normal(0.12, SPREAD_VISITS))
            contact = _visit(
                world, rng, book, org=org, section=section, purpose="coaching", visitor=coach, subject=teacher,
                at=begins, minutes=int(rng.choice([10, 12, 12, 12, 15, 20, 25])), support=support,
                note=_pick(rng, sayings.NOTES), feedback=_pick(rng, sayings.FEEDBACK) if shared or rng.random() < 0.5 else "",
                latent=latent, shared=shared, closed=closed, answer=answer, because=because,
            )  # fmt: skip
            done += 1
        else:
            contact = _contact(
                world, book, org=org, support=support, visit=None, lead=coach, person=teacher, at=begins,
                minutes=int(rng.choice([20, 30, 30, 45])), kind="call" if rng.random() < 0.15 else "meeting",
                purpose="coaching",
            )  # fmt: skip
        _maybe_promise(
            world, rng, book, org=org, purpose="coaching", contact=contact, owner=coach, made_to=teacher,
            made=begins + timedelta(minutes=20), chance=0.28, texts=sayings.PROMISES,
        )  # fmt: skip
        at += max(2, int(rng.normal(every, every / 4)))


def _amara(
    world: World, rng: np.random.Generator, book: Book, org: int, section: int, coach: int, support: int
) -> None:
    """Dana's two earlier visits to Amara: one closed, one waiting for an answer, with a promise due tomorrow."""
    amara = world.person["amara"]
    first = datetime(2026, 9, 24, 10, 5, tzinfo=ZONE)
    contact = _visit(
        world, rng, book, org=org, section=section, purpose="coaching", visitor=coach, subject=amara, at=first,
        minutes=12, support=support, note="Comparing fractions on number lines. Came in during the partner work.",
        feedback="Eighteen of twenty-two placed one half first and used it to decide on the rest: your question set that up. Four waited for a neighbour. What could they do in the first thirty seconds?",
        latent=2.4, shared=first + timedelta(hours=4), closed=first + timedelta(hours=29),
        answer="I gave the four a blank number line to start with. It worked for three of them.",
    )  # fmt: skip
    _promise(
        world, book, org=org, purpose="coaching", contact=contact, owner=coach, made_to=amara,
        made=first + timedelta(minutes=15), due=date(2026, 10, 2), kept=datetime(2026, 10, 1, 15, 10, tzinfo=ZONE),
        text="Bring blank number lines for the whole class",
    )  # fmt: skip
    second = datetime(2026, 11, 12, 9, 40, tzinfo=ZONE)
    contact = _visit(
        world, rng, book, org=org, section=section, purpose="coaching", visitor=coach, subject=amara, at=second,
        minutes=14, support=support, note="Equal parts of different wholes. Discussion at the carpet, then notebooks.",
        feedback="You let two students disagree for a whole minute before you asked the class. That is where the thinking happened. Next: have everyone write which of the two they agree with before anybody speaks.",
        latent=2.8, shared=second + timedelta(hours=6),
    )  # fmt: skip
    _promise(
        world, book, org=org, purpose="coaching", contact=contact, owner=coach, made_to=amara,
        made=second + timedelta(minutes=20), due=TODAY + timedelta(days=1), kept=None,
        text="Open the lesson on unequal wholes together and bring two sets of paper strips",
    )  # fmt: skip


def _walkthroughs(world: World, rng: np.random.Generator, book: Book) -> None:
    """Principals in classrooms: some often and with feedback, some seldom."""
    days = _days(BEGINS, LAST_YEAR_ENDS) + _days(YEAR_BEGINS, TODAY - timedelta(days=1))
    sections = [np.flatnonzero(world.section_school == i) for i in range(world.schools)]
    for school in range(world.schools):
        org, principal = int(world.school_ids[school]), world.person[f"principal:{school}"]
        often, shares = float(rng.uniform(0.08, 0.42)), float(rng.uniform(0.45, 0.95))
        for day in days:
            if rng.random() > often:
                continue
            at = _at(day, rng)
            k = int(rng.choice(sections[school]))
            appraisal = rng.random() < 0.12
            shared, closed, answer, because = _fate(rng, at, 1.0 if appraisal else shares, 0.6)
            _visit(
                world, rng, book, org=org, section=int(world.section_ids[k]) if day >= YEAR_BEGINS else None,
                purpose="appraisal" if appraisal else "coaching", visitor=principal,
                subject=int(world.section_teacher[k]), at=at, minutes=int(rng.choice([5, 8, 10, 12, 15])),
                support=None, note="", feedback=_pick(rng, sayings.LEADER_FEEDBACK) if shared else "", shared=shared,
                closed=closed, answer=answer, because=because,
            )  # fmt: skip


def _supervision(world: World, rng: np.random.Generator, book: Book) -> None:
    """Directors with principals: school visits, meetings, calls; Marcus's latest differ from school to school."""
    marcus = iter(MARCUS_LAST_CONTACT)
    for school in range(world.schools):
        org, principal = int(world.school_ids[school]), world.person[f"principal:{school}"]
        director = _director_of(world, school)
        drawn = int(rng.integers(1, 24))
        ago = next(marcus, drawn) if director == world.person["marcus"] else drawn
        support = _support(
            world, book, org, "supervision", "supervision", _pick(rng, sayings.SUPERVISION_GOALS), director, principal,
            date(2025, 7, 1), None, int(world.extra["caseload_minutes"][school]),
        )  # fmt: skip
        days = _days(BEGINS, LAST_YEAR_ENDS) + _days(YEAR_BEGINS, TODAY - timedelta(days=ago))
        chosen = [days[-1]] if days else []
        every = 5.0 + 6.0 * (1.0 - float(world.school_need[school]))  # harder-pressed schools are seen more often
        at = len(days) - 1 - max(2, int(rng.normal(every, 2)))
        while at >= 0:
            chosen.append(days[at])
            at -= max(2, int(rng.normal(every, 2)))
        for day in sorted(chosen):
            begins = _at(day, rng)
            kind = str(rng.choice(["school_visit", "meeting", "call"], p=[0.5, 0.2, 0.3]))
            minutes = int(rng.choice([15, 20]) if kind == "call" else rng.choice([45, 60, 75, 90]))
            contact = _contact(
                world, book, org=org, support=support, visit=None, lead=director, person=principal, at=begins,
                minutes=minutes, kind=kind, purpose="supervision",
            )  # fmt: skip
            _maybe_promise(
                world, rng, book, org=org, purpose="supervision", contact=contact, owner=director, made_to=principal,
                made=begins + timedelta(minutes=minutes), chance=0.35, texts=sayings.SUPERVISION_PROMISES,
            )  # fmt: skip


def _research(
    world: World, rng: np.random.Generator, book: Book, practice: dict[int, float], coached: set[int]
) -> None:
    """Visits by two visitors who are not told who is coached: before the draw, and in November."""
    visitors = research_visitors(world, RESEARCH_VISITORS)
    lottery = world.extra["lottery"]
    before = _days(date(2026, 5, 11), date(2026, 6, 5))
    after = _days(date(2026, 11, 2), date(2026, 11, 18))
    for k, teacher in enumerate(lottery["teacher_ids"].tolist()):
        org = int(world.school_ids[int(lottery["school_index"][k])])
        section = int(world.section_ids[int(lottery["section_index"][k])])
        for days, room, gain, seen in (
            (before, None, 0.0, rng.random() < 0.97),
            (after, section, 0.10 + TRUE_EFFECT * (teacher in coached), rng.random() < 0.95),
        ):
            if seen:
                _visit(
                    world, rng, book, org=org, section=room, purpose="research",
                    visitor=visitors[int(rng.integers(len(visitors)))], subject=teacher,
                    at=_at(days[int(rng.integers(len(days)))], rng), minutes=int(rng.choice([20, 25, 30])),
                    support=None, note=_pick(rng, sayings.RESEARCH_NOTES), feedback="",
                    latent=practice[teacher] + gain + float(rng.normal(0, SPREAD_VISITS)),
                    closed=datetime.combine(days[-1], time(16, 0), tzinfo=ZONE),
                    because="Research visits give no feedback to one teacher.",
                )  # fmt: skip


def research_visitors(world: World, names: Sequence[tuple[str, str]]) -> list[int]:
    """People of the network who visit for research; their ids."""
    ids = [int(i) for i in world.take_ids("roster_person", len(names))]
    copy_rows(
        "roster_person",
        ("id", "organization_id", "kind", "given_name", "family_name", "sort_name", "language", "email", "phone",
         "sourced_id"),
        [
            (pk, world.network_id, "staff", given, family, sort_key(family, given), "en", "", "", f"staff-{pk}")
            for pk, (given, family) in zip(ids, names, strict=True)
        ],
    )  # fmt: skip
    Role.objects.bulk_create(
        Role(person_id=pk, organization_id=world.network_id, role="analyst", fte=0.5, begins=date(2026, 5, 1))
        for pk in ids
    )
    advance_ids("roster_person")
    return ids


def _certificates(world: World) -> None:
    """Grace may appraise with the year's rubric; Owen's certificate ends within a month."""
    rubric = Instrument.objects.get(key="a-years-teaching").pk
    rows = [
        (world.network_id, world.person[key], rubric, day, ground)
        for key, day, ground in (
            ("grace", date(2026, 9, 10), "Two days of training in August; five scripts scored and talked through"),
            ("owen", date(2025, 12, 14), "Training of December 2025"),
        )
    ]
    copy_rows(
        "instruments_certificate", ("organization_id", "person_id", "instrument_id", "earned_on", "ground"), rows
    )


def _copy(world: World, book: Book) -> None:
    people = ("organization_id", "purpose", "visitor_id", "subject_id")
    walled = ("organization_id", "purpose", "author_id", "subject_id")
    for table, columns, rows in (
        ("support_support", ("id", "organization_id", "kind", "purpose", "goal", "lead_id", "begins", "ends",
                             "planned_minutes_per_month", "template", "template_version"), book.supports),
        ("support_supportparticipant", ("support_id", "organization_id", "person_id", "begins", "ends"),
         book.participants),
        ("instruments_visit", ("id", "token", *people, "section_id", "began_at", "minutes", "version_id", "note",
                               "feedback", "recorded_at", "shared_at", "answered_at", "answer", "closed_at",
                               "closed_because"), book.visits),
        ("instruments_response", ("id", *walled, "version_id", "part", "visit_id", "section_id", "anonymous", "day",
                                  "submitted_at", "language"), book.responses),
        ("instruments_answer", ("response_id", *walled, "item_id", "level", "not_observed"), book.ratings),
        ("instruments_note", ("id", "response_id", *walled, "tags", "at", "text"), book.notes),
        ("support_contact", ("id", "organization_id", "support_id", "visit_id", "lead_id", "with_person_id", "at",
                             "minutes", "kind", "purpose", "feedback_shared_at", "feedback_closed_at"),
         book.contacts),
        ("support_promise", ("id", "organization_id", "purpose", "contact_id", "owner_id", "made_to_id", "made_at",
                             "due", "kept_at", "done_another_way"), book.promises),
        ("support_promisewords", ("promise_id", "organization_id", "purpose", "owner_id", "made_to_id", "text",
                                  "because", "evidence"), book.words),
    ):  # fmt: skip
        copy_rows(table, columns, rows)
    for table in ("support_support", "instruments_visit", "support_contact", "support_promise"):
        advance_ids(table)
