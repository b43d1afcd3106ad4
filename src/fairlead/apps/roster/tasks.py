"""The worker's part of an import that came by the web.

The web server knows the tasks too, to send for them: what reads files is loaded only where it is run.
"""

from __future__ import annotations

from procrastinate.contrib.django import app

from fairlead.apps.roster.models import ImportRun
from fairlead.apps.roster.uploads import LOOK, MERGE


@app.task(name=LOOK)
def look_at_upload(run_id: int) -> None:
    """Compare; nothing when the file was discarded while it waited."""
    from fairlead.apps.roster.exchange import running

    run = ImportRun.objects.select_related("upload", "organization").filter(pk=run_id, status="waiting").first()
    if run is not None:
        running.look_at_upload(run)


@app.task(name=MERGE)
def merge_upload(run_id: int) -> None:
    """Merge what was confirmed."""
    from fairlead.apps.roster.exchange import running

    run = ImportRun.objects.select_related("upload", "organization").filter(pk=run_id, status="confirmed").first()
    if run is not None:
        running.merge_upload(run)
