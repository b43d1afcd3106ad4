"""What stands for the levels of a programme, read once for all that the page makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.apps.access.scope import Scope
from fairlead.apps.growth import selectors as growth
from fairlead.apps.growth.models import Comparison
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import Version
from fairlead.apps.learning import selectors
from fairlead.apps.learning.models import Counted, Measured
from fairlead.desks.growth import shown as grown


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison that is worked out, with its stored numbers."""

    known: Comparison
    lines: tuple[growth.Line, ...]
    measures: tuple[grown.Measure, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Ties with what the worker counted, what other apps have published of them, and whose schools an indicator is of."""

    ties: tuple[Measured, ...]
    compared: Mapping[int, Compared]  # by tie
    visits: Mapping[int, tuple[Version, Counted | None]]  # by tie
    schools: frozenset[int]


def standing(scope: Scope, programme_id: int) -> Standing:
    """All of it, as far as the person may read it."""
    ties = selectors.measured(scope, programme_id)
    counted = {int(c.reference): c for c in selectors.counted(scope, programme_id) if c.what == Counted.What.PRACTICE}
    visited = [tie for tie in ties if tie.source == Measured.Source.VISITS]
    versions = instruments.versions([int(tie.reference) for tie in visited]) if visited else {}
    compared = {}
    for tie in ties:
        known = growth.comparison(scope, int(tie.reference)) if tie.source == Measured.Source.GROWTH else None
        if known is not None and known.state == Comparison.State.DONE:
            lines = growth.told(scope, known)
            compared[tie.pk] = Compared(known, tuple(lines), tuple(grown.measures(known, lines)))
    indicators = any(tie.source == Measured.Source.INDICATOR for tie in ties)
    return Standing(
        tuple(ties),
        compared,
        {tie.pk: (versions[int(tie.reference)], counted.get(tie.pk)) for tie in visited},
        frozenset(selectors.schools_of(scope, programme_id)) if indicators else frozenset(),
    )
