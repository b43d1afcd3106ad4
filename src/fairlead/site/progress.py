"""What start-up says to the person at the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(text: str) -> None:
    """One line of progress, on standard error so that a command's own output stays clean."""
    print(f"fairlead: {text}", file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Says that a step begins, and how long it took when it took over a second."""
    say(f"{what} …")
    began = time.monotonic()
    yield
    seconds = time.monotonic() - began
    if seconds > 1:
        say(f"{what}: done in {seconds:.1f} s")
