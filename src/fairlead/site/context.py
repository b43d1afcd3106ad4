"""What every page's template can ask for: who is asking, and in the demo the moment at which its clock stands."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from fairlead import clock


def frame(request: HttpRequest) -> dict[str, Any]:
    """`demo` and `scope`; the frame itself is drawn by `site.frame`."""
    demo: dict[str, Any] = {"on": settings.DEMO}
    if settings.DEMO:
        demo["now"] = clock.now()
    # A page's door narrows the request's scope to the page's roles; the ways to other desks are those of all roles.
    return {"demo": demo, "scope": getattr(request, "whole_scope", None) or getattr(request, "scope", None)}
