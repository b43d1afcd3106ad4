"""How closed appraisals were rated, by supervisor and by need of the school, each share with what chance could make of it.

It ranks nobody: groups stand in order of name, a group of fewer than `LEAST` appraisals is withheld with whatever would
give it away, and each share carries Wilson's interval, which keeps its level for groups as small as these
(`science.proportion`). The unit is one principal's year: the ratings on the standards of one appraisal are written by one
hand on one day, so they are not counted as if each were evidence of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fairlead.apps.access.asking import fetch
from fairlead.apps.access.rls import pairs
from fairlead.apps.access.scope import Scope
from fairlead.apps.supervision import template
from fairlead.science.disclosure import Lattice, Rule, State, protect
from fairlead.science.proportion import Share, wilson

LEAST = 5
# Who reads the page may read each appraisal: sizes are protected, for what is printed and passed on; no share is coded.
RULE = Rule(
    min_n=LEAST, width=LEAST - 2, rate_width=LEAST - 3, bands=(), source="the least group of Fairlead's surveys"
)
NO_TIER = ""


@dataclass(frozen=True, slots=True)
class Rated:
    """One closed appraisal: whose, where, and on how many standards each level was given."""

    supervisor_id: int
    supervisor: str
    organization_id: int
    year: str
    template: str
    levels: Mapping[str, int]

    @property
    def asks_for_support(self) -> bool:
        """The lowest level on at least one standard."""
        return self.levels.get(next(iter(template.packs()[self.template].levels)), 0) > 0

    @property
    def mostly_high(self) -> bool:
        """The highest level on more than half of the standards."""
        highest = list(template.packs()[self.template].levels)[-1]
        return 2 * self.levels.get(highest, 0) > sum(self.levels.values())


@dataclass(frozen=True, slots=True)
class Row:
    """A group's appraisals; a withheld number is None, and where nobody was appraised there is no share."""

    name: str
    whole: bool
    n: int | None
    support: Share | None
    high: Share | None


@dataclass(frozen=True, slots=True)
class Distribution:
    """The two tables. They share their first row, and no table by both at once is published."""

    years: tuple[str, ...]
    n: int
    by_supervisor: tuple[Row, ...]
    by_tier: tuple[Row, ...]
    standards: tuple[tuple[str, tuple[Share, ...]], ...]  # of the whole network, by level; empty when it is too small

    @property
    def told(self) -> int | None:
        """How many in all; None where a table withholds it, or the size of a withheld group would follow from it."""
        return self.n if all(rows[0].n is not None for rows in (self.by_supervisor, self.by_tier) if rows) else None


_RATED = """
SELECT t.author_id, p.given_name || ' ' || p.family_name, p.sort_name, t.organization_id, t.year, t.template,
       array_agg(r.standard ORDER BY r.id), array_agg(r.level ORDER BY r.id)
FROM supervision_appraisal t
JOIN supervision_reason r ON r.appraisal_id = t.id
JOIN roster_person p ON p.id = t.author_id
WHERE t.stage = 'closed' AND %(notes)s::jsonb ? (t.purpose || '@' || t.organization_id)
GROUP BY 1, 2, 3, 4, 5, 6, t.id ORDER BY 3, 1, t.id
"""


def distribution(scope: Scope, tiers: Sequence[tuple[str, str]], tier_of: Mapping[int, str]) -> Distribution:
    """The closed appraisals that the asking person reads by ground; `tiers` are (key, name) in order, `tier_of` by school."""
    found: list[Rated] = []
    given: dict[str, dict[str, int]] = {}
    for author, name, _sort, org, year, pack, standards, levels in fetch(_RATED, notes=pairs(scope, "notes")):
        counts: dict[str, int] = {}
        for standard, level in zip(standards, levels, strict=True):
            counts[level] = counts.get(level, 0) + 1
            at = given.setdefault(standard, {})
            at[level] = at.get(level, 0) + 1
        found.append(Rated(author, name, org, year, pack, counts))
    supervisors = list({r.supervisor_id: r.supervisor for r in found}.items())
    keys = [key for key, _name in tiers]
    placed = [
        keys.index(tier_of[r.organization_id]) if tier_of.get(r.organization_id) in keys else len(keys) for r in found
    ]
    named = [name for _key, name in tiers] + ([NO_TIER] if len(keys) in placed else [])
    index = {pk: i for i, (pk, _name) in enumerate(supervisors)}
    return Distribution(
        years=tuple(sorted({r.year for r in found})),
        n=len(found),
        by_supervisor=table(found, [index[r.supervisor_id] for r in found], [name for _pk, name in supervisors]),
        by_tier=table(found, placed, named),
        standards=_standards(given) if len(found) >= LEAST else (),
    )


def table(found: Sequence[Rated], group: Sequence[int], names: Sequence[str]) -> tuple[Row, ...]:
    """The whole and each group, protected together: what is withheld cannot be had by subtracting."""
    if not found:
        return ()
    size = len(names) + 1
    n, support, high = (np.zeros((size, 1), dtype=np.int64) for _ in range(3))
    for rated, at in zip(found, group, strict=True):
        n[at + 1] += 1
        support[at + 1] += rated.asks_for_support
        high[at + 1] += rated.mostly_high
    keys, parent = ["all", *map(str, range(len(names)))], [-1] + [0] * len(names)
    shown = []
    for counted in (support, high):
        release = protect(Lattice.build(keys, parent, (), n, counted), RULE)
        shown.append(
            [
                _cell(release.state_of(row, 0), int(release.n[row, 0]), int(release.numerator[row, 0]))
                for row in range(size)
            ]
        )
    rows = []
    for row, name in enumerate(("", *names)):
        (size_a, support_share), (size_b, high_share) = shown[0][row], shown[1][row]
        both = size_a if size_a == size_b else None  # a size that one of the tables withholds is withheld
        rows.append(Row(name, row == 0, both, support_share if both else None, high_share if both else None))
    return tuple(rows)


def _cell(state: State, n: int, counted: int) -> tuple[int | None, Share | None]:
    if state in (State.PRIMARY, State.COMPLEMENTARY):
        return None, None
    return n, wilson(counted, n) if n and state is State.SHOWN else None


def _standards(given: Mapping[str, Mapping[str, int]]) -> tuple[tuple[str, tuple[Share, ...]], ...]:
    levels = list(list(template.packs().values())[-1].levels)
    return tuple(
        (standard, tuple(wilson(at.get(level, 0), sum(at.values())) for level in levels))
        for standard, at in given.items()
    )
