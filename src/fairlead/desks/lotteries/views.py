"""Lotteries: what is scarce is drafted, listed, committed to, drawn in public; anybody on the list can verify it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.evidence import services as evidence
from fairlead.apps.lotteries import selectors, services
from fairlead.apps.lotteries.models import Lottery
from fairlead.apps.roster import selectors as roster
from fairlead.desks.lotteries import shown
from fairlead.desks.lotteries.forms import DraftForm, DrawForm, VerifyForm, WithdrawForm
from fairlead.science.impact import DataError
from fairlead.science.impact.lottery import check_record, read_record
from fairlead.science.impact.lottery.design import FORMAT
from fairlead.science.impact.lottery.record import LARGEST


def _lottery(request: ScopedRequest, pk: int) -> Lottery:
    found = selectors.lottery(request.scope, pk)
    if found is None:
        raise Http404
    return found


@require_safe
@needs(*selectors.CONCERNED)
def home(request: ScopedRequest) -> HttpResponse:
    """Every lottery that concerns the person, with what they drew."""
    own, counts = selectors.own(request.scope), selectors.counts(request.scope)
    reads = request.scope.has(*selectors.READ_BY)
    rows = [
        shown.row(one, counts.get(one.pk, (0, 0)), own.get(one.pk))
        for one in selectors.lotteries(request.scope)
        if reads or one.pk in own
    ]
    context = {"rows": rows, "runs": request.scope.has(*selectors.RUN_BY), "reads": reads}
    return render(request, "lotteries/home.html", context)


def _form(request: ScopedRequest, found: Lottery | None = None) -> DraftForm:
    homes = [(o.pk, o.name) for o in roster.organizations(request.scope) if o.kind != "school"]
    initial = DraftForm.of(found) if found else None
    return DraftForm(request.POST if request.method == "POST" else None, homes=homes, initial=initial)


def _blame(form: DraftForm, error: ValidationError) -> None:
    for name, found in getattr(error, "message_dict", {"__all__": error.messages}).items():
        form.add_error(name if name in form.fields else None if name != "limits" else "limit_students", found)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.RUN_BY)
def new(request: ScopedRequest) -> HttpResponse:
    """Draft a lottery."""
    return _drafted(request, None, lambda form: services.make(request.scope, form.draft()))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.RUN_BY)
def edit(request: ScopedRequest, pk: int) -> HttpResponse:
    """Change a draft."""
    found = _lottery(request, pk)
    if not selectors.may_run(request.scope, found):
        raise Http404
    return _drafted(request, found, lambda form: services.change(request.scope, pk, form.draft()))


def _drafted(request: ScopedRequest, found: Lottery | None, keep: Callable[[DraftForm], Lottery]) -> HttpResponse:
    form = _form(request, found)
    if request.method == "POST" and form.is_valid():
        try:
            kept = keep(form)
        except ValidationError as error:
            _blame(form, error)
        else:
            messages.success(request, _("Saved as a draft. Close its list to see each one's chance."))
            return redirect("lotteries:lottery", kept.pk)
    context = {"form": form, "lottery": found, "called": shown.title(found) if found else ""}
    return render(request, "lotteries/draft.html", context, status=422 if form.errors else 200)


@require_safe
@needs(*selectors.CONCERNED)
def lottery(request: ScopedRequest, pk: int) -> HttpResponse:
    """One lottery: its rules, how far it is, what came out, and how to verify it."""
    return _page(request, _lottery(request, pk))


def _page(request: ScopedRequest, found: Lottery, refused: str = "") -> HttpResponse:
    scope = request.scope
    runs, own = selectors.may_run(scope, found), selectors.own(scope).get(found.pk)
    context: dict[str, Any] = {
        "lottery": found,
        "called": shown.title(found),
        "state": found.state,
        "status": shown.STATUS[found.state],
        "words": shown.state_words(found.state),
        "rule": shown.rule_words(found),
        "amount": shown.amount_words(found),
        "limits": [(shown.covariate(found.unit, limit["covariate"]), limit["sd"]) for limit in found.limits],
        "runs": runs,
        "own": own,
        "own_words": shown.own_words(found, own) if own else "",
        "refused": refused,
        "has_record": found.committed_at is not None and (runs or found.format == FORMAT),
        "open": found.state in ("draft", "listed", "committed"),
        "due": found.draw_at <= clock.now(),
    }  # fmt: skip
    if scope.has(*selectors.READ_BY) and found.frozen_at is not None:
        context["places"] = places = _places(request, found)
        context["strata"] = shown.strata(found, places) if found.strata else []
        context["step_days"] = [shown.day_of(found.steps, i) for i in range(len(found.steps))]
        if found.organization_id in scope.org_ids:
            entries = selectors.entries(scope, found.pk)
            context["balance"] = shown.balance(found, entries)
            context["found"] = shown.precision(found, entries, _wanted(request))
            if found.tried:
                context["acceptance"] = found.accepted / found.tried
                context["within"] = 1 / found.accepted**0.5  # two standard errors of a chance at most
    if runs:
        context |= {"draw": DrawForm(), "withdraw": WithdrawForm(), "may_study": scope.has("analyst")}
        context["outcomes"] = shown.outcomes(found.unit)
    return render(request, "lotteries/lottery.html", context, status=422 if refused else 200)


def _places(request: ScopedRequest, found: Lottery) -> list[selectors.Place]:
    """The list as this person may see it; whoever reads names of other schools is logged."""
    places = selectors.places(request.scope, found.pk)
    if found.unit == Lottery.Unit.TEACHER:
        log_list(request.scope, "lottery", {place.organization_id for place in places})
    return places


def _wanted(request: ScopedRequest) -> float:
    try:
        return min(2.0, max(0.01, float(request.GET.get("effect", ""))))
    except ValueError:
        return shown.WANTED


def _done(request: ScopedRequest, pk: int, work: Callable[[], object], said: str) -> HttpResponse:
    """Do one step; what keeps it from being done is said on the page."""
    found = _lottery(request, pk)
    try:
        work()
    except services.NotThere:
        raise Http404 from None
    except ValidationError as error:
        return _page(request, found, " ".join(error.messages))
    messages.success(request, said)
    return redirect("lotteries:lottery", pk)


@require_POST
@needs(*selectors.RUN_BY)
def close_list(request: ScopedRequest, pk: int) -> HttpResponse:
    """Close the list of who is eligible today."""
    said = _("The list is closed. Look at the chances, then commit to a seed.")
    return _done(request, pk, lambda: services.close_list(request.scope, pk), said)


@require_POST
@needs(*selectors.RUN_BY)
def open_list(request: ScopedRequest, pk: int) -> HttpResponse:
    """Open it again."""
    said = _("The list is open again: change the draft, then close it anew.")
    return _done(request, pk, lambda: services.open_list(request.scope, pk), said)


@require_POST
@needs(*selectors.RUN_BY)
def commit(request: ScopedRequest, pk: int) -> HttpResponse:
    """Commit to a seed."""
    said = _("The seed is committed to. Tell everybody this page: its hash stands here from now on.")
    return _done(request, pk, lambda: services.commit_seed(request.scope, pk), said)


@require_POST
@needs(*selectors.RUN_BY)
def draw(request: ScopedRequest, pk: int) -> HttpResponse:
    """Draw."""
    form = DrawForm(request.POST)
    result = form.cleaned_data["public_result"] if form.is_valid() else ""
    said = _("Drawn. The seed is told below, and anybody can draw it again.")
    return _done(request, pk, lambda: services.draw(request.scope, pk, result), said)


@require_POST
@needs(*selectors.RUN_BY)
def withdraw(request: ScopedRequest, pk: int) -> HttpResponse:
    """Call it off."""
    because = request.POST.get("because", "")
    return _done(request, pk, lambda: services.withdraw(request.scope, pk, because), _("It is called off."))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*selectors.RUN_BY)
def took_part(request: ScopedRequest, pk: int) -> HttpResponse:
    """Who took part, whatever they drew: from contacts, or typed in."""
    found = _lottery(request, pk)
    if not selectors.may_run(request.scope, found) or found.drawn_at is None or found.kind == "steps":
        raise Http404
    refused = ""
    if request.method == "POST":
        try:
            if "records" in request.POST:
                n = services.take_up_from_records(request.scope, pk)
            else:
                said = {int(k[1:]): str(v) for k, v in request.POST.items() if k[1:].isdecimal() and v}
                n = services.note_take_up(request.scope, pk, said)
        except ValidationError as error:
            refused = " ".join(error.messages)
        else:
            messages.success(request, _("%(n)s noted.") % {"n": n})
            return redirect("lotteries:took_part", pk)
    context = {
        "lottery": found,
        "called": shown.title(found),
        "places": _places(request, found),
        "refused": refused,
    }
    return render(request, "lotteries/took_part.html", context, status=422 if refused else 200)


@require_POST
@needs("analyst")
def study(request: ScopedRequest, pk: int) -> HttpResponse:
    """Open the study of a lottery: a first plan with its design, for the analyst to read, change and register."""
    found = _lottery(request, pk)
    try:
        with transaction.atomic():
            made = evidence.open_on_lottery(request.scope, pk, request.POST.get("outcome", ""))
            services.study_opened(request.scope, pk, made.key)
    except (evidence.OutOfOrder, ValidationError) as error:
        said = error.messages if isinstance(error, ValidationError) else [str(error)]
        return _page(request, found, " ".join(said))
    messages.success(request, _("The study is open. Read its plan, and register it before the draw."))
    return redirect("analyst:study", key=made.key)


@require_safe
@needs(*selectors.CONCERNED)
def record(request: ScopedRequest, pk: int) -> HttpResponse:
    """The record as one file."""
    told = selectors.record(request.scope, pk)
    if told is None:
        raise Http404
    name = {"Content-Disposition": f'attachment; filename="lottery-{pk}.json"'}
    return HttpResponse(told, content_type="application/json; charset=utf-8", headers=name)


@require_http_methods(["GET", "HEAD", "POST"])
@needs()
def verify(request: ScopedRequest) -> HttpResponse:
    """Draw a lottery again from a record that somebody has; nothing of it is kept."""
    posted = request.method == "POST"
    form = VerifyForm(request.POST, request.FILES) if posted else VerifyForm()
    context: dict[str, Any] = {"form": form}
    if posted and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            if file.size > LARGEST:
                raise ValidationError(_("The file is too large to be a record."))
            told = read_record(file.read().decode("utf-8"))
            checks = check_record(told)
        except ValidationError as error:
            form.add_error("file", error)
        except (DataError, UnicodeDecodeError):
            form.add_error("file", _("This is no record of a lottery. Use the file as it was downloaded."))
        else:
            context |= {
                "told": told,
                "entries": len(told["design"]["entries"]),
                "checks": [shown.check_words(check) for check in checks],
                "wrong": any(check.holds is False for check in checks),
                "drawn": all(check.holds is not None for check in checks),
            }
    return render(request, "lotteries/verify.html", context, status=422 if form.errors else 200)
