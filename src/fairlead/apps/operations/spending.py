"""Where a leader's week goes, out of records that are kept anyway; and what they miss beside somebody who watched.

What the leader typed is believed before contacts and visits, these before lines of requests, of which each counts for a few
minutes (`rules.toml`), and last comes what only stands in the calendar: planned, over, and never logged. The leader reads it, and nobody else: the wall of coaching's words stands before the typed
part, and a page about another person's week does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.operations.models import Category, ShadowWeek, TimeAggregate, TimeShare
from fairlead.apps.operations.rules import TimeRule, time_rule
from fairlead.apps.support import hours
from fairlead.science.measurement import Block, TimeAgreement, TimeUse, time_agreement, time_use

WEEK = timedelta(days=7)
MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class Entry:
    """One block as it was written down."""

    pk: UUID
    began_at: datetime
    minutes: int
    category: str

    @property
    def label(self) -> str:
        return str(Category(self.category).label)


@dataclass(frozen=True, slots=True)
class Spent:
    """Minutes of a category, by where they are known from."""

    category: str
    minutes: int
    typed: int
    contacts: int
    lines: int
    planned: int

    @property
    def label(self) -> str:
        return str(Category(self.category).label)

    @property
    def hours(self) -> float:
        return self.minutes / 60


@dataclass(frozen=True, slots=True)
class Week:
    """A week of the asking person's time, as far as it is known."""

    begins: date
    rows: list[Spent]
    entries: list[Entry]
    overlapping: int
    of_hours: int

    @property
    def ends(self) -> date:
        return self.begins + timedelta(days=6)

    @property
    def known_hours(self) -> float:
        return sum(row.minutes for row in self.rows) / 60


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def _moment(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def week(scope: Scope, begins: date) -> Week:
    """The asking person's week from a Monday on."""
    rule = time_rule()
    entries = own_entries(scope, begins)
    layers = [_blocks(entries, begins), *_other_layers(scope, begins, rule)]
    used = [time_use(layers[: n + 1], length=MINUTES) for n in range(len(layers))]
    rows = []
    for category in Category.values:
        typed, contacts, lines, known = (u.minutes.get(category, 0) for u in used)
        rows.append(Spent(category, known, typed, contacts - typed, lines - contacts, known - lines))
    return Week(begins, rows, entries, used[-1].overlapping, rule.hours_a_week)


def own_entries(scope: Scope, begins: date) -> list[Entry]:
    """What the asking person typed of their own week."""
    return _entries(scope, "leader_id = %(person)s AND recorder_id = %(person)s AND week_id IS NULL", begins)


def watched_entries(scope: Scope, found: ShadowWeek) -> list[Entry]:
    """What the shadow wrote down, for the two people of the week."""
    return _entries(scope, "week_id = %(week)s AND recorder_id <> leader_id", found.begins, week=found.pk)


def _entries(scope: Scope, which: str, begins: date, **values: Any) -> list[Entry]:
    rows = fetch(
        f"SELECT id, began_at, minutes, category FROM operations_timeblock WHERE {which} "  # noqa: S608  (our own words)
        "AND began_at >= %(since)s AND began_at < %(until)s AND %(person)s::bigint IN (leader_id, recorder_id) "
        "ORDER BY began_at, id",
        person=scope.person_id,
        since=_moment(begins),
        until=_moment(begins + WEEK),
        **values,
    )
    return [Entry(*row) for row in rows]


def _blocks(entries: Iterable[Entry], begins: date) -> list[Block]:
    return [_block(entry.began_at, entry.minutes, entry.category, begins) for entry in entries]


def _block(at: datetime, minutes: int, category: str, begins: date) -> Block:
    """Minutes are those of the clock on the wall: two o'clock is at 840 of its day, whatever the season did."""
    local = timezone.localtime(at)
    return Block((local.date() - begins).days * 1440 + local.hour * 60 + local.minute, minutes, category)


def _other_layers(scope: Scope, begins: date, rule: TimeRule) -> list[list[Block]]:
    since, until, me = _moment(begins), _moment(begins + WEEK), [scope.person_id]
    lines = fetch(_OWN_LINES, person=scope.person_id, since=since, until=until)
    return [
        [_of_contact(row, rule, begins) for row in hours.spent(me, since, until) if _category(row, rule)],
        [_block(at, rule.minutes_a_line, Category.OPERATIONS, begins) for (at,) in lines],
        [_of_contact(row, rule, begins) for row in _unlogged(me, since, until) if _category(row, rule)],
    ]


def _unlogged(people: list[int], since: datetime, until: datetime) -> list[hours.TimeWith]:
    return hours.in_calendars(people, since, min(until, clock.now()))


def _category(row: hours.TimeWith, rule: TimeRule) -> str:
    words = rule.led if row.led else rule.given
    return words.get(row.kind, words["other"])


def _of_contact(row: hours.TimeWith, rule: TimeRule, begins: date) -> Block:
    return _block(row.at, row.minutes, _category(row, rule), begins)


_OWN_LINES = """
SELECT l.at FROM operations_requestline l WHERE l.author_id = %(person)s AND l.at >= %(since)s AND l.at < %(until)s ORDER BY l.at
"""


def beside(scope: Scope, found: ShadowWeek) -> TimeAgreement:
    """The leader's own records of a shadowed week beside the shadow's: for the leader, who alone has both."""
    own = [_blocks(own_entries(scope, found.begins), found.begins), *_other_layers(scope, found.begins, time_rule())]
    watched = _blocks(watched_entries(scope, found), found.begins)
    return time_agreement([block for layer in own for block in layer], watched, length=MINUTES)


# Shadowed weeks -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WeekLine:
    """A shadowed week as a line of a list."""

    pk: int
    begins: date
    leader_id: int
    leader: str
    shadow_id: int
    shadow: str
    school: str
    organization_id: int
    blocks: int  # as far as the asking person may read them

    @property
    def ends(self) -> date:
        return self.begins + timedelta(days=6)


def shadow_weeks(scope: Scope, school_ids: Sequence[int] = ()) -> list[WeekLine]:
    """Weeks in which the person is leader or shadow, and those of these schools (that they took place); latest first."""
    return [WeekLine(*row) for row in fetch(_WEEKS, person=scope.person_id, schools=list(school_ids))]


_WEEKS = """
SELECT w.id, w.begins, w.leader_id, coalesce(a.given_name || ' ' || a.family_name, ''), w.shadow_id,
       coalesce(b.given_name || ' ' || b.family_name, ''), o.name, w.organization_id,
       (SELECT count(*) FROM operations_timeblock t WHERE t.week_id = w.id)
FROM operations_shadowweek w
JOIN roster_organization o ON o.id = w.organization_id
LEFT JOIN roster_person a ON a.id = w.leader_id
LEFT JOIN roster_person b ON b.id = w.shadow_id
WHERE w.leader_id = %(person)s OR w.shadow_id = %(person)s OR w.organization_id = ANY (%(schools)s)
ORDER BY w.begins DESC, w.id
"""


def shadow_week(scope: Scope, pk: int) -> ShadowWeek | None:
    """One shadowed week, for its two people."""
    both = Q(leader_id=scope.person_id) | Q(shadow_id=scope.person_id)
    return ShadowWeek.objects.filter(both, pk=pk).select_related("leader", "shadow", "organization").first()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a leader showed their director of one week."""

    week_id: int
    rows: list[tuple[str, int, int]]  # category, own and shadow's minutes


def shown_to_me(scope: Scope) -> dict[int, Shown]:
    """Shares that leaders showed the asking person, by week."""
    found: dict[int, Shown] = {}
    for row in TimeShare.objects.filter(director_id=scope.person_id).order_by("week_id", "id"):
        shown = found.setdefault(row.week_id, Shown(row.week_id, []))
        shown.rows.append((str(Category(row.category).label), row.own_minutes, row.shadow_minutes))
    return found


def is_shared(scope: Scope, found: ShadowWeek) -> bool:
    """Whether the leader shows this week's shares to their director."""
    return TimeShare.objects.filter(week=found, leader_id=scope.person_id).exists()


def director_of(scope: Scope, leader_id: int, school_id: int, on: date) -> tuple[int, str] | None:
    """Who supervises a leader at a school on a day."""
    rows = fetch(_DIRECTOR, leader=leader_id, school=school_id, on=on)
    return (rows[0][0], rows[0][1]) if rows else None


_DIRECTOR = """
SELECT s.lead_id, coalesce(p.given_name || ' ' || p.family_name, '') FROM support_support s
JOIN support_supportparticipant x ON x.support_id = s.id AND x.person_id = %(leader)s
LEFT JOIN roster_person p ON p.id = s.lead_id
WHERE s.kind = 'supervision' AND s.organization_id = %(school)s AND s.begins <= %(on)s AND (s.ends IS NULL OR s.ends >= %(on)s)
ORDER BY s.begins DESC LIMIT 1
"""


# Over the network ---------------------------------------------------------------------------------------------------


def aggregates(scope: Scope, network_id: int) -> list[TimeAggregate]:
    """Closed months of a network, the latest first: what may be told of all its principals together."""
    return list(TimeAggregate.objects.filter(network_id=network_id).order_by("-begins", "id"))


def of_leaders(leader_ids: Sequence[int], begins: date, ends: date) -> dict[int, TimeUse]:
    """Each leader's time between two days, for the worker, who alone may read everybody's."""
    rule = time_rule()
    values: dict[str, Any] = {
        "leaders": list(leader_ids), "since": _moment(begins), "until": _moment(ends + timedelta(days=1)),
    }  # fmt: skip
    layers: dict[int, list[list[Block]]] = {pk: [[], [], [], []] for pk in leader_ids}
    for leader, at, minutes, category in fetch(_TYPED_OF_ALL, **values):
        layers[leader][0].append(_block(at, minutes, category, begins))
    for n, rows in ((1, hours.spent), (3, _unlogged)):
        for row in rows(list(leader_ids), values["since"], values["until"]):
            if _category(row, rule):
                layers[row.person_id][n].append(_of_contact(row, rule, begins))
    for leader, at in fetch(_LINES_OF_ALL, **values):
        layers[leader][2].append(_block(at, rule.minutes_a_line, Category.OPERATIONS, begins))
    length = ((ends - begins).days + 1) * 1440
    return {leader: time_use(found, length=length) for leader, found in layers.items()}


_TYPED_OF_ALL = """
SELECT leader_id, began_at, minutes, category FROM operations_timeblock
WHERE leader_id = ANY (%(leaders)s) AND recorder_id = leader_id AND began_at >= %(since)s AND began_at < %(until)s
ORDER BY began_at, id
"""
_LINES_OF_ALL = """
SELECT author_id, at FROM operations_requestline
WHERE author_id = ANY (%(leaders)s) AND at >= %(since)s AND at < %(until)s ORDER BY at, id
"""
