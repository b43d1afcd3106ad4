"""Writing the roster by hand: the first people of an installation, before any import."""

from __future__ import annotations

from django.db import transaction

from fairlead import clock
from fairlead.apps.access.services import open_account
from fairlead.apps.roster.models import Organization, Person, Role


@transaction.atomic
def appoint(
    *, given_name: str, family_name: str, email: str, password: str, role: str, organization: str, kind: str
) -> Role:
    """Give somebody a role in an organization (made when there is none of that name), and a way to sign in."""
    place, _ = Organization.objects.get_or_create(
        name=organization, defaults={"kind": kind, "sourced_id": f"{kind}:{organization}"}
    )
    person = Person.objects.create(
        organization=place,
        kind=Person.Kind.STAFF,
        given_name=given_name,
        family_name=family_name,
        email=email,
        sourced_id=f"account:{email}",
    )
    open_account(person.pk, email, password)
    return Role.objects.create(person=person, organization=place, role=role, begins=clock.today())
