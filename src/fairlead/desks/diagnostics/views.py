"""The pages of diagnoses. What may be seen and done is asked of the app; here it is laid out."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.diagnostics import selectors, services
from fairlead.apps.diagnostics.models import Diagnosis
from fairlead.apps.instruments.library import instrument
from fairlead.apps.roster.models import Role
from fairlead.desks.diagnostics import shown
from fairlead.desks.diagnostics.forms import (
    BeginForm,
    ConsensusForm,
    EvidenceForm,
    HandOverForm,
    LevelsForm,
    PromiseForm,
    RatersForm,
    ReviewForm,
    blame,
)

MEMBERS = ("principal", "director", "network_lead", "city_lead", "teacher", "coach")
BEGINNERS = tuple(selectors.BEGINNERS)
Stage = Diagnosis.Stage


def _found(request: ScopedRequest, pk: int, *, member: bool = False, leads: bool = False) -> Diagnosis:
    found = selectors.diagnosis(request.scope, pk)
    if found is None:
        raise Http404
    is_lead = found.facilitator_id == request.scope.person_id
    if leads and not is_lead:
        raise Http404
    if member and not is_lead and selectors.own(request.scope, found) is None:
        raise Http404
    return found


def _not_now(request: ScopedRequest, pk: int, error: ValidationError) -> HttpResponse:
    """The page that was sent is an older one: say so on the page as it is now."""
    messages.error(request, " ".join(error.messages))
    return redirect("diagnostics:diagnosis", pk)


def _people(rows: list[tuple[int, str, str]]) -> list[tuple[int, str]]:
    return [(pk, f"{name} ({Role.Kind(role).label})") for pk, name, role in rows]


@require_safe
@needs(*MEMBERS)
def home(request: ScopedRequest) -> HttpResponse:
    """What waits for the person first; then the diagnoses that they may see, by year."""
    scope = request.scope
    rows = selectors.lines(scope)
    log_list(scope, "diagnosis", {row.organization_id for row in rows})
    waiting = [row for row in rows if row.stage == Stage.RATE and row.is_rater and not row.given]
    places = selectors.places(scope)
    context = {
        "waiting": waiting,
        "rows": rows,
        "places": places,
        "steps": selectors.own_open_steps(scope),
        "today": clock.today(),
        "counted": ["what-makes-it-stick", "team-that-leads"] if scope.has("director", "network_lead") else [],
    }
    return render(request, "diagnostics/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*BEGINNERS)
def new(request: ScopedRequest) -> HttpResponse:
    """Begin one: for which school or city (`?of=`), with which version, with whom."""
    scope = request.scope
    places = selectors.places(scope)
    asked = request.GET.get("of", "")
    chosen = [p for p in places if str(p[0]) == asked] if asked else places if len(places) == 1 else []
    if asked and not chosen:
        raise Http404
    if not chosen:
        return render(request, "diagnostics/new.html", {"places": places, "place": None})
    place = chosen[0]
    people = selectors.candidates(scope, place[0], clock.today())
    log_list(scope, "diagnosis", {place[0]})
    versions = [(v.pk, str(v)) for v in selectors.versions_to_use(scope, place[2])]
    form = BeginForm(request.POST or None, versions=versions, people=_people(people))
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            made = services.begin(scope, place[0], given["version"], given["raters"], given["named"])
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Begun. Now gather evidence, together."))
            return redirect("diagnostics:diagnosis", made.pk)
    context = {"places": places, "place": place, "form": form}
    return render(request, "diagnostics/new.html", context, status=422 if form.errors else 200)


def _page(
    request: ScopedRequest,
    found: Diagnosis,
    *,
    evidence: EvidenceForm | None = None,
    promise: PromiseForm | None = None,
    review: ReviewForm | None = None,
) -> HttpResponse:
    scope = request.scope
    log_list(scope, "diagnosis", {found.organization_id})
    told = shown.tell(scope, found)
    raters = selectors.raters(scope, found)
    own = next((rater for rater in raters if rater.person_id == scope.person_id), None)
    is_lead = found.facilitator_id == scope.person_id
    items = [c.item for c in told.conditions]
    today = clock.today()
    may_look_back = (
        found.stage == Stage.PUBLISHED
        and found.year < today.year
        and (is_lead or selectors.may_begin(scope, found.organization_id))
        and services.year_on(found.organization_id, today) > found.year
    )
    open_forms = own is not None or is_lead
    context = {
        "told": told,
        "found": found,
        "school": selectors.organization_name(found.organization_id),
        "own": own,
        "is_lead": is_lead,
        "raters": raters,
        "given": sum(r.given_at is not None for r in raters),
        "stages": [(key, label, key == found.stage) for key, label in Stage.choices],
        "may_add": open_forms and not found.is_over,
        "evidence_form": evidence or EvidenceForm(items=items),
        "may_promise": open_forms and found.stage == Stage.PUBLISHED,
        "promise_form": promise or PromiseForm(items=items),
        "review_form": (review or ReviewForm()) if may_look_back else None,
        "person_id": scope.person_id,
    }
    wrong = any(form is not None and form.errors for form in (evidence, promise, review))
    return render(request, "diagnostics/diagnosis.html", context, status=422 if wrong else 200)


@require_safe
@needs(*MEMBERS)
def diagnosis(request: ScopedRequest, pk: int) -> HttpResponse:
    """One calm page: where we were and are, on what it rests, what was promised; and what is to be done now."""
    return _page(request, _found(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*MEMBERS)
def raters(request: ScopedRequest, pk: int) -> HttpResponse:
    """Who rates; until rating begins."""
    scope, found = request.scope, _found(request, pk, leads=True)
    if found.stage != Stage.GATHER:
        messages.info(request, _("Rating has begun: who rates stays as it is."))
        return redirect("diagnostics:diagnosis", pk)
    people = selectors.candidates(scope, found.organization_id, clock.today())
    initial = {"raters": [r.person_id for r in selectors.raters(scope, found)], "named": found.named}
    log_list(scope, "diagnosis", {found.organization_id})
    form = RatersForm(request.POST or None, people=_people(people), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_raters(scope, pk, form.cleaned_data["raters"], form.cleaned_data["named"])
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("diagnostics:diagnosis", pk)
    context = {"form": form, "found": found}
    return render(request, "diagnostics/raters.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*MEMBERS)
def hand_over(request: ScopedRequest, pk: int) -> HttpResponse:
    """Somebody else facilitates from here on; who handed over may not see the page any more."""
    scope, found = request.scope, _found(request, pk, leads=True)
    if found.stage not in (Stage.GATHER, Stage.RATE):
        messages.info(request, _("The group talks: who facilitates stays as it is."))
        return redirect("diagnostics:diagnosis", pk)
    log_list(scope, "diagnosis", {found.organization_id})
    people = _people(selectors.successors(scope, found, clock.today()))
    form = HandOverForm(request.POST or None, people=people)
    if request.method == "POST" and form.is_valid():
        try:
            services.hand_over(scope, pk, form.cleaned_data["to"])
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Handed over."))
            return redirect("diagnostics:home")
    context = {"form": form, "found": found}
    return render(request, "diagnostics/hand_over.html", context, status=422 if form.errors else 200)


@require_POST
@needs(*MEMBERS)
def evidence(request: ScopedRequest, pk: int) -> HttpResponse:
    """Add a piece of evidence."""
    found = _found(request, pk, member=True)
    form = EvidenceForm(request.POST, items=selectors.rated_items(found.version_id))
    if form.is_valid():
        try:
            services.add_evidence(request.scope, pk, **form.cleaned_data)
        except services.NotNow as error:
            return _not_now(request, pk, error)
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Added."))
            return redirect("diagnostics:diagnosis", pk)
    return _page(request, found, evidence=form)


@require_POST
@needs(*MEMBERS)
def withdraw(request: ScopedRequest, pk: int, evidence_id: int) -> HttpResponse:
    """Take back a piece that one brought oneself."""
    _found(request, pk, member=True)
    try:
        gone = services.withdraw_evidence(request.scope, pk, evidence_id)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("diagnostics:diagnosis", pk)
    if not gone:
        raise Http404
    messages.success(request, _("Taken back."))
    return redirect("diagnostics:diagnosis", pk)


@require_POST
@needs(*MEMBERS)
def stage(request: ScopedRequest, pk: int) -> HttpResponse:
    """On to the next stage: rating alone, or the talk."""
    _found(request, pk, leads=True)
    go = {"rate": services.open_rating, "consensus": services.open_talk}.get(request.POST.get("to", ""))
    if go is None:
        raise Http404
    try:
        go(request.scope, pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("On to the next stage."))
    return redirect("diagnostics:diagnosis", pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*MEMBERS)
def rate(request: ScopedRequest, pk: int) -> HttpResponse:
    """One's own levels, each with what it rests on; nobody else's are on this page."""
    scope, found = request.scope, _found(request, pk)
    own = selectors.own(scope, found)
    if own is None:
        raise Http404
    if found.stage != Stage.RATE:
        messages.info(request, _("Rating alone is not open now."))
        return redirect("diagnostics:diagnosis", pk)
    form = LevelsForm(
        request.POST or None,
        items=selectors.rated_items(found.version_id),
        evidence=selectors.evidence(scope, found),
        known=own,
        together=False,
    )
    if request.method == "POST" and form.is_valid():
        give = "give" in request.POST
        try:
            services.rate(scope, pk, form.said(), give=give)
        except ObjectDoesNotExist as error:
            raise Http404 from error
        except ValidationError as error:
            blame(form, error, "level_")
        else:
            messages.success(request, _("Given. You may change them until the group talks.") if give else _("Kept."))
            return redirect("diagnostics:diagnosis", pk)
    return _levels(request, found, form, own, "diagnostics/rate.html")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*MEMBERS)
def consensus(request: ScopedRequest, pk: int) -> HttpResponse:
    """The group's levels, written down by its facilitator beside what each rated alone."""
    scope, found = request.scope, _found(request, pk, leads=True)
    if found.stage != Stage.CONSENSUS:
        messages.info(request, _("The group does not talk about it now."))
        return redirect("diagnostics:diagnosis", pk)
    known = selectors.agreed(scope, found)
    form = ConsensusForm(
        request.POST or None,
        items=selectors.answered_items(found.version_id),
        evidence=selectors.evidence(scope, found),
        known=known,
        together=True,
    )
    if request.method == "POST" and form.is_valid():
        publish = "publish" in request.POST
        try:
            services.agree(scope, pk, form.said(), minutes=form.cleaned_data["minutes"], publish=publish)
        except ValidationError as error:
            blame(form, error, "level_")
        else:
            messages.success(request, _("Published.") if publish else _("Kept."))
            return redirect("diagnostics:diagnosis" if publish else "diagnostics:consensus", pk)
    return _levels(request, found, form, known, "diagnostics/consensus.html")


def _levels(
    request: ScopedRequest, found: Diagnosis, form: LevelsForm, known: selectors.Own, template: str
) -> HttpResponse:
    told = shown.tell(request.scope, found)
    beside = {c.item.pk: c for c in told.conditions}
    context: dict[str, Any] = {
        "found": found,
        "told": told,
        "form": form,
        "known": known,
        "rows": [(row, beside.get(row.item.pk)) for row in form.rows()],
    }
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
@needs(*MEMBERS)
def promise(request: ScopedRequest, pk: int) -> HttpResponse:
    """Promise a next step for one item."""
    found = _found(request, pk, member=True)
    form = PromiseForm(request.POST, items=selectors.rated_items(found.version_id))
    if form.is_valid():
        given = form.cleaned_data
        try:
            services.promise(request.scope, pk, given["item"], text=given["text"], due=given["due"])
        except services.NotNow as error:
            return _not_now(request, pk, error)
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Promised. It stands on your page of diagnoses until it is kept."))
            return redirect("diagnostics:diagnosis", pk)
    return _page(request, found, promise=form)


@require_POST
@needs(*MEMBERS)
def settle(request: ScopedRequest, pk: int, promise_id: int) -> HttpResponse:
    """One's own promise: kept, or done another way, because."""
    _found(request, pk, member=True)
    otherwise = None if "kept" in request.POST else request.POST.get("because", "")
    try:
        changed = services.settle(request.scope, pk, promise_id, otherwise)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        if changed:
            messages.success(request, _("Settled. Thank you for keeping your word."))
        else:
            messages.info(request, _("It was settled before; nothing changed."))
    return redirect("diagnostics:diagnosis", pk)


@require_POST
@needs(*MEMBERS)
def review(request: ScopedRequest, pk: int) -> HttpResponse:
    """Look back, a year later."""
    found = _found(request, pk)
    if found.facilitator_id != request.scope.person_id and not selectors.may_begin(
        request.scope, found.organization_id
    ):
        raise Http404
    form = ReviewForm(request.POST)
    if form.is_valid():
        try:
            services.look_back(request.scope, pk, form.cleaned_data["review"])
        except services.NotNow as error:
            return _not_now(request, pk, error)
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("diagnostics:diagnosis", pk)
    return _page(request, found, review=form)


@require_safe
@needs("director", "network_lead")
def schools(request: ScopedRequest, key: str) -> HttpResponse:
    """How many schools stand at each level of each condition: by year and version, and no school by its rank."""
    known = instrument(request.scope, key)
    if known is None or known.kind not in selectors.KINDS:
        raise Http404
    return render(
        request, "diagnostics/schools.html", {"instrument": known, "tables": shown.tables(request.scope, key)}
    )
