"""A teacher's consent that the levels of coaching visits enter indicators and studies; given, carried out, taken back.

The wall of a purpose reads its own row and nothing else, so a consent opens nothing by itself. Instead the levels are
carried over: a copy of the visit's own response, of purpose *research*, which those may read who read scores of
research. Words stay where they are. Carried over is only what was shared with the teacher. A copy has no author: the
coach reads what they wrote themself, and would learn from a copy that the teacher has consented. The copies go when the
consent is revoked, out of the history too; what a study has counted by then stays counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.asking import change, fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import policy
from fairlead.apps.instruments.models import Consent, Version

FROM, INTO = "coaching", "research"


@dataclass(frozen=True, slots=True)
class Given:
    """A consent as its giver reads it; `visits` are those whose levels are carried over now."""

    pk: int
    begins: date
    visitor: str
    given_at: datetime
    revoked_at: datetime | None
    visits: int


def own(scope: Scope) -> list[Given]:
    """The asking person's consents, latest first."""
    return [Given(*row) for row in fetch(_OWN, person=scope.person_id, into=INTO)]


_OWN = """
SELECT k.id, k.begins, coalesce(w.given_name || ' ' || w.family_name, ''), k.given_at, k.revoked_at,
       (SELECT count(*) FROM instruments_response r WHERE r.subject_id = k.person_id AND r.purpose = %(into)s
        AND r.visit_id IS NOT NULL AND r.day >= k.begins AND k.revoked_at IS NULL
        AND EXISTS (SELECT 1 FROM instruments_visit v WHERE v.id = r.visit_id AND v.purpose <> r.purpose
                    AND (k.visitor_id IS NULL OR k.visitor_id = v.visitor_id)))
FROM instruments_consent k LEFT JOIN roster_person w ON w.id = k.visitor_id
WHERE k.person_id = %(person)s ORDER BY k.given_at DESC, k.id DESC
"""


def visitors(scope: Scope) -> list[tuple[int, str]]:
    """Who has shared a coaching visit with the asking person, by name."""
    return [(pk, name) for pk, name in fetch(_VISITORS, person=scope.person_id, purpose=FROM)]


_VISITORS = """
SELECT DISTINCT w.id, w.given_name || ' ' || w.family_name AS name
FROM instruments_visit v JOIN roster_person w ON w.id = v.visitor_id
WHERE v.subject_id = %(person)s AND v.purpose = %(purpose)s AND v.shared_at IS NOT NULL ORDER BY name, w.id
"""


@transaction.atomic
def give(scope: Scope, organization_id: int, begins: date, visitor_id: int | None = None) -> Consent:
    """The asking person consents, for visits from a day on; those already shared are carried over at once."""
    if visitor_id is not None and visitor_id not in {pk for pk, _name in visitors(scope)}:
        raise ValidationError({"visitor": _("That person has shared no coaching visit with you.")})
    standing = Consent.objects.filter(person_id=scope.person_id, revoked_at=None, visitor_id=visitor_id)
    if standing.filter(begins__lte=begins).exists():
        raise ValidationError(_("You have already given this consent; it stands below."))
    consent = Consent.objects.create(
        organization_id=organization_id,
        purpose=INTO,
        person_id=scope.person_id,
        visitor_id=visitor_id,
        begins=begins,
        given_at=clock.now(),
    )
    carry_over(scope.person_id)
    return consent


@transaction.atomic
def revoke(scope: Scope, consent_id: int) -> bool:
    """Take a consent back, and with it every level that no other consent covers. False when it was taken back before."""
    consent = Consent.objects.select_for_update().get(pk=consent_id, person_id=scope.person_id)
    if consent.revoked_at is not None:
        return False
    consent.revoked_at = clock.now()
    consent.save(update_fields=["revoked_at"])
    take_back(scope.person_id)
    return True


def carry_over(person_id: int | None = None) -> int:
    """Copy the levels that a consent covers and that are not there yet; of one person, or (the night's work) of all."""
    versions = Version.objects.filter(published_at__isnull=False).select_related("instrument")
    may = [v.pk for v in versions if not policy.why_not(v.instrument, INTO)]
    return change(_CARRY, person=person_id, versions=may, source=FROM, into=INTO)


_COVERED = """
EXISTS (SELECT 1 FROM instruments_consent k WHERE k.person_id = r.subject_id AND k.revoked_at IS NULL
        AND k.purpose = %(into)s AND r.day >= k.begins AND (k.visitor_id IS NULL OR k.visitor_id = v.visitor_id))
"""
_CARRY = f"""
WITH own AS (
    SELECT r.*, gen_random_uuid() AS copy FROM instruments_response r
    JOIN instruments_visit v ON v.id = r.visit_id AND v.token = r.id AND v.shared_at IS NOT NULL
    WHERE r.purpose = %(source)s AND r.part = 'single' AND r.version_id = ANY (%(versions)s)
      AND (%(person)s::bigint IS NULL OR r.subject_id = %(person)s) AND {_COVERED}
      AND NOT EXISTS (SELECT 1 FROM instruments_response c WHERE c.visit_id = r.visit_id AND c.purpose = %(into)s)
), copies AS (
    INSERT INTO instruments_response (id, organization_id, purpose, author_id, subject_id, version_id, part, visit_id,
                                      section_id, anonymous, day, submitted_at, language)
    SELECT copy, organization_id, %(into)s, NULL, subject_id, version_id, part, visit_id, section_id, false, day,
           submitted_at, language FROM own
    RETURNING id
)
INSERT INTO instruments_answer (organization_id, purpose, author_id, subject_id, response_id, item_id, level, chosen,
                                number, not_observed)
SELECT a.organization_id, %(into)s, NULL, a.subject_id, own.copy, a.item_id, a.level, a.chosen, a.number,
       a.not_observed
FROM own JOIN instruments_answer a ON a.response_id = own.id JOIN copies ON copies.id = own.copy
"""  # noqa: S608  (our own words)


def take_back(person_id: int) -> int:
    """Delete the copies that no consent of the person covers any more, and what the history keeps of them."""
    copies = [pk for (pk,) in fetch(_UNCOVERED, person=person_id, source=FROM, into=INTO)]
    for table, column in _OF_A_COPY:
        change(f"DELETE FROM {table} WHERE {column} = ANY (%(copies)s)", copies=copies)  # noqa: S608  (our own words)
    return len(copies)


_UNCOVERED = f"""
SELECT r.id FROM instruments_response r JOIN instruments_visit v ON v.id = r.visit_id
WHERE v.purpose = %(source)s AND r.purpose = %(into)s AND r.subject_id = %(person)s AND NOT {_COVERED}
"""  # noqa: S608  (our own words)
_OF_A_COPY = (  # in this order: deleting a row writes its history
    ("instruments_answer", "response_id"),
    ("instruments_answerevent", "response_id"),
    ("instruments_response", "id"),
    ("instruments_responseevent", "id"),
)
