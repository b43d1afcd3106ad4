"""The asking person: every selector's first argument."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Grant:
    """One ground for access: a dated role in an organization."""

    role: str
    organization_id: int
    organization_name: str


@dataclass(frozen=True, slots=True)
class AgreementGrant:
    """One ground for access by agreement: what another organization lets this person's organization see."""

    agreement_id: int
    grantor_id: int
    grantor_name: str
    data_classes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """What one person may see today.

    `org_ids` are the organizations whose rows may be read: those of the person's roles and all below them.
    `up_org_ids` adds the organizations above, for names of staff only. `purposes`, `score_purposes` and
    `dose_purposes` are those of whose records this person may read the notes, the scores, or that they happened,
    throughout `org_ids`; what one wrote, or what is about oneself, is always readable.
    """

    person_id: int
    name: str
    roles: tuple[Grant, ...]
    org_ids: frozenset[int]
    up_org_ids: frozenset[int]
    purposes: frozenset[str]
    score_purposes: frozenset[str] = field(default=frozenset())
    dose_purposes: frozenset[str] = field(default=frozenset())
    agreements: tuple[AgreementGrant, ...] = field(default=())

    def has(self, *roles: str, organization_id: int | None = None) -> bool:
        """Whether the person holds one of `roles` (at `organization_id`, when given)."""
        return any(
            g.role in roles and (organization_id is None or g.organization_id == organization_id) for g in self.roles
        )

    def covers(self, organization_id: int) -> bool:
        """Whether rows of this organization may be read at all."""
        return organization_id in self.org_ids

    @property
    def role_names(self) -> frozenset[str]:
        return frozenset(g.role for g in self.roles)

    def organization_of(self, *roles: str) -> int | None:
        """The organization of the first grant with one of `roles`."""
        return next((g.organization_id for g in self.roles if g.role in roles), None)

    def why(self, organization_id: int) -> str:
        """The ground on which rows of this organization are open, in words; empty when they are not."""
        if not self.covers(organization_id):
            return ""
        direct = [g for g in self.roles if g.organization_id == organization_id]
        grant = (direct or list(self.roles))[0]
        return f"{grant.role} @ {grant.organization_name}"


NOBODY = Scope(0, "", (), frozenset(), frozenset(), frozenset())
