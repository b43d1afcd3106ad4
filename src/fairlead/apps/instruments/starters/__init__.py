"""The instruments that Fairlead brings along, one of each kind (appraisal: of teachers, of leaders), as data. A change of wording is a new version, never an edit.

A file is an instrument with its `versions`, each as `definition.read` reads it, with three savings of ink: `scales` names
answers that many items have; `levels` (and `levels_es`) are the words of a rating whose levels have the names of
`scales.names`; and an item that says `same_as = 1` and nothing else but its key is that of version 1.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from fairlead.apps.instruments.catalogue import Models, write
from fairlead.apps.instruments.definition import INSTRUMENT_FIELDS, VERSION_FIELDS, Form, Misdefined, problems, read

FILES = (
    "twelve_minutes.toml",
    "walkthrough.toml",
    "student_survey.toml",
    "knowledge.toml",
    "beliefs.toml",
    "assignment_review.toml",
    "conditions.toml",
    "leadership_team.toml",
    "appraisal.toml",
    "appraisal_of_leaders.toml",
    "selection.toml",
    "city_readiness.toml",
)


@cache
def starters() -> tuple[tuple[Form, datetime], ...]:
    """Every version of every starter with the moment of its publication, in the order of the files."""
    return tuple(pair for name in FILES for pair in _versions(name))


def _versions(name: str) -> Iterator[tuple[Form, datetime]]:
    raw = tomllib.loads(files(__package__).joinpath(name).read_text(encoding="utf-8"))
    versions, scales = raw.pop("versions"), raw.pop("scales", {})
    known: dict[int, Mapping[str, Any]] = {}
    for entry in versions:
        published: datetime = entry.pop("published")
        for domain in entry["domains"]:
            domain["items"] = [
                {**known[item["same_as"]][item["key"]], **item} if "same_as" in item else _rated(item, scales)
                for item in domain["items"]
            ]
        known[entry["number"]] = {item["key"]: item for domain in entry["domains"] for item in domain["items"]}
        form = read({**raw, **entry, "scales": scales})
        if wrong := problems(form):
            raise Misdefined(wrong)
        yield form, published


def _rated(item: dict[str, Any], scales: Mapping[str, Any]) -> dict[str, Any]:
    """An item whose levels are given as words alone gets their names."""
    words = zip(scales.get("names", ()), item.pop("levels", ()), item.pop("levels_es", ()), strict=False)
    anchors = [{**name, "text": text, "text_es": text_es} for name, text, text_es in words]
    return {**item, "anchors": anchors} if anchors else item


def install_starters(model: Models) -> int:
    """Make the starter instruments and versions that are not there yet; says how many versions were made.

    `model` is `apps.get_model`: a migration calls this with its own models.
    """
    made = 0
    for form, published in starters():
        about = {name: getattr(form, name) for name in INSTRUMENT_FIELDS}
        instrument, _ = model("instruments", "Instrument").objects.get_or_create(key=about.pop("key"), defaults=about)
        of_version = {name: getattr(form, name) for name in VERSION_FIELDS}
        version, is_new = model("instruments", "Version").objects.get_or_create(
            instrument=instrument, number=of_version.pop("number"), defaults=of_version
        )
        if not is_new:
            continue
        write(model, version, form)
        version.published_at = published  # from here on PostgreSQL refuses changes
        version.save()
        made += 1
    return made
