"""The asking person: every selector's first argument.

Every ground is per organization: who leads one school and teaches at another is a leader at the first only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from fairlead.apps.access.purposes import readable_purposes

USES = ("notes", "scores", "dose")
# Whose agreements a person works with: those of the organizations where they hold this role.
PARTNER = "city_lead"


@dataclass(frozen=True, slots=True)
class Grant:
    """One ground for access: a dated role in an organization, with the organizations below and above it."""

    role: str
    organization_id: int
    organization_name: str
    below: frozenset[int] = field(default=frozenset(), repr=False)  # itself and all below
    above: frozenset[int] = field(default=frozenset(), repr=False)  # itself and all above


@dataclass(frozen=True, slots=True)
class AgreementGrant:
    """One ground for access by agreement: what another organization lets this person's organization see."""

    agreement_id: int
    grantor_id: int
    grantor_name: str
    data_classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ground:
    """Purposes that are open to a person in the same organizations."""

    purposes: frozenset[str]
    organization_ids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person may see today.

    `org_ids` are the organizations whose rows may be read: those of the person's roles and all below them.
    `up_org_ids` adds the organizations above, for names of staff only. `notes`, `scores` and `dose` say of which
    purposes, in which of these organizations, the person may read the words, the levels, or that something happened;
    what one wrote, or what is about oneself, is always readable.
    """

    person_id: int
    name: str
    roles: tuple[Grant, ...]
    org_ids: frozenset[int]
    up_org_ids: frozenset[int]
    notes: tuple[Ground, ...] = field(default=())
    scores: tuple[Ground, ...] = field(default=())
    dose: tuple[Ground, ...] = field(default=())
    agreements: tuple[AgreementGrant, ...] = field(default=())

    def has(self, *roles: str, organization_id: int | None = None) -> bool:
        """Whether the person holds one of `roles` (over `organization_id`, when given)."""
        return any(
            g.role in roles
            and (organization_id is None or organization_id in g.below or organization_id == g.organization_id)
            for g in self.roles
        )

    def covers(self, organization_id: int) -> bool:
        """Whether rows of this organization may be read at all."""
        return organization_id in self.org_ids

    def grounds(self, use: str) -> tuple[Ground, ...]:
        """The grounds for one use: notes, scores or dose."""
        return {"notes": self.notes, "scores": self.scores, "dose": self.dose}[use]

    def opens(self, use: str, purpose: str, organization_id: int) -> bool:
        """Whether records of this purpose in this organization are open for this use."""
        return any(purpose in g.purposes and organization_id in g.organization_ids for g in self.grounds(use))

    def acting_as(self, *roles: str) -> Scope:
        """The same person with only the grounds of these roles: a page for principals opens where one is principal."""
        held = tuple(g for g in self.roles if g.role in roles)
        if held == self.roles:
            return self
        narrowed = scope_of(self.person_id, self.name, held)
        return replace(narrowed, agreements=self.agreements if PARTNER in roles else ())

    @property
    def role_names(self) -> frozenset[str]:
        return frozenset(g.role for g in self.roles)

    def organization_of(self, *roles: str) -> int | None:
        """The organization of the first grant with one of `roles`."""
        return next((g.organization_id for g in self.roles if g.role in roles), None)

    def ground(self, organization_id: int) -> Grant | None:
        """The role on which rows of this organization are open, the nearest first; None when they are not."""
        direct = [g for g in self.roles if g.organization_id == organization_id]
        return next(iter(direct or [g for g in self.roles if organization_id in g.below]), None)

    def why(self, organization_id: int) -> str:
        """The ground on which rows of this organization are open, for logs; empty when they are not."""
        grant = self.ground(organization_id)
        return f"{grant.role} @ {grant.organization_name}" if grant and self.covers(organization_id) else ""


def scope_of(person_id: int, name: str, roles: tuple[Grant, ...]) -> Scope:
    """What these grants open together, each purpose only where the grant that opens it holds."""
    below = frozenset().union(*(g.below for g in roles))
    above = frozenset().union(*(g.above for g in roles))
    notes, scores, dose = (_grounds(roles, use) for use in USES)
    return Scope(person_id, name, roles, below, below | above, notes, scores, dose)


def _grounds(roles: Iterable[Grant], use: str) -> tuple[Ground, ...]:
    where: dict[str, frozenset[int]] = {}
    for grant in roles:
        for purpose in readable_purposes(frozenset({grant.role}), use):
            where[purpose] = where.get(purpose, frozenset()) | grant.below
    together: dict[frozenset[int], set[str]] = {}
    for purpose, organizations in where.items():
        together.setdefault(organizations, set()).add(purpose)
    found = [Ground(frozenset(purposes), organizations) for organizations, purposes in together.items()]
    return tuple(sorted(found, key=lambda ground: sorted(ground.purposes)))


NOBODY = Scope(0, "", (), frozenset(), frozenset())
