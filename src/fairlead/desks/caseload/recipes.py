"""Recipes of need that a network owns: drafted with a preview, published with a reason; and why one school moved."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.caseload import own_recipes, selectors, services
from fairlead.apps.caseload import recipes as shipped
from fairlead.apps.caseload.models import NeedRecipe
from fairlead.desks.caseload.forms import PublishForm, RecipeForm
from fairlead.desks.director.shown import TierShown

LEADS = ("network_lead",)
READERS = ("network_lead", "director")


def network_of(request: ScopedRequest) -> int:
    found = request.scope.organization_of(*READERS)
    if found is None:
        raise Http404
    return found


@require_safe
@needs(*READERS)
def home(request: ScopedRequest) -> HttpResponse:
    """Recipes with their versions, and the ways to plans."""
    scope = request.scope
    lead = scope.has(*LEADS)
    context = {
        "shipped": list(map(shipped.recipe, shipped.keys())),
        "published": own_recipes.published(scope),
        "drafts": own_recipes.drafts(scope) if lead else [],
        "lead": lead,
    }
    return render(request, "caseload/home.html", context)


@require_POST
@needs(*LEADS)
def new(request: ScopedRequest) -> HttpResponse:
    """Begin a draft as a copy of a recipe."""
    try:
        made = own_recipes.begin(request.scope, network_of(request), request.POST.get("from", shipped.DEFAULT))
    except ValidationError:
        raise Http404 from None
    return redirect("caseloads:draft", pk=made.pk)


def _draft(request: ScopedRequest, pk: int) -> NeedRecipe:
    found = own_recipes.draft(request.scope, pk)
    if found is None:
        raise Http404
    return found


def _page(request: ScopedRequest, row: NeedRecipe, form: RecipeForm, status: int = 200, **more: Any) -> HttpResponse:
    try:
        found = own_recipes.checked(row)
    except ValidationError:
        preview = []
    else:
        preview = [
            (r, _tier(r.now.tier), TierShown(found.tier(r.then.tier)) if r.then.tier else None)
            for r in own_recipes.preview(request.scope, row, clock.today())
        ]
    context = {
        "row": row,
        "form": form,
        "publishing": PublishForm(),
        "preview": preview,
        "moves": sum(r.moves for r, *_rest in preview),
        "as_of": preview[0][0].now.as_of if preview else None,
    } | more
    return render(request, "caseload/draft.html", context, status=status)


def _tier(key: str) -> TierShown | None:
    known = {t.key: t for t in shipped.recipe().tiers}
    return TierShown(known[key]) if key in known else None


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*LEADS)
def draft(request: ScopedRequest, pk: int) -> HttpResponse:
    """A draft's numbers, and beside them who would move."""
    row = _draft(request, pk)
    if request.method != "POST":
        return _page(request, row, RecipeForm(initial=RecipeForm.shown(row.label, row.content)))
    form = RecipeForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form, 422)
    try:
        own_recipes.change(row, form.cleaned_data["label"], form.content(row.content))
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, row, form, 422)
    messages.success(request, _("Draft kept. Below stands who would move."))
    return redirect("caseloads:draft", pk=pk)


@require_POST
@needs(*LEADS)
def publish(request: ScopedRequest, pk: int) -> HttpResponse:
    """Make the draft final, with its reason, and work out every school's need by it."""
    row = _draft(request, pk)
    form = PublishForm(request.POST)
    shown = RecipeForm(initial=RecipeForm.shown(row.label, row.content))
    if not form.is_valid():
        return _page(request, row, shown, 422, publishing=form)
    try:
        own_recipes.publish(request.scope, row, form.cleaned_data["because"])
    except services.NoNeedYet:
        form.add_error(
            "because", _("Today is in no school year of this network, so there are no facts to work with.")
        )
        row.refresh_from_db()
        return _page(request, row, shown, 422, publishing=form)
    messages.success(request, _("Version %(n)s is published. It cannot be changed any more.") % {"n": row.number})
    return redirect("director:recipe", key=row.key)


@require_safe
@needs(*READERS)
def moved(request: ScopedRequest) -> HttpResponse:
    """Why one school moved: two days or two versions side by side."""
    scope = request.scope
    days = selectors.need_days(scope)
    names = {(r.key, str(r.number)): r.label for r in own_recipes.published(scope)}
    choices = [
        (
            f"{key}|{version}|{day.isoformat()}",
            _("%(recipe)s, version %(version)s, %(day)s")
            % {
                "recipe": names.get((key, version)) or (shipped.recipe(key).label if key in shipped.keys() else key),  # noqa: SIM118
                "version": version,
                "day": date_format(day, "DATE_FORMAT"),
            },
        )
        for key, version, day in days
    ]
    schools = sorted((n.school, n.organization_id) for n in (selectors.needs_of(scope, *days[0]) if days else []))
    asked = {name: request.GET.get(name, "") for name in ("school", "from", "to")}
    asked["from"] = asked["from"] or (choices[-1][0] if choices else "")
    asked["to"] = asked["to"] or (choices[0][0] if choices else "")
    told = None
    if asked["school"]:
        before, after = (_which(asked[name], days) for name in ("from", "to"))
        if before is None or after is None or asked["school"] not in {str(pk) for _name, pk in schools}:
            raise Http404
        told = own_recipes.moved(scope, int(asked["school"]), before, after)
        if told is None:
            raise Http404
    context: dict[str, Any] = {"choices": choices, "schools": schools, "asked": asked, "told": told}
    if told is not None:
        context |= {
            "school": next(name for name, pk in schools if str(pk) == asked["school"]),
            "parts": [(shipped.recipe().ingredient(p.indicator).label, p) for p in told.moved.parts],
            "stands": [
                (words, one, _tier(one.tier or ""))
                for words, one in (
                    (_("Before"), told.moved.before),
                    (_("New data, old recipe"), told.moved.data_only),
                    (_("Old data, new recipe"), told.moved.recipe_only),
                    (_("After"), told.moved.after),
                )
            ],
            "before_words": dict(choices)[asked["from"]],
            "after_words": dict(choices)[asked["to"]],
        }
    return render(request, "caseload/moved.html", context)


def _which(text: str, days: list[tuple[str, str, date]]) -> tuple[str, str, date] | None:
    return next((one for one in days if f"{one[0]}|{one[1]}|{one[2].isoformat()}" == text), None)
