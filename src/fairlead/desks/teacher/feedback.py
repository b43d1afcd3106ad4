"""Feedback on the teacher's page: what was shared, who can see it, and the answer that closes it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import attaching, selectors, services
from fairlead.apps.support import selectors as support
from fairlead.apps.support.visibility import purpose_words, who_sees_what
from fairlead.desks import pictures

ON_THE_DESK = 2


class AnswerForm(forms.Form):
    """A few words back."""

    answer = forms.CharField(
        label=gettext_lazy("My answer"),
        help_text=gettext_lazy(
            "What you tried, what you see differently, what you need. Read by whoever made the visit."
        ),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


def _cards(scope: Scope, visits: list[Any]) -> list[dict[str, Any]]:
    promises: dict[int, list[Any]] = {}
    for p in support.promises_of_visits(scope, [v.pk for v in visits]) if visits else []:
        if p.visit_id is not None:
            promises.setdefault(p.visit_id, []).append(p)
    return [{"visit": v, "promises": promises.get(v.pk, []), "purpose": purpose_words(v.purpose)} for v in visits]


def for_desk(scope: Scope) -> dict[str, Any]:
    """What waits for the teacher's answer, latest first, and how much there is besides."""
    shared = selectors.feedback_lines(scope)
    waiting = [v for v in shared if v.closed_at is None][:ON_THE_DESK]
    return {"cards": _cards(scope, waiting), "older": len(shared) - len(waiting)}


@require_safe
@needs("teacher")
def feedback(request: ScopedRequest) -> HttpResponse:
    """Everything that was shared with the teacher."""
    scope: Scope = request.scope
    cards = _cards(scope, selectors.feedback_lines(scope))
    return render(request, "teacher/feedback.html", {"cards": cards, "today": clock.today()})


@require_safe
@needs("teacher")
def feedback_visit(request: ScopedRequest, visit_id: int) -> HttpResponse:
    """One visit as the teacher reads it."""
    return _page(request, visit_id, AnswerForm())


def _page(request: ScopedRequest, visit_id: int, form: AnswerForm) -> HttpResponse:
    scope: Scope = request.scope
    visit = selectors.feedback_for(scope).filter(pk=visit_id).first()
    if visit is None:
        raise Http404
    (card,) = _cards(scope, [visit])
    read = selectors.reading(scope, visit.pk)
    context = {
        **card,
        "ratings": read.ratings,
        "script": read.script,
        "pictures": attaching.attachments(scope, visit.token),
        "who": who_sees_what(visit.purpose),
        "form": form,
        "today": clock.today(),
    }
    return render(request, "teacher/feedback_visit.html", context, status=422 if form.errors else 200)


@require_safe
@needs("teacher")
def picture(request: ScopedRequest, picture_id: UUID) -> HttpResponse:
    """One picture of a visit that was shared with the teacher."""
    held = attaching.attachment(request.scope, picture_id)
    if held is None or not selectors.feedback_for(request.scope).filter(token=held.response_id).exists():
        raise Http404
    return pictures.serve(held)


@require_POST
@needs("teacher")
def feedback_answer(request: ScopedRequest, visit_id: int) -> HttpResponse:
    """Answer in words, or say that it was read; either closes the feedback."""
    form = AnswerForm(request.POST)
    form.is_valid()
    words = form.cleaned_data.get("answer", "") or (_("Read, thank you.") if "read" in request.POST else "")
    try:
        if form.errors:
            raise ValidationError({})
        answered = services.answer_feedback(request.scope, visit_id, words)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        for problem in error.message_dict.get("answer", []):
            form.add_error("answer", problem)
        return _page(request, visit_id, form)
    if answered:
        messages.success(request, _("Sent. The feedback is closed."))
    else:
        messages.info(request, _("You had answered before; nothing changed."))
    return redirect("teacher:feedback_visit", visit_id)
