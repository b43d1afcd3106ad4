"""Reading grounds and the log of reads."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.models import AccessLog
from fairlead.apps.access.scope import AgreementGrant, Scope


def agreements_of(organization_ids: Iterable[int], on: date) -> tuple[AgreementGrant, ...]:
    """Agreements in force on a day that let these organizations see something of another."""
    rows = fetch(_AGREEMENTS, grantees=list(organization_ids), on=on)
    return tuple(AgreementGrant(pk, grantor, name, tuple(classes)) for pk, grantor, name, classes in rows)


_AGREEMENTS = """
SELECT a.id, o.id, o.name, a.data_classes FROM access_agreement a JOIN roster_organization o ON o.id = a.grantor_id
WHERE a.grantee_id = ANY (%(grantees)s) AND a.begins <= %(on)s AND (a.ends IS NULL OR a.ends >= %(on)s)
ORDER BY a.id
"""


def opened(scope: Scope, use: str) -> Q:
    """Rows whose purpose is open to this person for a use (notes, scores, dose), in the organizations where it is."""
    rows = Q(pk__in=())
    for ground in scope.grounds(use):
        rows |= Q(organization_id__in=ground.organization_ids, purpose__in=ground.purposes)
    return rows


def reads_of(scope: Scope, target: str) -> QuerySet[AccessLog]:
    """Who has looked at `target`, oldest first; within the asking person's organizations."""
    return (
        AccessLog.objects.filter(organization_id__in=scope.org_ids, target=target)
        .select_related("person")
        .order_by("at", "id")
    )


def reads_about(scope: Scope) -> QuerySet[AccessLog]:
    """Who opened the asking person's own records, or a list of their school, from outside it, latest first."""
    mine = [f"person:{scope.person_id}", *(f"organization:{grant.organization_id}" for grant in scope.roles)]
    rows = AccessLog.objects.filter(target__in=mine)
    return rows.select_related("person", "organization").order_by("-at", "-id")


def all_reads(scope: Scope) -> QuerySet[AccessLog]:
    """The whole log of the asking person's organizations, latest first: for the auditor."""
    rows = AccessLog.objects.filter(organization_id__in=scope.org_ids)
    return rows.select_related("person", "organization").order_by("-at", "-id")
