"""Writing needs and plans."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

import numpy as np
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import indicators
from fairlead.apps.caseload.models import CaseloadPlan, DirectorSpan, NeedScore
from fairlead.apps.caseload.recipes import DEFAULT, PublishedRecipe, recipe
from fairlead.apps.roster import selectors as roster
from fairlead.science.allocation.need import need_index, rank_sensitivity

DRAWS = 1000
CONCENTRATION = 40.0
SEED = 2026  # a page shows the same sensitivity each time it is opened


def last_whole_day() -> date:
    """The day before today: a day that is still going on has rolls yet to come."""
    return clock.today() - timedelta(days=1)


class NoNeedYet(LookupError):
    """A plan was asked for before any need was worked out, or outside a school year."""


@transaction.atomic
def recompute_need(
    scope: Scope, network_id: int, as_of: date, key: str = DEFAULT, published: PublishedRecipe | None = None
) -> list[NeedScore]:
    """Work out every school's need on a day from the facts of the school year so far, and keep it with its parts.

    `published`: the recipe, where it is no shipped one.
    """
    published = published or recipe(key)
    session = roster.session_on(network_id, as_of)
    if session is None:
        raise NoNeedYet(f"{as_of} is in no school year of this network.")
    schools = [s.pk for s in roster.organizations(scope, "school") if s.parent_id == network_id]
    found = indicators.values(
        scope, [i.indicator for i in published.science.ingredients], schools, session.begins, as_of
    )
    index = need_index(
        published.science,
        [str(s) for s in schools],
        {k: [v[s].value if s in v else None for s in schools] for k, v in found.items()},
    )
    moved = rank_sensitivity(index, np.random.default_rng(SEED), DRAWS, CONCENTRATION)
    rows = []
    for school_id, need, sensitivity in zip(schools, index.schools, moved.schools, strict=True):
        rows.append(
            NeedScore(
                organization_id=school_id,
                recipe=published.key,
                version=published.version,
                as_of=as_of,
                value=need.value,
                rank=need.rank,
                scored=index.scored(),
                tier=need.tier or "",
                coverage=need.coverage,
                contributions=[
                    {
                        "indicator": c.indicator,
                        "raw": c.raw,
                        "out_of": found[c.indicator][school_id].out_of if school_id in found[c.indicator] else 0,
                        "coverage": found[c.indicator][school_id].coverage if school_id in found[c.indicator] else 0,
                        "points": c.points,
                        "weight": c.weight,
                        "amount": c.amount,
                        "filled": c.filled,
                    }
                    for c in need.contributions
                ],
                sensitivity={
                    "draws": moved.draws,
                    "rank_low": sensitivity.rank_low,
                    "rank_median": sensitivity.rank_median,
                    "rank_high": sensitivity.rank_high,
                    "tier_shares": dict(sensitivity.tier_shares),
                    "same_tier": sensitivity.same_tier,
                    "rank_without": dict(sensitivity.rank_without),
                },
            )
        )
    return NeedScore.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["organization", "recipe", "version", "as_of"],
        update_fields=["value", "rank", "scored", "tier", "coverage", "contributions", "sensitivity"],
    )


@transaction.atomic
def choose_plan(scope: Scope, network_id: int, pk: int, *, because: str, begins: date) -> CaseloadPlan:
    """From a day on, this plan says who serves whom; the one before it holds until the day before."""
    plan = CaseloadPlan.objects.filter(organization_id=network_id, pk=pk, organization_id__in=scope.org_ids).first()
    if plan is None or plan.status != CaseloadPlan.Status.ALTERNATIVE:
        raise ValidationError(_("Only one of the alternatives can be chosen."))
    if plan.settings.get("imagined"):
        raise ValidationError(
            _(
                "This plan imagines directors otherwise than the roster has them. Change the roster first, then plan again."
            )
        )
    if not because.strip():
        raise ValidationError(_("Say why this plan was chosen: directors and principals will read it."))
    session = plan.session
    if begins < clock.today() or not session.begins <= begins <= session.ends:
        raise ValidationError(
            _("The plan can begin today or later, within its school year: from %(first)s to %(last)s.")
            % {"first": max(clock.today(), session.begins).isoformat(), "last": session.ends.isoformat()}
        )
    before = CaseloadPlan.objects.filter(
        organization_id=network_id, session=session, status=CaseloadPlan.Status.CHOSEN
    ).first()
    if before is not None:
        if before.effective_from is not None and begins <= before.effective_from:
            raise ValidationError(
                _("The plan that is chosen begins on %(day)s; choose a later day.")
                % {"day": before.effective_from.isoformat()}
            )
        before.status = CaseloadPlan.Status.REPLACED
        before.effective_until = begins - timedelta(days=1)
        before.save(update_fields=["status", "effective_until"])
    plan.status = CaseloadPlan.Status.CHOSEN
    plan.chosen_because, plan.chosen_at, plan.chosen_by_id = because.strip(), clock.now(), scope.person_id or None
    plan.effective_from = begins
    plan.save(update_fields=["status", "chosen_because", "chosen_at", "chosen_by", "effective_from"])
    return plan


def say_strengths(
    scope: Scope,
    network_id: int,
    director_id: int,
    *,
    grades: tuple[int, int],
    languages: Collection[str],
    knows: Collection[str],
    apart: Collection[int],
) -> DirectorSpan:
    """Keep what a director brings to the next plan; plans that were made stay as they are."""
    if grades[0] > grades[1]:
        raise ValidationError(_("The lowest grade comes first."))
    held = {r.person_id for r in roster.holders(scope, clock.today(), "director") if r.organization_id == network_id}
    if director_id not in held:
        raise ValidationError(_("Only directors of this network have schools in its plans."))
    told = {
        "grade_low": grades[0],
        "grade_high": grades[1],
        "languages": sorted(languages),
        "knows": sorted(knows),
        "apart": sorted(apart),
    }
    row, _new = DirectorSpan.objects.update_or_create(
        person_id=director_id, defaults=told | {"organization_id": network_id}
    )
    return row
