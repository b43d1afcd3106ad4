"""Who can see what of visits to me; and my consent that levels of coaching visits enter indicators and studies."""

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
from fairlead.apps.instruments import consents
from fairlead.apps.instruments.services import MAKERS
from fairlead.apps.support.visibility import purpose_words, who_sees_what


class ConsentForm(forms.Form):
    """From when, and of whose visits."""

    begins = forms.DateField(
        label=gettext_lazy("Visits from this day on"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    visitor = forms.TypedChoiceField(label=gettext_lazy("Visits by"), coerce=int, empty_value=None, required=False)

    def __init__(self, *args: Any, visitors: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["visitor"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("anybody who coaches me")), *visitors]


@require_http_methods(["GET", "HEAD", "POST"])
@needs("teacher")
def who_sees(request: ScopedRequest) -> HttpResponse:
    """What each purpose of a visit opens to whom, and what I have consented to."""
    scope: Scope = request.scope
    visitors = consents.visitors(scope)
    form = ConsentForm(request.POST or None, visitors=visitors, initial={"begins": clock.today()})
    if request.method == "POST" and form.is_valid():
        organization = scope.organization_of("teacher")
        assert organization is not None  # the door has asked
        try:
            consents.give(scope, organization, form.cleaned_data["begins"], form.cleaned_data["visitor"])
        except ValidationError as error:
            form.add_error(None, error) if not hasattr(error, "error_dict") else form.add_error(
                "visitor", error.messages[0]
            )
        else:
            messages.success(request, _("Given. You can take it back at any time."))
            return redirect("teacher:who_sees")
    purposes = sorted({purpose for makers in MAKERS.values() for purpose in makers})
    context = {
        "form": form,
        "given": consents.own(scope),
        "purposes": [{"words": purpose_words(p), "who": who_sees_what(p)} for p in purposes],
    }
    return render(request, "teacher/who_sees.html", context, status=422 if form.errors else 200)


@require_POST
@needs("teacher")
def revoke(request: ScopedRequest, consent_id: int) -> HttpResponse:
    """Take one's own consent back."""
    try:
        taken = consents.revoke(request.scope, consent_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    if taken:
        messages.success(request, _("Taken back. The levels are out of indicators and studies from now on."))
    else:
        messages.info(request, _("It was taken back before; nothing changed."))
    return redirect("teacher:who_sees")
