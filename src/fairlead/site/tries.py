"""The cache: in this process, but for counted tries, which all web processes must count together (in PostgreSQL)."""

from __future__ import annotations

from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.locmem import LocMemCache

# Keys of tries: at signing in and resetting a password (allauth), and at links of families, of surveys and of calendars.
TRIES = ("allauth:", "family-", "survey-", "calendar-")
SHARED = "tries"


class Cache(LocMemCache):
    """Drawings and the like stay in the process; a key of tries goes to the shared table."""

    def _shared(self, key: Any) -> BaseCache | None:
        return caches[SHARED] if isinstance(key, str) and key.startswith(TRIES) else None

    def add(self, key: Any, *rest: Any, **more: Any) -> bool:
        return shared.add(key, *rest, **more) if (shared := self._shared(key)) else super().add(key, *rest, **more)

    def get(self, key: Any, *rest: Any, **more: Any) -> Any:
        return shared.get(key, *rest, **more) if (shared := self._shared(key)) else super().get(key, *rest, **more)

    def set(self, key: Any, *rest: Any, **more: Any) -> None:
        return shared.set(key, *rest, **more) if (shared := self._shared(key)) else super().set(key, *rest, **more)

    def incr(self, key: Any, *rest: Any, **more: Any) -> int:
        return shared.incr(key, *rest, **more) if (shared := self._shared(key)) else super().incr(key, *rest, **more)

    def delete(self, key: Any, *rest: Any, **more: Any) -> bool:
        return (
            shared.delete(key, *rest, **more) if (shared := self._shared(key)) else super().delete(key, *rest, **more)
        )
