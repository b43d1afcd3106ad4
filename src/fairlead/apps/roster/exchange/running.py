"""One import from its file to its end: read, stage, compare, be confirmed, merge; every step kept in its ImportRun.

At the command line all of it happens in one process, as the owner. What came by the web is looked at, and after the
confirmation looked at again and merged, by the worker; if the roster changed in between so that the import would now
do something else, it stops and shows the new comparison.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import pghistory
from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from fairlead import clock
from fairlead.apps.roster.exchange import ahead, staging, timetables
from fairlead.apps.roster.exchange.canonical import Reading
from fairlead.apps.roster.exchange.dates import Order
from fairlead.apps.roster.exchange.diff import Diff, check_files, compare
from fairlead.apps.roster.exchange.job import Job
from fairlead.apps.roster.exchange.merge import merge
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError, Said, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.readers import READERS, detect
from fairlead.apps.roster.models import (
    ImportChange,
    ImportRefusedRow,
    ImportRun,
    ImportUpload,
    Organization,
    Person,
)

LOCK = 0x0FA12EAD  # one import at a time
MOST_REFUSED = 10_000  # rows in quarantine that are kept one by one; all are counted
TABLES_WITHOUT_TEACHER = _(
    "%(n)s sections have no teacher in the file; until they have one, nobody takes their roll."
)


@dataclass(slots=True)
class Import:
    """An import that was looked at and waits, with its staging tables, for a yes or no."""

    run: ImportRun
    job: Job
    diff: Diff

    def over(self) -> list[str]:
        """Tables of which too much would close, and nobody has said yet that this is meant."""
        return [name for name in self.diff.over if name not in self.run.allowed]

    def confirm(self, by: int | None = None) -> None:
        """Merge, in one transaction; on any failure the roster is as it was."""
        if over := self.over():
            counts = self.diff.counts
            raise ExchangeError(
                said(_("This file would close more than 10 %% of: %(tables)s."), tables=", ".join(over)),
                allowed=_("closing up to 10 % of each table, unless somebody says that more is meant"),
                got=", ".join(f"{t}: {counts[t]['closed']} / {counts[t]['known']}" for t in over),
                where=self.run.file_name,
                then=said(
                    _("check that the export is complete; if it is: --allow-closing %(tables)s"),
                    tables=",".join(over),
                ),
            )
        with transaction.atomic(), pghistory.context(person=by, source="import", run=self.run.pk):
            merge(self.job)
            timetables.merge(self.job)
            self.run.status = ImportRun.Status.MERGED
            self.run.decided_at, self.run.decided_by_id = clock.now(), by
            self.run.save()
            ImportUpload.objects.filter(run=self.run).delete()
            _link_examples(self.run)


def _link_examples(run: ImportRun) -> None:
    """Examples of persons who are there now go with them when they are erased."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE roster_importchange c SET person_id = p.id, fields = c.fields - '_person' FROM roster_person p "
            "WHERE c.run_id = %s AND p.id = (c.fields ->> '_person')::bigint",
            [run.pk],
        )


def forget_examples(run: ImportRun) -> None:
    """Of an import that was not merged, nobody's name stays who did not come in."""
    run.changes.filter(fields__has_key="_person").delete()


@contextmanager
def looking(
    path: Path,
    root: Organization,
    *,
    by: int | None = None,
    as_owner: bool = False,
    reader: str = "",
    source: str = "",
    allowed: list[str] | None = None,
    answers: dict[str, int] | None = None,
    run: ImportRun | None = None,
    dates: Order = "",
    mapping: Path | None = None,
) -> Iterator[Import]:
    """Read a parcel and compare it with the roster. Staging tables live as long as the block."""
    answers = answers or {}
    with _alone(), _memory():
        places = _schools(root)  # while columns are fetched, nobody else asks the database
        with (
            ahead.fetching(root) as fetched,
            ThreadPoolExecutor(1) as beside,
            Parcel(path, dates=dates, mapping=mapping, places=places) as parcel,
        ):
            digest = beside.submit(_digest, path)
            reading: Reading = _reader(reader, parcel).read(parcel)
        run = run or ImportRun(organization=root, by_id=by, at=clock.now(), file_name=path.name)
        own = reading.system == f"fairlead:{root.sourced_id}"
        name = source or ("" if reading.system.startswith("fairlead:") else reading.system) or reading.source.key
        job = Job(
            root_id=root.pk,
            root_key=root.sourced_id,
            root_kind=root.kind,
            source=f"{root.sourced_id}:{'fairlead' if own and not source else name}",
            own=own,
            today=clock.today(),
            may_appoint=as_owner,
            kind="UNLOGGED" if as_owner else "TEMPORARY",
            modes={name: reading.modes.get(name, "bulk") for name in (*reading.tables, *reading.modes)},
            files=[],
            ahead=fetched,
            root_in_file=_root_in_file(reading, root),
            answers=answers,
        )
        with staging.tables(job.kind), timetables.tables(job.kind):
            notes: list[dict[str, Any]] = [
                {"file": n.file, "text": n.text, "names": list(n.names)} for n in reading.notes
            ]
            staged, found = staging.stage(reading)
            diff = compare(job, staged, found)
            notes += timetables.compare(job, reading, staged.files, diff)
            if diff.vacancies:
                notes.append({"file": "", "text": TABLES_WITHOUT_TEACHER, "n": diff.vacancies})
            run.status = ImportRun.Status.SHOWN
            run.digest, run.source = digest.result(), job.source
            run.reader, run.reader_name = reading.source.key, reading.source.name
            run.counts, run.files, run.over = diff.counts, diff.files, diff.over
            run.modes, run.notes, run.allowed, run.answers = job.modes, notes, allowed or [], answers
            _keep(run, diff)
            assert not (lost := check_files(diff)), f"rows without an outcome in {', '.join(lost)}"
            yield Import(run, job, diff)


def _keep(run: ImportRun, diff: Diff) -> None:
    """The run with its examples and its quarantine, in place of what it held before."""
    with transaction.atomic():
        run.save()
        run.changes.all().delete()
        run.refused.all().delete()
        ImportChange.objects.bulk_create(
            [
                ImportChange(
                    run=run, organization_id=run.organization_id, person_id=e.person_id,
                    table=e.table, outcome=e.outcome, key=e.key, label=e.label[:255],
                    fields=e.fields | ({"_person": e.will_be} if e.will_be else {}),
                )
                for e in diff.examples
            ]
        )  # fmt: skip
        ImportRefusedRow.objects.bulk_create(
            [
                ImportRefusedRow(
                    run=run, organization_id=run.organization_id, file=file[:255], line=line, column=column[:120],
                    table=table, problem=problem[:300], next=remedy[:300],
                )
                for file, line, column, table, problem, remedy in diff.refused[:MOST_REFUSED]
            ],
            batch_size=2000,
        )  # fmt: skip


@contextmanager
def _memory() -> Iterator[None]:
    """Memory for joins over all students, as long as the import lasts."""
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '96MB'")
        cursor.execute("SET maintenance_work_mem = '128MB'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET work_mem")
        cursor.execute("RESET maintenance_work_mem")


@contextmanager
def _alone() -> Iterator[None]:
    """One import at a time: two that do not know of each other could both make the same person."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        row = cursor.fetchone()
        if not (row and row[0]):
            raise ExchangeError(
                _("Another import is running."),
                allowed=_("one import at a time"),
                got=_("an import that has begun and not ended"),
                where=_("this database"),
                then=_("wait until it has ended, and start again"),
            )
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def _reader(key: str, parcel: Parcel) -> Any:
    if not key:
        return detect(parcel)
    if key in READERS:
        return READERS[key]
    raise ExchangeError(
        _("There is no reader of this name."),
        allowed=", ".join(READERS),
        got=key,
        where="--format",
        then=_("leave --format out, or choose one of these"),
    )


def _schools(root: Organization) -> dict[str, str]:
    """The schools that lists may name, by name: the one that is imported into, or those below it."""
    if root.kind == Organization.Kind.SCHOOL:
        return {root.name: root.sourced_id}
    known = Organization.objects.filter(kind=Organization.Kind.SCHOOL).order_by("-name", "-sourced_id")
    inside = known.filter(Q(parent=root) | Q(parent__parent=root) | Q(parent__parent__parent=root))
    return dict(inside.values_list("name", "sourced_id"))


def _root_in_file(reading: Reading, root: Organization) -> str:
    """Which organization of the file is the one that is imported into: the only one of its kind at the file's top."""
    orgs = reading.tables.get("orgs")
    if orgs is None:
        return ""
    inside = orgs["sourced_id"].implode()
    top = orgs.filter((orgs["kind"] == root.kind) & ~orgs["parent"].is_in(inside).fill_null(False))
    return (
        str(top["sourced_id"][0])
        if (top.height == 1 and root.kind != "school") or orgs.height == 1 == top.height
        else ""
    )


def _digest(path: Path) -> str:
    total = hashlib.sha256()
    for part in sorted(path.iterdir()) if path.is_dir() else [path]:
        if part.is_file():
            with part.open("rb") as file:
                while piece := file.read(1024 * 1024):
                    total.update(piece)
    return total.hexdigest()


def look_at_upload(run: ImportRun) -> None:
    """The worker's first step: what an upload would change."""
    _with_upload(run, merging=False)


def merge_upload(run: ImportRun) -> None:
    """The worker's second step, after the confirmation: look again, and merge if nothing else would happen."""
    _with_upload(run, merging=True)


def _with_upload(run: ImportRun, *, merging: bool) -> None:
    decided: tuple[datetime | None, int | None] = (run.decided_at, run.decided_by_id)
    counts = run.counts
    with tempfile.TemporaryDirectory(prefix="fairlead-upload-") as folder:
        path = Path(folder) / Path(run.file_name).name
        path.write_bytes(bytes(run.upload.content))
        mapping = _mapping(run.upload.mapping, Path(folder))
        try:
            with looking(
                path, run.organization, by=run.by_id, source=run.source.partition(":")[2] if merging else "",
                allowed=run.allowed, answers=run.answers, run=run, dates=cast("Order", run.upload.dates), mapping=mapping,
            ) as found:  # fmt: skip
                if merging and found.diff.counts == counts:
                    run.decided_at, run.decided_by_id = decided
                    found.confirm(decided[1])
        except ExchangeError as error:
            refuse(run, error)


def _mapping(told: str, folder: Path) -> Path | None:
    """What the sender said about the columns, as the file that readers look for."""
    if not told:
        return None
    path = folder / ("columns.json" if told.lstrip().startswith("{") else "columns.toml")
    path.write_text(told, encoding="utf-8")
    return path


def refuse(run: ImportRun, error: ExchangeError) -> None:
    """Keep why nothing was imported."""
    run.status = ImportRun.Status.FAILED
    run.problem = {
        part: {"text": text.msgid, "values": text.values} if isinstance(text, Said) else {"text": str(text)}
        for part, text in (
            ("what", error.what),
            ("allowed", error.allowed),
            ("got", error.got),
            ("where", error.where),
            ("next", error.then),
        )
    }
    run.save()
    ImportUpload.objects.filter(run=run).delete()


def root_of(name: str) -> Organization:
    """The organization to import into: by identifier or name; the only network when none is named."""
    if name:
        found = list(Organization.objects.filter(sourced_id=name)) or list(Organization.objects.filter(name=name))
    else:
        found = list(Organization.objects.filter(kind=Organization.Kind.NETWORK))
    if len(found) == 1:
        return found[0]
    if name and not found and not Organization.objects.exists():
        return Organization.objects.create(name=name, kind=Organization.Kind.NETWORK, sourced_id=name)
    raise ExchangeError(
        _("Into which organization shall this be imported?")
        if not name
        else _("Several organizations have this name.")
        if found
        else _("There is no organization of this identifier or name."),
        allowed=", ".join(Organization.objects.order_by("kind", "name").values_list("sourced_id", flat=True)[:20])
        or _("a name for the first network"),
        got=name or _("no name, and not exactly one network"),
        where="--organization",
        then=_("choose one of these: --organization IDENTIFIER"),
    )


def organizations() -> set[int]:
    """All organizations that are there."""
    return set(Organization.objects.values_list("pk", flat=True))


def forget_root(root: Organization) -> None:
    """Take a network away that was made for an import which did not happen: the database is as it was."""
    ImportRun.objects.filter(organization=root).delete()
    root.delete()


def same_persons(pairs: list[str]) -> dict[str, int]:
    """`FILE_ID=SOURCED_ID` from the command line → identifier in the file → person."""
    answers: dict[str, int] = {}
    for pair in pairs:
        key, _sign, sourced_id = pair.partition("=")
        person = Person.objects.filter(sourced_id=sourced_id).values_list("pk", flat=True).first()
        if person is None:
            raise ExchangeError(
                _("There is no person with this identifier."),
                allowed=_("IDENTIFIER_IN_THE_FILE=IDENTIFIER_IN_FAIRLEAD, as the question shows them"),
                got=pair,
                where="--same",
                then=_("copy both from the question"),
            )
        answers[key] = person
    return answers
