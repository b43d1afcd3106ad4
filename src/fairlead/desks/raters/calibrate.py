"""For who trains raters: sets of cases, their agreed levels, publishing."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.raters import calibrating, rules, selectors
from fairlead.apps.raters.calibrating import TRAINERS
from fairlead.desks.raters.forms import CaseForm, SetForm, blame
from fairlead.desks.raters.shown import rule_in_words

NEW = 0  # instead of a case's position


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*TRAINERS)
def sets(request: ScopedRequest) -> HttpResponse:
    """The network's calibration sets, and a new one."""
    form = SetForm(request.POST if request.method == "POST" else None, versions=calibrating.versions(request.scope))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            made = calibrating.begin(
                request.scope,
                said["version"],
                said["name"],
                said["name_es"],
                rule=form.rule(),
                reused=said["reused"],
            )
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Made. Now its first case."))
            return redirect("raters:set_case", made.pk, NEW)
    context = {"form": form, "sets": selectors.sets(request.scope)}
    return render(request, "raters/sets.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*TRAINERS)
def one_set(request: ScopedRequest, set_id: int) -> HttpResponse:
    """One set with its cases; published, retired, offered again."""
    found = selectors.one_set(request.scope, set_id)
    if found is None:
        raise Http404
    status = 200
    if request.method == "POST":
        try:
            if "publish" in request.POST:
                calibrating.publish(request.scope, set_id)
                messages.success(request, _("Published. Raters find it on their page; from now on it is final."))
            else:
                calibrating.retire(request.scope, set_id, again="again" in request.POST)
                messages.success(request, _("Saved."))
        except ObjectDoesNotExist as error:
            raise Http404 from error
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            status = 422
        else:
            return redirect("raters:set", set_id)
    context = {"set": found, "cases": found.cases.all(), "rule": rule_in_words(rules.read(found.rule))}
    return render(request, "raters/set.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*TRAINERS)
def case(request: ScopedRequest, set_id: int, position: int) -> HttpResponse:
    """A case with its agreed levels: written, changed, taken out; of a published set only read."""
    found = selectors.one_set(request.scope, set_id)
    known = found and found.cases.filter(position=position).first()
    if found is None or (known is None and position != NEW) or (found.published_at and position == NEW):
        raise Http404
    items = calibrating.rated_items(found.version_id)
    rows = [row for row in calibrating.agreed(request.scope, set_id) if known is not None and row.case_id == known.pk]
    form = CaseForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        items=items,
        reasons=True,
        known={row.item_id: row.level for row in rows},
        whys={row.item_id: row.why for row in rows},
        initial={name: getattr(known, name) for name in CaseForm.ABOUT if name != "file"} if known else None,
    )
    if request.method == "POST" and "drop" in request.POST and known is not None:
        try:
            calibrating.drop_case(request.scope, set_id, position)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Taken out."))
            return redirect("raters:set", set_id)
    elif request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = calibrating.put_case(request.scope, set_id, form.entry(), position or None)
                calibrating.agree(request.scope, set_id, made.position, form.levels(), form.whys())
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("raters:set", set_id)
    context = {"set": found, "case": known, "form": form, "rows": form.rows()}
    return render(request, "raters/set_case.html", context, status=422 if form.errors else 200)
