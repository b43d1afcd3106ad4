"""The pages of a leader's time: one's own week, a week shadowed by somebody else, all principals together; own years and load."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.facts import selectors as facts
from fairlead.apps.operations import selectors, shadowing, spending
from fairlead.apps.operations.models import Category, ShadowWeek
from fairlead.apps.operations.rules import time_rule
from fairlead.apps.support import hours
from fairlead.apps.support import selectors as support
from fairlead.apps.support.days import day_begins
from fairlead.desks.operations.forms import BlockForm, PlanWeekForm, blame
from fairlead.desks.operations.views import MEMBERS
from fairlead.desks.shares import percent

LEADERS = shadowing.LEADERS
WITH_A_WEEK = (*LEADERS, "coach")  # a coach's is read out of contacts and visits; a leader types, too
FOUR_WEEKS = timedelta(days=27)
AHEAD = 6  # weeks that can be planned
NEXT_YEAR = {"stayed": "ok", "moved": "info", "left": "info", "unknown": "none"}


def _monday(request: ScopedRequest) -> date:
    try:
        asked = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        asked = clock.today()
    return spending.monday(min(asked, clock.today()))


def _counted(load: list[hours.TimeWith], *, led: bool) -> tuple[int, int]:
    rows = [row.minutes for row in load if row.led == led]
    return len(rows), sum(rows)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*MEMBERS)
def home(request: ScopedRequest) -> HttpResponse:
    """One's own week, load and years; a leader types what the records do not know."""
    scope, today = request.scope, clock.today()
    leads = scope.has(*LEADERS)
    form = BlockForm(request.POST or None, now=timezone.localtime(clock.now())) if leads else None
    if request.method == "POST":
        if form is None:
            raise Http404
        if form.is_valid():
            said = form.cleaned_data
            try:
                shadowing.note(
                    scope,
                    said["id"],
                    day=said["day"],
                    at=said["at"],
                    minutes=said["minutes"],
                    category=said["category"],
                )
            except ValidationError as error:
                blame(form, error)
            else:
                messages.success(request, _("Kept."))
                return redirect(f"{request.path}?week={spending.monday(said['day']).isoformat()}")
    begins = _monday(request)
    schools = selectors.supervised_schools(scope, today) if scope.has("director") else []
    weeks = spending.shadow_weeks(scope, schools)
    log_list(scope, "time", {week.organization_id for week in weeks if week.leader_id != scope.person_id})
    load = hours.spent([scope.person_id], day_begins(today - FOUR_WEEKS), clock.now())
    working, late = selectors.waiting_for(scope, today)
    asked, asked_late = selectors.waiting_of(scope, today)
    context: dict[str, Any] = {
        "leads": leads,
        "week": spending.week(scope, begins) if scope.has(*WITH_A_WEEK) else None,
        "before": begins - spending.WEEK,
        "after": begins + spending.WEEK if begins + spending.WEEK <= today else None,
        "form": form,
        "categories": Category.choices,
        "own_weeks": [week for week in weeks if week.leader_id == scope.person_id],
        "to_watch": [week for week in weeks if week.shadow_id == scope.person_id],
        "others_weeks": [week for week in weeks if scope.person_id not in (week.leader_id, week.shadow_id)],
        "shown": spending.shown_to_me(scope) if schools else {},
        "years": [(year, NEXT_YEAR[year.next_year]) for year in facts.own_years(scope, today)],
        "led": _counted(load, led=True),
        "had": _counted(load, led=False),
        "promises": len(support.own_promises(scope)),
        "working": working,
        "late": late,
        "asked": asked,
        "asked_late": asked_late,
        "since": today - FOUR_WEEKS,
        "networks": scope.has("network_lead"),
    }
    return render(request, "operations/time.html", context, status=422 if form is not None and form.errors else 200)


@require_POST
@needs(*MEMBERS)
def take_back(request: ScopedRequest, pk: UUID) -> HttpResponse:
    """Take back an entry that one wrote oneself."""
    if not shadowing.take_back(request.scope, pk):
        raise Http404
    messages.success(request, _("Taken back."))
    week = request.POST.get("of", "")
    return redirect("time:week", int(week)) if week.isascii() and week.isdecimal() else redirect("time:home")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*LEADERS)
def plan(request: ScopedRequest) -> HttpResponse:
    """Plan a week that somebody else writes down."""
    scope, today = request.scope, clock.today()
    first = spending.monday(today)
    mondays = [first + n * spending.WEEK for n in range(AHEAD + 1)]
    form = PlanWeekForm(request.POST or None, people=shadowing.candidates(scope, today), mondays=mondays)
    log_list(scope, "time", {grant.organization_id for grant in scope.roles})
    if request.method == "POST" and form.is_valid():
        try:
            made = shadowing.plan(scope, form.cleaned_data["shadow"], form.cleaned_data["begins"])
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Planned. It stands on the page of whoever writes it down, too."))
            return redirect("time:week", made.pk)
    return render(request, "operations/time_plan.html", {"form": form}, status=422 if form.errors else 200)


def _week(request: ScopedRequest, pk: int) -> ShadowWeek:
    found = spending.shadow_week(request.scope, pk)
    if found is None:
        raise Http404
    return found


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*MEMBERS)
def week(request: ScopedRequest, pk: int) -> HttpResponse:
    """A shadowed week: for the shadow, blocks under a thumb; for the leader, both records beside each other."""
    scope, found = request.scope, _week(request, pk)
    if found.shadow_id != scope.person_id:
        return _beside(request, found)
    log_list(scope, "time", {found.organization_id})
    now = timezone.localtime(clock.now())
    form = BlockForm(request.POST or None, now=now)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            shadowing.watch(
                scope,
                found,
                said["id"],
                day=said["day"],
                at=said["at"],
                minutes=said["minutes"],
                category=said["category"],
            )
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Kept."))
            return redirect("time:week", pk)
    entries = spending.watched_entries(scope, found)
    days = [
        (day, list(rows))
        for day, rows in groupby(entries, key=lambda entry: timezone.localtime(entry.began_at).date())
    ]
    context = {
        "found": found,
        "form": form,
        "categories": Category.choices,
        "days": days,
        "ends": found.begins + timedelta(days=6),
        "open": found.begins <= now.date(),
    }
    return render(request, "operations/time_watch.html", context, status=422 if form.errors else 200)


def _beside(request: ScopedRequest, found: ShadowWeek) -> HttpResponse:
    if request.method == "POST":
        raise Http404
    beside = spending.beside(request.scope, found)
    labels = dict(Category.choices)
    context = {
        "found": found,
        "ends": found.begins + timedelta(days=6),
        "beside": beside,
        "rows": [
            (label, beside.own.get(key, 0), beside.other.get(key, 0), beside.missed.get(key, 0))
            for key, label in labels.items()
        ],
        "own_total": sum(beside.own.values()),
        "other_total": sum(beside.other.values()),
        "found_share": percent(beside.found),
        "exact": percent(beside.exact),
        "differs": sorted(
            ((labels[own], labels[other], minutes) for (own, other), minutes in beside.differs.items()),
            key=lambda row: -row[2],
        ),
        "shared": spending.is_shared(request.scope, found),
    }
    return render(request, "operations/time_beside.html", context)


@require_POST
@needs(*LEADERS)
def share(request: ScopedRequest, pk: int) -> HttpResponse:
    """Show one's director the minutes by category, or take that back."""
    found = _week(request, pk)
    try:
        if "back" in request.POST:
            shadowing.take_back_share(request.scope, found)
            messages.success(request, _("Taken back. Your director does not see it any more."))
        else:
            name = shadowing.share(request.scope, found)
            messages.success(request, _("%(name)s sees the minutes by category, and nothing else.") % {"name": name})
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("time:week", pk)


@require_safe
@needs("network_lead")
def network(request: ScopedRequest) -> HttpResponse:
    """All principals together, by closed month; nothing where they are few."""
    network_id = request.scope.organization_of("network_lead")
    assert network_id is not None
    rows = spending.aggregates(request.scope, network_id)
    told = [(row, percent(row.share), percent(row.known)) for row in rows]
    months = [(begins, list(of)) for begins, of in groupby(told, key=lambda each: each[0].begins)]
    context = {"months": months, "least": time_rule().least_leaders, "rule": time_rule()}
    return render(request, "operations/time_network.html", context)
