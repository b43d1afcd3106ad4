"""The part around every page: masthead, the demo's banner, footer.

It is the same for one person on page after page, so it is drawn once for each kind of reader (language, looks, roles,
where they are in the navigation) and kept in this process. Only the token of forms and the address to come back to
differ: they stand in the kept drawing as two characters that no text has, and are filled in for each page.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format, time_format
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from fairlead.demo.world import MORNING
from fairlead.site.clock import MOMENTS

# role -> pages in the frame's navigation, in order: the first four are what the person needs most, and stand in sight
PAGES: tuple[tuple[str, str, Any], ...] = (
    ("teacher", "teacher:desk", _("My classes")),
    ("teacher", "contacts:week", _("Contacts")),
    ("teacher", "surveys:mine", _("Surveys")),
    ("teacher", "learning:home", _("Professional learning")),
    ("teacher", "outbox", _("Waiting to send")),
    ("teacher", "cycles:home", _("Supports")),
    ("teacher", "diagnostics:home", _("Diagnoses")),
    ("teacher", "reviews:home", _("Assignments")),
    ("teacher", "operations:home", _("Requests")),
    ("teacher", "lotteries:home", _("Lotteries")),
    ("teacher", "supervision:rights", _("Decisions")),
    ("office", "office:desk", _("This morning")),
    ("office", "operations:home", _("Requests")),
    ("office", "supervision:rights", _("Decisions")),
    ("office", "surveys:families", _("Surveys")),
    ("principal", "principal:desk", _("This morning")),
    ("principal", "contacts:week", _("Contacts")),
    ("principal", "operations:home", _("Requests")),
    ("principal", "cycles:home", _("Supports")),
    ("principal", "outbox", _("Waiting to send")),
    ("principal", "surveys:home", _("Surveys")),
    ("principal", "diagnostics:home", _("Diagnoses")),
    ("principal", "reviews:home", _("Assignments")),
    ("principal", "raters:home", _("How I rate")),
    ("principal", "supervision:home", _("Appraisal")),
    ("principal", "lotteries:home", _("Lotteries")),
    ("principal", "learning:home", _("Professional learning")),
    ("coach", "coach:desk", _("My visits")),
    ("coach", "contacts:week", _("Contacts")),
    ("coach", "cycles:home", _("Supports")),
    ("coach", "learning:home", _("Professional learning")),
    ("coach", "outbox", _("Waiting to send")),
    ("coach", "raters:home", _("How I rate")),
    ("coach", "diagnostics:home", _("Diagnoses")),
    ("coach", "reviews:home", _("Assignments")),
    ("coach", "supervision:rights", _("Decisions")),
    ("coach", "operations:home", _("Requests")),
    ("coach", "lotteries:home", _("Lotteries")),
    ("director", "director:desk", _("My schools")),
    ("director", "contacts:week", _("Contacts")),
    ("director", "operations:home", _("Requests")),
    ("director", "supervision:home", _("Appraisal")),
    ("director", "cycles:home", _("Supports")),
    ("director", "surveys:home", _("Surveys")),
    ("director", "diagnostics:home", _("Diagnoses")),
    ("director", "reviews:home", _("Assignments")),
    ("director", "lotteries:home", _("Lotteries")),
    ("director", "learning:home", _("Professional learning")),
    ("network_lead", "network:desk", _("Theory of change")),
    ("network_lead", "caseloads:home", _("Need and caseloads")),
    ("network_lead", "operations:home", _("Requests")),
    ("network_lead", "analyst:desk", _("Studies")),
    ("network_lead", "cycles:home", _("Supports")),
    ("network_lead", "diagnostics:home", _("Diagnoses")),
    ("network_lead", "instruments:home", _("Instruments")),
    ("network_lead", "raters:home", _("Raters")),
    ("network_lead", "surveys:home", _("Surveys")),
    ("network_lead", "reviews:home", _("Assignments")),
    ("network_lead", "supervision:home", _("Appraisal")),
    ("network_lead", "lotteries:home", _("Lotteries")),
    ("network_lead", "learning:home", _("Professional learning")),
    ("network_lead", "contacts:week", _("Contacts")),
    ("analyst", "analyst:desk", _("Studies")),
    ("analyst", "instruments:home", _("Instruments")),
    ("analyst", "surveys:home", _("Surveys")),
    ("analyst", "lotteries:home", _("Lotteries")),
    ("analyst", "raters:home", _("Raters")),
    ("analyst", "learning:home", _("Professional learning")),
    ("analyst", "reviews:home", _("Assignments")),
    ("data_manager", "data:desk", _("Rosters")),
    ("data_manager", "instruments:home", _("Instruments")),
    ("auditor", "records:audit", _("Who looked")),
    ("city_lead", "city:desk", _("Quality seats")),
    ("city_lead", "network:published", _("Published tables")),
    ("city_lead", "city:submission", _("Submission")),
    ("city_lead", "diagnostics:home", _("Diagnoses")),
    ("city_lead", "cycles:home", _("Supports")),
)
# Rooms without a place of their own in the navigation: each is behind the first of these that its reader has.
BEHIND: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("time:home", ("contacts:week", "operations:home")),
    ("growth:home", ("surveys:home", "surveys:mine")),
)
STAND = 4  # pages that stand in the masthead; the rest are behind "More"
TOKEN, HERE = "\ue000", "\ue001"
KEPT = 1000  # drawings of about 5 kB


class Reader(NamedTuple):
    """What the frame's looks depend on."""

    language: str
    theme: str
    name: str
    roles: tuple[tuple[str, str], ...]  # role, name of its organization
    at: tuple[bool, ...]  # for each page of the navigation, whether the reader is there
    now: datetime | None  # the demo's moment
    token: bool  # whether forms can be sent at all: an error page has no token


def masthead(context: Mapping[str, Any]) -> SafeString:
    """Masthead and the demo's banner for the page of this context."""
    return _filled("ui/masthead.html", context)


def footer(context: Mapping[str, Any]) -> SafeString:
    """The foot of the page."""
    return _drawn("ui/footer.html", _reader(context)._replace(name="", roles=(), at=(), now=None))


def outbox(context: Mapping[str, Any]) -> SafeString:
    """The banner of what waits on the device, and the words of its scripts."""
    return _drawn(
        "ui/outbox.html", _reader(context)._replace(name="", roles=(), at=(), now=None, theme="", token=False)
    )


def _filled(template: str, context: Mapping[str, Any]) -> SafeString:
    drawn = _drawn(template, _reader(context))
    request = context.get("request")
    here = escape(request.get_full_path()) if request else ""
    return mark_safe(drawn.replace(TOKEN, str(context.get("csrf_token", ""))).replace(HERE, here))  # noqa: S308


def _reader(context: Mapping[str, Any]) -> Reader:
    request, scope = context.get("request"), context.get("scope")
    theme = request.COOKIES.get("fairlead_theme", "") if request else ""
    roles = tuple((g.role, g.organization_name) for g in scope.roles) if scope else ()
    return Reader(
        language=get_language() or settings.LANGUAGE_CODE,
        theme=theme if theme in {"light", "dark"} else "",
        name=scope.name if scope else "",
        roles=roles,
        at=_at(request.path, _pages(roles)) if request else (),
        now=context["demo"].get("now") if "demo" in context else None,
        token=bool(context.get("csrf_token")),
    )


def _at(path: str, pages: tuple[tuple[str, Any], ...]) -> tuple[bool, ...]:
    """Where the reader is: the longest of the addresses that begin this one (a desk's begins its pages')."""
    urls = {url for url, _label in pages}
    for room, before in _behind():
        if path.startswith(room):
            path = next((url for url in before if url in urls), path)
    here = max((url for url in urls if path.startswith(url)), key=len, default=None)
    return tuple(url == here for url, _label in pages)


@lru_cache(maxsize=1)
def _behind() -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((reverse(room), tuple(map(reverse, before))) for room, before in BEHIND)


def _pages(roles: Iterable[tuple[str, str]]) -> tuple[tuple[str, Any], ...]:
    return _addresses(frozenset(role for role, _organization in roles))


@lru_cache(maxsize=256)
def _addresses(roles: frozenset[str]) -> tuple[tuple[str, Any], ...]:
    return tuple((reverse(name), label) for role, name, label in PAGES if role in roles)


@lru_cache(maxsize=KEPT)
def _drawn(template: str, reader: Reader) -> SafeString:
    values = {**reader._asdict(), "csrf_token": TOKEN if reader.token else "", "here": HERE}
    pages = _pages(reader.roles) if reader.at else ()
    nav = [(url, label, there) for (url, label), there in zip(pages, reader.at, strict=True)]
    stand = len(nav) if len(nav) == STAND + 1 else STAND  # a menu of one page would hide it for nothing
    values |= {"nav": nav[:stand], "more": nav[stand:], "within": next((x[1] for x in nav[stand:] if x[2]), "")}
    if reader.now is not None:
        values["choices"] = [
            *((key, time_format(at, "TIME_FORMAT"), reader.now.time() == at) for key, at in MOMENTS.items()),
            ("next", _("Next school day"), False),
        ]
        if reader.now.date() != MORNING.date():
            day = date_format(MORNING, "MONTH_DAY_FORMAT")
            values["choices"].append(("story", gettext("Back to %(day)s") % {"day": day}, False))
    return render_to_string(template, values)
