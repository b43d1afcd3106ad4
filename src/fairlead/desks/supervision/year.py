"""Pages of one year beside its own: gathering what exists, the rubric, a plan's support; and the network's days of a year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.cycles import services as cycles
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.responding import LONGEST, Given
from fairlead.apps.progress.definitions import indicators
from fairlead.apps.supervision import selectors, services, template
from fairlead.apps.supervision.models import Appraisal, Source
from fairlead.apps.support import services as support
from fairlead.apps.support.opening import LONGEST as MOST_MINUTES
from fairlead.desks.supervision.forms import said_of
from fairlead.desks.supervision.gathering import gathered

_DATE = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


def _mine(request: ScopedRequest, pk: int, step: str) -> Appraisal:
    """The appraisal, where this step is the asking person's now; else there is no such page."""
    found = selectors.appraisal(request.scope, pk)
    if found is None or step not in services.may(request.scope, found):
        raise Http404
    log_list(request.scope, "appraisals", {found.organization_id})
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@needs("principal", "director")
def gather(request: ScopedRequest, pk: int) -> HttpResponse:
    """What exists already: chosen by hand, brought in with where it comes from and what to beware of."""
    scope, found = request.scope, _mine(request, pk, "source")
    offers, refused = gathered(scope, found, selectors.sources(scope, pk), clock.today())
    chosen = request.POST.getlist("take") if request.method == "POST" else []
    taken = [offer for offer in offers if offer.origin in chosen]
    if taken:
        with transaction.atomic():
            for offer in taken:
                services.add_source(
                    scope, pk, kind=offer.kind, declared=Source.Declared.APPRAISAL, title=offer.title, text=offer.text,
                    context=offer.context, origin=offer.origin,
                )  # fmt: skip
        messages.success(request, _("Brought in: %(n)s. They are cited by hand, in the rating.") % {"n": len(taken)})
        return redirect("supervision:appraisal", pk)
    context = {
        "found": found,
        "line": selectors.line(scope, pk),
        "offers": offers,
        "refused": refused,
        "wrong": [_("Choose at least one.")] if request.method == "POST" else [],
    }
    return render(request, "supervision/gather.html", context, status=422 if context["wrong"] else 200)


class RubricForm(forms.Form):
    """A rubric's levels, each with its evidence."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    day = forms.DateField(label=gettext_lazy("Day of what you saw"), widget=_DATE)
    context = forms.CharField(
        label=gettext_lazy("What it was: a meeting, a walk, papers that you read"), max_length=300, required=False
    )

    def __init__(self, *args: Any, items: Sequence[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.items = [item for item in items if item.kind == "rating"]
        for item in self.items:
            levels = [(str(n), name) for n, name, _text in item.levels]
            self.fields[f"level_{item.pk}"] = forms.ChoiceField(choices=levels, required=False)
            self.fields[f"seen_{item.pk}"] = forms.CharField(
                label=_("Evidence: seen, heard or read"), max_length=LONGEST, required=False,
                widget=forms.Textarea(attrs={"rows": 2}),
            )  # fmt: skip

    def groups(self) -> list[tuple[str, str, str, list[tuple[str, str, str, bool]], forms.BoundField]]:
        """Each item: its domain, its name, its field's name, its levels with whether they are chosen, its evidence."""
        found = []
        for item in self.items:
            level = self[f"level_{item.pk}"]
            chosen = str(level.value() or "")
            levels = [(str(n), name, text, chosen == str(n)) for n, name, text in item.levels]
            found.append((str(item.domain), str(item), level.html_name, levels, self[f"seen_{item.pk}"]))
        return found

    def given(self) -> dict[int, Given]:
        """What the services record."""
        said = self.cleaned_data
        return {
            item.pk: Given(level=int(said[f"level_{item.pk}"]), evidence=said[f"seen_{item.pk}"])
            for item in self.items
            if said.get(f"level_{item.pk}")
        }


@require_http_methods(["GET", "HEAD", "POST"])
@needs("director")
def rubric(request: ScopedRequest, pk: int) -> HttpResponse:
    """Observe leadership with an appraisal rubric, declared for appraisal from its first word."""
    scope, found = request.scope, _mine(request, pk, "rubric")
    known = services.rubrics(scope)
    asked = request.GET.get("version", "")
    version = next((v for v in known if str(v.pk) == asked), known[0] if known else None)
    if version is None:
        raise Http404
    initial = {"token": uuid4(), "day": clock.today()}
    form = RubricForm(request.POST or None, items=instruments.items_of(version.pk), initial=initial)
    wrong: list[str] = []
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.observe(
                scope, pk, token=cast(UUID, said["token"]), version_id=version.pk, day=said["day"], answers=form.given(),
                context=said["context"],
            )  # fmt: skip
        except ValidationError as error:
            wrong = said_of(error)
        else:
            messages.success(request, _("Kept as a source that may be cited."))
            return redirect("supervision:appraisal", pk)
    context = {"found": found, "line": selectors.line(scope, pk), "version": version, "known": known, "form": form, "wrong": wrong}  # fmt: skip
    return render(request, "supervision/rubric.html", context, status=422 if wrong or form.errors else 200)


class SupportForm(forms.Form):
    """A support for a plan. Its goal is read by leaders: it is written anew, and not carried over."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind of help"),
        choices=[
            ("supervision", gettext_lazy("Supervision of the principal")),
            ("principal_coaching", gettext_lazy("Coaching of the principal")),
        ],
        help_text=gettext_lazy(
            "What is said in supervision you, the principal and the network's lead read; in coaching only you and the "
            "principal, and it is never cited."
        ),
    )  # fmt: skip
    goal = forms.CharField(
        label=gettext_lazy("Goal"), max_length=200,
        help_text=gettext_lazy("Leaders of the school and the network read it. Name what is to get better, and nothing of the rating."),
    )  # fmt: skip
    indicator = forms.ChoiceField(label=gettext_lazy("Indicator that should move"), required=False)
    begins = forms.DateField(label=gettext_lazy("First day"), widget=_DATE)
    ends = forms.DateField(label=gettext_lazy("Last day"), widget=_DATE)
    minutes = forms.IntegerField(label=gettext_lazy("Planned minutes a month"), min_value=1, max_value=MOST_MINUTES)
    promise = forms.CharField(
        label=gettext_lazy("Your promise (may stay empty)"), max_length=400, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("It is kept with the supervision: you, the principal and the network's lead read it."),
    )  # fmt: skip
    due = forms.DateField(label=gettext_lazy("You keep it by"), required=False, widget=_DATE)
    talked = forms.IntegerField(
        label=gettext_lazy("Minutes of the talk in which you promised it, today"), required=False, min_value=1, max_value=600
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [("", _("None yet")), *((key, i.label) for key, i in indicators().items())]
        cast(forms.ChoiceField, self.fields["indicator"]).choices = offered

    def clean(self) -> dict[str, Any]:
        """A promise has its day and the talk in which it was given."""
        said = super().clean() or self.cleaned_data
        if said.get("promise") and not (said.get("due") and said.get("talked")):
            raise ValidationError(_("A promise needs the day by which you keep it, and the minutes of the talk in which you gave it."))  # fmt: skip
        return dict(said)


@transaction.atomic
def _open(scope: Any, found: Appraisal, said: dict[str, Any]) -> None:
    number = cycles.begin(
        scope, said["kind"], found.organization_id, [found.subject_id], goal=said["goal"], indicator=said["indicator"],
        begins=said["begins"], ends=said["ends"], minutes=said["minutes"],
    )  # fmt: skip
    promise = None
    if said["promise"]:
        talk = support.record_contact(
            scope, organization_id=found.organization_id, with_person_id=found.subject_id, at=clock.now(),
            minutes=said["talked"], kind="meeting", purpose="supervision",
        )  # fmt: skip
        promise = support.make_promise(scope, talk, text=said["promise"], due=said["due"]).pk
    services.tie_support(scope, found.pk, number, promise)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("director")
def plan_support(request: ScopedRequest, pk: int) -> HttpResponse:
    """Open a support for the plan, with a promise: rows of their own purpose, of which only the dose is seen here."""
    scope, found = request.scope, _mine(request, pk, "support")
    today = clock.today()
    initial = {"begins": today, "ends": found.plan_review or today + timedelta(days=90), "minutes": 120,
               "promise": found.plan_help[:400], "due": found.plan_review}  # fmt: skip
    form = SupportForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            _open(scope, found, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, ValidationError(said_of(error)))
        else:
            messages.success(request, _("Opened. Only its dose is seen here."))
            return redirect("supervision:appraisal", pk)
    context = {"found": found, "line": selectors.line(scope, pk), "form": form}
    return render(request, "supervision/plan_support.html", context, status=422 if form.errors else 200)


STAGES = tuple(stage for stage in Appraisal.Stage if stage not in ("response", "closed"))


class StagesForm(forms.Form):
    """The day by which each stage is meant to be over."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for stage in STAGES:
            self.fields[stage.value] = forms.DateField(label=stage.label, widget=_DATE)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("network_lead")
def days(request: ScopedRequest) -> HttpResponse:
    """The days of this year's stages, as the network sets them, and every entry before."""
    scope, today = request.scope, clock.today()
    network = scope.organization_of("network_lead")
    if network is None:
        raise Http404
    year, pack = template.year_of(today), template.in_force(today)
    held = selectors.stage_days(scope).get((network, year), {})
    initial = {stage.value: held.get(stage.value) or pack.due_on(stage.value, today) for stage in STAGES}
    form = StagesForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.set_days(scope, network, year, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, ValidationError(said_of(error)))
        else:
            messages.success(request, _("Set: %(n)s.") % {"n": made})
            return redirect("supervision:days")
    context = {"form": form, "year": year, "set": bool(held), "entries": selectors.day_entries(scope, network, year)}
    return render(request, "supervision/days.html", context, status=422 if form.errors else 200)
