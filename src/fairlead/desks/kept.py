"""What is drawn once and shown often, kept in this process by everything that it depends on."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """At most so many drawings; when it is full it begins anew. The key holds all that the drawing depends on."""

    def __init__(self, most: int = 100) -> None:
        self.most = most
        self.drawings: dict[Hashable, T] = {}

    def get(self, key: Hashable, draw: Callable[[], T]) -> T:
        """The drawing of this key; drawn when it is not there yet."""
        if key not in self.drawings:
            drawn = draw()
            if len(self.drawings) >= self.most:
                self.drawings.clear()
            self.drawings[key] = drawn
        return self.drawings[key]
