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
    return {"demo": demo, "scope": getattr(request, "scope", None)}
