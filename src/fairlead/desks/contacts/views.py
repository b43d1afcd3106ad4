"""The pages of contacts: logging one, reading one, promises, and one's own week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fairlead import clock
from fairlead.apps.access.decorators import ScopedRequest, needs
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.services import log_list
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import conversations, planning, recording
from fairlead.apps.support.visibility import purpose_words, who_sees_what
from fairlead.desks.contacts import choosing, preparing
from fairlead.desks.contacts.choosing import LOGGERS, TO_SCHOOLS
from fairlead.desks.contacts.forms import OUTCOMES, ContactForm, Who, blame

LATELY = timedelta(days=60)
VISITORS = (*TO_SCHOOLS, "principal")


@require_safe
@needs()
def week(request: ScopedRequest) -> HttpResponse:
    """One's own week: what one led, by kind and school, and the contacts in which one took part."""
    scope, today = request.scope, clock.today()
    first = _monday(request.GET.get("week", ""), today)
    last = first + timedelta(days=6)
    logs = scope.has(*LOGGERS)
    led = conversations.led_between(scope, first, last) if logs else []
    received = conversations.received(scope, today - LATELY, today)
    promises = conversations.my_open_promises(scope)
    rows = planning.planned(scope, max(first, today), last)
    shown = (
        {c.organization_id for c in led} | {p.organization_id for p in promises} | {p.organization_id for p in rows}
    )
    log_list(scope, "contacts", shown)
    context = {
        "first": first,
        "last": last,
        "before": first - timedelta(days=7),
        "after": first + timedelta(days=7) if last < today else None,
        "led": led,
        "minutes": sum(c.minutes for c in led),
        "by_kind": _sums(led, lambda c: c.kind_label),
        "by_school": _sums(led, lambda c: c.school),
        "received": received,
        "received_minutes": sum(c.minutes for c in received),
        "rows": rows,
        "person_id": scope.person_id,
        "to_schools": scope.has(*TO_SCHOOLS),
        "promises": len(promises),
        "overdue": sum(p.due < today for p in promises),
        "logs": logs,
        "today": today,
    }
    return _may_be_kept(render(request, "contacts/week.html", context))


def _monday(said: str, today: date) -> date:
    try:
        day = parse_date(said) or today
    except ValueError:
        day = today
    day = max(min(day, today), today - timedelta(days=800))
    return day - timedelta(days=day.weekday())


def _sums(led: list[conversations.Logged], of: Any) -> list[tuple[str, int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for c in led:
        n, total = found.get(of(c), (0, 0))
        found[of(c)] = (n + 1, total + c.minutes)
    return sorted((name, n, total) for name, (n, total) in found.items())


@require_safe
@needs(*VISITORS)
def prepare(request: ScopedRequest, school_id: int) -> HttpResponse:
    """The sheet to take along to a school, on one page of paper."""
    scope: Scope = request.scope
    school = roster.organizations(scope, kind="school").filter(pk=school_id).first()
    if school is None:
        raise Http404
    log_list(scope, "contacts", [school_id])
    return _may_be_kept(render(request, "contacts/prepare.html", preparing.sheet(scope, school)))


@require_safe
@needs(*LOGGERS)
def prepare_person(request: ScopedRequest, person_id: int) -> HttpResponse:
    """The sheet to take along to somebody whom one helps: what is between the two, on one page of paper."""
    scope, today = request.scope, clock.today()
    role = roster.staff(scope, today).filter(person_id=person_id, organization_id__in=scope.org_ids).first()
    if role is None or person_id == scope.person_id:
        raise Http404
    log_list(scope, "contacts", [role.organization_id])
    who = Who(person_id, role.person.name, role.organization_id, role.organization.name)
    return _may_be_kept(render(request, "contacts/prepare_person.html", preparing.sheet_of(scope, who)))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(*LOGGERS)
def new(request: ScopedRequest, school_id: int | None = None) -> HttpResponse:
    """Log a contact: the form comes filled as the last one was; the open promises stand at its top."""
    scope: Scope = request.scope
    posted = request.method == "POST"
    said = request.POST if posted else request.GET
    plan_id = choosing.number(said.get("plan"))
    plan = planning.own_plan(scope, plan_id) if plan_id else None
    asked = {"school": school_id or said.get("school"), "person": said.get("person")}
    ready = choosing.ready(scope, asked, plan)
    if ready is None:
        raise Http404
    log_list(scope, "contacts", ready.homes | {p.organization_id for p in ready.promises})
    form = ContactForm(request.POST if posted else None, initial=ready.initial, **ready.fields)
    if posted and form.is_valid():
        try:
            made, fresh = recording.log_contact(scope, form.entry())
        except (ValidationError, ObjectDoesNotExist) as error:
            _refuse(form, error)
        else:
            if fresh:
                messages.success(
                    request, _("Saved. It counts once: as their time, as yours, and as a contact with the school.")
                )
            else:
                messages.info(request, _("It had arrived already; it counts once."))
            return redirect("contacts:contact", made.pk)
    here = request.get_full_path() if not posted else reverse("contacts:new")
    purpose = str(form["purpose"].value() or ready.purposes[0][0])
    context = {
        "form": form,
        "groups": form.groups(),
        "lines": form.lines(),
        "outcomes": OUTCOMES,
        "school_id": ready.school_id,
        "schools": ready.schools,
        "here": here,
        "refused": bool(form.errors),
        "purpose": purpose_words(purpose),
        "who": who_sees_what(purpose),
        "purposes": [(purpose_words(p), who_sees_what(p)) for p, _label in ready.purposes],
        "today": clock.today(),
        "zone": timezone.get_current_timezone_name(),
    }
    page = render(request, "contacts/new.html", context, status=422 if form.errors else 200)
    return page if posted else _may_be_kept(page)


def _refuse(form: ContactForm, error: ValidationError | ObjectDoesNotExist) -> None:
    if isinstance(error, ValidationError):
        blame(form, error)
    else:
        form.add_error(None, _("A promise of this form is not yours to settle any more. Open the form again."))


def _may_be_kept(page: HttpResponse) -> HttpResponse:
    """Lets the person's own browser keep the page for the day, so that a contact can be logged without a network."""
    page["X-Fairlead-Keep"] = "1"
    return page


def _page(request: ScopedRequest, contact_id: int, refused: str = "") -> HttpResponse:
    scope: Scope = request.scope
    facts = conversations.facts(scope, contact_id)
    if facts is None:
        raise Http404
    log_list(scope, "contacts", [facts.organization_id])
    there = conversations.participants(contact_id)
    own = next((p for p in there if p.person_id == scope.person_id), None)
    context = {
        "contact": facts,
        "participants": there,
        "said": conversations.said(scope, contact_id),
        "own": own,
        "leads": facts.lead_id == scope.person_id,
        "refused": refused,
        "purpose": purpose_words(facts.purpose),
        "who": who_sees_what(facts.purpose),
    }
    return render(request, "contacts/contact.html", context, status=422 if refused else 200)


@require_safe
@needs()
def contact(request: ScopedRequest, contact_id: int) -> HttpResponse:
    """One contact: to who was there with its words, to who may see the dose without them."""
    return _page(request, contact_id)


@require_POST
@needs()
def answer(request: ScopedRequest, contact_id: int) -> HttpResponse:
    """Words about a contact, by somebody who was there."""
    try:
        recording.answer(request.scope, contact_id, request.POST.get("text", ""))
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        return _page(request, contact_id, " ".join(error.messages))
    messages.success(request, _("Sent."))
    return redirect("contacts:contact", contact_id)


@require_POST
@needs()
def minutes(request: ScopedRequest, contact_id: int) -> HttpResponse:
    """A participant agrees with their minutes, corrects them, or was not there."""
    said: int | None = None
    if "absent" in request.POST:
        said = 0
    elif "agree" not in request.POST:
        said = choosing.number(request.POST.get("minutes"))
        if said is None:
            return _page(request, contact_id, _("Write the minutes: from 0 to 600."))
    try:
        recording.say_minutes(request.scope, contact_id, said)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        return _page(request, contact_id, " ".join(error.messages))
    messages.success(request, _("Noted. It counts so from now on."))
    return redirect("contacts:contact", contact_id)


def _promises(request: ScopedRequest, refused: str = "", of: int = 0) -> HttpResponse:
    scope, today = request.scope, clock.today()
    rows = conversations.my_open_promises(scope)
    settled = conversations.settled_lately(scope, today - LATELY)
    log_list(scope, "contacts", {p.organization_id for p in rows} | {p.organization_id for p in settled})
    context = {
        "mine": [p for p in rows if p.owner_id == scope.person_id],
        "to_me": [p for p in rows if p.owner_id != scope.person_id],
        "settled": settled,
        "today": today,
        "refused": refused,
        "of": of,
    }
    return render(request, "contacts/promises.html", context, status=422 if refused else 200)


@require_safe
@needs()
def promises(request: ScopedRequest) -> HttpResponse:
    """What one promised and what was promised to one: all of it, the longest overdue first."""
    return _promises(request)


@require_POST
@needs()
def settle(request: ScopedRequest, promise_id: int) -> HttpResponse:
    """A promise is kept, with what shows it; or done another way, because."""
    words, kept = request.POST.get("words", ""), "kept" in request.POST
    settled = recording.Settled(promise_id, words if kept else "", "" if kept else words, kept)
    try:
        changed = recording.settle(request.scope, settled)
    except ObjectDoesNotExist as error:
        raise Http404 from error
    except ValidationError as error:
        return _promises(request, " ".join(error.messages), promise_id)
    if changed:
        messages.success(request, _("Settled."))
    else:
        messages.info(request, _("It was settled before; nothing changed."))
    return redirect("contacts:promises")
