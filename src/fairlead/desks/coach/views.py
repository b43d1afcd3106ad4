"""Pages of the coach's desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.services import log_list, log_outside
from fairlead.apps.instruments import attaching
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments import services as instruments_do
from fairlead.apps.instruments.models import Visit
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import selectors as support
from fairlead.apps.support import services as support_do
from fairlead.apps.support.visibility import purpose_words, who_sees_what
from fairlead.desks.coach import choosing
from fairlead.desks.coach.forms import (
    LINES,
    USUAL_MINUTES,
    ChooseForm,
    PictureForm,
    ScriptForms,
    VisitForm,
    WordsForm,
)
from fairlead.desks.stencil import Stencil

VISITORS = ("coach", "principal")
LATEST = 6


def _scope(request: ScopedRequest) -> Scope:
    scope: Scope = request.scope
    return scope


@require_safe
@needs("coach")
def desk(request: ScopedRequest) -> HttpResponse:
    """What needs the coach today: feedback to share, promises due; then the teachers, longest unseen first."""
    scope, today = _scope(request), clock.today()
    coached = support.coached_by_me(scope, today)
    dose = support.support_dose(scope, [c.support_id for c in coached], today.replace(day=1))

    def days(support_id: int) -> int | None:
        last = dose[support_id].last_at
        return (today - timezone.localdate(last)).days if last else None

    unseen = 10_000
    teachers = sorted(
        ((c, days(c.support_id)) for c in coached),
        key=lambda t: (-(t[1] if t[1] is not None else unseen), t[0].sort_name),
    )
    waiting: list[dict[str, Any]] = [
        {"visit": v, "days": (today - timezone.localdate(v.began_at)).days}
        for v in instruments.not_closed_lines(scope)
    ]
    promises = [p for p in support.own_promises(scope) if p.owner_id == scope.person_id]
    latest = instruments.latest_lines(scope, LATEST)
    named = (*coached, *promises, *latest, *(w["visit"] for w in waiting))
    log_list(scope, "coaching", {line.organization_id for line in named})
    context = {
        "to_share": [w for w in waiting if w["visit"].shared_at is None],
        "to_answer": [w for w in waiting if w["visit"].shared_at is not None],
        "promises": promises,
        "overdue": sum(p.due < today for p in promises),
        "teachers": teachers,
        "rows": _rows(teachers, dose),
        "latest": latest,
        "today": today,
        "purposes": [purpose_words(p) for p in instruments_do.purposes_for(scope)],
        "times": support.own_feedback_times(scope, today - support.TIMES_OVER),
        "minutes": sum(dose[c.support_id].minutes for c in coached),
        "planned": sum(c.planned for c in coached),
    }
    return _may_be_kept(render(request, "coach/desk.html", context))


_ROW = Stencil(
    "coach/_teacher_row.html", words=("name", "school", "goal", "last", "got", "plan"), numbers=("person",)
)
_LAST = Stencil("coach/_last_contact.html")


def _rows(teachers: list[tuple[support.Coached, int | None]], dose: dict[int, support.SupportDose]) -> SafeString:
    """The table's rows, filled and not drawn."""
    return _ROW.fill(
        [
            {
                "name": c.name,
                "school": c.school,
                "goal": c.goal,
                "last": _LAST.drawn(days=days),
                "got": dose[c.support_id].minutes,
                "plan": c.planned,
                "person": c.person_id,
            }
            for c, days in teachers
        ]
    )


@require_safe
@needs(*VISITORS)
def visit_new(request: ScopedRequest) -> HttpResponse:
    """Step one: whom, and for which purpose, with who will see it. Nothing is written yet."""
    scope, today = _scope(request), clock.today()
    purposes = instruments_do.purposes_for(scope)
    schools = list(roster.organizations(scope, kind="school"))
    school = next((s for s in schools if str(s.pk) == request.GET.get("school")), None)
    if school is None and len(schools) == 1:
        school = schools[0]
    if school is not None:
        log_list(scope, "coaching", [school.pk])
        teachers: list[tuple[Any, Any]] = list(choosing.staff_of(scope, today, school.pk))
    else:
        log_list(scope, "coaching", {c.organization_id for c in support.coached_by_me(scope, today)})
        teachers = list(choosing.teachers_of(scope, today))
    asked = "go" in request.GET
    form = ChooseForm(
        request.GET if asked else None,
        teachers=teachers,
        purposes=purposes,
        initial={"teacher": request.GET.get("teacher", "")},
    )
    if asked and form.is_valid():
        return redirect("coach:visit_form", form.cleaned_data["teacher"], form.cleaned_data["purpose"])
    chosen = request.GET.get("purpose", "")
    context = {
        "form": form,
        "schools": schools,
        "school": school,
        "purposes": [{"words": purpose_words(p), "who": who_sees_what(p), "checked": p == chosen} for p in purposes],
    }
    page = render(request, "coach/visit_new.html", context, status=422 if asked else 200)
    return page if asked else _may_be_kept(page)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*VISITORS)
def visit_form(request: ScopedRequest, teacher_id: int, purpose: str, version_id: int | None = None) -> HttpResponse:
    """Step two: the visit, typed once. Bad input keeps everything typed and says what to mend.

    `teacher_id` 0: the teacher is chosen in the form. `version_id`: a form goes on with the version it began with.
    """
    scope, today = _scope(request), clock.today()
    ready = choosing.ready(scope, today, teacher_id, purpose, version_id)
    if ready is None:
        raise Http404
    log_list(scope, "coaching", ready.organizations)
    if version_id is not None and version_id != ready.version_id:  # it may not be used any more: on with what may
        where = reverse("coach:visit_form", args=[teacher_id, purpose])
        return redirect(f"{where}?{request.GET.urlencode()}" if request.GET else where)
    more = request.method == "POST" and "more" in request.POST
    form = VisitForm(_with_more_lines(request.POST) if more else request.POST or None, **ready.fields)
    if request.method == "POST" and not more and form.is_valid():
        entry = form.entry(
            purpose=purpose,
            subject_id=teacher_id or form.cleaned_data["teacher"],
            version_id=ready.version_id,
            share="share" in request.POST,
        )
        try:
            made = instruments_do.record_visit(scope, entry)
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, _("Saved. You typed it once; here are its four readings."))
            return redirect("coach:visit", made.pk)
    pinned = [teacher_id, purpose, *([ready.version_id] if ready.version_id else [])]
    context = {
        "form": form,
        "rows": form.rows(),
        "ready": ready,
        "teacher": ready.teacher,
        "section_name": ready.sections[0][1] if ready.teacher and len(ready.sections) == 1 else "",
        "purpose": purpose_words(purpose),
        "who": who_sees_what(purpose),
        "version": ready.version,
        "here": reverse("coach:visit_version" if ready.version_id else "coach:visit_form", args=pinned),
        "refused": bool(form.errors) and not more,
        "zone": timezone.get_current_timezone_name(),
        "usual_minutes": USUAL_MINUTES,
    }
    page = render(request, "coach/visit_form.html", context, status=422 if context["refused"] else 200)
    return page if request.method == "POST" else _may_be_kept(page)


def _may_be_kept(page: HttpResponse) -> HttpResponse:
    """Lets the visitor's own browser keep the page for the day, so that a visit can be written without a network."""
    page["X-Fairlead-Keep"] = "1"
    return page


def _with_more_lines(posted: QueryDict) -> QueryDict:
    """The form as it was typed, with three more empty lines for the script."""
    data = posted.copy()
    total = data.get(f"{LINES}-TOTAL_FORMS", "")
    data[f"{LINES}-TOTAL_FORMS"] = str(min(int(total) + 3, ScriptForms.absolute_max) if total.isdecimal() else 3)
    return data


def _blame(form: VisitForm, error: ValidationError) -> None:
    """Put a service's refusal beside the field that it is about."""
    names = {"began_at": "at", "script": "", "version": "", "token": ""}
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, problems in error.error_dict.items():
        field = names.get(name, name)
        form.add_error(field if field in form.fields else None, problems)


@require_safe
@needs(*VISITORS)
def visit(request: ScopedRequest, visit_id: int) -> HttpResponse:
    """One entry in its four readings: observation, contact, minutes in classrooms, the teacher's feedback."""
    return visit_page(request, visit_id)


def _days(began: datetime, closed: datetime | None) -> int | None:
    """Calendar days from a visit to the end of its feedback; None while it is open."""
    return (timezone.localdate(closed) - timezone.localdate(began)).days if closed else None


def visit_page(
    request: ScopedRequest,
    visit_id: int,
    *,
    share: WordsForm | None = None,
    close: WordsForm | None = None,
    picture: PictureForm | None = None,
) -> HttpResponse:
    """The visit's page, with a form that was refused in its place."""
    scope, today = _scope(request), clock.today()
    found = instruments.visits(scope).filter(pk=visit_id).first()
    if found is None:
        raise Http404
    if scope.person_id not in (found.visitor_id, found.subject_id):
        log_outside(scope, "visit", [found.visitor_id, found.subject_id], found.organization_id)
    else:
        log_list(scope, "coaching", [found.organization_id])
    contact = support.contact_of_visit(scope, found.pk)
    session = roster.session_of(found.organization_id, today)
    since = session.begins if session else found.began_at.date()
    month_begins = timezone.localdate(found.began_at).replace(day=1)
    minutes = support.minutes_in_classrooms(scope, found.organization_id, since)
    mine = found.visitor_id == scope.person_id
    read = instruments.reading(scope, found.pk)
    draft = read.draft if mine and not found.shared_at and not found.feedback else ""
    context = {
        "visit": found,
        "mine": mine,
        "ratings": read.ratings,
        "script": read.script,
        "pictures": attaching.attachments(scope, found.token),
        "picture": picture or (picture_form(found) if mine else None),
        "days_to_close": _days(found.began_at, found.closed_at),
        "contact": contact,
        "dose": support.support_dose(scope, [contact.support_id], month_begins)[contact.support_id]
        if contact and contact.support_id
        else None,
        "in_classrooms": next((m for m in minutes if m.lead_id == found.visitor_id), None),
        "since": since,
        "promises": support.promises_of_visits(scope, [found.pk]),
        "purpose": purpose_words(found.purpose),
        "who": who_sees_what(found.purpose),
        "share": share or _share_form(found.feedback or draft),
        "drafted": bool(draft),
        "close": close or _close_form(),
        "today": today,
    }
    refused = any(form is not None and form.errors for form in (share, close, picture))
    return render(request, "coach/visit.html", context, status=422 if refused else 200)


def picture_form(found: Visit, *data: Any) -> PictureForm | None:
    """A picture for the visit or for an item that asks for one; None for a visit without an instrument."""
    if found.version_id is None:
        return None
    items = [(i.key, str(i)) for i in instruments.items_of(found.version_id) if i.kind == "photo"]
    return PictureForm(*data, prefix="picture", items=items)


def _share_form(feedback: str, data: Any = None) -> WordsForm:
    return WordsForm(
        data,
        prefix="share",
        label=_("Feedback"),
        hint=_("The teacher reads exactly this. Once shared it stays as it is."),
        initial={"words": feedback},
    )


def _close_form(data: Any = None) -> WordsForm:
    return WordsForm(data, prefix="close", label=_("How did you give it?"))


@require_POST
@needs(*VISITORS)
def visit_share(request: ScopedRequest, visit_id: int) -> HttpResponse:
    """Open the visit to the teacher."""
    form = _share_form("", request.POST)
    form.is_valid()
    try:
        shared = instruments_do.share_feedback(_scope(request), visit_id, form.cleaned_data.get("words", ""))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        form.add_error("words", error.message_dict["feedback"])
        return visit_page(request, visit_id, share=form)
    if shared:
        messages.success(request, _("Shared. It is on the teacher's page now."))
    else:
        messages.info(request, _("It was shared before; nothing changed."))
    return redirect("coach:visit", visit_id)


@require_POST
@needs(*VISITORS)
def visit_close(request: ScopedRequest, visit_id: int) -> HttpResponse:
    """The feedback was given another way."""
    form = _close_form(request.POST)
    form.is_valid()
    try:
        closed = instruments_do.close_feedback(_scope(request), visit_id, form.cleaned_data.get("words", ""))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        form.add_error("words", error.message_dict["because"])
        return visit_page(request, visit_id, close=form)
    if closed:
        messages.success(request, _("Closed: given another way."))
    else:
        messages.info(request, _("It was closed before; nothing changed."))
    return redirect("coach:visit", visit_id)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*VISITORS)
def promise(request: ScopedRequest, promise_id: int) -> HttpResponse:
    """One's own promise: kept, or done another way, because."""
    scope = _scope(request)
    found = support.promise(scope, promise_id)
    if found is None or found.owner_id != scope.person_id:
        raise Http404
    log_list(scope, "coaching", [found.organization_id])
    form = WordsForm(request.POST or None, label=_("What you did instead"))
    status = 200
    if request.method == "POST":
        form.is_valid()
        try:
            if "kept" in request.POST:
                changed = support_do.keep_promise(scope, promise_id)
            else:
                changed = support_do.promise_done_another_way(scope, promise_id, form.cleaned_data.get("words", ""))
        except ValidationError as error:
            form.add_error("words", error.message_dict["because"])
            status = 422
        else:
            if changed:
                messages.success(request, _("Settled. Thank you for keeping your word."))
            else:
                messages.info(request, _("It was settled before; nothing changed."))
            return redirect(
                "coach:desk" if scope.has("coach") else "coach:promise", *([] if scope.has("coach") else [promise_id])
            )
    context = {
        "promise": found,
        "form": form,
        "who": who_sees_what(found.purpose),
        "purpose": purpose_words(found.purpose),
        "today": clock.today(),
    }
    return render(request, "coach/promise.html", context, status=status)
