"""What every page's frame needs: the demo's banner, and where this person can go."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import time_format
from django.utils.translation import gettext_lazy as _

from fairlead import clock
from fairlead.site.clock import MOMENTS

# role -> pages in the frame's navigation, in order
PAGES: tuple[tuple[str, str, Any], ...] = (
    ("teacher", "teacher:desk", _("My classes")),
    ("office", "office:desk", _("This morning")),
    ("principal", "principal:desk", _("This morning")),
    ("coach", "coach:desk", _("My visits")),
    ("director", "director:desk", _("My schools")),
    ("network_lead", "network:desk", _("Theory of change")),
    ("network_lead", "analyst:desk", _("Studies")),
    ("analyst", "analyst:desk", _("Studies")),
    ("city_lead", "city:desk", _("Quality seats")),
    ("city_lead", "network:published", _("Published tables")),
)


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html: `demo`, `nav`, `scope`."""
    scope = getattr(request, "whole_scope", None) or getattr(request, "scope", None)
    nav = []
    for role, name, label in PAGES:
        if scope is not None and scope.has(role):
            url = reverse(name)
            nav.append((url, label, request.path.startswith(url)))
    demo: dict[str, Any] = {"on": settings.DEMO}
    if settings.DEMO:
        now = demo["now"] = clock.now()
        demo["choices"] = [
            *((key, time_format(at, "TIME_FORMAT"), now.time() == at) for key, at in MOMENTS.items()),
            ("next", _("Next school day"), False),
        ]
    return {"demo": demo, "nav": nav, "scope": scope}
