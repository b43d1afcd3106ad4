"""The one way to ask the time. `fairlead.site.clock` binds the answer; nothing else reads the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Protocol


class Clock(Protocol):
    """Gives the present moment, aware of its time zone."""

    def now(self) -> datetime: ...


_clock: Clock | None = None


def bind(clock: Clock) -> None:
    """Make `clock` the one that `now` and `today` ask. Called once, at start-up (and by tests)."""
    global _clock
    _clock = clock


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    """Let the clock stand at `moment` inside the block: for those who write records of the past (the demo)."""
    global _clock
    before, _clock = _clock, _Standing(moment)
    try:
        yield
    finally:
        _clock = before


class _Standing:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def now() -> datetime:
    """The present moment in the organization's time zone."""
    if _clock is None:
        raise RuntimeError("No clock is bound: start through fairlead.site, or bind one in the test.")
    return _clock.now()


def today() -> date:
    """The present day in the organization's time zone."""
    return now().date()
