"""The pages of the appraisal year and of decision rights. What may be done now is asked of the app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.purposes import purposes
from fairlead.apps.access.services import log_list
from fairlead.apps.roster import selectors as roster
from fairlead.apps.supervision import selectors, services, template
from fairlead.apps.supervision.models import Appraisal, Reason, Source
from fairlead.apps.support.opening import kinds as kinds_of_support
from fairlead.desks.supervision.forms import DaysForm, PlanForm, RightForm, SourceForm, WordsForm, said_of
from fairlead.desks.supervision.gathering import way_there

PEOPLE = ("principal", "director", "network_lead")
EVERYONE = ("teacher", "office", "coach", *PEOPLE)


@require_safe
@needs(*PEOPLE)
def home(request: ScopedRequest) -> HttpResponse:
    """First the appraisals that wait for this person."""
    scope = request.scope
    today = clock.today()
    found = selectors.appraisals(scope)
    log_list(scope, "appraisals", {line.organization_id for line in found})
    late = {line.pk for line in found if line.late(today)}
    running = [line for line in found if line.stage != Appraisal.Stage.CLOSED]
    context = {
        "late": late,
        "stages": _stages(running, late) if scope.has("network_lead", "director") else [],
        "waiting": [line for line in running if line.waits_for_me],
        "open": sorted((line for line in running if not line.waits_for_me), key=lambda line: line.pk not in late),
        "closed": [line for line in found if line.stage == Appraisal.Stage.CLOSED],
        "to_begin": selectors.to_begin(scope, today) if scope.has("director") else [],
        "leads": scope.has("network_lead"),
    }
    return render(request, "supervision/home.html", context)


def _stages(running: list[selectors.Line], late: set[int]) -> list[tuple[str, int, int]]:
    """How many stand at each stage, and how many of them are late: of the year's work, and of nobody in it."""
    at = [(stage.label, [line for line in running if line.stage == stage]) for stage in Appraisal.Stage]
    return [(str(label), len(lines), sum(line.pk in late for line in lines)) for label, lines in at if lines]


@require_POST
@needs("director")
def begin(request: ScopedRequest) -> HttpResponse:
    """Begin a principal's year."""
    try:
        where, who = (int(part) for part in request.POST.get("who", "").split("-"))
        made = services.begin(request.scope, where, who)
    except ValueError as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("supervision:home")
    return redirect("supervision:appraisal", made.pk)


def _page(request: ScopedRequest, found: Appraisal, wrong: list[str] | None = None, step: str = "") -> HttpResponse:
    scope, pack, today = request.scope, template.packs()[found.template], clock.today()
    line = selectors.line(scope, found.pk)
    log_list(scope, "appraisals", {found.organization_id})
    may = services.may(scope, found)
    brought = selectors.sources(scope, found.pk)
    by_id = {s.pk: s for s in brought}
    written = {r.standard: r for r in selectors.reasons(scope, found.pk)}
    posted = request.POST if wrong is not None else None
    observed = [
        (pk, f"{day}: {purposes()[purpose].label}")
        for pk, purpose, day in (selectors.observations(scope, found) if "source" in may else [])
    ]
    context = {
        "found": found,
        "line": line,
        "stages": [
            (
                stage.label,
                line.due_on(stage.value),
                stage.value == found.stage,
                stage.value == found.stage and line.late(today),
            )
            for stage in Appraisal.Stage
        ],
        "sources": [(s, way_there(scope, s.origin)) for s in brought],
        "supports": [(kinds_of_support()[s.kind], s) for s in selectors.supports(scope, found.pk)]
        if found.plan_goals
        else [],
        "citable": [s for s in brought if s.declared == Source.Declared.APPRAISAL],
        "reasons": [
            (pack.standards[key], pack.levels[r.level].label, r, by_id[r.source_id]) for key, r in written.items()
        ],
        "standards": [
            (
                word,
                posted.get(f"level-{word.key}", ""),
                posted.get(f"text-{word.key}", ""),
                posted.get(f"cites-{word.key}", ""),
            )
            if posted is not None
            else (word, "", "", "")
            for word in pack.standards.values()
        ],
        "levels": pack.levels.values(),
        "answers": Reason.Answer.choices,
        "amendments": selectors.amendments(scope, found.pk) if found.closed_at else [],
        "may": may,
        "wrong": wrong or [],
        "source_form": SourceForm(posted if step == "source" else None, observed=observed),
        "plan_form": PlanForm(posted if step == "rate" else None, prefix="plan"),
        "words": posted.get("words", "") if posted is not None else "",
    }
    return render(request, "supervision/appraisal.html", context, status=422 if wrong is not None else 200)


def _found(request: ScopedRequest, pk: int) -> Appraisal:
    found = selectors.appraisal(request.scope, pk)
    if found is None:
        raise Http404
    return found


@require_safe
@needs(*PEOPLE)
def appraisal(request: ScopedRequest, pk: int) -> HttpResponse:
    """One year: where it stands, what is known, the rating and the response."""
    return _page(request, _found(request, pk))


def _source(request: ScopedRequest, found: Appraisal) -> None:
    observed = [(pk, "") for pk, _purpose, _day in selectors.observations(request.scope, found)]
    form = SourceForm(request.POST, observed=observed)
    if not form.is_valid():
        raise ValidationError(
            [f"{form[name].label}: {words}" for name, found in form.errors.items() for words in found]
        )
    said = form.cleaned_data
    services.add_source(
        request.scope, found.pk, kind=said["kind"], declared=said["declared"], title=said["title"], text=said["text"],
        context=said["context"], response_id=said["response"],
    )  # fmt: skip


def _rate(request: ScopedRequest, found: Appraisal) -> None:
    post = request.POST
    said = {}
    for key in template.packs()[found.template].standards:
        cited = post.get(f"cites-{key}", "")
        said[key] = services.Said(
            post.get(f"level-{key}", ""), post.get(f"text-{key}", ""), int(cited) if cited.isdecimal() else 0
        )
    form = PlanForm(post, prefix="plan")
    if not form.is_valid():
        raise ValidationError(
            [f"{form[name].label}: {words}" for name, found in form.errors.items() for words in found]
        )
    plan = form.cleaned_data
    wanted = any(plan.values())
    services.rate(
        request.scope, found.pk, said, services.Plan(plan["goals"], plan["help"], plan["review"]) if wanted else None
    )


def _words(request: ScopedRequest) -> dict[str, str]:
    form = WordsForm(request.POST)
    if not form.is_valid():
        raise ValidationError(
            [f"{form[name].label}: {words}" for name, found in form.errors.items() for words in found]
        )
    return form.cleaned_data


def _respond(request: ScopedRequest, found: Appraisal) -> None:
    answers = {key: request.POST.get(f"answer-{key}", "") for key in template.packs()[found.template].standards}
    services.respond(request.scope, found.pk, _words(request)["words"], answers)


def _amend(request: ScopedRequest, found: Appraisal) -> None:
    said = _words(request)
    services.amend(request.scope, found.pk, said["words"], said["because"])


Step = Callable[[ScopedRequest, Appraisal], None]
STEPS: dict[str, Step] = {
    "source": _source,
    "forward": lambda request, found: services.forward(request.scope, found.pk, _words(request)["words"]),
    "review": lambda request, found: services.review(request.scope, found.pk, _words(request)["words"]),
    "rate": _rate,
    "respond": _respond,
    "close": lambda request, found: services.close(request.scope, found.pk),
    "amend": _amend,
}


@require_POST
@needs("principal", "director")
def step(request: ScopedRequest, pk: int, step: str) -> HttpResponse:
    """The next step of a year."""
    found, do = _found(request, pk), STEPS.get(step)
    if do is None:
        raise Http404
    try:
        do(request, found)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except services.NotNow as error:
        messages.info(request, " ".join(error.messages))
    except ValidationError as error:
        return _page(request, found, said_of(error), step)
    else:
        messages.success(request, _("Done."))
    return redirect("supervision:appraisal", pk)


@require_safe
@needs(*EVERYONE)
def rights(request: ScopedRequest) -> HttpResponse:
    """Whose decision it is: today or on another day, beside a second day where one is given."""
    days = DaysForm(request.GET)
    days.is_valid()
    on, beside = days.cleaned_data.get("on") or clock.today(), days.cleaned_data.get("beside")
    entries = selectors.register(request.scope)
    now = selectors.at(entries, on)
    context: dict[str, Any] = {
        "on": on,
        "beside": beside,
        "rights": now,
        "history": [right for right, _org in reversed(entries)],
        "may_enter": request.scope.has("network_lead"),
        "wrong": [words for found in days.errors.values() for words in found],
    }
    if beside:
        then = {(r.decision.key, r.where): r for r in selectors.at(entries, beside)}
        here = {(r.decision.key, r.where): r for r in now}
        context["compared"] = [(then.get(key), here.get(key)) for key in dict.fromkeys((*here, *then))]
    return render(request, "supervision/rights.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("network_lead")
def new_right(request: ScopedRequest) -> HttpResponse:
    """Enter a decision right, or a change of one: with the document and the reason."""
    scope = request.scope
    places = [
        (o.pk, o.name) for o in roster.organizations(scope) if o.kind in ("network", "school") and scope.covers(o.pk)
    ]
    places.sort(key=lambda place: place[0] != scope.organization_of("network_lead"))
    decisions = [(word.key, word.label) for word in template.decisions().values()]
    form = RightForm(request.POST or None, places=places, decisions=decisions, initial={"since": clock.today()})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.enter_right(
                scope, said["organization"], decision=said["decision"], holder=said["holder"], since=said["since"],
                document=said["document"], reason=said["reason"],
            )  # fmt: skip
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Entered."))
            return redirect("supervision:rights")
    return render(request, "supervision/new_right.html", {"form": form}, status=422 if form.errors else 200)
