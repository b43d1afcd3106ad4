"""The worker's part of an import that came by the web."""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead.apps.roster.exchange import running
from fairlead.apps.roster.models import ImportRun
from fairlead.apps.roster.uploads import LOOK, MERGE


@app.task(name=LOOK)
def look_at_upload(run_id: int) -> None:
    """Compare; nothing when the file was discarded while it waited."""
    run = ImportRun.objects.select_related("upload", "organization").filter(pk=run_id, status="waiting").first()
    if run is not None:
        running.look_at_upload(run)


@app.task(name=MERGE)
def merge_upload(run_id: int) -> None:
    """Merge what was confirmed."""
    run = ImportRun.objects.select_related("upload", "organization").filter(pk=run_id, status="confirmed").first()
    if run is not None:
        running.merge_upload(run)
