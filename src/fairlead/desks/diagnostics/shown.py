"""What the page of a diagnosis shows: each continuum with where the school was and is, how far apart people were, on what
it rests and what was promised."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead.apps.access.scope import Scope
from fairlead.apps.diagnostics import change, distance, selectors
from fairlead.apps.diagnostics.models import Diagnosis
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import Domain, Item, Version


@dataclass(frozen=True, slots=True)
class Rung:
    """One level of a continuum with who stands on it."""

    number: int
    name: str
    anchor: str
    alone: int
    names: list[str]
    is_now: bool
    was: bool


@dataclass(frozen=True, slots=True)
class Condition:
    """One item of a diagnosis, told."""

    item: Item
    opens_domain: bool
    rungs: list[Rung]
    unseen: int  # raters who found nothing to rate by
    apart: distance.Apart | None
    said: list[selectors.Level]  # what the levels given alone rest on, nobody's name but where agreed
    agreed: selectors.Level | None
    how: change.How | None  # on what ground last time stands beside it; None: there was no last time
    then: selectors.Level | None
    pieces: list[selectors.EvidenceLine]  # what the agreed level rests on; before, all that there is for it
    pieces_then: list[selectors.EvidenceLine]
    steps: list[selectors.Step]
    told: str = ""  # a fact that goes with the levels

    @property
    def now_name(self) -> str:
        """The agreed level's name; empty before there is one."""
        return next((rung.name for rung in self.rungs if rung.is_now), "")

    @property
    def then_name(self) -> str:
        """Last time's, where the two may be held beside each other."""
        return next((rung.name for rung in self.rungs if rung.was), "")

    @property
    def moved(self) -> int | None:
        """Levels up or down since last time; None where the two are not compared."""
        if self.agreed is None or self.then is None or self.agreed.level is None or self.then.level is None:
            return None
        return self.agreed.level - self.then.level


@dataclass(frozen=True, slots=True)
class Told:
    """A diagnosis, told."""

    found: Diagnosis
    version: Version
    conditions: list[Condition]
    facts: list[Condition]
    agreement: distance.Agreement | None
    earlier: Diagnosis | None
    earlier_version: Version | None
    refused: int  # items whose words differ from last time's
    evidence: list[selectors.EvidenceLine] = field(default_factory=list)

    @property
    def is_other_version(self) -> bool:
        return self.earlier is not None and self.earlier.version_id != self.found.version_id


def tell(scope: Scope, found: Diagnosis) -> Told:
    """All of one diagnosis that the person may see."""
    history = selectors.of_organization(scope, found.organization_id, found.instrument_id)
    past = [d for d in history if d.year < found.year and d.is_over]
    earlier = past[-1] if past else None
    both = [found, *([earlier] if earlier else [])]
    levels = selectors.levels(scope, [d.pk for d in both])
    versions = instruments.versions({d.version_id for d in both})
    items = selectors.answered_items(found.version_id)
    rated = [item for item in items if item.kind == Item.Kind.RATING]
    compared: dict[int, change.Compared] = {}
    pieces_then: list[selectors.EvidenceLine] = []
    if earlier is not None:
        other = earlier.version_id != found.version_id
        compared = change.compare(
            items,
            found.version_id,
            earlier.version_id,
            selectors.answered_items(earlier.version_id) if other else items,
            selectors.roots(found.instrument_id) if other else {},
        )
        pieces_then = selectors.evidence(scope, earlier)
    evidence = selectors.evidence(scope, found)
    steps = selectors.next_steps(scope, found)
    of_now = levels[found.pk]
    of_then = levels[earlier.pk] if earlier else {}
    conditions, domain = [], None
    for item in rated:
        beside = compared.get(item.pk)
        then_item = of_then.get(beside.then) if beside is not None and beside.then is not None else None
        conditions.append(
            _condition(
                item,
                item.domain if item.domain_id != domain else None,
                of_now.get(item.pk, selectors.OfItem()),
                beside.how if beside else None,
                then_item.agreed if then_item else None,
                evidence,
                pieces_then,
                steps.get(item.pk, []),
            )
        )
        domain = item.domain_id
    alone = {pk: [row.level for row in said.alone] for pk, said in of_now.items()}
    return Told(
        found,
        versions[found.version_id],
        conditions,
        [_fact(item, of_now.get(item.pk)) for item in items if item.kind != Item.Kind.RATING],
        distance.agreement(alone),
        earlier,
        versions[earlier.version_id] if earlier else None,
        sum(c.how == change.How.OTHER_WORDS for c in conditions),
        evidence,
    )


def _condition(
    item: Item,
    opens: Domain | None,
    said: selectors.OfItem,
    how: change.How | None,
    then: selectors.Level | None,
    evidence: list[selectors.EvidenceLine],
    evidence_then: list[selectors.EvidenceLine],
    steps: list[selectors.Step],
) -> Condition:
    now = said.agreed.level if said.agreed else None
    was = then.level if then else None
    rungs = []
    for number, name, anchor in item.levels:
        here = [row for row in said.alone if row.level == number]
        names = [row.person for row in here if row.person]
        rungs.append(Rung(number, name, anchor, len(here), names, number == now, number == was))
    rests = set(said.agreed.rests) if said.agreed else None
    rests_then = set(then.rests) if then else set()
    return Condition(
        item,
        opens is not None,
        rungs,
        sum(row.level is None for row in said.alone),
        distance.apart([row.level for row in said.alone]),
        [row for row in said.alone if row.words or row.rests],
        said.agreed,
        how,
        then,
        [e for e in evidence if (e.pk in rests if rests is not None else item.key in e.items)],
        [e for e in evidence_then if e.pk in rests_then],
        steps,
    )


def _fact(item: Item, said: selectors.OfItem | None) -> Condition:
    agreed = said.agreed if said else None
    told = ""
    if agreed is not None and agreed.number is not None:
        told = f"{agreed.number:g} {item.measured_in}".strip()
    elif agreed is not None and agreed.level is not None:
        told = next((name for n, name, _text in item.levels if n == agreed.level), "")
    return Condition(item, False, [], 0, None, [], agreed, None, None, [], [], [], told)


@dataclass(frozen=True, slots=True)
class Row:
    """How many organizations stand at each level of one item in one year."""

    item: Item
    opens_domain: bool
    levels: list[tuple[str, int]]
    unseen: int
    n: int


@dataclass(frozen=True, slots=True)
class Table:
    """One version in one year: never put together with another version."""

    version: Version
    year: str
    rows: list[Row]
    names: list[str]


def tables(scope: Scope, key: str) -> list[Table]:
    """How many schools at each level, for whoever may read the schools' own rows; by year and version."""
    counted = selectors.counts(scope, key)
    versions = instruments.versions({c.version_id for c in counted})
    items = {pk: {item.pk: item for item in selectors.rated_items(pk)} for pk in versions}
    together: dict[tuple[int, int], list[selectors.Count]] = {}
    for count in counted:
        together.setdefault((count.year, count.version_id), []).append(count)
    found = []
    for (year, version), rows in together.items():
        domain, told = None, []
        for count in rows:
            item = items[version][count.item_id]
            levels = [(name, count.levels.get(n, 0)) for n, name, _text in item.levels]
            n = sum(many for _name, many in levels) + count.unseen
            told.append(Row(item, item.domain_id != domain, levels, count.unseen, n))
            domain = item.domain_id
        found.append(Table(versions[version], selectors.school_year(year), told, [n for n, _ in told[0].levels]))
    return found
