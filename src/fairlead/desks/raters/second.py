"""Visits with a second pair of eyes, for the two who make them; the draws, for who trains raters."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.instruments.selectors import items_of
from fairlead.apps.raters import calibrating, drawing, pairing, selectors
from fairlead.apps.raters.calibrating import TRAINERS
from fairlead.apps.raters.models import SecondLook
from fairlead.apps.support.visibility import purpose_words
from fairlead.desks.raters.attempt import WHO
from fairlead.desks.raters.forms import LevelsForm, blame
from fairlead.desks.raters.numbers import together_in_words, with_words


class DrawForm(forms.Form):
    """Which visits, when, how many."""

    version = forms.TypedChoiceField(label=gettext_lazy("Instrument"), coerce=int)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose of the visits"))
    begins = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    ends = forms.DateField(
        label=gettext_lazy("Until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    share = forms.IntegerField(
        label=gettext_lazy("Of each rater's teachers, in percent"), min_value=1, max_value=99, initial=20
    )

    def __init__(self, *args: Any, versions: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["version"]).choices = versions
        cast(forms.ChoiceField, self.fields["purpose"]).choices = [
            (p, purpose_words(p).label) for p in drawing.PURPOSES
        ]


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*TRAINERS)
def draws(request: ScopedRequest) -> HttpResponse:
    """Draws with their commitments, what came of them, and a new one."""
    today = clock.today()
    form = DrawForm(
        request.POST if request.method == "POST" else None,
        versions=drawing.versions(request.scope),
        initial={"begins": today},
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            drawing.commit(
                request.scope, said["version"], said["purpose"], said["begins"], said["ends"], said["share"] / 100
            )
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Committed. Publish the commitment, then draw."))
            return redirect("raters:draws")
    rows = [
        {
            "draw": d,
            "purpose": purpose_words(d.draw.purpose).label,
            "share": round(d.draw.share * 100),
            "over": d.draw.ends < today,
        }
        for d in selectors.draws(request.scope)
    ]
    return render(request, "raters/draws.html", {"form": form, "draws": rows}, status=422 if form.errors else 200)


@require_POST
@needs(*TRAINERS)
def draw(request: ScopedRequest, draw_id: int) -> HttpResponse:
    """Close the list and draw."""
    try:
        many = drawing.draw(request.scope, draw_id)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Drawn: %(n)s visits are seen by two.") % {"n": many})
    return redirect("raters:draws")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*WHO)
def look(request: ScopedRequest, look_id: int) -> HttpResponse:
    """One visit seen by two: rated by the second rater, refused by either, then both levels side by side."""
    found = pairing.one(request.scope, look_id)
    if found is None:
        raise Http404
    log_list(request.scope, "coaching", [found.organization_id])
    today = clock.today()
    form = None
    if not found.mine and found.waits:
        form = _LookForm(
            request.POST if request.method == "POST" else None,
            items=calibrating.rated_items(found.version_id),
            initial={"day": today},
        )
    if request.method == "POST" and form is None:
        raise Http404
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            pairing.rate(request.scope, look_id, form.cleaned_data["day"], form.levels())
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved. You see both when the other's levels are in, too."))
            return redirect("raters:look", look_id)
    items = items_of(found.version_id)
    context = {
        "look": found,
        "purpose": purpose_words(found.purpose).label,
        "form": form,
        "rows": form.rows() if form is not None else [],
        "version": items[0].version if items else None,
        "reasons": SecondLook.Refused.choices,
        "beside": _beside(request, found, items),
    }
    return render(request, "raters/look.html", context, status=422 if form is not None and form.errors else 200)


class _LookForm(LevelsForm):
    day = forms.DateField(
        label=gettext_lazy("Day of the visit"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


def _beside(request: ScopedRequest, found: pairing.Look, items: list[Any]) -> list[dict[str, Any]]:
    """Both raters' levels in words, in the instrument's order."""
    told = {row.item: row for row in pairing.beside(request.scope, found.pk)}
    rows = []
    for item in items:
        if row := told.get(item.key):
            names = {n: name for n, name, _words in item.levels}
            unseen = _("not seen")
            rows.append(
                {
                    "item": str(item),
                    "first": names.get(row.first or 0, unseen),
                    "second": names.get(row.second or 0, unseen),
                    "same": row.first == row.second,
                }
            )
    return rows


@require_POST
@needs(*WHO)
def refuse(request: ScopedRequest, look_id: int) -> HttpResponse:
    """It is not seen by two, because."""
    try:
        done = pairing.refuse(request.scope, look_id, request.POST.get("reason", ""))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("raters:look", look_id)
    if done:
        messages.success(request, _("Noted. It is counted with its reason."))
    else:
        messages.info(request, _("Nothing changed."))
    return redirect("raters:home")


@require_safe
@needs(*TRAINERS)
def measured(request: ScopedRequest) -> HttpResponse:
    """How people rate: all together, and by name where there is a ground."""
    scope = request.scope
    rows = selectors.measured(scope)
    log_list(scope, "raters", {row.organization_id for row in rows})
    context = {
        "together": together_in_words(selectors.together(scope)),
        "groups": with_words(rows),
    }
    return render(request, "raters/measured.html", context)
