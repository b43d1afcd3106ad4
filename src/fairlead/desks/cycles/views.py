"""The pages of supports. What may be seen and done is asked of the app; here it is laid out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.cycles import content, selectors, services, teams
from fairlead.apps.cycles.selectors import Line
from fairlead.apps.progress.definitions import indicators
from fairlead.apps.support.opening import end_support
from fairlead.apps.support.opening import kinds as kinds_of_support
from fairlead.apps.support.visibility import who_sees_what
from fairlead.desks.cycles.forms import OpenForm
from fairlead.desks.cycles.pages import WRITES, content_of, forms_of, found_support, goals_now, team_of

READERS = ("teacher", "coach", "principal", "director", "network_lead", "city_lead")
OPENERS = ("coach", "principal", "director", "network_lead")


@require_safe
@needs(*READERS)
def home(request: ScopedRequest) -> HttpResponse:
    """Supports that the person leads, takes part in, or may count: planned beside had, next step, last contact."""
    scope = request.scope
    today = clock.today()
    rows = selectors.lines(scope, today)
    log_list(scope, "support", {row.organization_id for row in rows})
    own = [row for row in rows if row.lead_id == scope.person_id or row.is_participant]
    others = [row for row in rows if row not in own]
    context = {
        "groups": [g for g in ((_("Yours"), own), (_("That you may count"), others[: selectors.MOST])) if g[1]],
        "more": len(rows) > selectors.MOST,
        "most": selectors.MOST,
        "kinds": selectors.kinds(scope),
        "today": today,
    }
    return render(request, "cycles/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*OPENERS)
def new(request: ScopedRequest) -> HttpResponse:
    """Open one: of which kind (`?kind=`), where (`?of=`), then toward what and with whom."""
    scope = request.scope
    kinds = {t.kind: t for t in selectors.kinds(scope)}
    labels = kinds_of_support()
    asked = request.GET.get("kind", "")
    if asked not in kinds:
        if asked:
            raise Http404
        return render(request, "cycles/new.html", {"kinds": [(k, labels[k]) for k in kinds]})
    template = kinds[asked]
    places = selectors.places(scope, template)
    of = request.GET.get("of", "")
    chosen = [p for p in places if str(p[0]) == of] if of else places if len(places) == 1 else []
    context: dict[str, Any] = {"kind": asked, "label": labels[asked]}
    if not chosen:
        if of:
            raise Http404
        return render(request, "cycles/new.html", context | {"places": places})
    place = chosen[0]
    people = selectors.candidates(scope, template, place[0], clock.today())
    log_list(scope, "support", {place[0]})
    choices = [(key, i.label) for key, i in indicators().items()]
    form = OpenForm(request.POST or None, people=people, indicators=choices)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.begin(
                scope,
                asked,
                place[0],
                given["participants"],
                goal=given["goal"],
                indicator=given["indicator"],
                begins=given["begins"],
                ends=given["ends"],
                minutes=given["minutes"],
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Opened. Its steps are below."))
            return redirect("cycles:support", made)
    context |= {
        "place": place,
        "form": form,
        "steps": template.steps,
        "sights": who_sees_what(template.purpose, support=True),
    }
    return render(request, "cycles/new.html", context, status=422 if form.errors else 200)


@require_safe
@needs(*READERS)
def support(request: ScopedRequest, pk: int) -> HttpResponse:
    """One support: its goal and dose to all who may count; words to those whom the purpose opens them."""
    return _page(request, found_support(request, pk))


def _page(request: ScopedRequest, found: Line, wrong: tuple[str, Form] | None = None) -> HttpResponse:
    """The page of one support; `wrong` is the form that was refused, with what was typed into it."""
    today, leads = clock.today(), found.lead_id == request.scope.person_id and not found.ended_because
    indicator = indicators().get(found.indicator)
    steps = selectors.steps(request.scope, found)
    shown: dict[str, Any] = {}
    if found.kind == teams.TEAM:
        shown = team_of(request.scope, found, today)
    elif found.kind == content.KIND:
        shown = content_of(found)
    context = {
        "found": found,
        "indicator": indicator.label if indicator else "",
        "steps": steps,
        "context_waits": any(step.closed for step in steps),
        "planned_so_far": found.planned_by(today),
        "planned_in_all": found.planned_by(found.ends) if found.ends and found.ends > today else 0,
        "leads": leads,
        "sights": who_sees_what(found.purpose, support=True),
        "today": today,
        "goals": goals_now(request.scope, found),
        "forms": forms_of(request.scope, found, wrong, shown) if leads else {},
        "wrong": wrong[0] if wrong else "",
    }
    context |= shown
    if found.kind != teams.TEAM:
        context["people"] = selectors.participants(request.scope, found, today)
    return render(request, "cycles/support.html", context, status=422 if wrong else 200)


@require_safe
@needs(*READERS)
def agenda(request: ScopedRequest, pk: int) -> HttpResponse:
    """The next meeting on one sheet: what was promised, goals with where they stand, what comes next, room to write."""
    found = found_support(request, pk)
    if found.kind != teams.TEAM:
        raise Http404
    steps = [step for step in selectors.steps(request.scope, found) if step.open]
    context = {"found": found, "goals": goals_now(request.scope, found), "coming": steps[:2], "today": clock.today()}
    return render(request, "cycles/agenda.html", context | team_of(request.scope, found, clock.today()))


@require_POST
@needs(*READERS)
def write(request: ScopedRequest, pk: int, what: str) -> HttpResponse:
    """The lead writes on the page of a support; who took a decision on settles it."""
    found, scope = found_support(request, pk), request.scope
    if what not in WRITES or not (found.lead_id == scope.person_id or what == "settle"):
        raise Http404
    form = WRITES[what](request, found)
    if form is not None:
        return _page(request, found, (what, form))
    return redirect("cycles:support", pk)


@require_POST
@needs(*READERS)
def settle(request: ScopedRequest, pk: int, position: int) -> HttpResponse:
    """The lead says what became of a step."""
    found = found_support(request, pk)
    if found.lead_id != request.scope.person_id:
        raise Http404
    how = request.POST.get("how") == "another_way"
    try:
        services.settle(request.scope, found, position, words=request.POST.get("words", "")[:4000], another_way=how)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Kept."))
    return redirect("cycles:support", pk)


@require_POST
@needs(*READERS)
def end(request: ScopedRequest, pk: int) -> HttpResponse:
    """The lead ends it, because."""
    found = found_support(request, pk)
    if found.lead_id != request.scope.person_id:
        raise Http404
    try:
        end_support(request.scope, pk, request.POST.get("because", "")[:400])
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Ended."))
    return redirect("cycles:support", pk)
