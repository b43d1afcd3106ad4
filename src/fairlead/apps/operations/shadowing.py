"""Writing a leader's time: one's own blocks, a week shadowed by somebody else, and what of it a director may see."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.operations import selectors, spending
from fairlead.apps.operations.models import Category, ShadowWeek, TimeBlock, TimeShare

LEADERS = ("principal", "director", "network_lead")
MOST_MINUTES = 600


def candidates(scope: Scope, on: date) -> list[tuple[int, str]]:
    """Who could shadow the asking person: colleagues at their organizations and those above: the network's team."""
    near = frozenset().union(*(grant.above for grant in scope.roles))
    rows = selectors.colleagues(scope, near, on)
    return [(pk, name) for pk, name in rows if pk != scope.person_id]


@transaction.atomic
def plan(scope: Scope, shadow_id: int, begins: date) -> ShadowWeek:
    """The leader plans a week with somebody who will write down where their time goes."""
    organization = scope.organization_of(*LEADERS)
    if organization is None:
        raise ValidationError(_("A leader plans this for themself."))
    if begins.weekday() != 0:
        raise ValidationError({"begins": _("Choose a Monday.")})
    if begins < spending.monday(clock.today()):
        raise ValidationError({"begins": _("Choose this week or a later one.")})
    if shadow_id not in {pk for pk, _name in candidates(scope, clock.today())}:
        raise ValidationError({"shadow": _("Choose a colleague.")})
    if ShadowWeek.objects.filter(leader_id=scope.person_id, begins=begins).exists():
        raise ValidationError({"begins": _("That week is planned already.")})
    return ShadowWeek.objects.create(
        organization_id=organization,
        leader_id=scope.person_id,
        shadow_id=shadow_id,
        begins=begins,
        planned_at=clock.now(),
    )


@transaction.atomic
def note(scope: Scope, pk: UUID, *, day: date, at: time, minutes: int, category: str) -> bool:
    """The leader types some minutes of their own day. False when this id was kept before."""
    organization = scope.organization_of(*LEADERS)
    if organization is None:
        raise ValidationError(_("This page is for leaders."))
    return _keep(scope, pk, organization, scope.person_id, None, day, at, minutes, category)


@transaction.atomic
def watch(scope: Scope, found: ShadowWeek, pk: UUID, *, day: date, at: time, minutes: int, category: str) -> bool:
    """The shadow writes down some minutes of the leader's day. False when this id was kept before."""
    if found.shadow_id != scope.person_id:
        raise ValidationError(_("Whoever shadows the week writes it down."))
    if not found.begins <= day <= found.begins + timedelta(days=6):
        raise ValidationError({"day": _("Choose a day of the week that is shadowed.")})
    return _keep(scope, pk, found.organization_id, found.leader_id, found, day, at, minutes, category)


def _keep(
    scope: Scope,
    pk: UUID,
    organization_id: int,
    leader_id: int,
    week: ShadowWeek | None,
    day: date,
    at: time,
    minutes: int,
    category: str,
) -> bool:
    if category not in Category.values:
        raise ValidationError({"category": _("Choose what it was.")})
    if not 1 <= minutes <= MOST_MINUTES:
        raise ValidationError({"minutes": _("From 1 to %(n)s minutes.") % {"n": MOST_MINUTES}})
    began = timezone.make_aware(datetime.combine(day, at))
    if began > clock.now():
        raise ValidationError({"at": _("Write down what has been, not what will be.")})
    try:
        with transaction.atomic():
            TimeBlock.objects.create(
                id=pk,
                organization_id=organization_id,
                leader_id=leader_id,
                recorder_id=scope.person_id,
                week=week,
                began_at=began,
                minutes=minutes,
                category=category,
                recorded_at=clock.now(),
            )
    except IntegrityError:
        if not TimeBlock.objects.filter(pk=pk, recorder_id=scope.person_id).exists():
            raise ValidationError(_("This entry cannot be kept. Begin again.")) from None
        return False
    return True


@transaction.atomic
def take_back(scope: Scope, pk: UUID) -> bool:
    """Take back an entry that one wrote oneself. False when it is not there."""
    gone, _tables = TimeBlock.objects.filter(pk=pk, recorder_id=scope.person_id).delete()
    return gone > 0


@transaction.atomic
def share(scope: Scope, found: ShadowWeek) -> str:
    """Show one's director the minutes by category of a shadowed week, and nothing else of it; gives their name."""
    if found.leader_id != scope.person_id:
        raise ValidationError(_("The leader decides this."))
    director = spending.director_of(scope, scope.person_id, found.organization_id, clock.today())
    if director is None:
        raise ValidationError(_("Nobody supervises you at the moment: there is nobody to show it to."))
    beside = spending.beside(scope, found)
    TimeShare.objects.filter(week=found).delete()
    TimeShare.objects.bulk_create(
        TimeShare(
            organization_id=found.organization_id,
            week=found,
            leader_id=scope.person_id,
            director_id=director[0],
            category=category,
            own_minutes=beside.own.get(category, 0),
            shadow_minutes=beside.other.get(category, 0),
            shared_at=clock.now(),
        )
        for category in Category.values
    )
    return director[1]


@transaction.atomic
def take_back_share(scope: Scope, found: ShadowWeek) -> None:
    """The director does not see it any more."""
    if found.leader_id != scope.person_id:
        raise ValidationError(_("The leader decides this."))
    TimeShare.objects.filter(week=found, leader_id=scope.person_id).delete()
