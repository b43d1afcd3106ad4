"""One-time links: their secrets, and what somebody who has one may do. No scope: nobody is signed in.

A secret is twelve letters and digits that cannot be mistaken for one another, so that it can be typed from a slip; it
is random (59 bits), and only a hash under this installation's key is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.instruments import responding
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.responding import Given

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 12
UNASKED = ("note", "photo")  # evidence and pictures are a visitor's, not somebody's who answers


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link asks, for whoever holds it. `state`: open, used, or over (also: not begun)."""

    administration_id: int
    version_id: int
    organization_id: int
    school: str
    network: str
    name: str
    name_es: str
    purpose: str
    mode: str
    asked: str
    section: str
    teacher: str
    language: str
    words: str
    words_es: str
    closes_on: date
    state: str


def new_secret() -> str:
    """A secret of a link."""
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def written(secret: str) -> str:
    """A secret as it stands on a slip and in an address: in three groups."""
    return "-".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def hashed(secret: str, key: str = "") -> str:
    """What is kept of a secret, however it was typed."""
    plain = "".join(letter for letter in secret.lower() if letter.isalnum())
    key = key or settings.SECRET_KEY
    return hmac.new(key.encode(), f"survey|{plain}".encode(), hashlib.sha256).hexdigest()


def hashes(secret: str) -> list[str]:
    """Under this installation's key and its former ones: a slip outlives a renewal."""
    return [hashed(secret, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def look(secret: str) -> Opened | None:
    """What a link asks; None when there is no such link."""
    for one in hashes(secret):
        if rows := fetch("SELECT * FROM surveys_look(%(hash)s, %(today)s)", hash=one, today=clock.today()):
            return Opened(*rows[0])
    return None


def questions(version_id: int) -> list[Any]:
    """The items that are asked of whoever answers, with their domains, in order."""
    return [item for item in instruments.items_of(version_id) if item.kind not in UNASKED]


@transaction.atomic
def answer(secret: str, opened: Opened, given: Mapping[int, Given]) -> bool:
    """Seal one answer and use the link up. Refuses answers that their items do not allow; False when it is used or over."""
    responding.check(questions(opened.version_id), given)
    said = json.dumps({pk: as_data(one) for pk, one in given.items() if not one.is_empty})
    return any(
        fetch(
            "SELECT surveys_answer(%(hash)s, %(today)s, %(said)s::jsonb)", hash=one, today=clock.today(), said=said
        )[0][0]
        for one in hashes(secret)
    )


@transaction.atomic
def decline(secret: str) -> bool:
    """Keep that whoever has the link does not want to take part; the link is used up."""
    return any(
        fetch("SELECT surveys_decline(%(hash)s, %(today)s)", hash=one, today=clock.today())[0][0]
        for one in hashes(secret)
    )


def as_data(given: Given) -> dict[str, Any]:
    """An answer as a ballot keeps it: only what was said."""
    said = {
        "level": given.level, "chosen": list(given.chosen) if given.chosen else None, "number": given.number,
        "text": given.text.strip() or None, "unseen": given.not_observed or None,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value is not None}


def from_data(said: Mapping[str, Any]) -> Given:
    """The same, read back."""
    return Given(
        level=said.get("level"),
        chosen=tuple(said["chosen"]) if "chosen" in said else None,
        number=said.get("number"),
        text=said.get("text", ""),
        not_observed="unseen" in said,
    )
