"""Two studies: the invented coaching lottery with its registered plan, and Project STAR for real."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import numpy as np

from fairlead import clock
from fairlead.apps.evidence import services
from fairlead.apps.evidence.models import Finding, Lottery, Plan, Study, Ticket
from fairlead.apps.roster.selectors import scope_for
from fairlead.demo import lottery as drawn
from fairlead.demo.world import ZONE, World
from fairlead.science import impact

OUTCOMES_FROM = date(2026, 11, 2)  # the first research visit after the draw, see support.py
PLANNED_AT = datetime(2026, 8, 18, 10, 5, tzinfo=ZONE)
STAR_AT = datetime(2026, 8, 27, 9, 40, tzinfo=ZONE)


def build(world: World, rng: np.random.Generator) -> None:
    """Make both studies with their registered plans. STAR has been run and has its claim; the lottery waits for the walk."""
    coaching = _study(
        world, "coaching-lottery", "A lottery for weekly coaching", "Un sorteo para recibir coaching semanal", True
    )
    _draw(world, coaching)
    _plan(world, coaching, "coaching_lottery", "prospective", OUTCOMES_FROM, PLANNED_AT)
    star = _study(
        world,
        "star-kindergarten",
        "Project STAR: small classes in kindergarten",
        "Proyecto STAR: clases pequeñas en kindergarten",
        False,
    )
    plan = _plan(world, star, "star_kindergarten", "retrospective", date(1986, 4, 1), STAR_AT)
    with clock.standing_at(STAR_AT + timedelta(minutes=20)):
        scope = scope_for(world.person["tomas"], STAR_AT.date())
        if scope is None:
            raise RuntimeError("the analyst of the cast has no role: build the roster first")
        services.run(scope, plan)
        finding = Finding.objects.get(run__plan=plan, primary=True)
        services.write_claim(scope, finding, services.suggest_claim(finding, "en"), "en")


def _study(world: World, key: str, title: str, title_es: str, invented: bool) -> Study:
    return Study.objects.create(
        key=key,
        organization_id=world.network_id,
        title=title,
        title_es=title_es,
        extract=key.replace("-", "_"),
        invented=invented,
        created_at=PLANNED_AT,
    )


def _plan(world: World, study: Study, shipped: str, label: str, outcomes_from: date, at: datetime) -> Plan:
    text = impact.shipped_plan_text(shipped)
    return Plan.objects.create(
        study=study,
        organization_id=world.network_id,
        text=text,
        hash=impact.read_plan(text).hash,
        written_by_id=world.person["tomas"],
        written_at=at,
        registered_by_id=world.person["tomas"],
        registered_at=at,
        label=label,
        outcomes_from=outcomes_from,
    )


def _draw(world: World, study: Study) -> None:
    entered = world.extra["lottery"]
    draw = Lottery.objects.create(
        study=study,
        organization_id=world.network_id,
        commitment=impact.commit(drawn.SEED, drawn.SALT),
        committed_at=datetime.combine(drawn.COMMITTED_ON, time(16, 0), tzinfo=ZONE),
        seed=drawn.SEED,
        salt=drawn.SALT,
        share=drawn.SHARE,
        drawn_at=datetime.combine(drawn.DRAWN_ON, time(14, 0), tzinfo=ZONE),
    )
    Ticket.objects.bulk_create(
        Ticket(
            lottery=draw,
            organization_id=int(world.school_ids[school]),
            person_id=int(person),
            position=int(position),
            selected=bool(selected),
        )
        for person, school, position, selected in zip(
            entered["teacher_ids"], entered["school_index"], entered["position"], entered["assigned"], strict=True
        )
    )
