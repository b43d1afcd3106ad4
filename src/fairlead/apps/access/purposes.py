"""The purpose × use table: data that code obeys and from which the access tests are generated."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

USES = ("notes", "scores", "dose", "indicators", "studies", "appraisal")
AUDIENCES = ("author", "subject", "leader", "director", "network", "analyst")

# Which audience a role belongs to, where it reads records that it neither made nor is the subject of.
AUDIENCE_OF_ROLE = {
    "principal": "leader",
    "director": "director",
    "network_lead": "network",
    "analyst": "analyst",
}


@dataclass(frozen=True, slots=True)
class Purpose:
    """One purpose with its uses: for each use, the audiences that may make it."""

    key: str
    label: str
    label_es: str
    meaning: str
    meaning_es: str
    uses: dict[str, frozenset[str]]


@cache
def purposes() -> dict[str, Purpose]:
    """All purposes by key, in the order of the table."""
    raw = tomllib.loads(files(__package__).joinpath("purposes.toml").read_text(encoding="utf-8"))
    return {
        key: Purpose(
            key=key,
            label=row["label"],
            label_es=row["label_es"],
            meaning=row["meaning"],
            meaning_es=row["meaning_es"],
            uses={use: frozenset(row[use]) for use in USES},
        )
        for key, row in raw.items()
        if isinstance(row, dict)
    }


def allowed(purpose: str, use: str, audience: str) -> bool:
    """Whether `audience` may make `use` of a record of this `purpose`. Unknown words raise: a typo must not deny or open."""
    if use not in USES:
        raise KeyError(f"unknown use {use!r}; one of {', '.join(USES)}")
    if audience not in AUDIENCES:
        raise KeyError(f"unknown audience {audience!r}; one of {', '.join(AUDIENCES)}")
    return audience in purposes()[purpose].uses[use]


def readable_purposes(roles: frozenset[str], use: str) -> frozenset[str]:
    """Purposes of which these roles may make `use` throughout their organizations (row-level security asks this)."""
    audiences = {AUDIENCE_OF_ROLE[r] for r in roles if r in AUDIENCE_OF_ROLE}
    return frozenset(k for k, p in purposes().items() if p.uses[use] & audiences)
