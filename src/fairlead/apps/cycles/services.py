"""Opening a support with its steps, and saying what became of each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.cycles import selectors
from fairlead.apps.cycles.models import Step, StepWords
from fairlead.apps.cycles.selectors import Line
from fairlead.apps.support.opening import Asked, open_support


@transaction.atomic
def begin(
    scope: Scope,
    kind: str,
    organization_id: int,
    participant_ids: Collection[int],
    *,
    goal: str,
    indicator: str,
    begins: date,
    ends: date | None,
    minutes: int,
) -> int:
    """Open a support of a kind by the newest template of the network, whose purpose it keeps; its number."""
    template = next((t for t in selectors.kinds(scope) if t.kind == kind), None)
    if template is None:
        raise ValidationError(_("Choose one of the kinds that you may open."))
    if organization_id not in dict(selectors.places(scope, template)):
        raise ValidationError({"organization": _("That school is not one of yours.")})
    allowed = dict(selectors.candidates(scope, template, organization_id, clock.today()))
    if not set(participant_ids) <= set(allowed):
        raise ValidationError({"participants": _("Choose people from the list.")})
    asked = Asked(
        kind,
        template.purpose,
        organization_id,
        goal,
        indicator,
        begins,
        ends,
        minutes,
        template.key,
        template.version,
    )
    support = open_support(scope, asked, participant_ids)
    Step.objects.bulk_create(
        Step(
            support=support,
            organization_id=organization_id,
            purpose=template.purpose,
            lead_id=scope.person_id,
            person_id=person,
            position=position,
            due=begins + timedelta(days=step.days),
        )
        for person in sorted(set(participant_ids))
        for position, step in enumerate(template.steps)
    )
    return int(support.pk)


@transaction.atomic
def settle(scope: Scope, support: Line, position: int, *, words: str, another_way: bool) -> None:
    """The lead says that a step was done, or done another way because; the words go to each participant."""
    if support.lead_id != scope.person_id or support.ended_because:
        raise ValidationError(_("Only who leads a running support says what became of its steps."))
    cycle, said = support.cycle, words.strip()
    mine = Step.objects.select_for_update().filter(support_id=support.pk, lead_id=scope.person_id)
    rows = list(mine.filter(position=position))
    if cycle is None or not rows:
        raise ValidationError(_("There is no such step."))
    if rows[0].done_on is not None:
        raise ValidationError(_("This step is settled already."))
    if another_way and not said:
        raise ValidationError(_("Say in a few words what you did instead."))
    if cycle.context_first:
        if position == 0 and not said:
            raise ValidationError(_("Write the context first: what is known, and who said it."))
        if position > 0 and mine.filter(position=0, done_on__isnull=True).exists():
            raise ValidationError(_("The context comes first; later steps open when it is written."))
    now = clock.now()
    mine.filter(position=position).update(done_on=clock.today(), another_way=another_way)
    if said:
        StepWords.objects.bulk_create(
            StepWords(
                support_id=support.pk,
                organization_id=support.organization_id,
                purpose=support.purpose,
                position=position,
                author_id=scope.person_id,
                reader_id=row.person_id,
                written_at=now,
                text=said,
            )
            for row in rows
        )
