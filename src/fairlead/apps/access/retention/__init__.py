"""How long what is kept: dated rules with their grounds. Nothing goes by itself; what is due is listed, then applied."""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from fairlead import clock
from fairlead.apps.access import erasure
from fairlead.apps.access.declared import history_of

CONFIDENCE = ("confirmed", "unconfirmed")


class BadRule(Exception):
    """A rule that cannot be applied; the message names it and what is wrong."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What is kept for how long, from when the rule holds, on which ground, and how sure we are of it."""

    key: str
    what: str
    what_es: str
    table: str
    column: str
    years: int
    days: int
    since: date
    ground: str
    confidence: str
    kept_by: tuple[str, ...] = ()
    of: str = ""  # the table in which `column` stands, where it is another one,
    by: str = ""  # and the column that points at it
    along: tuple[str, ...] = ()  # what points at these rows and goes with them: table.column

    def before(self, today: date) -> date:
        """Rows from before this day are due."""
        year = today.year - self.years
        day = min(today.day, 28) if today.month == 2 else today.day
        return today.replace(year=year, day=day) - timedelta(days=self.days)

    @property
    def provisional(self) -> bool:
        return self.confidence != "confirmed"


@dataclass(frozen=True, slots=True)
class Due:
    """How many rows of a rule are past their time."""

    rule: Rule
    before: date
    rows: int


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of the file."""
    raw = tomllib.loads(files(__package__).joinpath("rules.toml").read_text(encoding="utf-8"))
    return tuple(_rule(key, said) for key, said in raw.items())


def _rule(key: str, said: dict[str, Any]) -> Rule:
    try:
        lists = {"kept_by": tuple(said.get("kept_by", ())), "along": tuple(said.get("along", ()))}
        rule = Rule(key=key, **({"years": 0, "days": 0} | said | lists))
    except TypeError as error:
        raise BadRule(f"{key}: {error}") from None
    if rule.confidence not in CONFIDENCE:
        raise BadRule(f"{key}: confidence {rule.confidence!r}; allowed: {', '.join(CONFIDENCE)}")
    if rule.years * 365 + rule.days < 1 or not rule.ground:
        raise BadRule(f"{key}: a rule needs a time of at least a day, and a ground")
    return rule


def due(today: date | None = None) -> list[Due]:
    """What is past its time, by rule; runs as the owner, and changes nothing."""
    day = today or clock.today()
    return [Due(rule, rule.before(day), _count(rule, rule.before(day))) for rule in rules() if rule.since <= day]


@transaction.atomic
def apply(keys: Collection[str], today: date | None = None) -> list[Due]:
    """Delete what is past its time by these rules; says how many rows of each."""
    day = today or clock.today()
    if unknown := set(keys) - {rule.key for rule in rules()}:
        raise BadRule(
            f"no rule is called {', '.join(sorted(unknown))}; there are {', '.join(r.key for r in rules())}"
        )
    wanted = [rule for rule in rules() if rule.key in keys and rule.since <= day]
    return [Due(rule, rule.before(day), _delete(rule, rule.before(day))) for rule in wanted]


def _tables(rule: Rule) -> list[str]:
    """The tables of a rule: every history table for "history"."""
    if rule.table != "history":
        return [rule.table]
    return sorted(h._meta.db_table for m in apps.get_models() if (h := history_of(m._meta.db_table)))


def _count(rule: Rule, before: date) -> int:
    if rule.table == "people":
        return len(_left(before))
    if rule.table == "uploads":
        return int(_waiting(before).count())
    return sum(_run(f"SELECT count(*) {_rows(rule, t)}", before) for t in _tables(rule))


def _delete(rule: Rule, before: date) -> int:
    """Only rows at which nothing else points, or of which the rule says what does (`kept_by`)."""
    if rule.table == "people":
        people = _left(before)
        for person in people:
            erasure.erase(person)
        return len(people)
    if rule.table == "uploads":
        return _discard(list(_waiting(before).values_list("pk", flat=True)))
    for other, column in _parts(rule.along):
        _run(f'DELETE FROM "{other}" WHERE "{column}" IN (SELECT id {_rows(rule, rule.table)})', before)  # noqa: S608  (the rules' names)
    return sum(_run(f"DELETE {_rows(rule, t)}", before) for t in _tables(rule))


def _parts(told: tuple[str, ...]) -> list[tuple[str, str]]:
    """Table and column of each "table.column"."""
    return [(table, column) for table, _dot, column in (one.partition(".") for one in told)]


def _rows(rule: Rule, table: str) -> str:
    """The rows of a rule in one of its tables; the names are those of the rules' file."""
    kept = "".join(
        f' AND NOT EXISTS (SELECT FROM "{other}" k WHERE k."{column}" = "{table}".id)'
        for other, column in _parts(rule.kept_by)
    )
    dated = f'"{rule.column}" < %s'
    if rule.of:
        dated = f'"{table}"."{rule.by}" IN (SELECT id FROM "{rule.of}" WHERE {dated})'  # noqa: S608  (the rules' names)
    return f'FROM "{table}" WHERE {dated}{kept}'


def _waiting(before: date) -> Any:
    """Imports by the web whose file is still kept, since nobody has decided."""
    runs = apps.get_model("roster", "ImportRun").objects
    return runs.filter(upload__isnull=False, at__lt=timezone.make_aware(datetime.combine(before, time.min)))


def _discard(runs: list[int]) -> int:
    """The file goes, and with it the names of those who did not come in; the import is remembered as discarded."""
    apps.get_model("roster", "ImportUpload").objects.filter(run__in=runs).delete()
    apps.get_model("roster", "ImportChange").objects.filter(run__in=runs, fields__has_key="_person").delete()
    return int(apps.get_model("roster", "ImportRun").objects.filter(pk__in=runs).update(status="discarded"))


def _run(sql: str, before: date) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, [timezone.make_aware(datetime.combine(before, time.min))])
        return int(cursor.fetchone()[0]) if cursor.description else cursor.rowcount


def _left(before: date) -> list[Any]:
    """Students whose last enrollment ended before a day. One who was never enrolled is not meant."""
    person = apps.get_model("roster", "Person")
    students = person.objects.filter(kind="student").annotate(
        last=Max("enrollments__ends"), open=Count("enrollments", filter=Q(enrollments__ends__isnull=True))
    )
    return list(students.filter(last__lt=before, open=0).order_by("pk"))
