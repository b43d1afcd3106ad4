"""Reviews of assignments: planned and closed by an analyst, handed in by teachers, judged by two who do not see each other."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.instruments import policy
from fairlead.apps.instruments.selectors import instruments_for, items_of
from fairlead.apps.reviews import selectors, services, standards
from fairlead.apps.reviews.models import Review
from fairlead.apps.roster import selectors as roster
from fairlead.desks.reviews import shown
from fairlead.desks.reviews.forms import HandInForm, JudgeForm, NoneForm, PeopleForm, PlanForm

PURPOSES = ("improvement", "research")


def blame(form: Form, error: ValidationError) -> None:
    """Put each message at its field, what belongs to none above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, found in error.message_dict.items():
        form.add_error(name if name in form.fields else None, found)


def _review(request: ScopedRequest, review_id: int) -> Review:
    found = selectors.review(request.scope, review_id)
    if found is None:
        raise Http404
    return found


@require_safe
@needs()
def home(request: ScopedRequest) -> HttpResponse:
    """What waits for me, what is asked of me, and the reviews that I may read."""
    scope = request.scope
    reads = scope.has(*selectors.READ_BY)
    context = {
        "queue": selectors.queue(scope),
        "judged": selectors.judged_by(scope),
        "asked": selectors.asked_of(scope),
        "reviews": selectors.reviews(scope) if reads else (),
        "reads": reads,
        "runs": scope.has(*selectors.RUN_BY),
    }
    return render(request, "reviews/home.html", context)


def _plan_form(request: ScopedRequest) -> PlanForm:
    scope = request.scope
    versions = {v.pk: v for p in PURPOSES for v in instruments_for(scope, p, [services.KIND])}
    allowed = {p for v in versions.values() for p in policy.purposes_of(v.instrument)}
    return PlanForm(
        request.POST if request.method == "POST" else None,
        places=[(o.pk, o.name) for o in roster.organizations(scope)],
        versions=[(pk, str(v)) for pk, v in versions.items()],
        purposes=[p for p in PURPOSES if p in allowed],
        frameworks=[(f.pk, f.title) for f in standards.frameworks()],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.RUN_BY)
def new(request: ScopedRequest) -> HttpResponse:
    """Plan a review."""
    form = _plan_form(request)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make(request.scope, form.plan())
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Planned. The seed is committed to: see its hash below, then draw."))
            return redirect("reviews:review", made.pk)
    return render(request, "reviews/new.html", {"form": form}, status=422 if form.errors else 200)


def _page(request: ScopedRequest, found: Review, people: PeopleForm | None = None) -> HttpResponse:
    scope = request.scope
    runs = selectors.may_run(scope, found)
    context: dict[str, Any] = {"review": found, "runs": runs}
    if (result := selectors.result(scope, found.pk)) is not None:
        counts = policy.counts_shown(found.version.instrument)
        context |= {
            "result": result,
            "found": shown.ready(found, result.found, counts=counts),
            "counts_shown": counts,
        }
    if runs:
        context["reviewers"] = reviewers = list(selectors.reviewers(scope, found.pk))
        if found.drawn_at:
            context["progress"] = selectors.progress(scope, found.pk)
        if found.closed_at is None:
            waiting = list(selectors.waiting(scope, found.pk)[:200])
            context["waiting"] = waiting
            offered = [(pk, name) for pk, name, _home in services.may_review(scope, found)]
            named = {"people": [r.person_id for r in reviewers]}
            context["people"] = people or PeopleForm(people=offered, initial=named)
            log_list(scope, "reviews", [p.organization_id for p in waiting])
        log_list(scope, "reviews", [r.home_id for r in reviewers])
    return render(request, "reviews/review.html", context, status=422 if people is not None else 200)


@require_safe
@needs(*selectors.READ_BY)
def review(request: ScopedRequest, review_id: int) -> HttpResponse:
    """A review: plan and draw, how far it is, and when it is closed what it found."""
    return _page(request, _review(request, review_id))


@require_POST
@needs(*selectors.RUN_BY)
def people(request: ScopedRequest, review_id: int) -> HttpResponse:
    """Say who judges."""
    found = _review(request, review_id)
    offered = [(pk, name) for pk, name, _home in services.may_review(request.scope, found)]
    form = PeopleForm(request.POST, people=offered)
    if form.is_valid():
        try:
            services.name_reviewers(request.scope, review_id, form.cleaned_data["people"])
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("reviews:review", review_id)
    return _page(request, found, form)


@require_POST
@needs(*selectors.RUN_BY)
def step(request: ScopedRequest, review_id: int, what: str) -> HttpResponse:
    """Draw, deal or close."""
    _review(request, review_id)
    try:
        if what == "draw":
            n = services.draw_sample(request.scope, review_id)
            said = ngettext("Drawn: %(n)s assignment is asked for.", "Drawn: %(n)s assignments are asked for.", n) % {
                "n": n
            }
        elif what == "deal":
            n = services.deal(request.scope, review_id)
            said = ngettext("%(n)s assignment was dealt.", "%(n)s assignments were dealt.", n) % {"n": n}
        else:
            services.close(request.scope, review_id)
            said = _("Closed. What it found is being counted: open this page again in a moment.")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, said)
    return redirect("reviews:review", review_id)


@require_http_methods(["GET", "HEAD", "POST"])
@needs()
def hand_in(request: ScopedRequest, piece_id: int) -> HttpResponse:
    """Hand in the work of a drawn day, or say that there was none."""
    piece = selectors.to_hand_in(request.scope, piece_id)
    if piece is None:
        raise Http404
    without = "because" in request.POST
    sent = HandInForm(request.POST, request.FILES) if request.method == "POST" and not without else HandInForm()
    none = NoneForm(request.POST) if without else NoneForm()
    form: Form = none if without else sent
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                if without:
                    following = services.no_assignment(request.scope, piece_id, data["because"])
                    said = _("Thank you. Another day of the draw takes its place.") if following else _("Thank you.")
                else:
                    file = data["file"]
                    services.hand_in(
                        request.scope, piece_id, content=file.read() if file else b"", name=file.name if file else "",
                        text=data["text"], no_names=data["no_names"],
                    )  # fmt: skip
                    said = _("Thank you. It is with the reviewers now; no result names you.")
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, said)
            return redirect("reviews:home")
    context = {"piece": piece, "form": sent, "none": none, "refused": form.errors}
    return render(request, "reviews/hand_in.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs()
def judge(request: ScopedRequest, piece_id: int) -> HttpResponse:
    """The assignment beside the form. Looking a standard up sends the form along, and keeps nothing yet."""
    scope = request.scope
    piece = selectors.to_judge(scope, piece_id)
    if piece is None:
        raise Http404
    part = selectors.part_of(scope, piece)
    data = request.POST.copy() if request.method == "POST" else None
    items = items_of(piece.review.version_id)
    looked = data is not None and ("look" in data or "take" in data)
    if data is not None and (code := data.get("take")):
        picked = next((item for item in items if item.key == "standard"), None)
        if picked is not None:
            data[f"item_{picked.pk}"] = code
    form = JudgeForm(data, items=items, decides=part == "third")
    if data is not None and not looked and form.is_valid():
        try:
            with transaction.atomic():
                services.judge(
                    scope, piece_id, form.given(), reason=form.cleaned_data.get("reason", ""), language=(get_language() or "en")[:2]
                )  # fmt: skip
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Kept."))
            following = selectors.queue(scope).first()
            return redirect("reviews:judge", following.pk) if following else redirect("reviews:home")
    query = (data.get("q", "") if data is not None else "")[:100]
    context = {
        "piece": piece,
        "copy": piece.copy,
        "form": form,
        "rows": form.rows(),
        "query": query,
        "matches": standards.search(query, framework_id=piece.review.framework_id, most=8)
        if "look" in (data or {})
        else (),
        "looked": "look" in (data or {}),
        "third": part == "third",
        "between": _between(request, piece.pk, items) if part == "third" else (),
        "left": selectors.queue(scope).count(),
        "refused": form.errors if data is not None and not looked else None,
    }
    return render(request, "reviews/judge.html", context, status=422 if context["refused"] else 200)


def _between(request: ScopedRequest, piece_id: int, items: list[Any]) -> list[tuple[Any, str, str]]:
    """Both levels of each rating, for who decides."""
    first, second = selectors.levels(request.scope, piece_id)
    rows = []
    for item in items:
        names = {n: f"{n}. {name}" for n, name, _text in item.levels}
        if item.key in first and item.key in second:
            rows.append((item, names.get(first[item.key], "–"), names.get(second[item.key], "–")))
    return rows


@require_safe
@needs()
def copy(request: ScopedRequest, piece_id: int) -> HttpResponse:
    """The picture, or the PDF as a file; to those only whose it is to judge, who handed it in or who run the review."""
    found = selectors.copy_of(request.scope, piece_id)
    if found is None or not found.media_type:
        raise Http404
    response = HttpResponse(bytes(found.content), content_type=found.media_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    if found.media_type == "application/pdf":
        response["Content-Disposition"] = f'attachment; filename="assignment-{piece_id}.pdf"'
    return response


@require_safe
@needs()
def standard_search(request: ScopedRequest) -> HttpResponse:
    """Standards by code or words."""
    query = request.GET.get("q", "")[:100]
    grade = request.GET.get("grade", "")
    chosen = int(grade) if grade.isdigit() and int(grade) <= 12 else None
    context = {
        "query": query,
        "grade": chosen,
        "grades": range(13),
        "matches": standards.search(query, grade=chosen, most=50),
        "frameworks": standards.frameworks(),
    }
    return render(request, "reviews/standards.html", context)


@require_safe
@needs()
def standard(request: ScopedRequest, standard_id: int) -> HttpResponse:
    """One standard: what comes before it, what after."""
    found = standards.standard(standard_id)
    if found is None:
        raise Http404
    context = {"standard": found, "near": standards.neighbours(standard_id)}
    return render(request, "reviews/standard.html", context)
