"""The "who can see this" box: what each audience sees of a record, read from the purpose × use table."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fairlead.apps.access.purposes import AUDIENCES, allowed, purposes

_AUDIENCE = {
    "author": _("who made the visit"),
    "subject": _("the teacher visited, once it is shared"),
    "leader": _("the school's principal"),
    "director": _("the director of principals"),
    "network": _("the network lead"),
    "analyst": _("the analyst"),
}
# Of a support it is said in other words whose it is and whom it is about.
_OF_A_SUPPORT = {"author": _("who leads it"), "subject": _("who takes part")}
# What the uses come to, in words: notes, scores, dose.
_SEES = {
    (True, True, True): _("everything in it"),
    (True, False, True): _("the words, date and minutes; no levels"),
    (False, True, True): _("the levels, date and minutes; no words"),
    (False, False, True): _("only that it happened: date and minutes"),
    (False, False, False): _("nothing"),
}
_APPRAISES = _("may use it in an appraisal")


@dataclass(frozen=True, slots=True)
class Audience:
    """One line of the box."""

    key: str
    label: str
    sees: str
    content: bool  # sees more than that it happened


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


def who_can_see(purpose: str, *, support: bool = False) -> list[Audience]:
    """Each audience with what it sees of a record of this purpose; those who see nothing say so."""
    rows = []
    names = _AUDIENCE | _OF_A_SUPPORT if support else _AUDIENCE
    for audience in AUDIENCES:
        notes, scores, dose = (allowed(purpose, use, audience) for use in ("notes", "scores", "dose"))
        sees = str(_SEES[(notes, scores, dose)])
        if allowed(purpose, "appraisal", audience):
            sees = f"{sees}; {_APPRAISES}"
        rows.append(
            Audience(
                key=audience,
                label=str(names[audience]),
                sees=sees,
                content=notes or scores,
            )
        )
    return rows


@dataclass(frozen=True, slots=True)
class Sight:
    """What some audiences see alike, for the box."""

    sees: str
    content: bool
    labels: list[str]


def who_sees_what(purpose: str, *, support: bool = False) -> list[Sight]:
    """`who_can_see`, by what is seen: as short as the box can be without leaving anybody out."""
    groups: dict[str, Sight] = {}
    for row in who_can_see(purpose, support=support):
        groups.setdefault(row.sees, Sight(row.sees, row.content, [])).labels.append(row.label)
    return list(groups.values())
