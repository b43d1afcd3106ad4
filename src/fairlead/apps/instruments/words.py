"""Words that a catalogue keeps in two languages."""

from __future__ import annotations

from django.utils.translation import get_language


def in_words(english: str, spanish: str) -> str:
    """The reader's language; English where nobody has translated it yet."""
    return spanish if spanish and (get_language() or "").startswith("es") else english
