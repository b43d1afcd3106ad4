"""A plan that was asked for: waiting, being worked out, made, impossible with the rules that clash, or failed."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import making, own_recipes, selectors
from fairlead.apps.caseload.models import PlanRequest
from fairlead.apps.roster import selectors as roster
from fairlead.desks.caseload.recipes import READERS

State = PlanRequest.State
SHAPES = {State.WAITING: "info", State.RUNNING: "info", State.DONE: "ok", State.CLASH: "warn", State.FAILED: "bad"}


def _found(request: ScopedRequest, pk: int) -> PlanRequest:
    found = selectors.plan_request(request.scope, pk)
    if found is None:
        raise Http404
    return found


@require_safe
@needs(*READERS)
def asked(request: ScopedRequest, pk: int) -> HttpResponse:
    """How far it is; it looks again by itself while the worker has it."""
    row = _found(request, pk)
    lost = making.lost(row)
    state = State.FAILED if lost else State(row.state)
    published = own_recipes.find(request.scope, row.settings["recipe"], row.settings["version"])
    context = {
        "row": row,
        "recipe": published.label if published else row.settings["recipe"],
        "state": state.value,
        "shape": SHAPES[state],
        "waits": state in (State.WAITING, State.RUNNING),
        "clashes": clash_words(request.scope, row) if state == State.CLASH else [],
        "trouble": _trouble("lost" if lost else row.trouble) if state == State.FAILED else "",
    }
    return render(request, "caseload/asked.html", context)


@require_POST
@needs(*READERS)
def again(request: ScopedRequest, pk: int) -> HttpResponse:
    """Send a plan that failed to the worker once more."""
    try:
        making.ask_again(_found(request, pk))
    except ValidationError as error:
        messages.error(request, error.messages[0])
    return redirect("caseloads:asked", pk=pk)


def _trouble(code: str) -> str:
    words = {
        "crashed": _("The solver ended with an error. Nothing was written."),
        "too_long": _("The solver was ended after ten minutes. Nothing was written."),
        "none_found": _("The solver found no plan within its effort, and no proof that there is none."),
        "lost": _("The worker stopped in the middle of it. Nothing was written."),
    }
    return words[code]


def clash_words(scope: Scope, row: PlanRequest) -> list[str]:
    """The rules that clash, each as a sentence."""
    schools = {o.pk: o.name for o in roster.organizations(scope, "school")}
    staff = {r.person_id: r.name for r in roster.holders(scope, clock.today(), "director")}
    return [_sentence(clash, schools, staff) for clash in row.clashes]


def _sentence(clash: dict[str, Any], schools: dict[int, str], staff: dict[int, str]) -> str:
    director = clash["director"]
    name = selectors.added_name(-director) if director and director < 0 else staff.get(director, "–")
    names = {"school": schools.get(clash["school"], ""), "director": name, "n": clash["limit"]}
    match clash["kind"]:
        case "load":
            text = _("Schools that %(director)s serves: at most %(n)s.")
        case "time":
            text = _("Minutes a month that %(director)s has for schools: at most %(n)s.")
        case "least":
            text = _("Every school gets at least the fewest minutes of its tier.")
        case "lock":
            text = _("%(school)s stays with %(director)s.")
        case "conflict":
            text = _("%(school)s may not be served by %(director)s.")
        case _:
            text = _("Schools that %(director)s serves: at least %(n)s.")
    return text % names
