"""Filling a form in: one service for every response, whatever it is about. It checks answers item by item.

Who may answer about what is the caller's question (a visit, an administration, a review); whether the version may be
used for the purpose, and whether every answer is one that its item allows, is asked here.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from math import isfinite

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead.apps.access.asking import change
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import policy
from fairlead.apps.instruments.models import Answer, Certificate, Item, Note, Response, Version

LONGEST = 4000  # characters of one answer in words
WORDS = frozenset({"text", "note"})


@dataclass(frozen=True, slots=True)
class Given:
    """The answer to one item: a level or option, several options, a number or words; or that it was not seen.

    `evidence` is what was seen or heard, kept as a note that is tagged with the item.
    """

    level: int | None = None
    chosen: tuple[int, ...] | None = None
    number: float | None = None
    text: str = ""
    not_observed: bool = False
    evidence: str = ""

    @property
    def is_empty(self) -> bool:
        """Nothing was said, not even that it was not seen."""
        return (
            (self.level, self.chosen or None, self.number) == (None, None, None)
            and not self.not_observed
            and not self.text.strip()
            and not self.evidence.strip()
        )


@dataclass(frozen=True, slots=True)
class Scripted:
    """A line of a script: what was seen or heard, the moment it was, and the keys of the items it is evidence for."""

    id: uuid.UUID
    at: datetime | None
    text: str
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it arrives. `id` is made where it was filled in: arriving twice it is one response."""

    id: uuid.UUID
    version_id: int
    organization_id: int
    purpose: str
    day: date
    answers: Mapping[int, Given] = field(default_factory=dict)  # by item
    script: tuple[Scripted, ...] = ()
    subject_id: int | None = None
    section_id: int | None = None
    visit_id: int | None = None
    part: str = Response.Part.SINGLE
    submitted_at: datetime | None = None
    anonymous: bool = False
    language: str = "en"


@transaction.atomic
def record(scope: Scope, filled: Filled) -> Response:
    """Write a response of the asking person with its answers and words. Arriving again, it is the same response."""
    known = Response.objects.filter(pk=filled.id, author_id=None if filled.anonymous else scope.person_id).first()
    if known is not None:
        return known
    version = published(filled.version_id, filled.purpose)
    if filled.purpose != policy.PRACTICE and (
        refused := policy.why_not_rate(
            version.instrument, certified_until(scope, version.instrument_id, filled.day), filled.day
        )
    ):
        raise ValidationError({"version": refused})
    items = {item.pk: item for item in Item.objects.filter(version=version)}
    check(items.values(), filled.answers, whole=filled.submitted_at is not None or filled.anonymous)
    check_script(items.values(), filled.script)
    response = Response.objects.create(
        id=filled.id,
        version=version,
        organization_id=filled.organization_id,
        purpose=filled.purpose,
        author_id=None if filled.anonymous else scope.person_id,
        subject_id=filled.subject_id,
        section_id=filled.section_id,
        visit_id=filled.visit_id,
        part=filled.part,
        anonymous=filled.anonymous,
        day=filled.day,
        submitted_at=filled.submitted_at,
        language=filled.language,
    )
    _write(response, items, filled.answers, filled.script)
    return response


@transaction.atomic
def withdraw(scope: Scope, response_id: uuid.UUID) -> None:
    """Take back one's own response, with all it says, to give it anew: of a calibration, or of a diagnosis. No other.

    What else refers to it is the caller's to delete or to point elsewhere before the transaction ends: Django would look
    for it in every app, and the ties of surveys are sealed from the app's login.
    """
    for statement in _WITHDRAWN:
        change(statement, response=response_id, person=scope.person_id, practice=policy.PRACTICE)


_AGAIN = """
SELECT r.id FROM instruments_response r
WHERE r.id = %(response)s AND r.author_id = %(person)s
  AND (r.purpose = %(practice)s OR r.part IN ('individual', 'consensus'))
"""
_WITHDRAWN = (
    *(f"DELETE FROM instruments_{part} WHERE response_id IN ({_AGAIN})" for part in ("answer", "note", "attachment")),  # noqa: S608
    f"DELETE FROM instruments_response WHERE id IN ({_AGAIN})",  # noqa: S608
)


def published(version_id: int, purpose: str) -> Version:
    """A version that is offered, for this purpose; refuses with the reason what is not."""
    version = Version.objects.select_related("instrument").filter(pk=version_id, published_at__isnull=False).first()
    if version is None:
        raise ValidationError({"version": _("That version is not published.")})
    if version.instrument.retired_at is not None:
        raise ValidationError({"version": _("That instrument is no longer in use.")})
    if refused := policy.why_not(version.instrument, purpose):
        raise ValidationError({"version": refused})
    return version


def certified_until(scope: Scope, instrument_id: int, on: date) -> date | None:
    """The last day of the asking person's certificates for an instrument that were earned by a day; None: none was."""
    held = (
        Certificate.objects.filter(person_id=scope.person_id, instrument_id=instrument_id, earned_on__lte=on)
        .select_related("instrument")
        .all()
    )
    return max(
        (policy.certificate_ends(c.instrument, c.earned_on, c.ends_on) or date.max for c in held),
        default=None,
    )


def levels_of(response_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """Levels by response and key of the item, of the responses whose scores the asking login's walls let it read."""
    found: dict[uuid.UUID, dict[str, int]] = {}
    rows = Answer.objects.filter(response_id__in=list(response_ids), level__isnull=False)
    for response_id, key, level in rows.values_list("response_id", "item__key", "level"):
        found.setdefault(response_id, {})[key] = int(level or 0)
    return found


def check(items: Iterable[Item], answers: Mapping[int, Given], *, whole: bool = True) -> None:
    """Refuse answers that their items do not allow, all at once, by `item_<number>`; `whole`: what is required is there."""
    by_pk = {item.pk: item for item in items}
    wrong: dict[str, str] = {}
    for pk, given in answers.items():
        if pk not in by_pk:
            raise ValidationError(_("An answer belongs to another instrument."))
        if problem := _problem(by_pk[pk], given):
            wrong[f"item_{pk}"] = problem
    for pk, item in by_pk.items():
        if whole and item.required and f"item_{pk}" not in wrong and answers.get(pk, Given()).is_empty:
            wrong[f"item_{pk}"] = str(_("This one needs an answer."))
    if wrong:
        raise ValidationError(wrong)


def check_script(items: Iterable[Item], script: Iterable[Scripted]) -> None:
    """Refuse a line that is too long or that is tagged with what the version does not ask."""
    keys = {item.key for item in items}
    for line in script:
        if not set(line.tags) <= keys:
            raise ValidationError({"script": _("A note is tagged with an item of another instrument.")})
        if len(line.text) > LONGEST:
            raise ValidationError({"script": _("At most %(n)s characters.") % {"n": LONGEST}})


def _problem(item: Item, given: Given) -> str:
    """What is wrong with the answer to one item; "" when nothing is."""
    many = len(item.anchors or item.options)
    if given.not_observed and not item.may_be_unseen:
        return str(_("This one cannot be left as not seen."))
    if given.level is not None and (item.kind not in ("rating", "choice", "likert") or not 1 <= given.level <= many):
        return str(_("Choose one of the levels.")) if item.kind == "rating" else str(_("Choose one of the answers."))
    if given.chosen and (item.kind != "multiple" or not set(given.chosen) <= set(range(1, many + 1))):
        return str(_("Choose from the answers."))
    if given.number is not None:
        return _wrong_number(item, given.number)
    if given.text.strip() and item.kind not in WORDS:
        return str(_("This one is not answered in words."))
    if max(len(given.text), len(given.evidence)) > LONGEST:
        return str(_("At most %(n)s characters.")) % {"n": LONGEST}
    return ""


def _wrong_number(item: Item, number: float) -> str:
    if item.kind != "number" or not isfinite(number):
        return str(_("Write a number."))
    least, most = item.minimum, item.maximum
    if (least is not None and number < least) or (most is not None and number > most):
        words = {"least": "–∞" if least is None else f"{least:g}", "most": "∞" if most is None else f"{most:g}"}
        return str(_("From %(least)s to %(most)s.")) % words
    return ""


def _write(
    response: Response, items: Mapping[int, Item], answers: Mapping[int, Given], script: Iterable[Scripted] = ()
) -> None:
    walled = {
        "response": response,
        "organization_id": response.organization_id,
        "purpose": response.purpose,
        "author_id": response.author_id,
        "subject_id": response.subject_id,
    }
    told: list[Answer] = []
    notes: list[Note] = []
    for pk, given in answers.items():
        item = items[pk]
        if given.is_empty:
            continue
        if item.kind not in WORDS:
            told.append(
                Answer(
                    **walled,
                    item=item,
                    level=given.level,
                    chosen=sorted(set(given.chosen)) if given.chosen else None,
                    number=given.number,
                    not_observed=given.not_observed
                    and (given.level, given.chosen or None, given.number) == (None,) * 3,
                )
            )
        if given.text.strip():
            notes.append(Note(**walled, item=item, tags=[item.key], text=given.text.strip(), at=None))
        if given.evidence.strip():
            notes.append(Note(**walled, tags=[item.key], text=given.evidence.strip(), at=None))
    notes += [
        Note(**walled, id=line.id, tags=list(line.tags), text=line.text.strip(), at=line.at)
        for line in script
        if line.text.strip()
    ]
    Answer.objects.bulk_create(told)
    Note.objects.bulk_create(notes)
