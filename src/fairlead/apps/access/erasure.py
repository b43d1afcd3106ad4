"""Erasing a person: rows, history, accounts and sessions, waiting jobs, extracts; counted by table, logged without the name.

What becomes of each column is declared by its app (see `declared`); what no column says is done by the app's
`erasing.py`, in a function `erase(erasing)`. Runs as the owner: for the app's login most of these rows are not there.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, models, transaction
from django.db.models.deletion import Collector, ProtectedError

from fairlead import clock
from fairlead.apps.access import declared
from fairlead.apps.access.models import AccessLog, Account, Erasure

NAMELESS = "—"


class ErasureError(Exception):
    """It cannot be done; nothing was changed. The message says why and what to do; it holds no name."""


class _Rehearsal(Exception):
    """Rolls a rehearsal back."""


@dataclass(frozen=True, slots=True)
class Line:
    """What was done to the rows of one table."""

    table: str
    done: str
    rows: int


@dataclass
class Erasing:
    """One person being erased: what an app's `erasing.py` is given."""

    person: Any
    account_ids: tuple[int, ...]
    kinds: dict[tuple[str, str], str] = field(default_factory=declared.columns_of_people)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    deleted: dict[str, set[Any]] = field(default_factory=dict)
    # Files cannot be rolled back: what is to be thrown away is thrown away when the rows are gone for good.
    at_last: list[Callable[[], None]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def person_id(self) -> int:
        return int(self.person.pk)

    def count(self, table: str, done: str, rows: int) -> None:
        if rows:
            self.counts[table, done] += rows

    def execute(self, table: str, done: str, sql: str, parameters: Collection[Any]) -> None:
        """Run one statement and count its rows."""
        with connection.cursor() as cursor:
            cursor.execute(sql, list(parameters))
            self.count(table, done, cursor.rowcount)


def find(name: str) -> Any:
    """The person with this sourced id, or this number; None when there is none."""
    people = apps.get_model("roster", "Person").objects
    found = people.filter(sourced_id=name).first()
    if found is None and name.isascii() and name.isdecimal() and len(name) < 19:
        found = people.filter(pk=int(name)).first()
    return found


def rehearse(person: Any) -> list[Line]:
    """What `erase` would do, told by doing it and rolling it back."""
    lines: list[Line] = []
    try:
        with transaction.atomic():
            lines = _erase(person)[0]
            raise _Rehearsal
    except _Rehearsal:
        return lines


def erase(person: Any) -> list[Line]:
    """Erase a person. One transaction; files that only this person's rows kept are thrown away after it."""
    with transaction.atomic():
        lines, erasing = _erase(person)
        Erasure.objects.create(
            at=clock.now(),
            organization_id=person.organization_id,
            kind=person.kind,
            digest=digest(person.sourced_id),
            rows=[[line.table, line.done, line.rows] for line in lines],
        )
    for work in erasing.at_last:
        work()
    return lines


def digest(sourced_id: str) -> str:
    """A name for somebody erased that tells nothing without this installation's secret."""
    return hmac.new(settings.SECRET_KEY.encode(), f"erased|{sourced_id}".encode(), hashlib.sha256).hexdigest()


def was_erased(sourced_ids: Collection[str]) -> set[str]:
    """Those of these sourced ids whose person has been erased here: an import must not bring them back unasked."""
    erased = set(Erasure.objects.values_list("digest", flat=True))  # few, where a roster may have a million ids
    return {sourced_id for sourced_id in sourced_ids if digest(sourced_id) in erased} if erased else set()


def any_erased() -> bool:
    """Whether anybody has been erased here at all."""
    return Erasure.objects.exists()


def _erase(person: Any) -> tuple[list[Line], Erasing]:
    accounts = tuple(Account.objects.filter(person_id=person.pk).values_list("pk", flat=True))
    erasing = Erasing(person, accounts)
    with _deferred(), pgtrigger.ignore():  # no history of what goes; and a registered plan may forget who wrote it
        for rule in declared.rules().values():
            _forget(erasing, rule)
        for rule in declared.rules().values():
            if rule.action == "delete" and (rule.table, rule.column) != (declared.PERSON, "id"):
                _delete(erasing, rule.table, **{f"{rule.column}__in": list(_ids(erasing, rule))})
        _sessions(erasing)
        for function in _functions():
            function(erasing)
        _delete(erasing, declared.PERSON, pk=person.pk)
        _history(erasing)
        _jobs(erasing)
    lines = [Line(table, done, rows) for (table, done), rows in erasing.counts.items()]
    return sorted(lines, key=lambda line: (line.done, line.table)), erasing


@contextmanager
def _deferred() -> Iterator[None]:
    """Foreign keys are looked at when all is done."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _ids(erasing: Erasing, rule: declared.Rule) -> tuple[int, ...]:
    account = erasing.kinds.get((rule.table, rule.column)) == "account"
    return erasing.account_ids if account else (erasing.person_id,)


def _functions() -> list[Callable[[Erasing], None]]:
    """`erase` of each app's `erasing.py`."""
    modules = (f"{config.name}.erasing" for config in apps.get_app_configs() if config.name.startswith("fairlead."))
    return [import_module(name).erase for name in modules if find_spec(name)]


def _tables(table: str) -> list[tuple[str, str]]:
    """A table, and its history, by name; with what its rows are called in the counts."""
    history = declared.history_of(table)
    return [(table, ""), *([(history._meta.db_table, "history ")] if history else [])]


def _forget(erasing: Erasing, rule: declared.Rule) -> None:
    """Rows that are about others stay and forget the person: in the table and in its history."""
    if rule.action not in ("blank", "stand_in", "keep"):
        return
    for table, _ in _tables(rule.table):
        with connection.cursor() as cursor:
            if rule.action == "blank":
                cursor.execute(
                    f'UPDATE "{table}" SET "{rule.column}" = NULL WHERE "{rule.column}" = ANY (%s)',  # noqa: S608
                    [list(_ids(erasing, rule))],
                )
            else:
                cursor.execute(f'SELECT 1 FROM "{table}" WHERE "{rule.column}" = %s LIMIT 1', [erasing.person_id])  # noqa: S608
                if cursor.fetchone() is None:
                    continue
                cursor.execute(
                    f'UPDATE "{table}" SET "{rule.column}" = %s WHERE "{rule.column}" = %s',  # noqa: S608
                    [stand_in(erasing.person, of_their_own=rule.action == "keep"), erasing.person_id],
                )
            erasing.count(table, "forgets the person", cursor.rowcount)


def stand_in(person: Any, *, of_their_own: bool = False) -> int:
    """The nameless person of an organization that stands where rows about others must name somebody.

    Rows that a law says to keep get one of their own: they still belong together, and to nobody.
    """
    who = digest(person.sourced_id)[:16] if of_their_own else "all"
    made, _ = type(person).objects.get_or_create(
        sourced_id=f"nameless:{person.organization_id}:{person.kind}:{who}",
        defaults={
            "organization_id": person.organization_id,
            "kind": person.kind,
            "given_name": "",
            "family_name": NAMELESS,
        },
    )
    return int(made.pk)


class _Whole(Collector):
    """Collects the rows themselves, so that their history can go with them."""

    def can_fast_delete(self, *args: Any, **kwargs: Any) -> bool:
        return False


def _delete(erasing: Erasing, table: str, **which: Any) -> None:
    model = declared.model_of(table)
    if model is None:
        ((column, ids),) = which.items()
        name = column.removesuffix("__in")
        erasing.execute(table, "deleted", f'DELETE FROM "{table}" WHERE "{name}" = ANY (%s)', [list(ids)])  # noqa: S608
        return
    rows: models.QuerySet[Any] = model._base_manager.filter(**which)
    collector = _Whole(using="default", origin=rows)
    try:
        collector.collect(rows)
    except ProtectedError as error:
        held = sorted({type(row)._meta.db_table for row in error.protected_objects})
        raise ErasureError(
            f"Rows of {', '.join(held)} hold rows of {table} back. Nothing was changed. "
            f'Declare in their {declared.FILE} what becomes of them ("delete", "blank" or "stand_in").'
        ) from None
    for found, instances in collector.data.items():
        erasing.count(found._meta.db_table, "deleted", len(instances))
        erasing.deleted.setdefault(found._meta.db_table, set()).update(row.pk for row in instances)
    collector.delete()


def _history(erasing: Erasing) -> None:
    """Former rows of what was deleted, and former rows that pointed at the person while others took their place."""
    for table, keys in erasing.deleted.items():
        if history := declared.history_of(table):
            erasing.execute(
                history._meta.db_table,
                "deleted",
                f'DELETE FROM "{history._meta.db_table}" WHERE pgh_obj_id = ANY (%s)',  # noqa: S608
                [list(keys)],
            )
    for rule in declared.rules().values():
        if rule.action == "delete" and (history := declared.history_of(rule.table)):
            erasing.execute(
                history._meta.db_table,
                "deleted",
                f'DELETE FROM "{history._meta.db_table}" WHERE "{rule.column}" = ANY (%s)',  # noqa: S608
                [list(_ids(erasing, rule))],
            )
    erasing.execute(
        "pghistory_context",
        "forgets the person",
        "UPDATE pghistory_context SET metadata = metadata - 'person' WHERE metadata ->> 'person' = %s",
        [str(erasing.person_id)],
    )


def _sessions(erasing: Erasing) -> None:
    """Sign-ins of the person's accounts; and who looked at their records."""
    accounts = {str(pk) for pk in erasing.account_ids}
    if accounts:
        keys = [s.pk for s in Session.objects.iterator() if s.get_decoded().get("_auth_user_id") in accounts]
        erasing.count("django_session", "deleted", Session.objects.filter(pk__in=keys).delete()[0])
    about = AccessLog.objects.filter(target=f"person:{erasing.person_id}")
    erasing.count("access_accesslog", "deleted", about.delete()[0])


def _jobs(erasing: Erasing) -> None:
    """Jobs, waiting or done, whose arguments are the number of the person or of a row that went."""
    for argument, table in declared.job_arguments().items():
        keys = erasing.deleted.get(table, set())
        if keys:
            erasing.execute(
                "procrastinate_jobs",
                "deleted",
                "DELETE FROM procrastinate_jobs WHERE args ->> %s = ANY (%s)",
                [argument, [str(key) for key in keys]],
            )
