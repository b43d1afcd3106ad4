"""Three lotteries: this year's for coaching as it was drawn, a roll-out in steps that is planned, and one to be drawn today."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

import numpy as np

from fairlead import clock
from fairlead.apps.access import rls
from fairlead.apps.access.scope import Scope
from fairlead.apps.lotteries import designs, services
from fairlead.apps.lotteries.models import Entry, Lottery
from fairlead.apps.roster.models import Organization, Person
from fairlead.apps.roster.selectors import scope_for
from fairlead.demo import lottery as drawn
from fairlead.demo.copying import advance_ids, copy_rows
from fairlead.demo.world import ZONE, World
from fairlead.science import impact
from fairlead.science.impact.lottery.listed import FORMAT as FIRST

STEPS = ("2027-01-11", "2027-02-22", "2027-04-12")
STUDY = "coaching-lottery"
ENTRY = (
    "id", "lottery_id", "organization_id", "person_id", "key", "entry_key", "stratum", "values", "students", "chances",
    "group", "waiting", "sealed",
)  # fmt: skip


def build(world: World, rng: np.random.Generator) -> None:
    """The drawn one by COPY, the two others as their network lead made them."""
    _coaching(world)
    with clock.standing_at(datetime(2026, 11, 16, 15, 20, tzinfo=ZONE)):
        scope = scope_for(world.person["ines"], date(2026, 11, 16))
        if scope is None:
            raise RuntimeError("the network lead of the cast has no role: build the roster first")
        rls.apply(scope)  # the seed is sealed for whom the database is told
        _roll_out(scope, world)
        _fellowship(scope, world)


def _coaching(world: World) -> None:
    entered = world.extra["lottery"]
    at = datetime.combine(drawn.COMMITTED_ON, time(16, 0), tzinfo=ZONE)
    staff = dict(Person.objects.filter(pk__in=entered["teacher_ids"].tolist()).values_list("pk", "sourced_id"))
    homes = dict(Organization.objects.filter(pk__in=world.school_ids.tolist()).values_list("pk", "sourced_id"))
    lottery = Lottery(
        organization_id=world.network_id,
        title="Weekly coaching this year",
        title_es="Coaching semanal de este año",
        about="Our coaches can work weekly with half of the teachers who asked. Whoever is not drawn begins next August.",
        decided_by="The network's leadership team, 3 August 2026",
        kind="places",
        unit="teacher",
        rule=services.eligible.Rule().plain(),
        strata="school",
        share="1/2",
        draw_at=datetime.combine(drawn.DRAWN_ON, time(14, 0), tzinfo=ZONE),
        made_by_id=world.person["ines"],
        made_at=at - timedelta(days=4),
        frozen_at=at - timedelta(hours=1),
        format=FIRST,
        study_key=STUDY,
    )
    lottery.save()
    schools = [int(pk) for pk in world.school_ids[entered["school_index"]]]
    won = np.bincount(entered["school_index"], weights=entered["assigned"], minlength=len(world.school_ids)).astype(
        int
    )
    listed = [
        Entry(
            organization_id=school, person_id=int(person), key=staff[int(person)], entry_key=staff[int(person)],
            stratum=homes[school], chances=[0.5, 0.5], group=int(selected), sealed=True,
            waiting=0 if selected else int(position) - int(won[index]) + 1,
        )
        for school, person, selected, position, index in zip(
            schools, entered["teacher_ids"], entered["assigned"], entered["position"], entered["school_index"], strict=True
        )
    ]  # fmt: skip
    ids = world.take_ids("lotteries_entry", len(listed))
    copy_rows(
        "lotteries_entry",
        ENTRY,
        (
            (int(pk), lottery.pk, e.organization_id, e.person_id, e.key, e.entry_key, e.stratum, "[]", 0, "[0.5, 0.5]",
             e.group, e.waiting, True)
            for pk, e in zip(ids, listed, strict=True)
        ),
    )  # fmt: skip
    advance_ids("lotteries_entry")
    lottery.list_hash = designs.design_of(lottery, listed).hash
    lottery.committed_at, lottery.commitment = at, impact.commit(drawn.SEED, drawn.SALT)
    lottery.seed, lottery.salt, lottery.attempt = drawn.SEED, drawn.SALT, 0
    lottery.drawn_at = lottery.draw_at
    lottery.record = json.dumps(designs.record(lottery, listed), ensure_ascii=False, indent=1, sort_keys=True)
    lottery.save()


def _roll_out(scope: Scope, world: World) -> None:
    """The new mathematics materials come to all schools; which begin first is to be drawn."""
    services.make(
        scope,
        services.Draft(
            organization_id=world.network_id,
            title="The order of the new mathematics materials",
            title_es="El orden de los nuevos materiales de matemáticas",
            about="Every school gets the materials and the training. The trainers can begin in a third of them at a time.",
            decided_by="The network's leadership team, 9 November 2026",
            kind="steps",
            unit="school",
            steps=STEPS,
            limits=({"covariate": "students", "sd": "1"}, {"covariate": "chronic_absence", "sd": "1"}),
            draw_at=datetime(2026, 12, 7, 14, 0, tzinfo=ZONE),
        ),
    )


def _fellowship(scope: Scope, world: World) -> None:
    """Places in a fellowship: the seed is committed to, and the moment of the draw is this morning."""
    made = services.make(
        scope,
        services.Draft(
            organization_id=world.network_id,
            title="The reading fellowship",
            title_es="El programa de lectura",
            about="A year of study groups and lesson study in reading, with substitutes paid. There is a place for one in four.",
            decided_by="Ines Carvalho with the principals, 12 November 2026",
            kind="places",
            unit="teacher",
            strata="school" if world.teachers > 100 else "",
            share="1/4",
            rule={"grade_high": 5},
            limits=({"covariate": "students", "sd": "0.5"},),
            draw_at=datetime(2026, 11, 19, 9, 0, tzinfo=ZONE),
        ),
    )
    services.close_list(scope, made.pk)
    services.commit_seed(scope, made.pk)
