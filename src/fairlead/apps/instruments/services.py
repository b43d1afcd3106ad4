"""Recording a visit once: the same transaction makes the contact and the promise. Sharing and closing its feedback."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.purposes import purposes
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments.models import Version, Visit, said_at
from fairlead.apps.instruments.responding import Filled, Given, Scripted, published, record
from fairlead.apps.instruments.selectors import VISIT_KINDS, visit_by_token
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import services as support

# Who may make visits for which purpose. Supervision is of principals by directors; nobody visits a class for it.
MAKERS = {
    "coach": ("coaching", "research"),
    "principal": ("coaching", "appraisal"),
}


@dataclass(frozen=True, slots=True)
class VisitEntry:
    """What is typed once after a visit."""

    token: uuid.UUID
    purpose: str
    subject_id: int
    section_id: int | None
    began_at: datetime
    minutes: int
    version_id: int | None = None
    note: str = ""
    feedback: str = ""
    answers: Mapping[int, Given] = field(default_factory=dict)  # by item
    script: tuple[Scripted, ...] = ()
    promise: str = ""
    due: date | None = None
    share: bool = False


class TokenUsed(ValidationError):
    """Another visit, or a line of one, has come under the same number."""


def purposes_for(scope: Scope, organization_id: int | None = None) -> list[str]:
    """Purposes for which this person may visit a class (of one school, when given), in the table's order."""
    held = (g for g in scope.roles if organization_id is None or organization_id in g.below)
    mine = {p for grant in held for p in MAKERS.get(grant.role, ())}
    return [p for p in purposes() if p in mine]


def teacher_to_visit(scope: Scope, person_id: int) -> Any | None:
    """The role in force of a teacher at one of the person's schools; None for anybody else and for oneself."""
    if person_id == scope.person_id:
        return None
    found = roster.staff(scope, clock.today(), role="teacher").filter(person_id=person_id).first()
    return found if found is not None and scope.covers(found.organization_id) else None


@transaction.atomic
def record_visit(scope: Scope, entry: VisitEntry) -> Visit:
    """Write a visit with its levels, its contact and its promise. The same form arriving twice is one visit."""
    known = visit_by_token(scope, str(entry.token))
    if known is not None:
        return known
    organization_id = _check(scope, entry)
    now = clock.now()
    version = None if entry.version_id is None else _version_of(scope, entry)
    try:
        with (
            transaction.atomic()
        ):  # what somebody else wrote under this number is behind a wall: only PostgreSQL sees it
            visit = Visit.objects.create(
                token=entry.token,
                organization_id=organization_id,
                purpose=entry.purpose,
                visitor_id=scope.person_id,
                subject_id=entry.subject_id,
                section_id=entry.section_id,
                began_at=entry.began_at,
                minutes=entry.minutes,
                version=version,
                note=_noted(entry),
                feedback=entry.feedback.strip(),
                recorded_at=now,
            )
            if version is not None:
                record(scope, _own_response(visit, version, entry))
    except IntegrityError as error:
        raise TokenUsed(_("Another visit has come under the same number. Open the form anew.")) from error
    contact = support.record_contact(
        scope,
        organization_id=organization_id,
        with_person_id=entry.subject_id,
        at=entry.began_at,
        minutes=entry.minutes,
        kind="visit",
        purpose=entry.purpose,
        visit_id=visit.pk,
    )
    if entry.promise.strip():
        if entry.due is None:
            raise ValidationError({"due": _("Say by when.")})
        support.make_promise(scope, contact, text=entry.promise, due=entry.due)
    if entry.share:
        share_feedback(scope, visit.pk)
        visit.refresh_from_db()
    return visit


def _check(scope: Scope, entry: VisitEntry) -> int:
    """The school of the visit; refuses what may not be recorded."""
    teacher = teacher_to_visit(scope, entry.subject_id)
    if teacher is None:
        raise ValidationError({"teacher": _("That teacher is not at one of your schools.")})
    if entry.purpose not in purposes_for(scope, teacher.organization_id):
        raise ValidationError({"purpose": _("You cannot visit a class for this purpose. Choose another one.")})
    if entry.section_id is not None:
        taught = roster.sections(scope, teacher.organization_id, clock.today())
        if not taught.filter(pk=entry.section_id, teacher_id=teacher.person_id).exists():
            raise ValidationError({"section": _("That class is not taught by this teacher.")})
    if not 1 <= entry.minutes <= 240:
        raise ValidationError({"minutes": _("Between 1 and 240 minutes.")})
    if entry.began_at > clock.now():
        raise ValidationError({"began_at": _("A visit cannot begin in the future.")})
    return int(teacher.organization_id)


def _version_of(scope: Scope, entry: VisitEntry) -> Version:
    """The version that the form was opened with, when it may still be used for this visit."""
    version = published(entry.version_id or 0, entry.purpose)
    instrument = version.instrument
    ours = instrument.organization_id is None or instrument.organization_id in scope.up_org_ids
    if not ours or instrument.kind not in VISIT_KINDS:
        raise ValidationError({"version": _("That instrument is not one for visits at this school.")})
    return version


def _noted(entry: VisitEntry) -> str:
    """The visit's note; a script without an instrument has no items to be tagged with, and becomes a part of it."""
    lines = [] if entry.version_id is not None else [said_at(line.at, line.text) for line in entry.script]
    return "\n".join(filter(None, [entry.note.strip(), *lines]))


def moved_back(entry: VisitEntry, now: datetime) -> VisitEntry:
    """The entry of a device whose clock was ahead: all its moments moved back together, so that none is to come."""
    latest = max([entry.began_at, *(line.at for line in entry.script if line.at is not None)])
    if latest <= now:
        return entry
    ahead: timedelta = latest - now
    script = tuple(line if line.at is None else replace(line, at=line.at - ahead) for line in entry.script)
    return replace(entry, began_at=entry.began_at - ahead, script=script)


def _own_response(visit: Visit, version: Version, entry: VisitEntry) -> Filled:
    """The visitor's own response: it has the visit's token as its id."""
    return Filled(
        id=visit.token,
        version_id=version.pk,
        organization_id=visit.organization_id,
        purpose=visit.purpose,
        day=timezone.localdate(visit.began_at),
        answers=entry.answers,
        script=entry.script,
        subject_id=visit.subject_id,
        section_id=visit.section_id,
        visit_id=visit.pk,
        submitted_at=visit.recorded_at,
        language=(get_language() or "en")[:2],
    )


@transaction.atomic
def share_feedback(scope: Scope, visit_id: int, feedback: str | None = None) -> bool:
    """Open one's visit to the teacher visited. False when it was shared before: what was shared stays as it was."""
    visit = Visit.objects.select_for_update().get(pk=visit_id, visitor_id=scope.person_id)
    if visit.shared_at is not None:
        return False
    if feedback is not None:
        visit.feedback = feedback.strip()
    if not visit.feedback:
        raise ValidationError({"feedback": _("Write the teacher a sentence or two before you share.")})
    visit.shared_at = clock.now()
    visit.save(update_fields=["feedback", "shared_at"])
    support.note_feedback(visit.pk, shared_at=visit.shared_at)
    return True


@transaction.atomic
def answer_feedback(scope: Scope, visit_id: int, answer: str) -> bool:
    """The teacher visited answers, which closes the feedback. False when it was answered before."""
    visit = Visit.objects.select_for_update().get(pk=visit_id, subject_id=scope.person_id, shared_at__isnull=False)
    if not answer.strip():
        raise ValidationError({"answer": _("Write a word or two, or choose “Read, thank you”.")})
    if visit.answered_at is not None:
        return False
    visit.answer = answer.strip()
    visit.answered_at = clock.now()
    visit.closed_at = visit.closed_at or visit.answered_at
    visit.save(update_fields=["answer", "answered_at", "closed_at"])
    support.note_feedback(visit.pk, closed_at=visit.closed_at)
    return True


@transaction.atomic
def close_feedback(scope: Scope, visit_id: int, because: str) -> bool:
    """Feedback was given another way (we talked on the stairs). False when it was closed before."""
    if not because.strip():
        raise ValidationError({"because": _("Say in a few words how you gave it.")})
    visit = Visit.objects.select_for_update().get(pk=visit_id, visitor_id=scope.person_id)
    if visit.closed_at is not None:
        return False
    visit.closed_at = clock.now()
    visit.closed_because = because.strip()
    visit.save(update_fields=["closed_at", "closed_because"])
    support.note_feedback(visit.pk, closed_at=visit.closed_at)
    return True
