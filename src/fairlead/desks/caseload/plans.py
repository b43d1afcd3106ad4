"""Plans as scenarios: directors added, left out or with other hours, side by side; and one of them is chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import making, own_recipes, planning, selectors, services
from fairlead.apps.caseload.models import PlanRequest
from fairlead.apps.caseload.recipes import PublishedRecipe
from fairlead.apps.caseload.selectors import Assigned, KeptPlan
from fairlead.apps.roster import selectors as roster
from fairlead.desks.caseload.forms import ChooseForm, ScenarioForm
from fairlead.desks.caseload.recipes import LEADS, READERS, network_of
from fairlead.desks.caseload.shown import Column, columns
from fairlead.desks.director.shown import label

MOST = 4  # alternatives side by side


@dataclass(frozen=True)
class Known:
    """What the page and its form are both made of, read once."""

    network_id: int
    recipes: list[PublishedRecipe]
    plans: list[KeptPlan]
    directors: list[roster.Holder]

    @property
    def chosen(self) -> list[KeptPlan]:
        return [p for p in self.plans if p.status == selectors.Status.CHOSEN]


def _known(request: ScopedRequest) -> Known:
    scope, today, network_id = request.scope, clock.today(), network_of(request)
    staff = roster.holders(scope, today, "director")
    return Known(
        network_id,
        own_recipes.usable(scope),
        selectors.plans(scope, today),
        [r for r in staff if r.organization_id == network_id],
    )


def _columns(scope: Scope, known: Known, published: PublishedRecipe) -> list[Column]:
    today = clock.today()
    shown = [p for p in known.plans if p.status != selectors.Status.ALTERNATIVE]
    shown += [p for p in known.plans if p.status == selectors.Status.ALTERNATIVE][:MOST]
    views, needs_ = planning.beside(scope, today, published, shown, {r.person_id: r.fte for r in known.directors})
    last = next((v for v in views if v.plan.status == selectors.Status.LAST_YEAR), None)
    ground = planning.ground(
        scope, known.network_id, today, published, last.places.values() if last else (), needs=needs_
    )
    return columns([planning.priced(v, ground) for v in views])


def _page(
    request: ScopedRequest,
    known: Known,
    published: PublishedRecipe,
    form: ScenarioForm | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    found = _columns(request.scope, known, published)
    chosen = next((c.view for c in found if c.view.plan.status == selectors.Status.CHOSEN), None)
    context = {
        "form": form or _form(known, chosen.places.values() if chosen else (), published),
        "columns": found,
        "recipe": published,
        "choosing": ChooseForm(),
        "choosable": [c for c in found if c.may_be_chosen],
        "lead": request.scope.has(*LEADS),
    }
    return render(request, "caseload/scenarios.html", context | more, status=status)


def _form(known: Known, places: Iterable[Assigned], begun: PublishedRecipe, told: Any = None) -> ScenarioForm:
    """`places`: of the plan that is in force, each of which may stay as it is. `begun`: the recipe first offered."""
    return ScenarioForm(
        told,
        begun=begun,
        recipes=known.recipes,
        directors=[(r.person_id, r.name, float(r.fte)) for r in known.directors],
        schools=sorted(((a.organization_id, a.school) for a in places), key=lambda pair: pair[1]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*READERS)
def scenarios(request: ScopedRequest) -> HttpResponse:
    """Plans side by side, and a form for one more."""
    scope, known = request.scope, _known(request)
    by_key = {r.key: r for r in known.recipes}
    published = by_key.get(request.GET.get("recipe", ""), known.recipes[0])
    if request.method != "POST":
        return _page(request, known, published)
    form = _form(known, selectors.assignments(scope, [p.pk for p in known.chosen]), published, request.POST)
    if not form.is_valid():
        return _page(request, known, published, form, 422)
    published = by_key[form.cleaned_data["recipe"]]
    try:
        asked = making.ask_plan(
            scope,
            known.network_id,
            on=clock.today(),
            schools_per_fte=form.cleaned_data["load"],
            keep=[int(s) for s in form.cleaned_data["keep"]],
            published=published,
            staffing=form.staffing(),
            costs=form.costs(),
            name=form.cleaned_data["name"].strip(),
        )
    except services.NoNeedYet:
        form.add_error("recipe", _("No need was worked out by this recipe yet. Open it and work it out first."))
        return _page(request, known, published, form, 422)
    if isinstance(asked, PlanRequest):
        return redirect("caseloads:asked", pk=asked.pk)
    messages.success(request, _("That plan was there already: %(plan)s.") % {"plan": label(asked)})
    return redirect(f"{reverse('caseloads:scenarios')}?recipe={published.key}")


@require_POST
@needs(*LEADS)
def choose(request: ScopedRequest, pk: int) -> HttpResponse:
    """From a day on, this plan says who serves whom."""
    network_id = network_of(request)
    found = selectors.plans(request.scope, clock.today())
    if not any(p.pk == pk for p in found):
        raise Http404
    choosing = ChooseForm(request.POST)
    if choosing.is_valid():
        told = choosing.cleaned_data
        try:
            begins = told["begins"]
            services.choose_plan(request.scope, network_id, pk, because=told["because"], begins=begins)
        except ValidationError as error:
            choosing.add_error(None, error)
        else:
            messages.success(
                request,
                _("Chosen. From %(day)s the directors serve these schools.")
                % {"day": date_format(begins, "DATE_FORMAT")},
            )
            recipe_ = next(p for p in found if p.pk == pk).settings.get("recipe", "")
            return redirect(f"{reverse('caseloads:scenarios')}?recipe={recipe_}")
    known = _known(request)
    return _page(request, known, known.recipes[0], status=422, choosing=choosing, refused=pk)
