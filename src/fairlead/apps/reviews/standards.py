"""Frameworks of standards in 1EdTech's CASE v1p0 (a CFPackage as JSON): read with every fault named, kept, searched.

The format: CFDocument, CFItems, CFAssociations; https://www.imsglobal.org/spec/CASE/v1p0. Loading the same package again
changes nothing; loading a newer one brings standards to its words, adds what is new and takes out what it no longer has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from fairlead.apps.reviews.models import Association, Framework, Standard

MOST_FAULTS = 20
PRECEDES, CHILD = "precedes", "isChildOf"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing in a package that cannot be taken: where, what was there, what is allowed."""

    where: str
    got: str
    allowed: str


class NotCase(ValueError):
    """A file that is no CASE package. `faults` says where."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(f"{f.where}: {f.allowed}, not {f.got}" for f in faults[:MOST_FAULTS]))


@dataclass(frozen=True, slots=True)
class Package:
    """A package, read: rows as the tables hold them, and how many associations lead out of it."""

    framework: dict[str, Any]
    standards: tuple[dict[str, Any], ...]
    associations: tuple[tuple[UUID, str, UUID, UUID], ...]
    outside: int  # associations with the document itself or with standards of another framework: not kept


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a package changed."""

    framework: str
    new: int
    changed: int
    same: int
    removed: int
    associations: int
    outside: int


class _Reader:
    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def blame(self, where: str, got: Any, allowed: str) -> None:
        self.faults.append(Fault(where, repr(got)[:60], allowed))

    def identifier(self, row: Mapping[str, Any], where: str) -> UUID | None:
        got = row.get("identifier")
        try:
            return UUID(got if isinstance(got, str) else "")
        except ValueError:
            self.blame(f"{where}.identifier", got, "a UUID")
            return None

    def node(self, row: Mapping[str, Any], name: str, where: str) -> UUID | None:
        got = row.get(name)
        if isinstance(got, dict):
            return self.identifier(got, f"{where}.{name}")
        self.blame(f"{where}.{name}", got, "an object with an identifier")
        return None

    def words(self, row: Mapping[str, Any], name: str, where: str, most: int, *, needed: bool = False) -> str:
        got = row.get(name, "")
        if not isinstance(got, str) or len(got) > most or (needed and not got.strip()):
            self.blame(f"{where}.{name}", got, f"words of at most {most} characters")
            return ""
        return got.strip()

    def rows(self, raw: Mapping[str, Any], name: str) -> list[tuple[str, Mapping[str, Any]]]:
        got = raw.get(name)
        if not isinstance(got, list):
            self.blame(name, got, "a list")
            return []
        kept: list[tuple[str, Mapping[str, Any]]] = []
        for n, row in enumerate(got):
            if isinstance(row, dict):
                kept.append((f"{name}[{n}]", row))
            else:
                self.blame(f"{name}[{n}]", row, "an object")
        return kept


def read(raw: Any) -> Package:
    """A package from parsed JSON; every fault at once.

    >>> read([])
    Traceback (most recent call last):
    ...
    fairlead.apps.reviews.standards.NotCase: the file: an object with CFDocument, CFItems and CFAssociations, not []
    """
    if not isinstance(raw, dict) or not isinstance(raw.get("CFDocument"), dict):
        got = sorted(raw)[:8] if isinstance(raw, dict) else raw
        raise NotCase([Fault("the file", repr(got)[:60], "an object with CFDocument, CFItems and CFAssociations")])
    reader = _Reader()
    document = raw["CFDocument"]
    framework = {
        "identifier": reader.identifier(document, "CFDocument"),
        "title": reader.words(document, "title", "CFDocument", 300, needed=True),
        "creator": reader.words(document, "creator", "CFDocument", 300),
        "uri": reader.words(document, "uri", "CFDocument", 500),
        "status": reader.words(document, "adoptionStatus", "CFDocument", 40),
        "language": reader.words(document, "language", "CFDocument", 10),
    }
    standards: dict[UUID, dict[str, Any]] = {}
    for position, (where, row) in enumerate(reader.rows(raw, "CFItems")):
        identifier = reader.identifier(row, where)
        grades = row.get("educationLevel") or []
        if not isinstance(grades, list) or not all(isinstance(g, str) and len(g) <= 10 for g in grades):
            reader.blame(f"{where}.educationLevel", grades, 'a list of grades, such as ["03"]')
            grades = []
        values = {
            "code": reader.words(row, "humanCodingScheme", where, 80),
            "statement": reader.words(row, "fullStatement", where, 20_000, needed=True),
            "kind": reader.words(row, "CFItemType", where, 60),
            "grades": grades,
            "position": position,
        }
        if identifier in standards:
            reader.blame(f"{where}.identifier", str(identifier), "an identifier that no other item has")
        elif identifier is not None:
            standards[identifier] = values
    associations, outside, seen = [], 0, set()
    for where, row in reader.rows(raw, "CFAssociations"):
        identifier = reader.identifier(row, where)
        kind = reader.words(row, "associationType", where, 40, needed=True)
        origin, destination = (reader.node(row, name, where) for name in ("originNodeURI", "destinationNodeURI"))
        if identifier in seen:
            reader.blame(f"{where}.identifier", str(identifier), "an identifier that no other association has")
        seen.add(identifier)
        if identifier is None or origin is None or destination is None:
            continue
        if origin in standards and destination in standards:
            associations.append((identifier, kind, origin, destination))
        else:
            outside += 1
    if reader.faults:
        raise NotCase(reader.faults)
    rows = tuple({"identifier": pk, **values} for pk, values in standards.items())
    return Package(framework, rows, tuple(associations), outside)


@transaction.atomic
def load(package: Package) -> Loaded:
    """Keep a package; the same again changes nothing. Works as the owner: standards belong to everybody."""
    values = dict(package.framework)
    framework, _made = Framework.objects.update_or_create(identifier=values.pop("identifier"), defaults=values)
    known = {s.identifier: s for s in Standard.objects.filter(framework=framework)}
    wanted = {row["identifier"]: row for row in package.standards}
    new = [Standard(framework=framework, **row) for pk, row in wanted.items() if pk not in known]
    changed = []
    for pk, row in wanted.items():
        held = known.get(pk)
        if held is not None and any(getattr(held, name) != value for name, value in row.items()):
            for name, value in row.items():
                setattr(held, name, value)
            changed.append(held)
    gone = [s.pk for pk, s in known.items() if pk not in wanted]
    Standard.objects.bulk_create(new)
    Standard.objects.bulk_update(changed, ["code", "statement", "kind", "grades", "position"])
    Standard.objects.filter(pk__in=gone).delete()
    by_identifier = dict(Standard.objects.filter(framework=framework).values_list("identifier", "pk"))
    ties = {pk: (kind, by_identifier[one], by_identifier[two]) for pk, kind, one, two in package.associations}
    held_ties = {
        a.identifier: (a.kind, a.origin_id, a.destination_id) for a in Association.objects.filter(framework=framework)
    }
    stale = [pk for pk, tie in held_ties.items() if ties.get(pk) != tie]
    Association.objects.filter(framework=framework, identifier__in=stale).delete()
    Association.objects.bulk_create(
        Association(framework=framework, identifier=pk, kind=kind, origin_id=one, destination_id=two)
        for pk, (kind, one, two) in ties.items()
        if held_ties.get(pk) != (kind, one, two)
    )
    return Loaded(
        framework.title,
        len(new),
        len(changed),
        len(wanted) - len(new) - len(changed),
        len(gone),
        len(ties),
        package.outside,
    )


def frameworks() -> QuerySet[Framework]:
    """What has been loaded, by title."""
    return Framework.objects.order_by("title", "pk")


def search(
    query: str, *, framework_id: int | None = None, grade: int | None = None, most: int = 20
) -> list[Standard]:
    """Standards by code or words: every word must be there. The exact code first, then codes that begin so, then words."""
    words = query.split()
    if not words:
        return []
    rows = Standard.objects.select_related("framework")
    if framework_id is not None:
        rows = rows.filter(framework_id=framework_id)
    if grade is not None:
        rows = rows.filter(grades__contains=[grade_code(grade)])
    for word in words:
        rows = rows.filter(Q(code__icontains=word) | Q(statement__icontains=word))
    closeness = Case(
        When(code__iexact=query.strip(), then=Value(0)),
        When(code__istartswith=query.strip(), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return list(rows.order_by(closeness, "framework_id", "position")[:most])


def by_code(codes: Iterable[str]) -> dict[str, Standard]:
    """The standards that have these codes in what was loaded; where several frameworks know a code, the first one's."""
    wanted = list(codes)
    found: dict[str, Standard] = {}
    for one in Standard.objects.filter(code__in=wanted).order_by("framework_id", "position") if wanted else ():
        found.setdefault(one.code, one)
    return found


def grade_code(grade: int) -> str:
    """A grade as CASE says it (CEDS): 0 is KG."""
    return "KG" if grade == 0 else f"{grade:02d}"


def standard(standard_id: int) -> Standard | None:
    """One standard."""
    return Standard.objects.select_related("framework").filter(pk=standard_id).first()


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What comes before a standard, what after it, what it is part of, its parts."""

    before: list[Standard]
    after: list[Standard]
    whole: list[Standard]
    parts: list[Standard]


def neighbours(standard_id: int) -> Neighbours:
    """A standard among the others: prerequisites first."""
    rows = Association.objects.filter(kind__in=[PRECEDES, CHILD]).select_related("origin", "destination")
    found = list(
        rows.filter(Q(origin_id=standard_id) | Q(destination_id=standard_id)).order_by("origin__position", "pk")
    )

    def ends(kind: str, *, here_is_origin: bool) -> list[Standard]:
        near = [a.destination if here_is_origin else a.origin for a in found if a.kind == kind
                and (a.origin_id if here_is_origin else a.destination_id) == standard_id]  # fmt: skip
        return sorted(near, key=lambda s: s.position)

    return Neighbours(
        ends(PRECEDES, here_is_origin=False), ends(PRECEDES, here_is_origin=True),
        ends(CHILD, here_is_origin=True), ends(CHILD, here_is_origin=False),
    )  # fmt: skip
