"""The shipped templates: by kind and version. A version that supports began with stays in the file as it is."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

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
