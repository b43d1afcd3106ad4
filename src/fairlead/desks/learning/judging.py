"""Two pages of a programme: five levels side by side, and what it cost."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.learning import selectors, services
from fairlead.apps.learning.models import Ingredient, Programme
from fairlead.desks.learning import costing, levels
from fairlead.desks.learning.forms import IngredientForm, TimesForm, blame
from fairlead.desks.learning.standing import Standing, standing
from fairlead.desks.learning.views import found


@require_safe
@needs(*selectors.READERS)
def five(request: ScopedRequest, pk: int) -> HttpResponse:
    """Five levels side by side, each from what stands for it or "not measured"."""
    scope, known = request.scope, found(request, pk)
    makes, pays = (may(scope, known.organization_id) for may in (selectors.may_make, selectors.may_pay))
    stands = standing(scope, pk)
    told = levels.five(scope, stands)
    context = {
        "known": known,
        "levels": told,
        "measured": sum(level.measured for level in told),
        "makes": makes,
        **(_cost(request, known, stands) if pays else {}),
    }
    return render(request, "learning/levels.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.MAKERS)
def tie(request: ScopedRequest, pk: int) -> HttpResponse:
    """Say what stands for a level, or take it away."""
    scope, known = request.scope, found(request, pk)
    if not selectors.may_make(scope, known.organization_id):
        raise Http404
    if request.method != "POST":
        middle = known.begins + (known.ends - known.begins) / 2
        times = TimesForm(initial={"until": known.begins - timedelta(days=1), "since": middle})
        told = levels.five(scope, standing(scope, pk))
        offered = levels.choices(scope)
        context = {"known": known, "levels": [(level, offered[level.number]) for level in told], "times": times}
        return render(request, "learning/tie.html", context)
    level, what, away = (request.POST.get(name, "") for name in ("level", "what", "away"))
    try:
        if away.isdecimal() and len(away) < 19:
            services.untie(scope, known.pk, int(away))
        elif level in ("1", "2", "3", "4", "5") and what in dict(levels.choices(scope).get(int(level), [])):
            source, reference = what.split(":", 1)
            services.tie(scope, known.pk, int(level), source, reference, _times(request))
        else:
            messages.error(request, _("Choose what stands for the level."))
    except services.NotThere:
        raise Http404 from None
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return (
        redirect("learning:tie", known.pk)
        if messages.get_messages(request)
        else redirect("learning:levels", known.pk)
    )


def _times(request: ScopedRequest) -> tuple[date, date] | None:
    """The two days that a tie to visits has."""
    form = TimesForm(request.POST)
    return (form.cleaned_data["until"], form.cleaned_data["since"]) if form.is_valid() else None


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.PAYERS)
def cost(request: ScopedRequest, pk: int) -> HttpResponse:
    """What it cost, ingredient by ingredient. POST adds one."""
    scope, known = request.scope, found(request, pk)
    if not selectors.may_pay(scope, known.organization_id):
        raise Http404
    makes = selectors.may_make(scope, known.organization_id)
    form = IngredientForm(request.POST or None)
    if request.method == "POST":
        if not makes:
            raise Http404
        if form.is_valid():
            try:
                services.add_ingredient(scope, pk, form.draft())
            except ValidationError as error:
                blame(form, error)
            else:
                messages.success(request, _("It is added."))
                return redirect("learning:cost", pk)
    context = {
        "known": known,
        "form": form if makes else None,
        **_cost(request, known, standing(scope, pk)),
    }
    return render(request, "learning/cost.html", context, status=422 if form.errors else 200)


def _cost(request: ScopedRequest, known: Programme, stands: Standing) -> dict[str, Any]:
    """What it cost, with the kinds that `?shown=1&with=…` asks for; salary increases are left out until somebody asks."""
    kinds = set(Ingredient.Kind.values)
    chosen = set(request.GET.getlist("with")) if "shown" in request.GET else kinds - {Ingredient.Kind.SALARY}
    scope, without = request.scope, kinds - chosen
    doses, used = selectors.doses(scope, known.pk), selectors.ingredients(scope, known.pk)
    return {
        "cost": costing.cost(used, doses, stands, without),
        "salary": Ingredient.Kind.SALARY in without,
        "without": sorted(str(Ingredient.Kind(key).label) for key in without & {one.kind for one in used}),
    }


@require_POST
@needs(*selectors.MAKERS)
def drop(request: ScopedRequest, pk: int, ingredient_id: int) -> HttpResponse:
    """Take an ingredient out."""
    try:
        services.drop_ingredient(request.scope, pk, ingredient_id)
    except services.NotThere:
        raise Http404 from None
    messages.success(request, _("It is taken out; what it said stays in the history."))
    return redirect("learning:cost", pk)
