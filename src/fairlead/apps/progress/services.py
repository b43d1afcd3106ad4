"""Counting the indicators anew, and publishing a month's tables once."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

import numpy as np
from django.db import transaction

from fairlead.apps.access.scope import Scope
from fairlead.apps.facts.once import read_once
from fairlead.apps.facts.selectors import BY_GROUP, GROUPS, MEASURES, GroupCount, Period, Question
from fairlead.apps.progress.definitions import Indicator, expectations, indicators
from fairlead.apps.progress.models import GroupReading, PublishedCell, PublishedTable, Reading, WithheldTable
from fairlead.apps.progress.sanity import unsound
from fairlead.apps.roster import selectors as roster
from fairlead.science.disclosure import Group, Lattice, Release, Rule, State, protect

log = logging.getLogger(__name__)
FEWEST_DAYS = 10  # a month with fewer school days is no period to compare


class NotPublished(Exception):
    """A month's tables cannot be published: what was asked, and why not."""


def refresh(network_id: int, at: datetime, publishing: Collection[date] = ()) -> int:
    """Count every indicator at every school for every week of the session, up to the last closed day before `at`.

    `publishing`: closed months of the session whose tables are published from the same reading of its days.
    """
    question = _weeks(network_id, at.date())
    if question is None:
        return 0
    scope = _everything(network_id)
    months = [_closed(network_id, month, at) for month in publishing]
    with read_once(scope, question):
        counted = _refresh(scope, question, at)
        for month in months:
            _publish(network_id, scope, month, at)
    return counted


def _refresh(scope: Scope, question: Question, at: datetime) -> int:
    readings = [
        Reading(
            organization_id=count.organization_id,
            indicator=indicator.key,
            definition=indicator.version,
            begins=count.period.begins,
            ends=count.period.ends,
            n=count.n,
            numerator=count.numerator,
            denominator=count.denominator,
            observed=count.observed,
            expected=count.expected,
            rows=count.rows,
            counted_at=at,
        )
        for indicator in indicators().values()
        for count in MEASURES[indicator.measure](scope, question)
    ]
    with transaction.atomic():
        Reading.objects.filter(organization_id__in=question.organization_ids, begins__gte=question.since).delete()
        Reading.objects.bulk_create(readings, batch_size=2000)
    return len(readings)


def publish(network_id: int, month: date, at: datetime) -> list[PublishedTable]:
    """Publish the tables of one closed month, for good: what is withheld is decided once, over the whole lattice."""
    question = _closed(network_id, month, at)
    scope = _everything(network_id)
    with read_once(scope, question):
        return _publish(network_id, scope, question, at)


def _closed(network_id: int, month: date, at: datetime) -> Question:
    """The month as a question about every school; one that cannot be published is refused."""
    begins = month.replace(day=1)
    ends = (begins + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    if ends >= at.date():
        raise NotPublished(f"{begins:%Y-%m} is not over on {at.date()}; tables are published of closed months")
    if PublishedTable.objects.filter(network_id=network_id, begins=begins).exists():
        raise NotPublished(f"{begins:%Y-%m} has been published; a second version would show what the first withheld")
    session = roster.session_on(network_id, ends)
    if session is None or session.begins > ends:
        raise NotPublished(f"no academic session of the network holds {ends}")
    if len(roster.school_days(network_id, max(begins, session.begins), ends)) < FEWEST_DAYS:
        raise NotPublished(f"{begins:%Y-%m} had fewer than {FEWEST_DAYS} school days")
    schools = tuple(sorted(_everything(network_id).org_ids - {network_id}))
    return Question(schools, (Period(max(begins, session.begins), ends, "month"),), session.begins)


def _publish(network_id: int, scope: Scope, question: Question, at: datetime) -> list[PublishedTable]:
    begins = question.ends.replace(day=1)
    wanted = [
        indicator
        for indicator in indicators().values()
        if indicator.publish != "no" or any(indicator.key in (e.first, e.second) for e in expectations())
    ]
    found, values = {}, {}
    for indicator in wanted:
        found[indicator.key], values[indicator.key] = _found(indicator, scope, question)
    broken = unsound(values)
    for key, (flag, _other) in broken.items():
        log.warning("%s: %s is not published. %s (%s)", f"{begins:%Y-%m}", key, flag.says, flag.evidence)
    published = []
    with transaction.atomic():
        WithheldTable.objects.filter(network_id=network_id, begins=begins).delete()
        WithheldTable.objects.bulk_create(
            WithheldTable(
                network_id=network_id, indicator=key, definition=indicators()[key].version, begins=begins,
                decided_at=at, kind=flag.kind, found=dict(flag.found) | ({"other": other} if other else {}),
            )
            for key, (flag, other) in broken.items() if indicators()[key].publish != "no"
        )  # fmt: skip
        for indicator in indicators().values():
            if indicator.publish != "no" and indicator.key not in broken:
                table = _publish_one(indicator, network_id, found[indicator.key], question, begins, at)
                if table is not None:
                    published.append(table)
    return published


def _found(indicator: Indicator, scope: Scope, question: Question) -> tuple[list[GroupCount], dict[int, float]]:
    """What there is to publish of an indicator, and its value at each school, for the checks before publication."""
    if indicator.publish == "groups":
        groups = BY_GROUP[indicator.measure](scope, question)
        return groups, {c.organization_id: c.numerator / c.n for c in groups if c.group == "all" and c.n}
    counts = MEASURES[indicator.measure](scope, question)
    return [
        GroupCount(c.organization_id, "all", "all", c.n, int(c.numerator), c.observed, c.expected) for c in counts
    ], {c.organization_id: c.numerator / c.denominator for c in counts if c.denominator}


def _publish_one(
    indicator: Indicator, network_id: int, found: list[GroupCount], question: Question, begins: date, at: datetime
) -> PublishedTable | None:
    groups: tuple[Group, ...] = ()
    if indicator.publish == "groups":
        groups = tuple(Group(name, categories) for name, categories in GROUPS.items())
    everybody = [count for count in found if count.group == "all"]
    if not any(count.n for count in everybody):
        return None
    true = _lattice(network_id, question.organization_ids, groups, found)
    rule = Rule(min_n=indicator.min_n)
    expected = sum(count.expected for count in everybody)
    table = PublishedTable.objects.create(
        network_id=network_id,
        indicator=indicator.key,
        definition=indicator.version,
        begins=begins,
        ends=question.ends,
        published_at=at,
        min_n=rule.min_n,
        rule=rule.source,
        coverage=sum(count.observed for count in everybody) / expected
        if indicator.min_coverage and expected
        else None,
    )
    release = protect(true, rule)
    PublishedCell.objects.bulk_create(_cells(table, release), batch_size=2000)
    GroupReading.objects.bulk_create(_readings(table, true), batch_size=2000)
    return table


def _lattice(
    network_id: int, schools: tuple[int, ...], groups: tuple[Group, ...], found: list[GroupCount]
) -> Lattice:
    """The network over its schools; categories that nobody is in anywhere are left out."""
    used = {(count.group, count.category) for count in found if count.n}
    groups = tuple(
        Group(group.name, tuple(c for c in group.categories if (group.name, c) in used)) for group in groups
    )
    columns = {("all", "all"): 0}
    for group in groups:
        for category in group.categories:
            columns[group.name, category] = len(columns)
    row = {organization: i for i, organization in enumerate((network_id, *schools))}
    n = np.zeros((len(row), len(columns)), dtype=np.int64)
    numerator = np.zeros_like(n)
    for count in found:
        if count.n:
            at = row[count.organization_id], columns[count.group, count.category]
            n[at], numerator[at] = count.n, count.numerator
    names = [str(organization) for organization in row]
    return Lattice.build(names, [-1, *[0] * len(schools)], groups, n, numerator)


def _cells(table: PublishedTable, release: Release) -> Iterator[PublishedCell]:
    columns = Lattice(release.organizations, release.parent, release.groups, release.n, release.numerator).columns
    for i, organization in enumerate(release.organizations):
        for j, (group, category) in enumerate(columns):
            state = release.state_of(i, j)
            told = release.interval(i, j)
            yield PublishedCell(
                table=table,
                organization_id=int(organization),
                group=group,
                category=category,
                state=state.value,
                n=None if state in (State.PRIMARY, State.COMPLEMENTARY) else int(release.n[i, j]),
                numerator=int(release.numerator[i, j]) if state is State.SHOWN else None,
                low=told[0] if told else None,
                high=told[1] if told else None,
            )


def _readings(table: PublishedTable, true: Lattice) -> Iterator[GroupReading]:
    for i, organization in enumerate(true.organizations):
        for j, (group, category) in enumerate(true.columns):
            yield GroupReading(
                table=table,
                organization_id=int(organization),
                group=group,
                category=category,
                n=int(true.n[i, j]),
                numerator=int(true.numerator[i, j]),
            )


def _weeks(network_id: int, today: date) -> Question | None:
    """The session's weeks up to the last school day before today."""
    session = roster.session_on(network_id, today)
    if session is None:
        return None
    days = [day for day in roster.school_days(network_id, session.begins, today) if day < today]
    if not days:
        return None
    periods = []
    monday = session.begins - timedelta(days=session.begins.weekday())
    while monday <= days[-1]:
        sunday = monday + timedelta(days=6)
        if any(monday <= day <= sunday for day in days):
            periods.append(Period(max(monday, session.begins), min(sunday, days[-1]), "week"))
        monday += timedelta(days=7)
    return Question(tuple(sorted(_everything(network_id).org_ids - {network_id})), tuple(periods), session.begins)


def _everything(network_id: int) -> Scope:
    """The scope of the night's work: no person, every school of the network."""
    below = frozenset(roster.organizations_below(network_id))
    return Scope(0, "", (), below, below)
