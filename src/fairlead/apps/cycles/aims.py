"""Writing what a support aims at and what a team decides: its lead writes, who took a decision on settles it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.cycles import selectors, teams
from fairlead.apps.cycles.models import Decision, Step, SupportGoal, TeamPage
from fairlead.apps.cycles.selectors import Line
from fairlead.apps.cycles.teams import TEAM, Written
from fairlead.apps.support.opening import change_participants

MOST_GOALS = 5


def _only_lead(scope: Scope, support: Line) -> None:
    if support.lead_id != scope.person_id or support.ended_because:
        raise ValidationError(_("Only who leads a running support writes here."))


def _only_team(scope: Scope, support: Line) -> None:
    _only_lead(scope, support)
    if support.kind != TEAM:
        raise ValidationError(_("Only a leadership team has this page."))


def context_waits(support: Line) -> bool:
    """Whether it is a support that begins with its context, and nobody has written that yet."""
    if support.cycle is None or not support.cycle.context_first:
        return False
    return Step.objects.filter(support_id=support.pk, position=0, done_on=None).exists()


@transaction.atomic
def write(scope: Scope, support: Line, page: Written) -> None:
    """The vision, the rhythm, and how teachers work together and families take part."""
    _only_team(scope, support)
    TeamPage.objects.update_or_create(
        support_id=support.pk, defaults={"organization_id": support.organization_id, **asdict(page)}
    )


@transaction.atomic
def set_goal(
    scope: Scope, support: Line, indicator: str, *, target: float, by: date, why: str, now: float | None
) -> None:
    """An indicator is to reach a share by a day; where it stands today is kept beside it."""
    _only_lead(scope, support)
    today = clock.today()
    if context_waits(support):
        raise ValidationError(_("The context comes first; goals open when it is written."))
    if not 0 <= target <= 1:
        raise ValidationError({"target": _("Write a percentage from 0 to 100.")})
    if by <= today:
        raise ValidationError({"by": _("Choose a day that is still to come.")})
    running = SupportGoal.objects.filter(support_id=support.pk, dropped_on=None)
    if running.filter(indicator=indicator).exists():
        raise ValidationError(
            {"indicator": _("There is a goal on this indicator already. Drop it first, with a reason.")}
        )
    if running.count() >= MOST_GOALS:
        raise ValidationError(_("A support keeps at most %(n)s goals at a time. Drop one first.") % {"n": MOST_GOALS})
    SupportGoal.objects.create(
        support_id=support.pk,
        organization_id=support.organization_id,
        indicator=indicator,
        why=why.strip(),
        target=target,
        by=by,
        set_on=today,
        began_at=now,
    )


@transaction.atomic
def drop_goal(scope: Scope, support: Line, goal_id: int, because: str) -> None:
    """A goal is dropped, because; it stays on the page."""
    _only_lead(scope, support)
    if not because.strip():
        raise ValidationError(_("Say in a few words why the goal is dropped."))
    goal = SupportGoal.objects.select_for_update().filter(support_id=support.pk, pk=goal_id, dropped_on=None).first()
    if goal is None:
        raise ValidationError(_("There is no such goal in force."))
    goal.dropped_on, goal.dropped_because = clock.today(), because.strip()[:400]
    goal.save(update_fields=["dropped_on", "dropped_because"])


@transaction.atomic
def decide(
    scope: Scope, support: Line, *, decided_on: date, text: str, why: str, owner_id: int | None, due: date | None
) -> None:
    """What the team decided and why; with who does what follows from it, and by when."""
    _only_team(scope, support)
    today = clock.today()
    if not text.strip() or not why.strip():
        raise ValidationError(_("Write what was decided, and why."))
    if not support.begins <= decided_on <= today:
        raise ValidationError({"decided_on": _("Choose a day from the team's first one to today.")})
    if (owner_id is None) != (due is None):
        raise ValidationError({"due": _("Say both who does it and by when, or neither.")})
    if owner_id is not None and owner_id not in dict(teams.members(support, today)):
        raise ValidationError({"owner": _("Choose somebody who is on the team.")})
    if due is not None and due < decided_on:
        raise ValidationError({"due": _("Choose a day after the decision.")})
    Decision.objects.create(
        support_id=support.pk,
        organization_id=support.organization_id,
        decided_on=decided_on,
        text=text.strip(),
        why=why.strip(),
        owner_id=owner_id,
        due=due,
    )


@transaction.atomic
def settle_decision(scope: Scope, support: Line, decision_id: int, another_way: str | None) -> None:
    """Who took it on, or the team's lead, says that it was done: as decided (None), or another way, because."""
    found = Decision.objects.select_for_update().filter(support_id=support.pk, pk=decision_id, done_on=None).first()
    if found is None or found.owner_id is None:
        raise ValidationError(_("There is no such open decision."))
    if scope.person_id != found.owner_id:
        _only_lead(scope, support)
    if another_way is not None and not another_way.strip():
        raise ValidationError(_("Say in a few words what you did instead."))
    found.done_on, found.another_way = clock.today(), (another_way or "").strip()[:400]
    found.save(update_fields=["done_on", "another_way"])


@transaction.atomic
def change_members(scope: Scope, support: Line, person_ids: Collection[int]) -> None:
    """From now on these take part; whoever joins gets the steps that are still to come, whoever leaves keeps what was."""
    _only_lead(scope, support)
    cycle, today = support.cycle, clock.today()
    if cycle is None:
        raise ValidationError(_("This support began without a cycle; its people stay as they are."))
    before = {pk for pk, _name in teams.members(support, today)} - {support.lead_id}
    allowed = dict(selectors.candidates(scope, cycle, support.organization_id, today))
    wanted = set(person_ids)
    if not wanted - before <= set(allowed):
        raise ValidationError({"participants": _("Choose people from the list.")})
    change_participants(scope, support.pk, wanted)
    known = Step.objects.filter(support_id=support.pk)
    have = set(known.values_list("person_id", "position"))
    ahead = set(known.filter(done_on=None).values_list("position", flat=True))
    Step.objects.bulk_create(
        Step(
            support_id=support.pk,
            organization_id=support.organization_id,
            purpose=support.purpose,
            lead_id=support.lead_id,
            person_id=person,
            position=position,
            due=support.begins + timedelta(days=cycle.steps[position].days),
        )
        for person in sorted(wanted - before)
        for position in sorted(ahead)
        if (person, position) not in have
    )
