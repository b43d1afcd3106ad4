"""Times, service levels kept and hours returned, by kind of request: of what the asking person may read, never by person.

A request that the school did itself before anybody else was done is no time of the network's: it counts as open for as
long as it was. A level is *decided* once it was kept or its day has passed; the others are not counted either way, and
the page says how many were decided.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from fairlead.apps.access import rls
from fairlead.apps.access.asking import fetch
from fairlead.apps.access.scope import Scope
from fairlead.apps.operations.models import OPEN
from fairlead.apps.operations.rules import kind_label
from fairlead.science.measurement.waiting import TimeUntil, time_until

DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Row:
    """What is counted of one request."""

    organization_id: int
    school: str
    kind: str
    state: str
    asked_at: datetime
    answered_at: datetime | None
    solved_at: datetime | None
    answer_due: date
    solve_due: date
    by_school: bool
    hours: Decimal
    hours_low: Decimal
    hours_high: Decimal
    hours_said: Decimal | None

    @property
    def returned(self) -> bool:
        """Whether somebody else did it."""
        return self.state not in OPEN and not self.by_school


def rows(scope: Scope, school_ids: Collection[int], since: date) -> list[Row]:
    """Requests of these schools since a day, by the wall of their purpose."""
    asked = {"person": scope.person_id, "dose": rls.pairs(scope, "dose"), "schools": list(school_ids), "since": since}
    return [Row(*row) for row in fetch(_ROWS, **asked)]


_ROWS = """
SELECT r.organization_id, o.name, r.kind, r.state, r.asked_at, r.answered_at, r.solved_at, r.answer_due, r.solve_due, r.by_school,
       r.hours, r.hours_low, r.hours_high, r.hours_said
FROM operations_request r JOIN roster_organization o ON o.id = r.organization_id
WHERE r.organization_id = ANY (%(schools)s) AND r.asked_at >= %(since)s::date
  AND (r.asker_id = %(person)s OR r.owner_id = %(person)s OR %(dose)s::jsonb ? (r.purpose || '@' || r.organization_id))
ORDER BY o.name, r.asked_at, r.id
"""


@dataclass(slots=True)
class Kept:
    """How often a level was kept, of how often it was decided, of all that were asked."""

    kept: int = 0
    decided: int = 0
    asked: int = 0

    @property
    def undecided(self) -> int:
        return self.asked - self.decided

    @property
    def share(self) -> float | None:
        return self.kept / self.decided if self.decided else None


@dataclass(slots=True)
class Returned:
    """A leader's hours that somebody else's work returned: by the principal's own numbers, the rest by estimate."""

    requests: int = 0
    said: int = 0  # of which the principal gave a number
    likely: float = 0.0
    low: float = 0.0
    high: float = 0.0

    def add(self, row: Row) -> None:
        own = row.hours_said
        self.requests += 1
        self.said += own is not None
        self.likely += float(row.hours if own is None else own)
        self.low += float(row.hours_low if own is None else own)
        self.high += float(row.hours_high if own is None else own)


@dataclass(frozen=True, slots=True)
class Counted:
    """One kind of request, or one school, or all of them."""

    key: str
    label: str
    asked: int
    open: int
    by_school: int
    answer: TimeUntil  # days
    solve: TimeUntil
    answer_kept: Kept
    solve_kept: Kept
    returned: Returned


@dataclass(slots=True)
class _Heap:
    waited: dict[str, list[tuple[float, bool]]] = field(default_factory=lambda: {"answer": [], "solve": []})
    kept: dict[str, Kept] = field(default_factory=lambda: {"answer": Kept(), "solve": Kept()})
    returned: Returned = field(default_factory=Returned)
    asked: int = 0
    open: int = 0
    by_school: int = 0


def by_kind(found: Iterable[Row], now: datetime) -> list[Counted]:
    """By kind, in the alphabet of the reader's language."""
    heaps = _heaps(((row.kind, row) for row in found), now)
    return sorted((_counted(key, kind_label(key), heap) for key, heap in heaps.items()), key=lambda c: c.label)


def by_school(found: Iterable[Row], now: datetime) -> list[Counted]:
    """By school, by name: never ranked."""
    rows = list(found)
    names = {str(row.organization_id): row.school for row in rows}
    heaps = _heaps(((str(row.organization_id), row) for row in rows), now)
    return [_counted(key, name, heaps[key]) for key, name in sorted(names.items(), key=lambda pair: pair[1])]


def all_together(found: Iterable[Row], now: datetime) -> Counted:
    """All of them."""
    return _counted("", "", _heaps((("", row) for row in found), now)[""])


def _heaps(found: Iterable[tuple[str, Row]], now: datetime) -> dict[str, _Heap]:
    heaps: dict[str, _Heap] = defaultdict(_Heap)
    today = timezone.localdate(now)
    for key, row in found:
        heap = heaps[key]
        heap.asked += 1
        heap.open += row.state in OPEN
        heap.by_school += row.by_school
        if row.returned:
            heap.returned.add(row)
        gone = row.solved_at if row.by_school else None  # from then on nobody waited
        for name, at, due in (
            ("answer", row.answered_at, row.answer_due),
            ("solve", None if row.by_school else row.solved_at, row.solve_due),
        ):
            heap.waited[name].append(
                (max(0.0, ((at or gone or now) - row.asked_at).total_seconds() / DAY), at is not None)
            )
            kept = heap.kept[name]
            kept.asked += 1
            over = timezone.localdate(at or gone) if at or gone else today
            if at is not None and over <= due:
                kept.kept += 1
                kept.decided += 1
            elif over > due:
                kept.decided += 1
    return heaps


def _counted(key: str, label: str, heap: _Heap) -> Counted:
    times = {name: time_until([w for w, _h in rows], [h for _w, h in rows]) for name, rows in heap.waited.items()}
    return Counted(
        key, label, heap.asked, heap.open, heap.by_school, times["answer"], times["solve"], heap.kept["answer"],
        heap.kept["solve"], heap.returned,
    )  # fmt: skip
