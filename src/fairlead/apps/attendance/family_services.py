"""Writing about families: who is calling, one-time links, answers and the school's decision, what a school chose."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.db import connection, transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.attendance.models import (
    AttendanceMark,
    CallClaim,
    FamilyAnswer,
    FamilyContact,
    FamilyLink,
    FamilySettings,
)
from fairlead.apps.attendance.services import AttendanceError, How, NotThere, absence_of, explain_absence
from fairlead.apps.roster import selectors as roster

CLAIM = timedelta(minutes=10)
LONGEST_WORDS = 300
REASONS = FamilyAnswer.Reason.choices
DECISIONS = FamilyAnswer.Decision.choices
MOST_LINKS = 5  # for one student and one day, whoever made them


@dataclass(frozen=True, slots=True)
class Recipient:
    """A guardian who may be contacted about the student: whoever makes one of these has checked it."""

    person_id: int
    name: str
    phone: str
    email: str
    language: str


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link just made. The token is here and nowhere else: only its hash is kept."""

    link_id: int
    token: str
    student: str
    guardian: str
    phone: str
    email: str
    language: str
    date: date
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class OpenLink:
    """All that a link tells: the child's first name, the day, and the guardian's language."""

    given_name: str
    date: date
    language: str


def claim_call(scope: Scope, mark_id: int) -> CallClaim:
    """Say "I am calling this family now", for ten minutes. A second tap extends it; another person's claim stands.

    One statement decides, so that of two clerks who tap at the same moment exactly one has it.
    """
    mark = absence_of(scope, mark_id)
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO attendance_callclaim AS c (student_id, organization_id, date, by_id, until)
            VALUES (%(student)s, %(organization)s, %(date)s, %(person)s, %(until)s)
            ON CONFLICT (student_id, date) DO UPDATE SET by_id = EXCLUDED.by_id, until = EXCLUDED.until
            WHERE c.by_id = EXCLUDED.by_id OR c.until <= %(now)s
            """,
            {
                "student": mark.student_id,
                "organization": mark.organization_id,
                "date": mark.date,
                "person": scope.person_id,
                "until": now + CLAIM,
                "now": now,
            },
        )
    claim = CallClaim.objects.select_related("by").get(student_id=mark.student_id, date=mark.date)
    if claim.by_id != scope.person_id:
        raise AttendanceError(_("%(name)s is calling this family now. Take the next one.") % {"name": claim.by.name})
    return claim


def release_call(scope: Scope, mark_id: int) -> bool:
    """Give one's own claim back. Says whether there was one."""
    mark = absence_of(scope, mark_id)
    rows = CallClaim.objects.filter(student_id=mark.student_id, date=mark.date, by_id=scope.person_id)
    return bool(rows.delete()[0])


def settings_for(organization_id: int) -> FamilySettings:
    """What a school chose, or the defaults (then not saved)."""
    found = FamilySettings.objects.filter(organization_id=organization_id).first()
    return found or FamilySettings(organization_id=organization_id)


@transaction.atomic
def choose(
    scope: Scope, organization_id: int, *, remind_at_deadline: bool, message_families: bool, link_days: int
) -> FamilySettings:
    """Change what a school does by itself."""
    if not scope.has("office", "principal", organization_id=organization_id):
        raise NotThere(_("There is no such school."))
    if not 1 <= link_days <= 30:
        raise AttendanceError(_("A link lives from 1 to 30 days, not %(n)s.") % {"n": link_days})
    found = settings_for(organization_id)
    wanted = (remind_at_deadline, message_families, link_days)
    if found.pk is None or (found.remind_at_deadline, found.message_families, found.link_days) != wanted:
        found.remind_at_deadline, found.message_families, found.link_days = wanted
        found.save()
    return found


def hashed(token: str) -> str:
    """What is kept of a token. It is 192 random bits, so that no salt is needed."""
    return sha256(token.encode()).hexdigest()


@transaction.atomic
def make_link(scope: Scope, mark_id: int, guardian_id: int) -> NewLink:
    """Make a one-time link for one guardian and one absence; a link made before for the same two is withdrawn."""
    mark = absence_of(scope, mark_id)
    tie = roster.guardianships(scope, [mark.student_id]).filter(may_contact=True, guardian_id=guardian_id).first()
    if tie is None:
        raise AttendanceError(_("This person may not be contacted about %(name)s.") % {"name": mark.student.name})
    who = tie.guardian
    to = Recipient(who.pk, who.name, who.phone, who.email, who.language)
    return new_link(mark, to, made_by=scope.person_id)


def new_link(mark: AttendanceMark, to: Recipient, *, made_by: int | None) -> NewLink:
    """Write the link; `made_by` None: nobody asked for it, the school's rule did."""
    now = clock.now()
    same_day = FamilyLink.objects.filter(student_id=mark.student_id, date=mark.date)
    if same_day.count() >= MOST_LINKS:
        raise AttendanceError(
            _("%(n)s links were made for this absence already. Please call the family instead.") % {"n": MOST_LINKS}
        )
    same_day.filter(guardian_id=to.person_id, used_at=None, revoked_at=None).update(
        revoked_at=now, revoked_by_id=made_by
    )
    token = secrets.token_urlsafe(24)
    link = FamilyLink.objects.create(
        student_id=mark.student_id,
        guardian_id=to.person_id,
        organization_id=mark.organization_id,
        date=mark.date,
        language=to.language or "en",
        token_hash=hashed(token),
        made_at=now,
        made_by_id=made_by,
        expires_at=now + timedelta(days=settings_for(mark.organization_id).link_days),
    )
    return NewLink(
        link_id=link.pk,
        token=token,
        student=mark.student.given_name,
        guardian=to.name,
        phone=to.phone,
        email=to.email,
        language=link.language,
        date=mark.date,
        expires_at=link.expires_at,
    )


@transaction.atomic
def revoke_link(scope: Scope, link_id: int) -> FamilyLink:
    """Withdraw a link. Withdrawing it again changes nothing; a used one stays used."""
    link = (
        FamilyLink.objects.select_for_update(of=("self",))
        .filter(pk=link_id, organization_id__in=scope.org_ids)
        .first()
    )
    if link is None or not scope.has("office", "principal", organization_id=link.organization_id):
        raise NotThere(_("There is no such link."))
    if link.used_at is None and link.revoked_at is None:
        link.revoked_at, link.revoked_by_id = clock.now(), scope.person_id
        link.save(update_fields=["revoked_at", "revoked_by"])
    return link


def look(token: str) -> OpenLink | None:
    """What an open link tells; None when it is unknown, used, expired or withdrawn: nobody can tell which."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM attendance_family_link(%s, %s)", [hashed(token), clock.now()])
        row = cursor.fetchone()
    return OpenLink(*row) if row else None


@transaction.atomic
def answer(token: str, reason: str, words: str) -> bool:
    """Write down a family's answer and use the link up. False when the link does not open (any more)."""
    words = words.strip()
    if reason not in FamilyAnswer.Reason.values:
        raise AttendanceError(_("Please choose a reason."))
    if len(words) > LONGEST_WORDS:
        raise AttendanceError(
            _("Please write at most %(most)s characters; these are %(n)s.") % {"most": LONGEST_WORDS, "n": len(words)}
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT attendance_family_answer(%s, %s, %s, %s)", [hashed(token), clock.now(), reason, words])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def decide(scope: Scope, answer_id: int, decision: str) -> FamilyAnswer:
    """The school's decision about a family's answer. Accepted, it becomes the absence's explanation.

    It is made once: whoever wants to change it afterwards explains the absence anew, and the history keeps both.
    """
    found = (
        FamilyAnswer.objects.select_for_update(of=("self",))
        .select_related("student", "guardian")
        .filter(pk=answer_id, organization_id__in=scope.org_ids)
        .first()
    )
    if found is None or not scope.has("office", "principal", organization_id=found.organization_id):
        raise NotThere(_("There is no such answer."))
    if decision not in FamilyAnswer.Decision.values:
        raise AttendanceError(_("Choose whether the absence is excused, or set the answer aside."))
    if found.decision:
        if found.decision == decision:
            return found
        raise AttendanceError(
            _("This answer has been decided already: %(how)s.") % {"how": found.get_decision_display()}
        )
    if decision != FamilyAnswer.Decision.SET_ASIDE:
        marks = AttendanceMark.objects.filter(
            student_id=found.student_id, date=found.date, organization_id=found.organization_id, status="absent"
        ).order_by("pk")
        if not marks:
            raise AttendanceError(
                _("%(name)s has been marked present in the meantime. Set the answer aside.")
                % {"name": found.student.name}
            )
        said = ": ".join(filter(None, (str(found.get_reason_display()), found.words)))[:LONGEST_WORDS]
        may_be_called = roster.guardianships(scope, [found.student_id]).filter(may_contact=True)
        guardian = found.guardian_id if may_be_called.filter(guardian_id=found.guardian_id).exists() else None
        how = How(channel=FamilyContact.Channel.LINK)
        for mark in marks:
            explain_absence(scope, mark.pk, decision, said, guardian_id=guardian, how=how)
    found.decision, found.decided_at, found.decided_by_id = decision, clock.now(), scope.person_id
    found.save(update_fields=["decision", "decided_at", "decided_by"])
    return found
