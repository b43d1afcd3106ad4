"""Certificates of raters: one's own first; for whoever runs instruments everybody's, given and taken back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.services import log_list
from fairlead.apps.instruments import certifying
from fairlead.apps.instruments.certifying import RATERS, RUNNERS, Held


class CertificateForm(forms.Form):
    """Who, for which instrument, since when, on what ground."""

    person = forms.TypedChoiceField(label=gettext_lazy("Rater"), coerce=int)
    instrument = forms.TypedChoiceField(label=gettext_lazy("Instrument"), coerce=int)
    earned_on = forms.DateField(
        label=gettext_lazy("Earned on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ground = forms.CharField(
        label=gettext_lazy("Ground"), max_length=250, help_text=gettext_lazy("Which training, which calibration.")
    )

    def __init__(self, *args: Any, people: list[Any], instruments: list[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (("person", people), ("instrument", instruments)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "–"), *choices] if len(choices) != 1 else choices


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*RATERS, *RUNNERS)
def raters(request: ScopedRequest) -> HttpResponse:
    """Until when one may rate with what; by name and never by rank."""
    scope: Scope = request.scope
    today, runs = clock.today(), scope.has(*RUNNERS)
    if request.method == "POST" and not runs:
        raise Http404
    form = None
    if runs:
        people = certifying.raters(scope.acting_as(*RUNNERS), today)
        form = CertificateForm(
            request.POST or None,
            people=people,
            instruments=[(i.pk, str(i)) for i in certifying.needing(scope.acting_as(*RUNNERS))],
            initial={"earned_on": today},
        )
        named = {pk for pk, _name in people} | {held.person_id for held in certifying.of_everybody(scope)}
        log_list(scope, "raters", certifying.schools_of(scope.acting_as(*RUNNERS), named, today))
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            try:
                certifying.give(scope, given["person"], given["instrument"], given["earned_on"], given["ground"])
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, _("Certified."))
                return redirect("coach:raters")
    context = {
        "own": _rows(certifying.own(scope)),
        "everybody": _rows(certifying.of_everybody(scope)),
        "runs": runs,
        "form": form,
        "today": today,
    }
    return render(request, "coach/raters.html", context, status=422 if form and form.errors else 200)


def _rows(held: list[Held]) -> list[dict[str, Any]]:
    today = clock.today()
    return [{"held": h, "state": h.state(today)} for h in held]


@require_POST
@needs(*RUNNERS)
def take_back(request: ScopedRequest, certificate_id: int) -> HttpResponse:
    """From today on it is none."""
    try:
        ended = certifying.take_back(request.scope, certificate_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    if ended:
        messages.success(request, _("Taken back: it ended yesterday."))
    else:
        messages.info(request, _("It had ended before; nothing changed."))
    return redirect("coach:raters")
