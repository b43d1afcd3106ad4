"""The shelf of instruments, for those who build: what there is, in which versions. A catalogue, with no person in it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments.models import Instrument, Version


def visible(scope: Scope) -> QuerySet[Instrument]:
    """What Fairlead brought along, and what belongs to the person's organizations or one above them."""
    return Instrument.objects.filter(Q(organization=None) | Q(organization_id__in=scope.up_org_ids))


def instrument(scope: Scope, key: str) -> Instrument | None:
    """One instrument by its key."""
    return visible(scope).select_related("organization").filter(key=key).first()


@dataclass(frozen=True, slots=True)
class InstrumentLine:
    """An instrument as one line of a list."""

    instrument: Instrument
    published: tuple[Version, ...]
    draft: Version | None
    items: int  # of the latest version


def instrument_lines(scope: Scope) -> list[InstrumentLine]:
    """All instruments that the person's network may use or build, by kind and name."""
    versions: dict[int, list[Version]] = {}
    for version in Version.objects.annotate(many=Count("items")).order_by("number"):
        versions.setdefault(version.instrument_id, []).append(version)
    lines = []
    for row in visible(scope).select_related("organization"):
        own = versions.get(row.pk, [])
        draft = next((v for v in own if v.published_at is None), None)
        many = getattr(own[-1], "many", 0) if own else 0
        lines.append(InstrumentLine(row, tuple(v for v in own if v.published_at), draft, many))
    kinds = Instrument.Kind.values
    return sorted(lines, key=lambda line: (kinds.index(line.instrument.kind), str(line.instrument)))


def versions_of(instrument_id: int) -> list[Version]:
    """An instrument's versions, latest first, each with how many items it has and how many it repeats."""
    return list(
        Version.objects.filter(instrument_id=instrument_id)
        .annotate(many=Count("items"), repeated=Count("items", filter=Q(items__same_as__isnull=False)))
        .order_by("-number")
    )


def version_of(instrument_id: int, number: int) -> Version | None:
    """One version by its number."""
    return Version.objects.filter(instrument_id=instrument_id, number=number).select_related("instrument").first()


def latest_published(instrument_id: int) -> Version | None:
    """The newest published version of an instrument."""
    rows = Version.objects.filter(instrument_id=instrument_id, published_at__isnull=False)
    return rows.select_related("instrument").order_by("-number").first()
