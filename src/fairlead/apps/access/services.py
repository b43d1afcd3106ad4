"""Accounts, and the log of reads."""

from __future__ import annotations

from fairlead import clock
from fairlead.apps.access.models import AccessLog, Account
from fairlead.apps.access.scope import Scope


def log_read(scope: Scope, action: str, target: str, organization_id: int) -> AccessLog:
    """Record that this person looked at `target` (a study's outcomes, a row outside their own school)."""
    return AccessLog.objects.create(
        at=clock.now(),
        person_id=scope.person_id,
        organization_id=organization_id,
        action=action,
        target=target,
    )


def open_account(person_id: int, email: str, password: str) -> Account:
    """Give a person a way in. The caller has checked the password; there is no public sign-up."""
    return Account.objects.create_user(email, password, person_id=person_id)
