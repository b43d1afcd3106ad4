"""Planned contacts, and the feed that brings them into a person's calendar by a secret address."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from icalendar import Calendar, Event, vDuration

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.services import log_list
from fairlead.apps.support import feeds, planning
from fairlead.apps.support.recording import KINDS, MOST_MINUTES
from fairlead.desks.bylink import missed, quiet, too_many
from fairlead.desks.contacts import choosing
from fairlead.desks.contacts.choosing import LOGGERS, TO_SCHOOLS
from fairlead.desks.contacts.forms import Who, blame

WEEKS_AHEAD = timedelta(days=120)
EVERY = timedelta(hours=1)
KIND = "calendar"  # of its counted misses


class PlanForm(forms.Form):
    """With whom, when, how long, for which purpose; no word about what."""

    person = forms.TypedChoiceField(label=gettext_lazy("With whom"), coerce=int)
    purpose = forms.ChoiceField(label=gettext_lazy("Purpose"))
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[(k.value, k.label) for k in KINDS])
    day = forms.DateField(
        label=gettext_lazy("Day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    at = forms.TimeField(label=gettext_lazy("From"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    minutes = forms.IntegerField(label=gettext_lazy("Minutes"), min_value=1, max_value=MOST_MINUTES)

    def __init__(self, *args: Any, people: list[Who], purposes: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.who = {w.person_id: w for w in people}
        self.fields["person"].choices = [(w.person_id, f"{w.name}, {w.school}") for w in people]  # type: ignore[attr-defined]
        self.fields["purpose"].choices = purposes  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("day") and data.get("at"):
            data["begins"] = timezone.make_aware(datetime.combine(data["day"], data["at"]))
        return data


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*LOGGERS)
def plan(request: ScopedRequest) -> HttpResponse:
    """What is planned, and the form that plans more."""
    scope, today = request.scope, clock.today()
    posted = request.method == "POST"
    ready = choosing.ready(scope, request.POST if posted else request.GET)
    if ready is None:
        raise Http404
    asked = ready.initial
    initial = {
        "person": next(iter(asked["people"]), None), "purpose": asked["purpose"], "kind": asked["kind"],
        "minutes": asked["minutes"], "day": today + timedelta(days=7), "at": timezone.localtime(asked["at"]).replace(minute=0),
    }  # fmt: skip
    form = PlanForm(request.POST if posted else None, initial=initial, people=ready.people, purposes=ready.purposes)
    if posted and form.is_valid():
        said = form.cleaned_data
        try:
            planning.plan(
                scope, organization_id=form.who[said["person"]].organization_id, with_person_id=said["person"],
                purpose=said["purpose"], kind=said["kind"], at=said["begins"], minutes=said["minutes"],
            )  # fmt: skip
        except ValidationError as error:
            blame(form, error)
        else:
            messages.success(request, _("Planned. It is in both calendars at their next look."))
            return redirect("contacts:plan")
    rows = planning.planned(scope, today, today + WEEKS_AHEAD)
    log_list(scope, "contacts", ready.homes | {p.organization_id for p in rows})
    context = {
        "form": form, "rows": rows, "person_id": scope.person_id, "to_schools": scope.has(*TO_SCHOOLS),
        "school_id": ready.school_id, "today": today,
    }  # fmt: skip
    return render(request, "contacts/plan.html", context, status=422 if form.errors else 200)


class MoveForm(forms.Form):
    """Another day, time or length."""

    day = PlanForm.base_fields["day"]
    at = PlanForm.base_fields["at"]
    minutes = PlanForm.base_fields["minutes"]


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*LOGGERS)
def move(request: ScopedRequest, plan_id: int) -> HttpResponse:
    """Move one's own planned contact, or call it off."""
    scope = request.scope
    found = planning.own_plan(scope, plan_id)
    if found is None:
        raise Http404
    log_list(scope, "contacts", [found.organization_id])
    begins = timezone.localtime(found.at)
    initial = {"day": begins.date(), "at": begins.time(), "minutes": found.minutes}
    form = MoveForm(request.POST if request.method == "POST" and "off" not in request.POST else None, initial=initial)
    try:
        if "off" in request.POST:
            planning.call_off(scope, plan_id)
            messages.success(request, _("Called off. Both calendars show it at their next look."))
            return redirect("contacts:plan")
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            at = timezone.make_aware(datetime.combine(said["day"], said["at"]))
            planning.move(scope, plan_id, at, said["minutes"])
            messages.success(request, _("Moved. Both calendars show it at their next look."))
            return redirect("contacts:plan")
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        blame(form, error)
    return render(request, "contacts/move.html", {"form": form, "plan": found}, status=422 if form.errors else 200)


@require_safe
@needs()
def feed(request: ScopedRequest) -> HttpResponse:
    """One's own secret address: whether there is one, how to get it, what it tells and what never."""
    return render(request, "contacts/feed.html", {"feed": feeds.current(request.scope), "address": ""})


@require_POST
@needs()
def feed_renew(request: ScopedRequest) -> HttpResponse:
    """A new address, shown this once; the one before is closed."""
    token = feeds.renew(request.scope, translation.get_language() or "en")
    address = request.build_absolute_uri(reverse("contacts:calendar", args=[token]))
    page = render(request, "contacts/feed.html", {"feed": feeds.current(request.scope), "address": address})
    return quiet(page, referrer="same-origin")


@require_POST
@needs()
def feed_revoke(request: ScopedRequest) -> HttpResponse:
    """Close the address."""
    if feeds.revoke(request.scope):
        messages.success(request, _("Closed. Calendars that asked there get nothing any more."))
    return redirect("contacts:feed")


@require_safe
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """The feed itself, to whoever holds its secret: planned contacts and days on which promises fall due."""
    request.scope = request.whole_scope = None  # type: ignore[attr-defined]
    if too_many(request, KIND):
        page = HttpResponse(status=429, content_type="text/plain")
        page["Retry-After"] = "600"
        return quiet(page)
    told = feeds.told_by(token)
    if told is None:
        missed(request, KIND)
        return quiet(HttpResponse(status=404, content_type="text/plain"))
    named = {p.organization_id for p in told.planned} | {p.organization_id for p in told.promises}
    log_list(told.scope, "contacts", named)
    with translation.override(told.language):
        body = written(told)
    tag = quote_etag(sha256(body).hexdigest()[:32])
    changed = max([*(p.changed_at for p in told.planned), *(p.made_at for p in told.promises)], default=None)
    # By the tag alone: a promise that was kept leaves the feed, and no later moment says so.
    full = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    asked_by_tag = "HTTP_IF_NONE_MATCH" in request.META
    response = quiet((asked_by_tag and get_conditional_response(request, etag=tag, response=full)) or full)
    response["Cache-Control"] = "private, no-cache"
    response["ETag"] = tag
    if changed is not None:
        response["Last-Modified"] = changed.astimezone(ZoneInfo("UTC")).strftime("%a, %d %b %Y %H:%M:%S GMT")
    response["Content-Disposition"] = 'inline; filename="fairlead.ics"'
    return response


def written(told: feeds.Told) -> bytes:
    """A calendar as RFC 5545 wants it: the same rows give the same bytes, so that a tag can stand for them."""
    book = Calendar()
    book.add("prodid", "-//Fairlead//Contacts and promises//EN")
    book.add("version", "2.0")
    book.add("calscale", "GREGORIAN")
    book.add("method", "PUBLISH")
    book.add("x-wr-calname", "Fairlead")
    book.add("refresh-interval", vDuration(EVERY), parameters={"VALUE": "DURATION"})
    book.add("x-published-ttl", vDuration(EVERY))
    me = told.scope.person_id
    for plan in told.planned:
        zone = ZoneInfo(plan.zone)
        event = Event()
        event.add("uid", f"{plan.token}@fairlead")
        event.add("dtstamp", plan.changed_at.astimezone(ZoneInfo("UTC")))
        event.add("created", plan.made_at.astimezone(ZoneInfo("UTC")))
        event.add("last-modified", plan.changed_at.astimezone(ZoneInfo("UTC")))
        event.add("sequence", plan.sequence)
        event.add("dtstart", plan.at.astimezone(zone))
        event.add("dtend", (plan.at + timedelta(minutes=plan.minutes)).astimezone(zone))
        event.add("summary", f"{plan.kind_label}: {plan.other(me)}")
        event.add("location", plan.school)
        event.add("categories", [plan.purpose_label])
        event.add("status", "CANCELLED" if plan.cancelled else "CONFIRMED")
        event.add("transp", "TRANSPARENT" if plan.cancelled else "OPAQUE")
        event.add("class", "PRIVATE")
        book.add_component(event)
    for promise in told.promises:
        event = Event()
        event.add("uid", f"promise-{promise.pk}@fairlead")
        event.add("dtstamp", promise.made_at.astimezone(ZoneInfo("UTC")))
        event.add("sequence", 0)
        event.add("dtstart", promise.due)
        event.add("dtend", promise.due + timedelta(days=1))
        words = _("Your promise to %(name)s is due") if promise.mine else _("A promise of %(name)s to you is due")
        event.add("summary", words % {"name": promise.other})
        event.add("location", promise.school)
        event.add("transp", "TRANSPARENT")
        event.add("class", "PRIVATE")
        book.add_component(event)
    if told.planned:
        days = [plan.at.date() for plan in told.planned]
        book.add_missing_timezones(min(days) - timedelta(days=370), max(days) + timedelta(days=370))
    return book.to_ical()
