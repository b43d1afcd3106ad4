"""When a service level is missed, the next person up is told: once for each level of each request, here and by mail.

First answer missed: the director who supervises the school's principal; solution missed: the network's lead. A sensitive
request goes to the network's lead at once, who alone may read it. Who works on it already is not told of themself when
somebody else can be. The mail carries kind, school and day, and no word of the request.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import formats, translation
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.operations.models import SENSITIVE, Escalation
from fairlead.apps.operations.rules import kind_label

Send = Callable[[str, str, str], object]  # to, subject, words


@dataclass(frozen=True, slots=True)
class Missed:
    """A level that was missed, of which nobody has been told."""

    request_id: UUID
    organization_id: int
    school: str
    purpose: str
    kind: str
    level: str
    due: date
    owner_id: int | None


@dataclass(frozen=True, slots=True)
class Above:
    """Somebody who can be told."""

    person_id: int
    given_name: str
    email: str
    language: str


def escalate(today: date, send: Send) -> int:
    """Tell whoever is next of every level missed before today; how many were told. Run twice, it tells once."""
    told = 0
    for missed in _missed(today):
        above = _next_up(missed, today)
        if above is None:
            continue
        with transaction.atomic():
            _row, new = Escalation.objects.get_or_create(
                request_id=missed.request_id,
                level=missed.level,
                defaults={
                    "organization_id": missed.organization_id,
                    "purpose": missed.purpose,
                    "told_id": above.person_id,
                    "at": clock.now(),
                    "mailed": bool(above.email),
                },
            )
            if not new:
                continue
            if above.email:  # within: what cannot be sent is not kept as sent, and is tried again
                _mail(missed, above, send)
        told += 1
    return told


def _missed(today: date) -> list[Missed]:
    return [Missed(*row) for row in fetch(_MISSED, today=today)]


_MISSED = """
SELECT r.id, r.organization_id, o.name, r.purpose, r.kind, x.level, x.due, r.owner_id
FROM operations_request r
JOIN roster_organization o ON o.id = r.organization_id
CROSS JOIN LATERAL (VALUES ('answer', r.answer_due, r.answered_at IS NULL), ('solve', r.solve_due, true))
    AS x (level, due, open)
WHERE r.state IN ('asked', 'taken', 'waiting') AND x.open AND x.due < %(today)s
  AND NOT EXISTS (SELECT FROM operations_escalation e WHERE e.request_id = r.id AND e.level = x.level)
ORDER BY x.due, r.asked_at, r.id, x.level
"""


def _next_up(missed: Missed, today: date) -> Above | None:
    directors = [] if missed.purpose == SENSITIVE else _people(_DIRECTORS, missed, today)
    leads = _people(_LEADS, missed, today)
    chain = leads + directors if missed.level == Escalation.Level.SOLVE else directors + leads
    others = [above for above in chain if above.person_id != missed.owner_id]
    return next(iter(others or chain), None)


def _people(sql: str, missed: Missed, today: date) -> list[Above]:
    return [Above(*row) for row in fetch(sql, school=missed.organization_id, today=today)]


_DIRECTORS = """
SELECT p.id, p.given_name, p.email, p.language
FROM support_support s JOIN roster_person p ON p.id = s.lead_id
WHERE s.organization_id = %(school)s AND s.kind = 'supervision' AND s.begins <= %(today)s
  AND (s.ends IS NULL OR s.ends >= %(today)s)
ORDER BY s.begins DESC, s.id DESC
"""
_LEADS = """
SELECT p.id, p.given_name, p.email, p.language
FROM roster_organization o
JOIN roster_role r ON r.role = 'network_lead' AND r.organization_id IN (o.id, o.parent_id)
JOIN roster_person p ON p.id = r.person_id
WHERE o.id = %(school)s AND r.begins <= %(today)s AND (r.ends IS NULL OR r.ends >= %(today)s)
ORDER BY p.sort_name, p.id
"""


def _mail(missed: Missed, above: Above, send: Send) -> None:
    with translation.override(above.language or "en"):
        words = {
            "name": above.given_name,
            "school": missed.school,
            "kind": kind_label(missed.kind),
            "level": Escalation.Level(missed.level).label,
            "day": formats.date_format(missed.due, "DATE_FORMAT"),
            "page": _("Requests"),
        }
        send(
            above.email,
            _("A request of %(school)s is late") % words,
            _(
                "Good morning, %(name)s,\n\na request of %(school)s (%(kind)s) has missed a service level: %(level)s, due "
                "by %(day)s. It stands on your Fairlead page, under “%(page)s”; please take it, or see who can.\n"
            )
            % words,
        )
