"""Imports as they stand before somebody confirms them."""

from __future__ import annotations

from typing import Any

from fairlead import clock
from fairlead.apps.roster.models import ImportChange, ImportRefusedRow, ImportRun, ImportUpload, Organization

ZERO = {"new": 0, "changed": 0, "same": 0, "closed": 0, "quarantined": 0, "known": 0}


def _run(organization_id: int, person_id: int | None) -> int:
    there = ImportRun.objects.filter(organization_id=organization_id, file_name="tuesday.zip").first()
    if there is not None:
        return there.pk
    run = ImportRun.objects.create(
        organization_id=organization_id,
        status="shown",
        file_name="tuesday.zip",
        reader="oneroster",
        reader_name="OneRoster CSV",
        source="tidewater:sis",
        at=clock.now(),
        by_id=person_id,
        counts={
            "people": ZERO | {"new": 2, "changed": 1, "same": 290, "closed": 40, "known": 331},
            "enrollments": ZERO | {"same": 298, "quarantined": 2, "known": 300},
        },
        files={
            "users.csv": {
                "rows": 293,
                "new": 2,
                "changed": 1,
                "same": 290,
                "closed": 0,
                "quarantined": 0,
                "unused": 0,
            },
            "enrollments.csv": {
                "rows": 300,
                "new": 0,
                "changed": 0,
                "same": 298,
                "closed": 0,
                "quarantined": 2,
                "unused": 0,
            },
        },
        modes={"people": "bulk", "enrollments": "delta"},
        over=["people"],
        notes=[
            {"file": "manifest.csv", "text": "There is no manifest; every file is taken as a bulk file.", "names": []}
        ],
    )
    common = {"run": run, "organization_id": organization_id, "table": "people"}
    ImportUpload.objects.create(run=run, organization_id=organization_id, content=b"sent")
    ImportChange.objects.create(
        **common, outcome="new", key="s-1", label="Noor Haddad", fields={"grade": [None, "3"]}
    )
    ImportChange.objects.create(
        **common, outcome="changed", key="s-2", label="Ada Lund", fields={"family_name": ["Lind", "Lund"]}
    )
    ImportChange.objects.create(
        **common, outcome="question", key="s-1", label="Noor Haddad", person_id=person_id,
        fields={"known": ["Noor Haddad", "Harbor Point Elementary", "student-9"]},
    )  # fmt: skip
    ImportRefusedRow.objects.create(
        run=run, organization_id=organization_id, file="enrollments.csv", line=17, column="beginDate",
        table="enrollments", problem="This is not a date.",
        next="Write dates as year-month-day, for example 2026-09-01.",
    )  # fmt: skip
    return run.pk


def import_of_tidewater(world: Any) -> int:
    """One that Priya sent and nobody has confirmed: too much would close, and a question is open."""
    return _run(world.network_id, world.person["priya"])


def import_elsewhere(world: Any) -> int:
    """The same in a network that is none of Tidewater's business."""
    other = Organization.objects.get_or_create(
        sourced_id="elsewhere", defaults={"name": "Elsewhere", "kind": "network"}
    )[0]
    return _run(other.pk, None)
