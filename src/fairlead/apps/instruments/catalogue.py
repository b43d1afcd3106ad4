"""Between the tables and plain data: a version read as a `Form`, and a form written as a version's domains and items."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

from fairlead.apps.instruments.definition import (
    INSTRUMENT_FIELDS,
    VERSION_FIELDS,
    DomainDef,
    Form,
    ItemDef,
    Level,
    Misdefined,
    Problem,
    repeats,
)
from fairlead.apps.instruments.models import Domain, Item, Version

Models = Callable[[str, str], Any]  # `apps.get_model`, or a migration's
_ITEM = ("key", "kind", "name", "name_es", "prompt", "prompt_es", "reverse", "minimum", "maximum", "unit", "unit_es",
         "required", "may_be_unseen")  # fmt: skip
_DOMAIN = ("key", "name", "name_es", "about", "about_es")


def form_of(version: Version) -> Form:
    """A version as plain data, with its instrument."""
    items: dict[int, list[ItemDef]] = {}
    for item in Item.objects.filter(version=version).select_related("same_as__version").order_by("position"):
        items.setdefault(item.domain_id, []).append(item_def(item))
    domains = tuple(
        DomainDef(**_values(domain, _DOMAIN), items=tuple(items.get(domain.pk, ())))
        for domain in Domain.objects.filter(version=version).order_by("position")
    )
    return Form(**_values(version.instrument, INSTRUMENT_FIELDS), **_values(version, VERSION_FIELDS), domains=domains)


def item_def(item: Item) -> ItemDef:
    """An item as plain data."""
    return replace(_plain(item), same_as=item.same_as.version.number if item.same_as else None)


def _values(row: Any, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def write(models: Models, version: Any, form: Form) -> None:
    """A form's domains and items into a version that has none; what it repeats is held against the version named."""
    earlier = _earlier(models, version, form)
    position = 0
    for at, domain in enumerate(form.domains, start=1):
        kept = models("instruments", "Domain").objects.create(
            version=version, position=at, **_values(domain, _DOMAIN)
        )
        for item in domain.items:
            position += 1
            models("instruments", "Item").objects.create(
                version=version,
                domain=kept,
                position=position,
                same_as=None if item.same_as is None else earlier[item.same_as][item.key],
                **columns(item),
            )


def columns(item: ItemDef) -> dict[str, Any]:
    """An item's values as its table keeps them."""
    return {
        **_values(item, _ITEM),
        "anchors": [asdict(level) for level in item.anchors],
        "options": [{"name": level.name, "name_es": level.name_es} for level in item.options],
        "correct": list(item.correct),
    }


def _earlier(models: Models, version: Any, form: Form) -> Mapping[int, Mapping[str, Any]]:
    """The items of the versions that a form repeats, by number and key; refuses what is not there or not the same."""
    found: dict[int, dict[str, Any]] = {}
    wrong = []
    for item in form.items:
        if item.same_as is None:
            continue
        if item.same_as not in found:
            rows = models("instruments", "Item").objects.filter(
                version__instrument=version.instrument_id,
                version__number=item.same_as,
                version__published_at__isnull=False,
            )
            found[item.same_as] = {row.key: row for row in rows}
        row = found[item.same_as].get(item.key)
        if row is None or not repeats(item, _plain(row)):
            wrong.append(Problem(("item", item.key, "same_as"), f"is not the same as in version {item.same_as}"))
    if wrong:
        raise Misdefined(wrong)
    return found


def _plain(row: Any) -> ItemDef:
    """An item of any models, a migration's too, without what it repeats itself."""
    return ItemDef(
        **_values(row, _ITEM),
        anchors=tuple(Level(**level) for level in row.anchors),
        options=tuple(Level(**level) for level in row.options),
        correct=tuple(row.correct),
    )
