"""Is 5:1 real, and does it go where the need is? What the chosen plan says beside what was logged; nobody is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.caseload import own_recipes, planning, selectors
from fairlead.apps.caseload.planning import PlanView
from fairlead.apps.caseload.recipes import PublishedRecipe
from fairlead.apps.caseload.selectors import Need
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import selectors as support
from fairlead.desks.caseload.recipes import READERS, network_of
from fairlead.desks.director import charts
from fairlead.desks.director.shown import TierShown
from fairlead.science.allocation.delivered import Delivered, delivered

MONTHS = 6
SEED = 2026  # a page shows the same interval each time it is opened
LEAST_DIRECTORS = 2
"""With fewer who logged anything, a month's minutes would be one person's."""

Contact = tuple[int, date, int, int]


@dataclass(frozen=True)
class Month:
    """One month: planned, logged, and how much of it can have been logged at all."""

    begins: date
    whole: bool
    planned: int
    given: int
    schools_reached: int
    schools: int
    fte: float
    directors_logging: int
    directors: int

    @property
    def share(self) -> float | None:
        return self.given / self.planned if self.planned else None

    @property
    def ratio(self) -> float:
        """Schools that had a contact, for each full-time director."""
        return self.schools_reached / self.fte if self.fte else 0.0


@dataclass(frozen=True)
class TierGiven:
    """A tier's minutes a school and month: asked for, planned, given."""

    tier: TierShown
    schools: int
    asked: int
    planned: float
    given: float


def _months(today: date) -> list[tuple[date, date]]:
    """The last months, the latest first, the latest up to today."""
    found, end = [], today
    for _month in range(MONTHS):
        begins = end.replace(day=1)
        found.append((begins, end))
        end = begins - timedelta(days=1)
    return found


def _by_month(view: PlanView, contacts: list[Contact], today: date, first: date) -> list[Month]:
    rows = []
    for begins, ends in _months(today):
        if ends < first:
            continue
        mine = [c for c in contacts if begins <= c[1] <= ends]
        last = (begins.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        part = ((ends - max(begins, first)).days + 1) / ((last - begins).days + 1)
        rows.append(
            Month(
                begins,
                ends == last and begins >= first,
                round(view.minutes * part),
                sum(c[2] for c in mine),
                len({c[0] for c in mine}),
                len(view.places),
                view.fte,
                len({c[3] for c in mine}),
                len(view.parts),
            )
        )
    return rows


def _by_tier(
    published: PublishedRecipe, view: PlanView, needs_: dict[int, Need], contacts: list[Contact], months: float
) -> list[TierGiven]:
    rows = []
    for terms in published.tiers:
        own = [s for s in view.places if s in needs_ and needs_[s].tier == terms.key]
        if own:
            given = sum(c[2] for c in contacts if c[0] in set(own))
            planned = sum(view.places[s].minutes_per_month for s in own) / len(own)
            rows.append(TierGiven(TierShown(terms), len(own), terms.minutes, planned, given / len(own) / months))
    return rows


def _lean(view: PlanView, needs_: dict[int, Need], contacts: list[Contact]) -> Delivered | None:
    order = list(view.order)
    mine = [c for c in contacts if c[0] in set(order)]
    if not mine or len(order) < 2:
        return None
    place = {school: position for position, school in enumerate(order)}
    return delivered(
        [place[c[0]] for c in mine],
        [c[2] for c in mine],
        [needs_[s].value or 0.0 for s in order],
        [view.asked[s] for s in order],
        np.random.default_rng(SEED),
    )


@require_safe
@needs(*READERS)
def five_to_one(request: ScopedRequest) -> HttpResponse:
    """The ratio that is planned and the one that was lived, by month; where the minutes went.

    `?recipe=`: against need by another recipe than that of the plan in force. `?count=present`: every contact at which a director was,
    whoever led it, and not only those that a director led.
    """
    scope, today = request.scope, clock.today()
    network_id, choices = network_of(request), own_recipes.usable(scope)
    present = request.GET.get("count") == "present"
    chosen = [p for p in selectors.plans(scope, today) if p.status == selectors.Status.CHOSEN][:1]
    published = next((r for r in choices if r.key == request.GET.get("recipe")), None)
    published = published or own_recipes.of_plan(scope, chosen[0] if chosen else None)
    staff = roster.holders(scope, today, "director")
    fte = {r.person_id: r.fte for r in staff if r.organization_id == network_id}
    views, rows = planning.beside(scope, today, published, chosen, fte)
    context: dict[str, object] = {"recipe": published, "recipes": choices, "present": present, "view": None}
    if views:
        view, needs_ = views[0], {n.organization_id: n for n in rows}
        session = roster.session_on(network_id, today)
        first = session.begins if session else today
        begins = max(first, _months(today)[-1][0])
        contacts = support.minutes_of_leads(scope, list(view.places), list(fte), begins, today, present=present)
        log_list(scope, "schools", set(view.places))
        told = _lean(view, needs_, contacts)
        months = max(1.0, ((today - begins).days + 1) / 30.4)
        context |= {
            "view": view,
            "begins": begins,
            "today": today,
            "months": _by_month(view, contacts, today, first),
            "tiers": _by_tier(published, view, needs_, contacts, months),
            "told": told,
            "figure": charts.given(_("What was logged"), told.spread) if told else None,
            "logging": len({c[3] for c in contacts}),
            "too_few": len({c[3] for c in contacts}) < LEAST_DIRECTORS,
            "unreached": len(view.places) - len({c[0] for c in contacts}),
        }
    return render(request, "caseload/five_to_one.html", context)
