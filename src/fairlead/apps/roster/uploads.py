"""Rosters sent by the web: kept until the worker has looked at them, confirmed or discarded by who sent them.

The app's login may not write other people's rows, and does not: it keeps the bytes and the decision. The worker reads
the file, compares, and after the confirmation merges (`exchange.running`), under policies of its own.
"""

from __future__ import annotations

from typing import Any, Protocol

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from fairlead import clock
from fairlead.apps.access.scope import Grant, Scope
from fairlead.apps.roster.exchange.dates import ORDERS
from fairlead.apps.roster.models import ImportRun, ImportUpload

LARGEST = 20 * 1024 * 1024
LARGEST_MAPPING = 100 * 1024
LOOK, MERGE = "roster.look_at_upload", "roster.merge_upload"
SHOWN = 50
Status = ImportRun.Status


class UploadError(Exception):
    """Nothing was changed; the message says why and what to do."""


class Sent(Protocol):
    """A file as a form brings it."""

    name: str | None
    size: int | None

    def read(self) -> bytes: ...


def root(scope: Scope) -> Grant:
    """Where this person manages data: the organization into which a file of theirs goes."""
    return next(grant for grant in scope.roles if grant.role == "data_manager")


def runs(scope: Scope) -> QuerySet[ImportRun]:
    """The imports into the person's organizations, the latest first."""
    rows = ImportRun.objects.filter(organization_id__in=scope.org_ids)
    return rows.select_related("by", "decided_by", "organization").order_by("-at", "-pk")[:SHOWN]


def run(scope: Scope, run_id: int) -> ImportRun | None:
    """One of them."""
    rows = ImportRun.objects.filter(organization_id__in=scope.org_ids, pk=run_id)
    return rows.select_related("by", "decided_by", "organization").first()


def schools_named(scope: Scope, run: ImportRun) -> set[int]:
    """Of which organizations an import's examples name people."""
    rows = run.changes.filter(organization_id__in=scope.org_ids, person__isnull=False)
    return set(rows.values_list("person__organization_id", flat=True).distinct())


@transaction.atomic
def send(scope: Scope, file: Any, *, dates: str = "", mapping: Any = None) -> ImportRun:
    """Keep a file and have it looked at; `dates` and `mapping` as the command takes them, for lists."""
    if file is None or not file.size:
        raise UploadError(_("Choose a file first: a zip or CSV that your student information system exported."))
    if file.size > LARGEST:
        raise UploadError(
            _(
                "This file has more than 20 MB. Ask whoever runs Fairlead to bring it in with “fairlead import roster”."
            )
        )
    told = _mapping(mapping)
    if dates and dates not in ORDERS:
        raise UploadError(_("Say which comes first in dates like 3/4/2026: the day or the month."))
    place = root(scope).organization_id
    made = ImportRun.objects.create(
        organization_id=place,
        status=Status.WAITING,
        file_name=str(file.name)[:255],
        at=clock.now(),
        by_id=scope.person_id,
    )
    ImportUpload.objects.create(run=made, organization_id=place, content=file.read(), dates=dates, mapping=told)
    jobs.configure_task(LOOK).defer(run_id=made.pk)
    return made


def _mapping(file: Any) -> str:
    """The text of a mapping file; whether it says anything sensible is found when the list is read."""
    if file is None or not file.size:
        return ""
    try:
        if file.size > LARGEST_MAPPING:
            raise UnicodeError
        return str(file.read().decode("utf-8-sig"))
    except UnicodeError:
        raise UploadError(
            _(
                "The column mapping is not a small text file. Send the TOML or JSON file that says which column is which."
            )
        ) from None


@transaction.atomic
def confirm(scope: Scope, found: ImportRun, *, allowed: list[str]) -> None:
    """Have it merged. Tables of which more than a tenth would close must be named one by one."""
    _still(found, Status.SHOWN)
    if missing := [table for table in found.over if table not in allowed]:
        raise UploadError(
            _("Tick that you mean it for each kind of which more than 10 %% would close (%(n)s left).")
            % {"n": len(missing)}
        )
    found.allowed = [table for table in allowed if table in found.over]
    found.status = Status.CONFIRMED
    found.decided_at, found.decided_by_id = clock.now(), scope.person_id
    found.save()
    jobs.configure_task(MERGE).defer(run_id=found.pk)


@transaction.atomic
def discard(scope: Scope, found: ImportRun) -> None:
    """Throw the file away; that it was sent stays known."""
    _still(found, Status.SHOWN, Status.WAITING)
    ImportUpload.objects.filter(run=found).delete()
    found.changes.filter(fields__has_key="_person").delete()  # who did not come in is not kept
    found.status = Status.DISCARDED
    found.decided_at, found.decided_by_id = clock.now(), scope.person_id
    found.save()


@transaction.atomic
def same_person(scope: Scope, found: ImportRun, *, key: str) -> None:
    """Somebody answered a question: this new person is that known one. The file is looked at again."""
    _still(found, Status.SHOWN)
    question = found.changes.filter(outcome="question", key=key).first()
    if question is None or question.person_id is None:
        raise UploadError(_("This question is no longer open."))
    found.answers = {**found.answers, key: question.person_id}
    found.status = Status.WAITING
    found.save()
    jobs.configure_task(LOOK).defer(run_id=found.pk)


def _still(found: ImportRun, *statuses: str) -> None:
    """Refuse what came too late; a file staged at the command line is decided there."""
    row = ImportRun.objects.select_for_update().get(pk=found.pk)
    if row.status not in statuses or not ImportUpload.objects.filter(run=row).exists():
        raise UploadError(_("This import was decided already. Look at it again."))
