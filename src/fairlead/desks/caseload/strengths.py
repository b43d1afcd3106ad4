"""What directors bring to a plan, and what schools ask of them: grades, languages, work they know, and conflicts."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.caseload import planning, selectors, services
from fairlead.apps.caseload.models import DirectorSpan
from fairlead.apps.caseload.recipes import recipe
from fairlead.apps.roster import selectors as roster
from fairlead.desks.caseload.forms import StrengthsForm
from fairlead.desks.caseload.recipes import LEADS, READERS, network_of
from fairlead.desks.office.languages import language_name


@dataclass(frozen=True)
class Asks:
    """What one school asks of its director."""

    name: str
    grades: tuple[int, int]
    language: str
    work: str


@dataclass(frozen=True)
class Brings:
    """One director, with the form of what they bring."""

    person_id: int
    name: str
    fte: float
    said: bool
    form: StrengthsForm

    def _labels(self, name: str) -> list[str]:
        told = self.form[name].value()
        chosen = {str(value) for value in (told if isinstance(told, list | tuple) else [told])}
        return [str(label) for value, label in self.form.fields[name].choices if str(value) in chosen]  # type: ignore[attr-defined]

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The same as words, for whoever may read it and not change it."""
        grades = "–".join(self._labels("low") + self._labels("high"))
        found = [(_("Knows grades"), grades)]
        found += [
            (str(self.form[name].label), ", ".join(self._labels(name)) or "–")
            for name in ("languages", "knows", "apart")
        ]
        return found


def _page(request: ScopedRequest, bound: tuple[int, StrengthsForm] | None = None, status: int = 200) -> HttpResponse:
    scope, today, network_id = request.scope, clock.today(), network_of(request)
    schools = [s for s in roster.organizations(scope, "school") if s.parent_id == network_id]
    needs_ = {n.organization_id: n for n in selectors.needs(scope, today)}
    languages = planning.asked_languages(spoken := selectors.spoken(scope, today))
    words = {i.indicator: i.label for i in recipe().ingredients}
    staff = [r for r in roster.holders(scope, today, "director") if r.organization_id == network_id]
    said = selectors.strengths(scope, [r.person_id for r in staff])
    offered = _offered(spoken, said)
    names = [(s.pk, s.name) for s in schools]
    rows = []
    for r in staff:
        if bound is not None and bound[0] == r.person_id:
            form = bound[1]
        else:
            form = StrengthsForm(
                initial=_initial(said.get(r.person_id)),
                languages=offered,
                schools=names,
                auto_id=f"id_{r.person_id}_%s",
            )
        rows.append(Brings(r.person_id, r.name, r.fte, r.person_id in said, form))
    context = {
        "rows": rows,
        "lead": scope.has(*LEADS),
        "refused": bound[0] if bound else None,
        "share": planning.LEAST_SHARE,
        "asks": [
            Asks(
                s.name,
                (s.grade_low or 0, 12 if s.grade_high is None else s.grade_high),
                language_name(languages[s.pk]) if s.pk in languages else "",
                words.get((planning.leading(needs_[s.pk]) if s.pk in needs_ else None) or "", ""),
            )
            for s in schools
        ],
    }
    return render(request, "caseload/directors.html", context, status=status)


def _offered(spoken: list[selectors.Spoken], said: dict[int, DirectorSpan]) -> list[tuple[str, str]]:
    codes = {one.language for one in spoken} | {code for row in said.values() for code in row.languages}
    return sorted(((code, language_name(code)) for code in codes), key=lambda pair: pair[1])


def _initial(row: DirectorSpan | None) -> dict[str, object]:
    if row is None:
        return {"low": 0, "high": 12}
    return {
        "low": row.grade_low,
        "high": row.grade_high,
        "languages": row.languages,
        "knows": row.knows,
        "apart": row.apart,
    }


@require_safe
@needs(*READERS)
def directors(request: ScopedRequest) -> HttpResponse:
    """What each school asks of its director, and what each director brings."""
    return _page(request)


@require_POST
@needs(*LEADS)
def say(request: ScopedRequest, pk: int) -> HttpResponse:
    """Keep what one director brings; the next plan counts it."""
    scope, today, network_id = request.scope, clock.today(), network_of(request)
    held = {r.person_id: r for r in roster.holders(scope, today, "director") if r.organization_id == network_id}
    if pk not in held:
        raise Http404
    schools = [(s.pk, s.name) for s in roster.organizations(scope, "school") if s.parent_id == network_id]
    offered = _offered(selectors.spoken(scope, today), selectors.strengths(scope, list(held)))
    form = StrengthsForm(request.POST, languages=offered, schools=schools, auto_id=f"id_{pk}_%s")
    if form.is_valid():
        told = form.cleaned_data
        try:
            services.say_strengths(
                scope, network_id, pk, grades=(told["low"], told["high"]),
                languages=told["languages"], knows=told["knows"], apart=told["apart"],
            )  # fmt: skip
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Kept for %(name)s. The next plan counts it.") % {"name": held[pk].name})
            return redirect("caseloads:directors")
    return _page(request, (pk, form), 422)
