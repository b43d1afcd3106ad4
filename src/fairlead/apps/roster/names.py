"""How names sort: by a stored key, since the embedded PostgreSQL knows no language's order."""

from __future__ import annotations

import unicodedata


def sort_key(family: str, given: str) -> str:
    """Key under which `Ángel Ñúñez` sorts beside `Angel Nunez`, whatever the database's collation.

    >>> sort_key("Ñúñez", "Ángel")
    'nunez angel'
    """
    text = unicodedata.normalize("NFKD", f"{family} {given}")
    return "".join(c for c in text if not unicodedata.combining(c)).casefold().strip()
