"""Around every request: one transaction, the clock's moment, and who is asking (for code and for PostgreSQL)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from fairlead import clock
from fairlead.apps.access import history
from fairlead.apps.roster.selectors import scope_for
from fairlead.site.clock import demo_moment, held

SAFE = ("GET", "HEAD", "OPTIONS")
UNTOUCHED = ("/static/", "/health", "/sw.js")


class ScopeMiddleware:
    """Opens the transaction in which row-level security knows the person; rolls back when the page failed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.scope = None  # type: ignore[attr-defined]
        if request.path.startswith(UNTOUCHED):
            return self.get_response(request)
        with transaction.atomic(), held(_moment(request) if settings.DEMO else None):
            user = request.user
            if user.is_authenticated and user.person_id is not None:
                request.scope = scope_for(user.person_id, clock.today())  # type: ignore[attr-defined]
            if request.method not in SAFE and request.scope is not None:  # type: ignore[attr-defined]
                # Who changed a row, on which page, and when by our clock (the demo's stands elsewhere).
                person = request.scope.person_id  # type: ignore[attr-defined]
                history.tell(person=person, page=request.path, at=clock.now().isoformat())
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
            # The service worker forgets the kept pages of everybody else; of everyone, when nobody is signed in.
            # A scriptless fetch of the empty shell carries no session and says nothing about who is signed in.
            if "shell" not in request.GET:
                scope = request.scope  # type: ignore[attr-defined]
                response["X-Fairlead-Person"] = str(scope.person_id if scope else 0)
        return response


def _moment(request: HttpRequest) -> datetime | None:
    """Where the demo's clock stands; the session, when there is one, has brought it along."""
    request.session.get("")  # reads it
    return getattr(request.session, "moment", None) or demo_moment()
