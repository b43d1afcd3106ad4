"""Families before students are asked: letters to print, and what came back on paper. Nobody writes down why."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.attendance.family_words import spoken
from fairlead.apps.surveys import links, optouts
from fairlead.apps.surveys.optouts import WRITERS
from fairlead.apps.surveys.selectors import least_group
from fairlead.apps.surveys.services import NotThere
from fairlead.desks.surveys import shown


@require_safe
@needs(*WRITERS)
def families(request: ScopedRequest) -> HttpResponse:
    """Surveys of students that families may say no to, school by school."""
    today = clock.today()
    rows = [(shown.row(known, today), known, school) for known, school in optouts.waiting(request.scope)]
    return render(request, "surveys/families.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*WRITERS)
def family_notices(request: ScopedRequest, survey_id: int, school_id: int) -> HttpResponse:
    """Every student who is to be asked at a school; what a family said on paper is written down here."""
    error = ""
    try:
        if request.method == "POST":
            sent = request.POST.get("out") or request.POST.get("in") or ""
            student = int(sent) if sent.isdecimal() and len(sent) < 19 else 0
            try:
                optouts.write_down(request.scope, survey_id, school_id, student, out="out" in request.POST)
            except ValidationError as refused:
                error = " ".join(refused.messages)
            else:
                return redirect(reverse("surveys:family_notices", args=[survey_id, school_id]) + f"#s{student}")
        known, school, students = optouts.asked(request.scope, survey_id, school_id)
    except NotThere:
        raise Http404 from None
    log_list(request.scope, "surveys.families", [school_id])
    context = {
        "known": known, "row": shown.row(known, clock.today()), "school": school, "students": students, "error": error,
        "out": sum(one.opted_out for one in students),
        "letters": known.opened_at is None and known.opt_out_until is not None and clock.today() <= known.opt_out_until,
    }  # fmt: skip
    return render(request, "surveys/family_notices.html", context, status=422 if error else 200)


@require_POST
@needs(*WRITERS)
def letters(request: ScopedRequest, survey_id: int, school_id: int) -> HttpResponse:
    """The letters of a school, each in its family's language, to print; the same when they are printed again."""
    try:
        known, school, _students = optouts.asked(request.scope, survey_id, school_id)
        made = optouts.make_letters(request.scope, survey_id, school_id)
    except NotThere:
        raise Http404 from None
    except ValidationError as refused:
        return HttpResponse(_("Not printed: %(why)s") % {"why": " ".join(refused.messages)}, status=422)
    log_list(request.scope, "surveys.letters", [school_id])
    door = request.build_absolute_uri(reverse("answering:door"))
    context = {
        "known": known, "row": shown.row(known, clock.today()), "school": school.organization.name, "school_id": school_id,
        "door": door.split("://", 1)[-1], "least": least_group(known.version.instrument),
        "letters": [(one, links.written(one.secret), _languages(one.language)) for one in made],
    }  # fmt: skip
    page = render(request, "surveys/letters.html", context)
    page["Cache-Control"] = "no-store"
    return page


def _languages(language: str) -> tuple[str, ...]:
    """In which languages a letter is printed: the family's own; both, where theirs is neither or not known."""
    code, own = spoken(language)
    return (code,) if own and language else ("en", "es")
