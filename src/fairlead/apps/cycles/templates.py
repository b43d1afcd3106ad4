"""The templates of supports: those that are shipped, by kind and version, and the form in which a network keeps its own.

A version that supports began with stays as it is: in the file here, in its row there (`models.OwnTemplate`).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class TemplateStep:
    """One step: how many days after the beginning, and what."""

    days: int
    en: str
    es: str

    @property
    def label(self) -> str:
        return self.es if (get_language() or "").startswith("es") else self.en


@dataclass(frozen=True, slots=True)
class Template:
    """How one kind of support goes, with the purpose under which it is declared, and who opens it with whom."""

    kind: str
    version: int
    purpose: str
    opens: tuple[str, ...]  # roles
    participants: tuple[str, ...]  # roles
    steps: tuple[TemplateStep, ...]
    context_first: bool = False
    network: int | None = None  # whose own it is
    name: str = ""

    @property
    def key(self) -> str:
        """What a support keeps beside the version."""
        return self.kind if self.network is None else f"own-{self.network}-{self.kind}"


@cache
def templates() -> dict[tuple[str, int], Template]:
    """All versions."""
    text = files("fairlead.apps.cycles").joinpath("templates.toml").read_text(encoding="utf-8")
    found = {}
    for row in tomllib.loads(text)["template"]:
        steps = tuple(TemplateStep(**step) for step in row["steps"])
        lists = {name: tuple(row[name]) for name in ("opens", "participants")}
        made = Template(**(row | lists | {"steps": steps}))
        found[made.kind, made.version] = made
    return found


def newest(kind: str) -> Template | None:
    """The latest version for a kind."""
    return max((t for t in templates().values() if t.kind == kind), key=lambda t: t.version, default=None)


def own(network: int, kind: str, version: int, name: str, steps: list[dict[str, Any]]) -> Template | None:
    """A network's own version: its steps; purpose, who opens it and with whom are the kind's and cannot be changed."""
    shipped = newest(kind)
    told = tuple(TemplateStep(**step) for step in steps)
    return replace(shipped, version=version, steps=told, network=network, name=name) if shipped else None
