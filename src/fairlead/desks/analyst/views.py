"""Study pages. They show what the engine said and never estimate; whoever looks at outcomes is logged."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.evidence import extracts, lines, selectors, services
from fairlead.apps.evidence.models import Finding, Plan, Run, Study
from fairlead.desks.analyst import shown
from fairlead.science import impact
from fairlead.science.impact import claims

READERS = ("analyst", "network_lead")


def _study(request: ScopedRequest, key: str) -> Study:
    found = selectors.study(request.scope, key)
    if found is None:
        raise Http404
    return found


def _plan(request: ScopedRequest, pk: int) -> Plan:
    found = selectors.plan(request.scope, pk)
    if found is None:
        raise Http404
    return found


def _finding(request: ScopedRequest, pk: int) -> Finding:
    found = selectors.finding(request.scope, pk)
    if found is None:
        raise Http404
    return found


@require_safe
@needs(*READERS)
def desk(request: ScopedRequest) -> HttpResponse:
    """Every study, how far it is, and the sentences that may be repeated today."""
    rows, claims = lines.studies(request.scope), lines.standing(request.scope, clock.today())
    return render(request, "analyst/desk.html", {"rows": rows, "claims": claims})


@require_safe
@needs(*READERS)
def study(request: ScopedRequest, key: str) -> HttpResponse:
    """One study: its steps, its plans, its runs."""
    found = _study(request, key)
    progress = selectors.Progress(found)
    lottery = selectors.lottery(request.scope, found.pk)
    context = {
        "study": found,
        "progress": progress,
        "plan": shown.plan_of(request.scope, progress.plan) if progress.plan else None,
        "lottery": lottery,
        "of_lottery": extracts.number_of_lottery(found),
        "draw_problems": selectors.draw_problems(request.scope, lottery) if lottery else (),
        "may_write": request.scope.has("analyst"),
    }
    return render(request, "analyst/study.html", context)


@require_POST
@needs("analyst")
def plan_new(request: ScopedRequest, key: str) -> HttpResponse:
    """A draft, copied from the study's last plan."""
    found = _study(request, key)
    last = selectors.Progress(found).plan
    if last is None:
        raise Http404
    draft = services.save_draft(request.scope, found, last.text)
    return redirect("analyst:plan", pk=draft.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*READERS)
def plan(request: ScopedRequest, pk: int) -> HttpResponse:
    """A plan's text. A draft can be changed and checked; a registered one stands."""
    found = _plan(request, pk)
    text, status = found.text, 200
    problems: tuple[impact.Problem, ...] = ()
    if request.method == "POST":
        if not request.scope.has("analyst"):
            raise Http404
        text = request.POST.get("text", "").replace("\r\n", "\n")
        try:
            services.save_draft(request.scope, found.study, text, found)
            messages.success(request, _("The plan can be read, and is saved as a draft."))
            return redirect("analyst:plan", pk=found.pk)
        except impact.PlanError as error:
            problems, status = error.problems, 422
        except services.OutOfOrder as refusal:
            messages.error(request, str(refusal))
            return redirect("analyst:plan", pk=found.pk)
    context = {
        "plan": found,
        "text": text,
        "problems": problems,
        "read": None if problems else shown.plan_of(request.scope, found),
        "may_write": request.scope.has("analyst"),
    }
    return render(request, "analyst/plan.html", context, status=status)


@require_POST
@needs("analyst")
def register(request: ScopedRequest, pk: int) -> HttpResponse:
    """Register a draft."""
    found = services.register(request.scope, _plan(request, pk))
    messages.success(request, _("Registered. From now on nobody can change this plan."))
    return redirect("analyst:plan", pk=found.pk)


@require_POST
@needs("analyst")
def run(request: ScopedRequest, pk: int) -> HttpResponse:
    """Run a registered plan."""
    found = _plan(request, pk)
    try:
        made = services.run(request.scope, found)
    except services.OutOfOrder as refusal:
        messages.error(request, str(refusal))
        return redirect("analyst:plan", pk=found.pk)
    except impact.ImpactError as error:
        context = {"plan": found, "text": found.text, "problems": error.problems, "read": None, "may_write": True}
        return render(request, "analyst/plan.html", context, status=422)
    return redirect("analyst:report", pk=made.pk)


@require_safe
@needs(*READERS)
def report(request: ScopedRequest, pk: int) -> HttpResponse:
    """A run from question to caveats; reading it is logged, since it shows outcomes."""
    made: Run | None = selectors.run(request.scope, pk)
    if made is None:
        raise Http404
    services.saw_outcomes(request.scope, made.plan.study)
    context = {
        "run": made,
        "plan": made.plan,
        "study": made.plan.study,
        "report": shown.report_of(made, get_language() or "en"),
        "findings": lines.findings(request.scope, made.pk),
        "may_write": request.scope.has("analyst"),
        "measure": shown.measured_with(made.plan.study),
    }
    return render(request, "analyst/report.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("analyst")
def claim(request: ScopedRequest, pk: int) -> HttpResponse:
    """Write the sentence that people may repeat; one that says more than its finding is refused, with what to change."""
    found = _finding(request, pk)
    language = "es" if (get_language() or "").startswith("es") else "en"
    sentence, refusal, status = services.suggest_claim(found, language), None, 200
    if request.method == "POST":
        sentence = request.POST.get("sentence", "")
        answer = services.write_claim(request.scope, found, sentence, language)
        if not isinstance(answer, claims.Refused):
            messages.success(request, _("This sentence says what its finding says. It stands for a year."))
            return redirect("analyst:report", pk=found.run_id)
        refusal, status = answer, 422
    told = shown.finding_of(found)
    context = {
        "finding": found,
        "study": found.run.plan.study,
        "figures": claims.figures(told),
        "unit": told.names(language).unit,
        "sentence": sentence,
        "refusal": refusal,
        "language": language,
        "measure": shown.measured_with(found.run.plan.study),
    }
    return render(request, "analyst/claim.html", context, status=status)
