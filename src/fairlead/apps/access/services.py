"""Accounts, and the log of reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time

from django.db import connection
from django.utils import timezone

from fairlead import clock
from fairlead.apps.access.asking import change
from fairlead.apps.access.models import Account
from fairlead.apps.access.scope import Scope


def log_read(scope: Scope, action: str, target: str, organization_id: int) -> None:
    """Record that this person looked at `target` (a study's outcomes, a row outside their own school)."""
    change(
        _LOG,
        at=clock.now(),
        person=scope.person_id,
        organization=organization_id,
        action=action,
        target=target,
        ground=scope.why(organization_id),
    )


_LOG = """
INSERT INTO access_accesslog (at, person_id, organization_id, action, target, ground)
VALUES (%(at)s, %(person)s, %(organization)s, %(action)s, %(target)s, %(ground)s)
"""


def log_outside(scope: Scope, action: str, person_ids: Iterable[int], organization_id: int) -> None:
    """Record that these people's records were opened by somebody who has no role at their own school.

    A director, a network's lead or an analyst may open them, on a ground from above; the people may know who did.
    """
    if any(grant.organization_id == organization_id for grant in scope.roles):
        return
    for person_id in person_ids:
        if person_id != scope.person_id:
            log_read(scope, action, person_target(person_id), organization_id)


def log_list(scope: Scope, action: str, organization_ids: Iterable[int]) -> None:
    """Record that a page named people of these organizations to somebody without a role there: once a day and page.

    Every view that shows rows of another school calls it; a test reads every page of the access table for names.
    """
    outside = sorted(set(organization_ids) - {grant.organization_id for grant in scope.roles})
    if not outside:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            _LIST,
            {
                "now": clock.now(),
                "day": timezone.make_aware(datetime.combine(clock.today(), time.min)),
                "person": scope.person_id,
                "action": action,
                "ids": outside,
                "grounds": [scope.why(pk) for pk in outside],
            },
        )


_LIST = """
INSERT INTO access_accesslog (at, person_id, organization_id, action, target, ground)
SELECT %(now)s, %(person)s, o.id, %(action)s, 'organization:' || o.id, o.ground
FROM unnest(%(ids)s::bigint[], %(grounds)s::text[]) AS o (id, ground)
WHERE NOT EXISTS (
    SELECT FROM access_accesslog l
    WHERE l.organization_id = o.id AND l.at >= %(day)s AND l.at <= %(now)s AND l.person_id = %(person)s
      AND l.action = %(action)s
)
"""


def person_target(person_id: int) -> str:
    """How the log of reads names a person."""
    return f"person:{person_id}"


def open_account(person_id: int, email: str, password: str) -> Account:
    """Give a person a way in. The caller has checked the password; there is no public sign-up."""
    return Account.objects.create_user(email, password, person_id=person_id)
