"""The "who can see this" box: what each audience sees of a record, read from the purpose × use table."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.purposes import AUDIENCES, allowed, purposes

_AUDIENCE = {
    "author": _("Who made the visit"),
    "subject": _("The teacher visited, once it is shared"),
    "leader": _("The school's principal"),
    "director": _("The director of principals"),
    "network": _("The network lead"),
    "analyst": _("The analyst"),
}
_USE = {
    "notes": _("the words"),
    "scores": _("the levels"),
    "dose": _("that it happened: date and minutes"),
    "appraisal": _("may use it in an appraisal"),
}
_NOTHING = _("nothing")


@dataclass(frozen=True, slots=True)
class Audience:
    """One line of the box."""

    key: str
    label: str
    sees: str
    words: bool  # sees more than that it happened


@dataclass(frozen=True, slots=True)
class PurposeWords:
    """A purpose in the reader's language."""

    key: str
    label: str
    meaning: str


def purpose_words(key: str) -> PurposeWords:
    """Label and meaning of a purpose in the reader's language."""
    p = purposes()[key]
    es = (get_language() or "").startswith("es")
    return PurposeWords(key, p.label_es if es else p.label, p.meaning_es if es else p.meaning)


def who_can_see(purpose: str) -> list[Audience]:
    """Each audience with what it sees of a record of this purpose; those who see nothing say so."""
    rows = []
    for audience in AUDIENCES:
        sees = [str(label) for use, label in _USE.items() if allowed(purpose, use, audience)]
        rows.append(
            Audience(
                key=audience,
                label=str(_AUDIENCE[audience]),
                sees=", ".join(sees) if sees else str(_NOTHING),
                words=allowed(purpose, "notes", audience) or allowed(purpose, "scores", audience),
            )
        )
    return rows
