"""What the page of a support shows beside its steps, and what its forms do: goals, the team, decisions, members."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.services import log_list
from fairlead.apps.cycles import aims, content, selectors, teams
from fairlead.apps.cycles.selectors import Line
from fairlead.apps.cycles.teams import TEAM, Goal
from fairlead.apps.progress.definitions import indicators
from fairlead.apps.progress.selectors import Series, series
from fairlead.apps.reviews import standards
from fairlead.apps.roster.selectors import organizations_below
from fairlead.desks.cycles.forms import ContentForm, DecisionForm, GoalForm, MembersForm, TeamForm
from fairlead.desks.shares import percent


def found_support(request: ScopedRequest, pk: int) -> Line:
    """The support of a page; absent and closed look alike."""
    found = selectors.line(request.scope, pk, clock.today())
    if found is None:
        raise Http404
    log_list(request.scope, "support", {found.organization_id})
    return found


@dataclass(frozen=True, slots=True)
class GoalNow:
    """A goal with what its indicator is now, from the one place that counts it."""

    goal: Goal
    label: str
    began: str
    said: str
    target: str
    basis: str
    standing: tuple[str, str]


def _values(scope: Scope, support: Line) -> dict[str, Series]:
    own = {support.organization_id}  # a team is a school's; other supports may be a network's
    return series(scope, own if support.kind == TEAM else organizations_below(support.organization_id))


def _now(known: Series | None) -> float | None:
    """The latest value, where enough people are behind it."""
    latest = known.latest if known else None
    return latest.value if known and latest and latest.n >= known.indicator.min_n else None


def _basis(known: Series | None) -> str:
    """On what a value rests: how many, until when, how complete."""
    latest = known.latest if known else None
    if known is None or latest is None:
        return _("Nothing was counted here yet.")
    if latest.n < known.indicator.min_n:
        return _("Too few to show.")
    said = _("%(n)s %(unit)s, up to %(day)s") % {
        "n": number_format(latest.n, force_grouping=True),
        "unit": known.indicator.unit,
        "day": date_format(latest.ends, "SHORT_DATE_FORMAT"),
    }
    if known.coverage is not None:
        said += ", " + _("coverage %(share)s") % {"share": percent(known.coverage)}
    return said


def _standing(goal: Goal, now: float | None, direction: str, today: date) -> tuple[str, str]:
    if goal.dropped_on is not None:
        return "none", _("dropped")
    if now is None:
        return "none", _("no value yet")
    if (now >= goal.target) if direction == "up" else (now <= goal.target):
        return "ok", _("reached")
    return ("warn", _("not reached, past its day")) if goal.by < today else ("info", _("not reached yet"))


def goals_now(scope: Scope, support: Line) -> list[GoalNow]:
    """Every goal of a support with its indicator's value now."""
    found = teams.goals(support)
    values = _values(scope, support) if found else {}
    today, rows = clock.today(), []
    for goal in found:
        known = values.get(goal.indicator)
        label, direction = (known.indicator.label, known.indicator.direction) if known else (goal.indicator, "up")
        now = _now(known)
        began, said, target = (percent(value, 1) for value in (goal.began_at, now, goal.target))
        standing = _standing(goal, now, direction, today)
        rows.append(GoalNow(goal, label, began, said, target, _basis(known), standing))
    return rows


def team_of(scope: Scope, support: Line, today: date) -> dict[str, Any]:
    """What the team wrote, who is on it beside the school's staff, what it decided and what is open."""
    on = min(today, support.ends or today)
    people = teams.members(support, on)
    decided = teams.decisions(support)
    waiting = [d for d in decided if d.open]
    return {
        "team": teams.written(support),
        "members": people,
        "beside": teams.beside(support, people, on),
        "decided": decided,
        "waiting": sorted(waiting, key=lambda d: d.due or today),
        "promised": teams.promises(scope, support, people)[: teams.AGENDA],
        "mine": scope.person_id,
    }


def content_of(support: Line) -> dict[str, Any]:
    """What a learning cycle is about; standards with their words where their framework is loaded."""
    known = content.content(support)
    words = standards.by_code(known.standards)
    return {"content": known, "standards": [(code, words.get(code)) for code in known.standards]}


def forms_of(scope: Scope, support: Line, wrong: tuple[str, Form] | None, shown: dict[str, Any]) -> dict[str, Form]:
    """The forms of the lead, the refused one as it was sent; `shown`: what `team_of` or `content_of` gave."""
    people = shown["members"] if "members" in shown else teams.members(support, clock.today())
    made: dict[str, Form] = {"goal": _goal_form(None)}
    if support.cycle is not None:
        made["members"] = _members_form(scope, support, people, None)
    if "content" in shown:
        made["content"] = ContentForm(known=shown["content"])
    if "team" in shown:
        made["page"] = TeamForm(initial=asdict(shown["team"]))
        made["decision"] = DecisionForm(members=people)
    return made | ({wrong[0]: wrong[1]} if wrong else {})


def _goal_form(data: Any) -> GoalForm:
    return GoalForm(data, indicators=[(key, i.label) for key, i in indicators().items()])


def _members_form(scope: Scope, support: Line, people: list[tuple[int, str]], data: Any) -> MembersForm:
    cycle = support.cycle
    there = [(pk, name) for pk, name in people if pk != support.lead_id]
    able = selectors.candidates(scope, cycle, support.organization_id, clock.today()) if cycle else []
    choices = {**dict(there), **dict(able)}
    return MembersForm(data, people=list(choices.items()), initial={"participants": [pk for pk, _name in there]})


def _try(request: ScopedRequest, form: Form, act: Callable[[], None], kept: str) -> Form | None:
    """Do it where the form is sound; the form again where it is refused."""
    if form.is_valid():
        try:
            act()
        except ValidationError as error:
            fields = error.message_dict if hasattr(error, "error_dict") else {None: error.messages}
            for field, said in fields.items():
                form.add_error(field if field in form.fields else None, said)
        else:
            messages.success(request, kept)
            return None
    return form


def _write_page(request: ScopedRequest, support: Line) -> Form | None:
    form = TeamForm(request.POST)
    return _try(request, form, lambda: aims.write(request.scope, support, form.written()), _("Kept."))


def _write_content(request: ScopedRequest, support: Line) -> Form | None:
    form = ContentForm(request.POST, known=content.content(support))
    return _try(request, form, lambda: content.write(request.scope, support, **form.said()), _("Kept."))


def _set_goal(request: ScopedRequest, support: Line) -> Form | None:
    form = _goal_form(request.POST)

    def act() -> None:
        given = form.cleaned_data
        now = _now(_values(request.scope, support).get(given["indicator"]))
        share = given["target"] / 100
        aims.set_goal(
            request.scope, support, given["indicator"], target=share, by=given["by"], why=given["why"], now=now
        )

    return _try(request, form, act, _("The goal is set."))


def _decide(request: ScopedRequest, support: Line) -> Form | None:
    form = DecisionForm(request.POST, members=teams.members(support, clock.today()))

    def act() -> None:
        given = dict(form.cleaned_data)
        aims.decide(request.scope, support, owner_id=given.pop("owner"), **given)

    return _try(request, form, act, _("The decision is kept."))


def _change_members(request: ScopedRequest, support: Line) -> Form | None:
    form = _members_form(request.scope, support, teams.members(support, clock.today()), request.POST)
    return _try(
        request,
        form,
        lambda: aims.change_members(request.scope, support, form.cleaned_data["participants"]),
        _("Kept. Whoever joined finds the coming steps."),
    )


def _number(request: ScopedRequest) -> int:
    given = request.POST.get("number", "")
    return int(given) if given.isdecimal() and len(given) < 15 else 0


def _told(request: ScopedRequest, act: Callable[[], None]) -> None:
    try:
        act()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("Kept."))


def _drop_goal(request: ScopedRequest, support: Line) -> None:
    because = request.POST.get("because", "")
    _told(request, lambda: aims.drop_goal(request.scope, support, _number(request), because))


def _settle_decision(request: ScopedRequest, support: Line) -> None:
    other = request.POST.get("because", "") if request.POST.get("how") == "another_way" else None
    _told(request, lambda: aims.settle_decision(request.scope, support, _number(request), other))


WRITES: dict[str, Callable[[ScopedRequest, Line], Form | None]] = {
    "page": _write_page,
    "content": _write_content,
    "goal": _set_goal,
    "decision": _decide,
    "members": _change_members,
    "drop": _drop_goal,
    "settle": _settle_decision,
}
