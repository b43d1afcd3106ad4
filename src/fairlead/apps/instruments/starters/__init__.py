"""The instruments that Fairlead brings along, as data. A change of wording is a new version, never an edit."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.resources import files
from typing import Any

FILES = ("twelve_minutes.toml",)


def install_starters(model: Callable[[str, str], Any]) -> int:
    """Make the starter instruments and versions that are not there yet; says how many versions were made.

    `model` is `apps.get_model`: a migration calls this with its own models.
    """
    made = 0
    for name in FILES:
        raw = tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
        versions = raw.pop("versions")
        instrument, _ = model("instruments", "Instrument").objects.get_or_create(key=raw.pop("key"), defaults=raw)
        for entry in versions:
            version, is_new = model("instruments", "Version").objects.get_or_create(
                instrument=instrument, number=entry["number"]
            )
            if not is_new:
                continue
            _fill(model, version, entry["domains"])
            version.published_at = entry["published"]  # from here on PostgreSQL refuses changes
            version.save()
            made += 1
    return made


def _fill(model: Callable[[str, str], Any], version: Any, domains: list[dict[str, Any]]) -> None:
    position = 0
    for at, row in enumerate(domains, start=1):
        items = row.pop("items")
        domain = model("instruments", "Domain").objects.create(version=version, position=at, **row)
        for item in items:
            position += 1
            model("instruments", "Item").objects.create(version=version, domain=domain, position=position, **item)
