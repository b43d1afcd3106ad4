"""A substitute takes the rolls of a link. Unknown, expired, withdrawn and somebody else's links give the same page.

Opening is a button and not the address itself: a messenger that fetches an address for its preview would otherwise
bind the link to itself. Whoever may be signed in on this browser is not asked: the page runs in the link's own scope.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from fairlead import clock
from fairlead.apps.access import history
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance import selectors, services, substitutes
from fairlead.desks.bylink import quiet
from fairlead.desks.office import marks

COOKIE = "fairlead_substitute"


def _quiet(response: HttpResponse) -> HttpResponse:
    return quiet(response, referrer="same-origin")  # what Django's check of forms needs, and no more


def _show(request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
    return _quiet(render(request, f"substitute/{name}.html", context, status=status))


def _shut(request: HttpRequest) -> HttpResponse:
    return _show(request, "shut", status=404)


View = Callable[..., HttpResponse]


def by_link(view: View) -> View:
    """Find what the link opens in this browser, and ask in its scope from here on."""

    @wraps(view)
    def checked(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
        opened = substitutes.look(token, request.COOKIES.get(COOKIE, ""))
        request.scope = request.whole_scope = None  # type: ignore[attr-defined]
        if opened is None:
            return _shut(request)
        if request.method == "POST":
            history.tell(substitute=opened.link_id, page=reverse("substitute:link", args=["-"]))
        return view(request, token, opened, substitutes.enter(opened), **kwargs)

    return checked


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def link(request: HttpRequest, token: str, opened: substitutes.Opened, scope: Scope) -> HttpResponse:
    """The link's rolls; before the first opening, a button."""
    now = clock.now()
    if opened.bound:
        if request.method == "POST":
            return _quiet(redirect("substitute:link", token))
        return _show(request, "rolls", opened=opened, token=token, rolls=substitutes.rolls(scope, opened, now))
    if request.method != "POST":
        return _show(request, "open", opened=opened)
    browser = substitutes.open_link(token)
    if browser is None:  # somebody was quicker by a moment
        return _shut(request)
    response = redirect("substitute:link", token)
    # As a span of time: the browser's own clock may be wrong, or the demo's may stand on another day.
    response.set_cookie(
        COOKIE, browser, max_age=opened.expires_at - now, path=reverse("substitute:link", args=[token]), httponly=True,
        secure=request.is_secure(), samesite="Lax",
    )  # fmt: skip
    return _quiet(response)


@require_http_methods(["GET", "HEAD", "POST"])
@by_link
def roll(request: HttpRequest, token: str, opened: substitutes.Opened, scope: Scope, roll_id: int) -> HttpResponse:
    """One of the link's rolls: its sheet, then its receipt (`?amend=1` opens the sheet again)."""
    now = clock.now()
    found = next((r for r in substitutes.rolls(scope, opened, now) if r.roll_id == roll_id), None)
    if found is None or not opened.bound:
        return _shut(request)
    lines = selectors.lines(scope, [roll_id], now)[roll_id]
    context: dict[str, Any] = {"opened": opened, "token": token, "roll": found}
    if request.method != "POST":
        if found.submitted and "amend" not in request.GET:
            absent = [line for line in lines if line.status == marks.ABSENT]
            return _show(request, "receipt", **context, absent=absent, present=len(lines) - len(absent))
        return _show(request, "roll", **context, form=marks.Form(lines))
    given = marks.posted(request.POST)
    again = marks.shown(lines, given)
    if "all_present" in request.POST:
        return _show(request, "roll", **context, form=marks.all_present(again))
    try:
        substitutes.take(scope, opened, roll_id, given)
    except services.NotThere:
        return _shut(request)
    except services.Incomplete as error:
        form = marks.Form(again, str(error), frozenset(error.missing))
        return _show(request, "roll", status=422, **context, form=form)
    except services.AttendanceError as error:
        return _show(request, "roll", status=422, **context, form=marks.Form(again, str(error)))
    return _quiet(redirect("substitute:roll", token, roll_id))
