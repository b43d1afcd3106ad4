"""The director's pages. They show what caseload and support say and estimate nothing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.services import log_list
from fairlead.apps.caseload import making, own_recipes, planning, recipes, services
from fairlead.apps.caseload import selectors as plans
from fairlead.apps.caseload.models import PlanRequest
from fairlead.apps.support import selectors as support
from fairlead.desks.director import charts, shown
from fairlead.desks.director.forms import PlanForm

PLANNERS = ("director", "network_lead")


def _scope(request: ScopedRequest) -> Scope:
    return request.scope


def _network(scope: Scope) -> int:
    found = scope.organization_of(*PLANNERS)
    if found is None:
        raise Http404
    return found


@require_safe
@needs("director")
def desk(request: ScopedRequest) -> HttpResponse:
    """Five schools in order of need, what waits at each, and the caseload beside the need index."""
    scope, today = _scope(request), clock.today()
    side = shown.beside(scope, _network(scope), today)
    assert side is not None
    rows = shown.my_schools(scope, today, side)
    promises = support.own_promises(scope)[: shown.PROMISES]
    log_list(scope, "schools", {*(row.school_id for row in rows), *(p.organization_id for p in promises)})
    context = {
        "side": side,
        "rows": rows,
        "promises": promises,
        "times": sum((row.feedback.times for row in rows), support.FeedbackTimes()),
        "today": today,
        "weeks": shown.WEEKS,
        "beside": charts.beside(side) if side.names else "",
    }
    return render(request, "director/desk.html", context)


def _plan_asked(request: ScopedRequest) -> int | None:
    """The alternative to show, by `?plan=`; 0, which no plan has, when that is no number."""
    text = request.GET.get("plan")
    if text is None:
        return None
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else 0


def _caseload(request: ScopedRequest, form: PlanForm | None = None, status: int = 200) -> HttpResponse:
    scope, today = _scope(request), clock.today()
    network_id = _network(scope)
    side = shown.beside(scope, network_id, today, _plan_asked(request))
    if side is None:
        raise Http404
    ground = planning.ground(
        scope, network_id, today, side.recipe, side.last.places.values() if side.last else (), needs=side.needs
    )
    side = shown.with_costs(side, ground)
    rows = shown.by_need(scope, side)
    context: dict[str, Any] = {
        "side": side,
        "rows": rows,
        "figure": charts.minutes(side, rows),
        "form": form or PlanForm(schools=_may_keep(scope, side)),
        "without_place": ground.without_place,
        "minutes_there_are": sum(ground.problem.time(d) for d in ground.problem.directors),
        "minutes_asked": sum(s.wanted for s in ground.problem.schools),
        "is_director": scope.has("director"),
    }
    return render(request, "director/caseload.html", context, status=status)


def _may_keep(scope: Scope, side: shown.Beside) -> list[tuple[int, str]]:
    """Schools a person may ask to keep: a director their own, the network's lead any."""
    if side.chosen is None:
        return []
    places = list(side.chosen.places.values())
    if not scope.has("network_lead"):
        places = [a for a in places if a.director_id == scope.person_id]
    return sorted(((a.organization_id, a.school) for a in places), key=lambda pair: pair[1])


@require_safe
@needs(*PLANNERS)
def caseload(request: ScopedRequest) -> HttpResponse:
    """Plans beside each other, school by school."""
    return _caseload(request)


@require_POST
@needs(*PLANNERS)
def optimise(request: ScopedRequest) -> HttpResponse:
    """Ask the worker for the best plan; it will stand beside the others and change nobody's caseload."""
    scope, today = _scope(request), clock.today()
    network_id = _network(scope)
    side = shown.beside(scope, network_id, today)
    assert side is not None
    form = PlanForm(request.POST, schools=_may_keep(scope, side))
    if not form.is_valid():
        return _caseload(request, form, status=422)
    try:
        asked = making.ask_plan(
            scope,
            network_id,
            on=today,
            schools_per_fte=float(form.cleaned_data["load"]),
            keep=[int(s) for s in form.cleaned_data["keep"]],
            published=side.recipe,
        )
    except services.NoNeedYet:
        messages.error(request, _("There is no need index yet. Work it out first: it is the button below."))
        return redirect("director:recipe", key=side.recipe.key)
    if isinstance(asked, PlanRequest):
        return redirect("caseloads:asked", pk=asked.pk)
    messages.info(request, _("That plan was there already: %(plan)s.") % {"plan": shown.label(asked)})
    return redirect(f"{reverse('director:caseload')}?plan={asked.pk}")


@require_safe
@needs()
def recipe(request: ScopedRequest, key: str) -> HttpResponse:
    """A recipe of need, published: formula, weights, and how schools move when the weights do."""
    scope = _scope(request)
    version = request.GET.get("version")
    published = own_recipes.find(scope, key, version)
    if published is None:
        raise Http404
    found = plans.needs(scope, clock.today(), key)
    if version is not None and found and key not in recipes.keys():  # noqa: SIM118  (a function, not a mapping)
        day = next((d for k, v, d in plans.need_days(scope) if (k, v) == (key, version)), None)
        found = plans.needs_of(scope, key, version, day) if day else []
    school = scope.organization_of("principal")
    context = {
        "recipe": published,
        "served": plans.serves(scope, school, clock.today()) if school else None,
        "needs": shown.published(published, found),
        "as_of": found[0].as_of if found else None,
        "draws": services.DRAWS,
        "may_work_out": scope.has(*PLANNERS),
    }
    return render(request, "director/recipe.html", context)


@require_POST
@needs(*PLANNERS)
def recompute(request: ScopedRequest, key: str) -> HttpResponse:
    """Work the needs out again, up to the last whole day."""
    scope = _scope(request)
    published = own_recipes.find(scope, key)
    if published is None:
        raise Http404
    try:
        rows = services.recompute_need(scope, _network(scope), services.last_whole_day(), key, published)
    except services.NoNeedYet:
        messages.error(request, _("Today is in no school year of this network, so there are no facts to work with."))
    else:
        messages.success(request, _("Need worked out as of %(day)s.") % {"day": shown.day(rows[0].as_of)})
    return redirect("director:recipe", key=key)
