"""What the pages behind a link have in common: nobody keeps them, and links that do not open are counted."""

from __future__ import annotations

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from fairlead import clock

MOST_MISSES = 30  # links that do not open, from one address of the net
WINDOW = 600  # seconds


def quiet(response: HttpResponse, *, referrer: str = "no-referrer") -> HttpResponse:
    """A page that no cache keeps, no search engine lists, and that tells its address to nobody."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = referrer
    return response


def _key(request: HttpRequest, kind: str) -> str:
    window = int(clock.now().timestamp()) // WINDOW
    return f"{kind}-link-misses:{request.META.get('REMOTE_ADDR', '')}:{window}"


def too_many(request: HttpRequest, kind: str) -> bool:
    """Whether so many links of a kind did not open from this address of the net that the next one has to wait."""
    return bool(cache.get(_key(request, kind), 0) >= MOST_MISSES)


def missed(request: HttpRequest, kind: str) -> None:
    """Count a link that does not open."""
    key = _key(request, kind)
    cache.add(key, 0, WINDOW)
    cache.incr(key)
