"""The Grand Bend sample district, loaded into the demo with one click: where it lies, and how far it has come."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from fairlead.apps.roster import selectors as roster

LOAD = "welcome.load_grand_bend"
DISTRICT = "255901"  # Grand Bend ISD, by its own number
MISSING, OFFERED, LOADING, LOADED, FAILED = "missing", "offered", "loading", "loaded", "failed"


def folder() -> Path:
    """Where the sample lies. It is never copied into the repository."""
    return Path(settings.SHARED_DATA) / "rostering" / "edfi_grand_bend_ds5_2"


def state() -> str:
    """What the card says. The queue tells whether the worker has come to it."""
    if roster.has_organization(DISTRICT):
        return LOADED
    last = ProcrastinateJob.objects.filter(task_name=LOAD).order_by("-id").values_list("status", flat=True).first()
    if last in ("todo", "doing"):
        return LOADING
    if not (folder() / "Student.xml.gz").is_file():
        return MISSING
    return OFFERED if last is None or last == "succeeded" else FAILED


def begin() -> None:
    """Let the worker load it; a second click while it does changes nothing."""
    if state() in (OFFERED, FAILED):
        # Of two clicks at the same moment one comes too late, and finds what it wanted under way.
        with suppress(AlreadyEnqueued), transaction.atomic():
            jobs.configure_task(LOAD, queueing_lock=LOAD).defer()
