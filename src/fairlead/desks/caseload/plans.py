"""Plans as scenarios: directors added, left out or with other hours, side by side; and one of them is chosen."""

from __future__ import annotations

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
from fairlead.apps.caseload import recipes as shipped
from fairlead.apps.caseload.models import PlanRequest
from fairlead.apps.caseload.recipes import PublishedRecipe
from fairlead.apps.roster import selectors as roster
from fairlead.desks.caseload.forms import ChooseForm, ScenarioForm
from fairlead.desks.caseload.recipes import LEADS, READERS, network_of
from fairlead.desks.caseload.shown import Column, columns
from fairlead.desks.director.shown import label

MOST = 4  # alternatives side by side


def _recipes(scope: Scope) -> list[PublishedRecipe]:
    """The latest version of each recipe that a plan can be made by: the network's own first."""
    latest = {row.key: row for row in reversed(own_recipes.published(scope))}
    return [own_recipes.read(row) for row in latest.values()] + list(map(shipped.recipe, shipped.keys()))


def _columns(scope: Scope, network_id: int, published: PublishedRecipe) -> list[Column]:
    today = clock.today()
    found = selectors.plans(scope, today)
    shown = [p for p in found if p.status != selectors.Status.ALTERNATIVE]
    shown += [p for p in found if p.status == selectors.Status.ALTERNATIVE][:MOST]
    staff = roster.holders(scope, today, "director")
    fte = {r.person_id: r.fte for r in staff if r.organization_id == network_id}
    views, needs_ = planning.beside(scope, today, published, shown, fte)
    last = next((v for v in views if v.plan.status == selectors.Status.LAST_YEAR), None)
    ground = planning.ground(scope, network_id, today, published, last.places.values() if last else (), needs=needs_)
    return columns([planning.priced(v, ground) for v in views])


def _page(
    request: ScopedRequest, form: ScenarioForm, published: PublishedRecipe, status: int = 200, **more: Any
) -> HttpResponse:
    found = _columns(request.scope, network_of(request), published)
    context = {
        "form": form,
        "columns": found,
        "recipe": published,
        "choosing": ChooseForm(),
        "choosable": [c for c in found if c.may_be_chosen],
        "lead": request.scope.has(*LEADS),
    }
    return render(request, "caseload/scenarios.html", context | more, status=status)


def _form(request: ScopedRequest, recipes: list[PublishedRecipe]) -> ScenarioForm:
    scope, today = request.scope, clock.today()
    network_id = network_of(request)
    staff = roster.holders(scope, today, "director")
    chosen = [p for p in selectors.plans(scope, today) if p.status == selectors.Status.CHOSEN]
    places = selectors.assignments(scope, [p.pk for p in chosen])
    return ScenarioForm(
        request.POST if request.method == "POST" else None,
        recipes=recipes,
        directors=[(r.person_id, r.name, float(r.fte)) for r in staff if r.organization_id == network_id],
        schools=sorted(((a.organization_id, a.school) for a in places), key=lambda pair: pair[1]),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*READERS)
def scenarios(request: ScopedRequest) -> HttpResponse:
    """Plans side by side, and a form for one more."""
    scope = request.scope
    recipes = _recipes(scope)
    by_key = {r.key: r for r in recipes}
    published = by_key.get(request.GET.get("recipe", ""), recipes[0])
    form = _form(request, recipes)
    if request.method != "POST":
        return _page(request, form, published)
    if not form.is_valid():
        return _page(request, form, published, 422)
    published = by_key[form.cleaned_data["recipe"]]
    try:
        asked = making.ask_plan(
            scope,
            network_of(request),
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
        return _page(request, form, published, 422)
    if isinstance(asked, PlanRequest):
        return redirect("caseloads:asked", pk=asked.pk)
    messages.success(request, _("That plan was there already: %(plan)s.") % {"plan": label(asked)})
    return redirect(f"{reverse('caseloads:scenarios')}?recipe={published.key}")


@require_POST
@needs(*LEADS)
def choose(request: ScopedRequest, pk: int) -> HttpResponse:
    """From a day on, this plan says who serves whom."""
    network_id = network_of(request)
    if not any(p.pk == pk for p in selectors.plans(request.scope, clock.today())):
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
            return redirect("caseloads:scenarios")
    recipes = _recipes(request.scope)
    form = ScenarioForm(**_unbound(request, recipes))
    return _page(request, form, recipes[0], 422, choosing=choosing, refused=pk)


def _unbound(request: ScopedRequest, recipes: list[PublishedRecipe]) -> dict[str, Any]:
    bound = _form(request, recipes)
    schools = [(int(pk), name) for pk, name in bound.fields["keep"].choices]  # type: ignore[attr-defined]
    return {"recipes": recipes, "directors": bound.directors, "schools": schools}
