"""What the data manager's pages say of an import, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from fairlead.apps.roster.models import ImportRun

TABLES = {
    "orgs": _("Organizations"), "sessions": _("School years and terms"), "courses": _("Courses"),
    "classes": _("Sections"), "people": _("People"), "roles": _("Roles"), "demographics": _("Demographics"),
    "guardianships": _("Families"), "enrollments": _("Enrollments"), "teaching": _("Who teaches what"),
    "periods": _("Periods"), "bells": _("Bell times"), "days": _("Calendar days"), "meetings": _("Sections in periods"),
}  # fmt: skip
COLUMNS = {
    "organization": _("organization"), "name": _("name"), "kind": _("kind"), "zip": _("ZIP"), "begins": _("begins"),
    "ends": _("ends"), "subject": _("subject"), "given_name": _("given name"), "family_name": _("family name"),
    "born": _("born"), "grade": _("grade"), "language": _("language"), "email": _("e-mail"), "phone": _("phone"),
    "session": _("session"), "course": _("course"), "teacher": _("teacher"), "periods": _("periods"),
    "relation": _("relation"), "rank": _("order"), "may_contact": _("may be contacted"), "primary": _("takes the roll"),
    "gender": _("gender"), "race_ethnicity": _("race or ethnicity"), "disability": _("disability"),
    "economically_disadvantaged": _("economic disadvantage"), "english_learner": _("English learner"),
    "home_language": _("home language"), "grade_low": _("lowest grade"), "grade_high": _("highest grade"),
    "schedule": _("bell schedule"), "day_type": _("kind of day"),
}  # fmt: skip
KINDS = {
    "waiting": "none",
    "shown": "warn",
    "confirmed": "none",
    "merged": "ok",
    "discarded": "none",
    "failed": "bad",
}
OUTCOMES = ("new", "changed", "same", "closed", "quarantined")
REFUSED_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One import in the list."""

    run: ImportRun
    status: str
    total: dict[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One table's or file's counts."""

    name: str
    label: str
    counts: dict[str, int]
    over: bool = False
    delta: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """An example, with its columns in words."""

    key: str
    label: str
    fields: list[tuple[str, Any, Any]]


def line(run: ImportRun) -> Line:
    """For the list: what happened to the rows, summed over tables."""
    total = {o: sum(c.get(o, 0) for c in run.counts.values()) for o in OUTCOMES}
    return Line(run, KINDS[run.status], total)


def page(run: ImportRun) -> dict[str, Any]:
    """For one import's page."""
    tables = [
        Row(name, str(TABLES[name]), run.counts[name], name in run.over, run.modes.get(name) == "delta")
        for name in TABLES
        if name in run.counts
    ]
    files = [Row(name, name, counts) for name, counts in sorted(run.files.items())]
    refused = list(run.refused.order_by("file", "line")[:REFUSED_SHOWN])
    return {
        "kind": KINDS[run.status],
        "tables": tables,
        "files": files,
        "over": [row for row in tables if row.over],
        "notes": [_note(note) for note in run.notes],
        "groups": _groups(run),
        "questions": list(run.changes.filter(outcome="question").order_by("pk")),
        "refused": [
            {"row": r, "table": TABLES.get(r.table, r.table), "problem": gettext(r.problem), "next": gettext(r.next)}
            for r in refused
        ],
        "refused_total": sum(row.counts.get("quarantined", 0) for row in files),
        "changes": sum(row.counts[o] for row in tables for o in ("new", "changed", "closed")),
        "problem": {part: _said(text) for part, text in run.problem.items()},
    }


def _groups(run: ImportRun) -> list[dict[str, Any]]:
    """Examples by table and outcome, in the order of the tables."""
    words = {"new": _("New"), "changed": _("Changed"), "closed": _("Closed")}
    found: dict[tuple[str, str], list[Change]] = {}
    for change in run.changes.exclude(outcome="question").order_by("pk"):
        fields = [
            (str(COLUMNS.get(column, column)), before, after) for column, (before, after) in _pairs(change.fields)
        ]
        found.setdefault((change.table, change.outcome), []).append(Change(change.key, change.label, fields))
    return [
        {"table": TABLES[table], "outcome": outcome, "word": words[outcome], "rows": found[table, outcome],
         "total": run.counts[table][outcome]}
        for table in TABLES
        for outcome in ("new", "changed", "closed")
        if (table, outcome) in found
    ]  # fmt: skip


def _pairs(fields: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    return [(column, pair) for column, pair in fields.items() if not column.startswith("_")]


def _note(note: dict[str, Any]) -> dict[str, str]:
    values = {"names": ", ".join(note.get("names", [])), "n": note.get("n", 0)}
    return {"file": note["file"], "text": gettext(note["text"]) % values}


def _said(part: dict[str, Any]) -> str:
    text = gettext(part["text"]) if part["text"] else ""
    return text % part["values"] if "values" in part else text
