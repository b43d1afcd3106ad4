"""Running a survey: a draft, its opening, links as slips or by e-mail, reminders, its closing."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from fairlead import clock
from fairlead.apps.access.asking import change, fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import policy, responding
from fairlead.apps.roster import selectors as roster
from fairlead.apps.surveys import links
from fairlead.apps.surveys.models import Administration, Invitation, SchoolAsked
from fairlead.apps.surveys.people import FAMILIES, STAFF, STUDENTS, terms
from fairlead.apps.surveys.selectors import ROLES, may_run

# For these an instrument may be put to people who answer for themselves.
PURPOSES = ("survey", "research", "improvement")
MOST_REMINDERS = 3
BETWEEN_REMINDERS = timedelta(days=2)
LONGEST_DAYS = 120
# By name, since tasks stand above services.
SEND, REMIND, COUNT = "surveys.send_links", "surveys.remind", "surveys.count"


class NotThere(Exception):
    """There is no such survey for this person."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is decided before a survey opens."""

    version_id: int
    name: str
    purpose: str
    mode: str
    asked: str
    opens_on: date
    closes_on: date
    school_ids: tuple[int, ...]
    name_es: str = ""
    role: str = ""
    grade_low: int | None = None
    grade_high: int | None = None
    words: str = ""
    words_es: str = ""
    opt_out_until: date | None = None


@dataclass(frozen=True, slots=True)
class Slip:
    """One link on paper. `name` is empty where the survey is anonymous."""

    secret: str
    name: str
    section: str
    teacher: str


def purposes_of(instrument: policy._Instrument) -> list[str]:
    """Purposes for which an instrument may be put to people; none where raters must be certified."""
    if policy.needs_certificate(instrument):
        return []
    return [purpose for purpose in policy.purposes_of(instrument) if purpose in PURPOSES]


@transaction.atomic
def create(scope: Scope, organization_id: int, draft: Draft) -> Administration:
    """A new draft."""
    if not may_run(scope, organization_id):
        raise NotThere
    _check(scope, organization_id, draft)
    values = asdict(draft)
    schools = values.pop("school_ids")
    made = Administration.objects.create(
        organization_id=organization_id, made_by_id=scope.person_id, made_at=clock.now(), **values
    )
    SchoolAsked.objects.bulk_create(SchoolAsked(administration=made, organization_id=pk) for pk in schools)
    return made


@transaction.atomic
def revise(scope: Scope, administration_id: int, draft: Draft) -> Administration:
    """Change a draft; what has opened is refused."""
    known = _mine(scope, administration_id)
    if known.opened_at is not None:
        raise ValidationError(_("It has opened: what was promised to those who are asked does not change."))
    _check(scope, known.organization_id, draft)
    _as_families_were_told(known, draft)
    values = asdict(draft)
    schools = values.pop("school_ids")
    for name, value in values.items():
        setattr(known, name, value)
    known.save()
    known.schools.all().delete()
    SchoolAsked.objects.bulk_create(SchoolAsked(administration=known, organization_id=pk) for pk in schools)
    return known


def _as_families_were_told(known: Administration, draft: Draft) -> None:
    """What stands in a letter that went home does not change under it."""
    told = ("version_id", "purpose", "mode", "asked", "opt_out_until")
    same = all(getattr(known, name) == getattr(draft, name) for name in told)
    if not same and known.notices.filter(token_hash__isnull=False).exists():
        raise ValidationError(
            _(
                "Letters to families have been printed: what is asked, under which promise and until when does not change."
            )
        )


@transaction.atomic
def throw_away(scope: Scope, administration_id: int) -> None:
    """Delete a draft."""
    known = _mine(scope, administration_id)
    if known.opened_at is not None:
        raise ValidationError(_("It has opened. Close it instead."))
    known.delete()


def _mine(scope: Scope, administration_id: int) -> Administration:
    known = (
        Administration.objects.select_for_update(of=("self",))
        .select_related("version__instrument", "organization")
        .filter(pk=administration_id, organization_id__in=scope.org_ids)
        .first()
    )
    if known is None or not may_run(scope, known.organization_id):
        raise NotThere
    return known


def _check(scope: Scope, organization_id: int, draft: Draft) -> None:
    version = responding.published(draft.version_id, draft.purpose)
    instrument = version.instrument
    if draft.purpose not in purposes_of(instrument):
        raise ValidationError({"purpose": _("This instrument is not put to people for that purpose.")})
    if instrument.organization_id is not None and instrument.organization_id not in scope.up_org_ids:
        raise ValidationError({"version": _("That instrument belongs to another network.")})
    if not 0 <= (draft.closes_on - draft.opens_on).days <= LONGEST_DAYS:
        raise ValidationError(
            {"closes_on": _("From the first day to the last at most %(n)s days.") % {"n": LONGEST_DAYS}}
        )
    if draft.role and draft.role not in ROLES:
        raise ValidationError({"role": _("Choose one of the roles.")})
    if draft.opt_out_until is not None and not (
        draft.asked == Administration.Asked.STUDENTS and draft.opt_out_until < draft.opens_on
    ):
        raise ValidationError(
            {"opt_out_until": _("Families say no before students are asked: on a day before the first one.")}
        )
    below = set(roster.organizations_below(organization_id)) & scope.org_ids
    if not draft.school_ids or not set(draft.school_ids) <= below:
        raise ValidationError({"schools": _("Choose at least one of your schools.")})


@transaction.atomic
def open_it(scope: Scope, administration_id: int) -> int:
    """Open a draft: whoever is asked gets an invitation. Says how many; refuses when nobody would be asked."""
    known = _mine(scope, administration_id)
    if known.opened_at is not None:
        return Invitation.objects.filter(administration=known).count()
    today = clock.today()
    if known.closes_on < today:
        raise ValidationError({"closes_on": _("Its last day is over. Choose a later one.")})
    if known.opt_out_until is not None and today <= known.opt_out_until:
        raise ValidationError(
            _("Families may still say no, until %(day)s. Open it on the day after.")
            % {"day": date_format(known.opt_out_until)}
        )
    _check(scope, known.organization_id, _draft_of(known))
    many = change(
        _INVITE[Administration.Asked(known.asked)],
        anonymous=known.mode == Administration.Mode.ANONYMOUS, **terms(known, _schools(known), today),
    )  # fmt: skip
    if not many:
        raise ValidationError(
            _("Nobody would be asked: no school has people of this kind. Look at schools and role.")
        )
    known.opened_at = clock.now()
    known.save(update_fields=["opened_at"])
    return many


def _draft_of(known: Administration) -> Draft:
    names = [name for name in Draft.__dataclass_fields__ if name != "school_ids"]
    return Draft(**{name: getattr(known, name) for name in names}, school_ids=tuple(_schools(known)))


def _schools(known: Administration) -> list[int]:
    return list(known.schools.order_by("organization_id").values_list("organization_id", flat=True))


# In random order, so that the number of an anonymous invitation says nothing of whom it was made for.
_INVITE_STAFF = f"""
INSERT INTO surveys_invitation (administration_id, organization_id, anonymous, person_id, state, mailed)
SELECT %(administration)s, s.organization_id, %(anonymous)s, CASE WHEN %(anonymous)s THEN NULL ELSE s.person_id END,
       'waiting', false
FROM ({STAFF}) s
ORDER BY random()
"""  # noqa: S608  (our own words)
_INVITE_STUDENTS = f"""
INSERT INTO surveys_invitation (administration_id, organization_id, anonymous, person_id, section_id, teacher_id, state,
                                mailed)
SELECT %(administration)s, s.organization_id, %(anonymous)s, CASE WHEN %(anonymous)s THEN NULL ELSE s.student_id END,
       s.section_id, s.teacher_id, CASE WHEN n.opted_out THEN 'opted_out' ELSE 'waiting' END, false
FROM ({STUDENTS}) s
LEFT JOIN surveys_familynotice n ON n.administration_id = %(administration)s AND n.student_id = s.student_id
ORDER BY random()
"""  # noqa: S608  (our own words)
_INVITE_FAMILIES = f"""
INSERT INTO surveys_invitation (administration_id, organization_id, anonymous, person_id, section_id, state, mailed)
SELECT %(administration)s, f.organization_id, %(anonymous)s, CASE WHEN %(anonymous)s THEN NULL ELSE f.guardian_id END,
       f.section_id, 'waiting', false
FROM ({FAMILIES}) f
ORDER BY random()
"""  # noqa: S608  (our own words)
_INVITE = {
    Administration.Asked.STAFF: _INVITE_STAFF,
    Administration.Asked.STUDENTS: _INVITE_STUDENTS,
    Administration.Asked.FAMILIES: _INVITE_FAMILIES,
}


def _open(scope: Scope, administration_id: int) -> Administration:
    known = _mine(scope, administration_id)
    if known.opened_at is None or known.closed_at is not None or known.closes_on < clock.today():
        raise ValidationError(_("It is not open."))
    return known


@transaction.atomic
def make_slips(scope: Scope, administration_id: int, school_id: int) -> list[Slip]:
    """New links on paper for whoever has not answered at a school and was not written to; slips of before no longer open."""
    known = _open(scope, administration_id)
    school = known.schools.filter(organization_id=school_id, organization_id__in=scope.org_ids).first()
    if school is None:
        raise NotThere
    rows = fetch(_WAITING, administration=known.pk, school=school_id)
    made = [links.new_secret() for _row in rows]
    keep([row[0] for row in rows], made)
    school.slips_at = clock.now()
    school.save(update_fields=["slips_at"])
    return [Slip(secret, *row[1:]) for secret, row in zip(made, rows, strict=True)]


_WAITING = """
SELECT i.id, coalesce(p.given_name || ' ' || p.family_name, ''), coalesce(s.name, ''),
       coalesce(t.given_name || ' ' || t.family_name, '')
FROM surveys_invitation i
LEFT JOIN roster_person p ON p.id = i.person_id
LEFT JOIN roster_section s ON s.id = i.section_id
LEFT JOIN roster_person t ON t.id = i.teacher_id
WHERE i.administration_id = %(administration)s AND i.organization_id = %(school)s AND i.state = 'waiting' AND NOT i.mailed
ORDER BY s.name, p.sort_name, random()
"""


def keep(invitation_ids: list[int], made: list[str]) -> None:
    change(
        "UPDATE surveys_invitation i SET token_hash = n.hash FROM unnest(%(ids)s::bigint[], %(hashes)s::text[]) AS n (id, hash) "
        "WHERE i.id = n.id",
        ids=invitation_ids, hashes=[links.hashed(secret) for secret in made],
    )  # fmt: skip


def renew(invitation_id: int, *, mailed: bool = False) -> str:
    """A new secret for an invitation; the one before no longer opens."""
    secret = links.new_secret()
    Invitation.objects.filter(pk=invitation_id).update(token_hash=links.hashed(secret), mailed=mailed)
    return secret


@transaction.atomic
def enter(scope: Scope, administration_id: int) -> str | None:
    """The asking person's own link to a confidential survey that they have not answered; None when there is none."""
    today = clock.today()
    mine = Invitation.objects.filter(
        administration_id=administration_id, person_id=scope.person_id, state=Invitation.State.WAITING,
        administration__opened_at__isnull=False, administration__closed_at=None,
        administration__opens_on__lte=today, administration__closes_on__gte=today,
    ).first()  # fmt: skip
    return None if mine is None else renew(mine.pk, mailed=mine.mailed)


@transaction.atomic
def send_links(scope: Scope, administration_id: int) -> None:
    """Send everybody who has an e-mail address their link; the worker does it, school by school."""
    known = _open(scope, administration_id)
    if not settings.PUBLIC_ADDRESS:
        raise ValidationError(
            _("Fairlead does not know its own address, so an e-mail could not say where to go. Print slips instead.")
        )
    for school in known.schools.filter(mailed_at=None):
        school.mailed_at = clock.now()
        school.save(update_fields=["mailed_at"])
        jobs.configure_task(SEND).defer(administration_id=known.pk, school_id=school.organization_id)


def why_no_reminder(known: Administration, today: date) -> str:
    """Why nobody is reminded now; "" when a reminder may go out."""
    if known.reminders >= MOST_REMINDERS:
        return _("Reminded %(n)s times. More would be pressure.") % {"n": known.reminders}
    if known.reminded_on is not None and today < known.reminded_on + BETWEEN_REMINDERS:
        return _("The last reminder went out on %(day)s; the next may two days later.") % {
            "day": known.reminded_on.isoformat()
        }
    return ""


@transaction.atomic
def remind(scope: Scope, administration_id: int) -> None:
    """Remind by e-mail: whoever has not answered, where that is known; everybody, where it is not."""
    known = _open(scope, administration_id)
    if refused := why_no_reminder(known, clock.today()):
        raise ValidationError(refused)
    if not settings.PUBLIC_ADDRESS:
        raise ValidationError(_("Fairlead does not know its own address, so an e-mail could not say where to go."))
    known.reminders += 1
    known.reminded_on = clock.today()
    known.save(update_fields=["reminders", "reminded_on"])
    for school_id in _schools(known):
        jobs.configure_task(REMIND).defer(administration_id=known.pk, school_id=school_id)


@transaction.atomic
def prolong(scope: Scope, administration_id: int, closes_on: date) -> None:
    """Move the last day of an open survey."""
    known = _open(scope, administration_id)
    if not clock.today() <= closes_on <= known.opens_on + timedelta(days=LONGEST_DAYS):
        raise ValidationError(
            {"closes_on": _("Today or later, and at most %(n)s days in all.") % {"n": LONGEST_DAYS}}
        )
    known.closes_on = closes_on
    known.save(update_fields=["closes_on"])


@transaction.atomic
def close(scope: Scope, administration_id: int) -> None:
    """Take no more answers; the worker opens the ballots and counts. Twice changes nothing."""
    known = _mine(scope, administration_id)
    if known.opened_at is None:
        raise ValidationError(_("It has not opened yet."))
    if known.closed_at is None:
        known.closed_at = clock.now()
        known.save(update_fields=["closed_at"])
        jobs.configure_task(COUNT).defer(administration_id=known.pk)
