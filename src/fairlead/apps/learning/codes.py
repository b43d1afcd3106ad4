"""The code on the board: six letters and digits that open one session's sign-in, while it lasts.

It is worked out from the session under this installation's key, so it stands in no table; making it anew counts `renewed` up.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings

from fairlead.apps.surveys.links import LETTERS

LENGTH = 6  # 31^6, 887 million: five tries in ten minutes do not find one
EARLY = LATE = timedelta(minutes=15)  # before a session begins, and after its end
ON_TIME = timedelta(minutes=15)  # who signs in later says for how long they were there


def code(session_id: int, renewed: int, key: str = "") -> str:
    """A session's code."""
    told = f"learning|{session_id}|{renewed}".encode()
    number = int.from_bytes(hmac.new((key or settings.SECRET_KEY).encode(), told, hashlib.sha256).digest())
    letters = []
    for _position in range(LENGTH):
        number, at = divmod(number, len(LETTERS))
        letters.append(LETTERS[at])
    return "".join(letters)


def fits(typed: str, session_id: int, renewed: int) -> bool:
    """Whether what was typed is the session's code, under this installation's key or a former one."""
    plain = "".join(letter for letter in typed.lower() if letter.isalnum())
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(hmac.compare_digest(plain.encode(), code(session_id, renewed, key).encode()) for key in keys)


def opens(begins_at: datetime) -> datetime:
    """The moment from which a session's code is taken."""
    return begins_at - EARLY


def closes(begins_at: datetime, minutes: int) -> datetime:
    """The moment after which it is not."""
    return begins_at + timedelta(minutes=minutes) + LATE
