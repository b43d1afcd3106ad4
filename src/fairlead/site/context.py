"""What every page's template can ask for: who is asking, and in the demo the moment at which its clock stands."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from fairlead import clock
from fairlead.apps.access.scope import Scope

KEEPERS = ("teacher", "coach", "principal", "director")  # who works where there may be no network


def frame(request: HttpRequest) -> dict[str, Any]:
    """`demo`, `scope` and `outbox`; the frame itself is drawn by `site.frame`."""
    demo: dict[str, Any] = {"on": settings.DEMO}
    if settings.DEMO:
        demo["now"] = clock.now()
    # A page's door narrows the request's scope to the page's roles; the ways to other desks are those of all roles.
    scope = getattr(request, "whole_scope", None) or getattr(request, "scope", None)
    return {"demo": demo, "scope": scope, "outbox": {**_addresses(), **_owner(scope)}}


@cache
def _addresses() -> dict[str, str]:
    """Where the scripts of the outbox send and lead to."""
    return {
        "page": reverse("outbox"),
        "arrive": reverse("teacher:arrive"),
        "arrive_visit": reverse("coach:arrive"),
        "arrive_picture": reverse("coach:arrive_picture"),
        "arrive_contact": reverse("contacts:arrive"),
        "who": reverse("outbox_who"),
        "roll": reverse("teacher:roll", args=[0]),
    }


def _owner(scope: Scope | None) -> dict[str, Any]:
    """Whose page this is, for the scripts of the outbox: numbers as they are, and only the given name."""
    if scope is None:
        return {"person": "", "name": "", "keeps": False}
    return {"person": str(scope.person_id), "name": scope.name.split(" ")[0], "keeps": scope.has(*KEEPERS)}
