"""The pages of requests: what waits, asking, one request, and how long it takes. What may be done is asked of the app."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.services import log_list
from fairlead.apps.operations import counting, rules, selectors, services
from fairlead.apps.operations.models import ORDINARY, Escalation, Request
from fairlead.desks.operations.forms import AskForm, StepForm, blame
from fairlead.desks.shares import percent

MEMBERS = tuple(dict.fromkeys((*selectors.AT_SCHOOL, *selectors.HANDED_TO)))
COUNTERS = ("principal", "director", "network_lead")
LATELY = timedelta(days=30)
A_YEAR = timedelta(days=365)


def _schools(scope: Scope) -> list[int]:
    """Whose queue it is: the whole network's to its lead, a director's own schools."""
    if scope.has("network_lead"):
        return sorted(scope.org_ids)
    return selectors.supervised_schools(scope, clock.today()) if scope.has("director") else []


@require_safe
@needs(*MEMBERS)
def home(request: ScopedRequest) -> HttpResponse:
    """First what needs this person; asking is two taps away."""
    scope, today = request.scope, clock.today()
    schools = selectors.schools_to_ask_for(scope)
    own = selectors.of_school(scope, [pk for pk, _name in schools]) if schools else []
    team = scope.has(*selectors.HANDED_TO)
    queue = selectors.queue(scope, _schools(scope)) if team else []
    log_list(scope, "requests", {line.organization_id for line in queue})
    mine = [line for line in queue if line.owner_id == scope.person_id]
    told = [line for line in queue if line.told_me and line.owner_id != scope.person_id and line.is_late]
    listed = {line.pk for line in (*mine, *told)}
    context: dict[str, Any] = {
        "schools": schools,
        "kinds": list(rules.in_force(today).kinds.values()) if schools else [],
        "to_confirm": [line for line in own if line.state == Request.State.SOLVED],
        "open": [line for line in own if line.state != Request.State.SOLVED],
        "done": selectors.lately_confirmed(scope, [pk for pk, _name in schools], today - LATELY) if schools else [],
        "team": team,
        "told": told,
        "mine": mine,
        "untaken": [line for line in queue if line.owner_id is None and line.pk not in listed],
        "others": [line for line in queue if line.owner_id is not None and line.pk not in listed],
        "today": today,
        "counts": scope.has(*COUNTERS),
        "person_id": scope.person_id,
    }
    return render(request, "operations/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.AT_SCHOOL)
def new(request: ScopedRequest) -> HttpResponse:
    """Ask: the kind was the first tap (`?kind=`), how urgent it is is the second."""
    scope, today = request.scope, clock.today()
    schools, pack = selectors.schools_to_ask_for(scope), rules.in_force(today)
    kind = pack.kinds.get(request.POST.get("kind") or request.GET.get("kind", ""))
    if kind is None:
        return render(request, "operations/new.html", {"kinds": list(pack.kinds.values()), "kind": None})
    form = AskForm(request.POST or None, schools=schools, kind=kind.key)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made, fresh = services.ask(
                scope, said["id"], said["school"], kind=kind.key, urgency=said["urgency"], words=said["words"],
                sensitive=said["sensitive"],
            )  # fmt: skip
        except ValidationError as error:
            blame(form, error)
        else:
            if fresh:
                messages.success(request, _("Sent. The network takes it from here; you need not do anything."))
            else:
                messages.info(request, _("It had been sent already; it is asked once."))
            return redirect("operations:request", made.pk)
    levels = [(u.value, u.label, kind.levels[u.value]) for u in Request.Urgency]
    context = {"kind": kind, "form": form, "levels": levels, "pack": pack}
    return render(request, "operations/new.html", context, status=422 if form.errors else 200)


def _page(request: ScopedRequest, found: Request, form: StepForm | None = None, step: str = "") -> HttpResponse:
    scope = request.scope
    school, asker, owner = selectors.names(scope, found)
    may = services.may(scope, found)
    log_list(scope, "requests", {found.organization_id})
    context = {
        "found": found,
        "kind": rules.kind_label(found.kind),
        "school": school,
        "asker": asker,
        "owner": owner,
        "said": selectors.conversation(scope, found.pk),
        "told": [
            (Escalation.Level(level).label, at, name, mailed)
            for level, at, name, mailed in selectors.told(scope, found.pk)
        ],
        "may": may,
        "form": form or StepForm(team=_team(scope) if "hand" in may else []),
        "step": step,
        "today": clock.today(),
        "ordinary": found.purpose == ORDINARY,
        "is_principal": scope.has("principal", organization_id=found.organization_id),
    }
    return render(request, "operations/request.html", context, status=422 if form is not None else 200)


def _team(scope: Scope) -> list[tuple[int, str]]:
    return [(pk, name) for pk, name, _role in selectors.team(scope, clock.today()) if pk != scope.person_id]


def _found(request: ScopedRequest, pk: UUID) -> Request:
    found = selectors.request(request.scope, pk)
    if found is None:
        raise Http404
    return found


@require_safe
@needs(*MEMBERS)
def request(request: ScopedRequest, pk: UUID) -> HttpResponse:
    """One request: where it stands, what was said, what may be done now."""
    return _page(request, _found(request, pk))


Step = Callable[[Scope, UUID, dict[str, Any]], None]
STEPS: dict[str, Step] = {
    "say": lambda scope, pk, said: services.say(scope, pk, said["text"]),
    "take": lambda scope, pk, said: services.take(scope, pk, said["text"]),
    "hand": lambda scope, pk, said: services.hand(scope, pk, said["person"] or 0, said["text"]),
    "wait": lambda scope, pk, said: services.wait(scope, pk, said["waiting_on"], said["text"]),
    "solve": lambda scope, pk, said: services.solve(scope, pk, said["text"]),
    "another_way": lambda scope, pk, said: services.another_way(scope, pk, said["text"]),
    "confirm": lambda scope, pk, said: services.confirm(scope, pk, said["hours"], said["text"]),
    "correct_hours": lambda scope, pk, said: services.correct_hours(scope, pk, said["hours"]),
    "reopen": lambda scope, pk, said: services.reopen(scope, pk, said["text"]),
}


@require_POST
@needs(*MEMBERS)
def step(request: ScopedRequest, pk: UUID, step: str) -> HttpResponse:
    """The next step of a request."""
    scope, found, do = request.scope, _found(request, pk), STEPS.get(step)
    if do is None:
        raise Http404
    form = StepForm(request.POST, team=_team(scope))
    if not form.is_valid():
        return _page(request, found, form, step)
    try:
        do(scope, pk, form.cleaned_data)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except services.NotNow as error:
        messages.info(request, " ".join(error.messages))
    except ValidationError as error:
        blame(form, error)
        return _page(request, found, form, step)
    else:
        messages.success(request, _("Done."))
    if selectors.request(scope, pk) is None:  # handed on to somebody else: the wall closed behind it
        return redirect("operations:home")
    return redirect("operations:request", pk)


@require_safe
@needs(*COUNTERS)
def counts(request: ScopedRequest) -> HttpResponse:
    """Times by kind, service levels kept, hours returned: of the year behind, of one's own schools."""
    scope, now, today = request.scope, clock.now(), clock.today()
    school_ids = {*_schools(scope), *(g.organization_id for g in scope.roles if g.role == "principal")}
    since = today - A_YEAR
    found = counting.rows(scope, school_ids, since)
    together = counting.all_together(found, now)
    back, answers, solutions = together.returned, together.answer_kept, together.solve_kept
    context = {
        "since": since,
        "all": together,
        "open_note": _("%(n)s open now") % {"n": together.open},
        "hours": number_format(back.likely, 0),
        "hours_note": _("%(low)s to %(high)s; the principal's own number for %(said)s of %(all)s requests")
        % {
            "low": number_format(back.low, 0),
            "high": number_format(back.high, 0),
            "said": back.said,
            "all": back.requests,
        },
        "answers": percent(answers.share),
        "answers_note": _kept_note(answers),
        "solutions": percent(solutions.share),
        "solutions_note": _kept_note(solutions),
        "kinds": counting.by_kind(found, now),
        "schools": counting.by_school(found, now),
        "pack": rules.in_force(today),
        "rows": rules.in_force(today).kinds.values(),
    }
    return render(request, "operations/counts.html", context)


def _kept_note(kept: counting.Kept) -> str:
    return _("%(kept)s of %(decided)s decided; %(open)s not decided yet") % {
        "kept": kept.kept,
        "decided": kept.decided,
        "open": kept.undecided,
    }
