"""Building an instrument: drafts that change freely, and the one step after which a version is final.

What Fairlead brings along belongs to no network and is not changed here: a network that wants other words makes an
instrument of its own from it. What an item repeats of an earlier version is not typed: an item with the same key and
not one word different is an anchor, and anything else is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import policy
from fairlead.apps.instruments.catalogue import columns, form_of, item_def, write
from fairlead.apps.instruments.definition import (
    INSTRUMENT_FIELDS,
    VERSION_FIELDS,
    DomainDef,
    Form,
    ItemDef,
    Problem,
    different,
    item_problems,
    problems,
    repeats,
)
from fairlead.apps.instruments.models import Domain, Instrument, Item, Version

BUILDERS = ("network_lead", "analyst", "data_manager")


def may_build(scope: Scope, instrument: Instrument) -> bool:
    """Whether the person may change this instrument: a builder of the network that it belongs to."""
    return instrument.organization_id is not None and scope.has(*BUILDERS, organization_id=instrument.organization_id)


def builds_for(scope: Scope) -> int:
    """The organization for which the person builds; refuses who builds for none."""
    found = scope.organization_of(*BUILDERS)
    if found is None:
        raise ValidationError(_("Instruments are built by a network's lead, its analyst or its data manager."))
    return found


def _own(scope: Scope, instrument: Instrument) -> None:
    if not may_build(scope, instrument):
        raise ValidationError(
            _("This instrument is not your network's. Make one of your own from it, and change that one.")
        )


def _draft(scope: Scope, version_id: int) -> Version:
    """A draft that the person may change, for this transaction alone."""
    version = Version.objects.select_for_update(of=("self",)).select_related("instrument").get(pk=version_id)
    _own(scope, version.instrument)
    if version.published_at is not None:
        raise ValidationError(_("This version is published and final. Make the next one from it."))
    return version


# Beginning a draft -------------------------------------------------------------------------------------------------


@transaction.atomic
def create(scope: Scope, form: Form) -> Version:
    """A new instrument of the person's network with its first draft; `form` may already hold domains."""
    return _create(builds_for(scope), form)


def _create(organization_id: int, form: Form) -> Version:
    wrong = [p for p in problems(form) if p.where[1:] != ("", "domains") or form.domains]
    if wrong:
        raise refused(wrong)
    if Instrument.objects.filter(key=form.key).exists():
        raise ValidationError({"key": _("There is an instrument with this key. Choose another one.")})
    about = {name: getattr(form, name) for name in INSTRUMENT_FIELDS}
    instrument = Instrument.objects.create(**about, organization_id=organization_id)
    return _new_version(instrument, form)


def _new_version(instrument: Instrument, form: Form) -> Version:
    if Version.objects.filter(instrument=instrument, published_at=None).exists():
        raise ValidationError(_("There is a draft already. Publish it or throw it away first."))
    last = Version.objects.filter(instrument=instrument).aggregate(last=Max("number"))["last"] or 0
    values = {name: getattr(form, name) for name in VERSION_FIELDS} | {"number": last + 1}
    version = Version.objects.create(instrument=instrument, **values)
    write(apps.get_model, version, replace(form, domains=tuple(map(_without_links, form.domains))))
    _link(version)
    return version


def _without_links(domain: DomainDef) -> DomainDef:
    return replace(domain, items=tuple(replace(item, same_as=None) for item in domain.items))


@transaction.atomic
def next_draft(scope: Scope, instrument_id: int, from_number: int | None = None) -> Version:
    """The next draft of an instrument, from one of its versions or empty."""
    instrument = Instrument.objects.select_for_update().get(pk=instrument_id)
    _own(scope, instrument)
    if from_number is None:
        about = {name: getattr(instrument, name) for name in INSTRUMENT_FIELDS}
        return _new_version(instrument, Form(**about))
    source = Version.objects.select_related("instrument").get(
        instrument=instrument, number=from_number, published_at__isnull=False
    )
    return _new_version(instrument, replace(form_of(source), notes="", notes_es=""))


@transaction.atomic
def copy(scope: Scope, version: Version, *, key: str, name: str, name_es: str = "") -> Version:
    """An instrument of one's own from a version of another one: a new name, the same words, the same restrictions."""
    if refusal := policy.why_not_exported(version.instrument):
        raise ValidationError(refusal)
    form = form_of(version)
    form = replace(form, key=key, name=name, name_es=name_es, source=f"{form.name} {form.number} ({form.licence})")
    return create(scope, replace(form, number=1, notes="", notes_es=""))


@transaction.atomic
def bring(scope: Scope, form: Form) -> Version:
    """A form from a file: the next draft of one's own instrument of that key, or the first of a new one."""
    known = Instrument.objects.filter(key=form.key).first()
    if known is not None:
        _own(scope, known)
    return bring_for(builds_for(scope), form)


@transaction.atomic
def bring_for(organization_id: int, form: Form) -> Version:
    """The same for an organization, at the terminal, where the installation's owner asks."""
    known = Instrument.objects.select_for_update().filter(key=form.key).first()
    if known is None:
        return _create(organization_id, form)
    if known.organization_id is None:
        raise ValidationError(_("Fairlead brings an instrument of this key along. Give yours a key of its own."))
    if wrong := problems(replace(form, restrictions=known.restrictions)):
        raise refused(wrong)
    held = {name: getattr(known, name) for name in ("kind", "restrictions", "licence")}
    given = {name: getattr(form, name) for name in held}
    if differs := [name for name in held if held[name] != given[name]]:
        raise ValidationError(
            _("The file says another %(what)s than the instrument of this key has. Give it a key of its own.")
            % {"what": ", ".join(differs)}
        )
    return _new_version(known, form)


# Changing a draft --------------------------------------------------------------------------------------------------


@transaction.atomic
def describe(scope: Scope, instrument_id: int, values: Mapping[str, Any]) -> None:
    """Name, description, licence and restrictions of an instrument; its key and kind stay."""
    instrument = Instrument.objects.select_for_update().get(pk=instrument_id)
    _own(scope, instrument)
    before = instrument.restrictions
    for name in set(values) & (set(INSTRUMENT_FIELDS) - {"key", "kind"}):
        setattr(instrument, name, values[name])
    form = Form(**{name: getattr(instrument, name) for name in INSTRUMENT_FIELDS})
    if wrong := [p for p in problems(form) if p.where[2] != "domains"]:
        raise refused(wrong)
    weaker = policy.loosened(instrument.kind, before, instrument.restrictions)
    if weaker and Version.objects.filter(instrument=instrument, published_at__isnull=False).exists():
        kept = _("This was promised with a published version: it may become stricter and not looser.")
        raise ValidationError(dict.fromkeys(weaker, kept))
    instrument.save()


@transaction.atomic
def describe_version(scope: Scope, version_id: int, values: Mapping[str, str]) -> None:
    """What is new in a draft, and which form it is."""
    version = _draft(scope, version_id)
    for name in set(values) & (set(VERSION_FIELDS) - {"number"}):
        setattr(version, name, values[name])
    version.save()


@transaction.atomic
def save_domain(scope: Scope, version_id: int, domain: DomainDef, key: str | None = None) -> None:
    """Change the domain that has `key`, or add one at the end."""
    version = _draft(scope, version_id)
    if not domain.name.strip():
        raise ValidationError({"name": _("Give the group a name.")})
    if domain.key != key and Domain.objects.filter(version=version, key=domain.key).exists():
        raise ValidationError({"key": _("There is a group with this key.")})
    values = {name: getattr(domain, name) for name in ("key", "name", "name_es", "about", "about_es")}
    if key is not None:
        Domain.objects.filter(version=version, key=key).update(**values)
        return
    last = Domain.objects.filter(version=version).aggregate(last=Max("position"))["last"] or 0
    Domain.objects.create(version=version, position=last + 1, **values)


@transaction.atomic
def save_item(scope: Scope, version_id: int, domain_key: str, item: ItemDef, key: str | None = None) -> None:
    """Change the item that has `key`, or add one at the end of its group."""
    version = _draft(scope, version_id)
    if wrong := item_problems(item):
        raise refused(wrong)
    if item.key != key and Item.objects.filter(version=version, key=item.key).exists():
        raise ValidationError({"key": _("There is an item with this key.")})
    domain = Domain.objects.get(version=version, key=domain_key)
    if key is not None:
        Item.objects.filter(version=version, key=key).update(**columns(item), domain=domain)
    else:
        last = Item.objects.filter(version=version).aggregate(last=Max("position"))["last"] or 0
        Item.objects.create(version=version, domain=domain, position=last + 1, **columns(item))
    _number(version)
    _link(version)


@transaction.atomic
def remove(scope: Scope, version_id: int, *, domain: str = "", item: str = "") -> None:
    """Take an item, or a group with its items, out of a draft."""
    version = _draft(scope, version_id)
    if item:
        Item.objects.filter(version=version, key=item).delete()
    elif domain:
        Domain.objects.filter(version=version, key=domain).delete()
    _number(version)


@transaction.atomic
def move(scope: Scope, version_id: int, *, domain: str = "", item: str = "", up: bool = True) -> None:
    """One place up or down: a group among the groups, an item among the items, into the next group at its edge."""
    version = _draft(scope, version_id)
    domains = list(Domain.objects.filter(version=version).order_by("position"))
    if domain:
        at = next((i for i, d in enumerate(domains) if d.key == domain), None)
        to = None if at is None else at + (-1 if up else 1)
        if at is not None and to is not None and 0 <= to < len(domains):
            domains[at], domains[to] = domains[to], domains[at]
            for position, each in enumerate(domains, start=1):
                Domain.objects.filter(pk=each.pk).update(position=position)
            _number(version)
        return
    rows = {d.pk: list(Item.objects.filter(domain=d).order_by("position")) for d in domains}
    for nth, each in enumerate(domains):
        here = rows[each.pk]
        at = next((i for i, row in enumerate(here) if row.key == item), None)
        if at is None:
            continue
        to, beside = at + (-1 if up else 1), nth + (-1 if up else 1)
        if 0 <= to < len(here):
            here[at], here[to] = here[to], here[at]
        elif 0 <= beside < len(domains):
            there = rows[domains[beside].pk]
            there.insert(len(there) if up else 0, here.pop(at))
        break
    position = 0
    for each in domains:
        for row in rows[each.pk]:
            position += 1
            Item.objects.filter(pk=row.pk).update(position=position, domain=each)


@transaction.atomic
def throw_away(scope: Scope, version_id: int) -> None:
    """Delete a draft, and its instrument when it has no other version."""
    version = _draft(scope, version_id)
    instrument = version.instrument
    version.delete()
    if not Version.objects.filter(instrument=instrument).exists():
        instrument.delete()


@transaction.atomic
def retire(scope: Scope, instrument_id: int, *, retired: bool = True) -> None:
    """Offer an instrument no longer, or again; what was answered with it stays."""
    instrument = Instrument.objects.select_for_update().get(pk=instrument_id)
    _own(scope, instrument)
    instrument.retired_at = clock.now() if retired else None
    instrument.save(update_fields=["retired_at"])


def _number(version: Version) -> None:
    """Items count through the whole form in the order of its groups."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE instruments_item i SET position = n.n FROM (
                SELECT i.id, row_number() OVER (ORDER BY d.position, i.position, i.id) AS n
                FROM instruments_item i JOIN instruments_domain d ON d.id = i.domain_id WHERE i.version_id = %s
            ) n WHERE n.id = i.id AND i.position <> n.n
            """,
            [version.pk],
        )


def _link(version: Version) -> None:
    """Say of each item which earlier version's it repeats: the latest that has the same key and no word different."""
    earlier: dict[str, list[Item]] = {}
    for row in (
        Item.objects.filter(
            version__instrument_id=version.instrument_id,
            version__number__lt=version.number,
            version__published_at__isnull=False,
        )
        .select_related("same_as__version")
        .order_by("-version__number")
    ):
        earlier.setdefault(row.key, []).append(row)
    for item in Item.objects.filter(version=version).select_related("same_as__version"):
        now = item_def(item)
        same = next((row for row in earlier.get(item.key, ()) if repeats(now, item_def(row))), None)
        if item.same_as_id != (same.pk if same else None):
            Item.objects.filter(pk=item.pk).update(same_as=same)


# Publishing --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one item since the version before."""

    key: str
    name: str
    fields: tuple[str, ...] = ()  # what differs, for an item that was changed


@dataclass(frozen=True, slots=True)
class Comparison:
    """A version beside the latest published one before it."""

    before: int | None
    same: tuple[Change, ...]
    changed: tuple[Change, ...]
    added: tuple[Change, ...]
    gone: tuple[Change, ...]


def compare(version: Version) -> Comparison:
    """What a version shares with the published one before it."""
    now = {item.key: item for item in form_of(version).items}
    before = (
        Version.objects.filter(
            instrument=version.instrument_id, number__lt=version.number, published_at__isnull=False
        )
        .select_related("instrument")
        .order_by("-number")
        .first()
    )
    then = {item.key: item for item in form_of(before).items} if before else {}
    both = [(item, then[key]) for key, item in now.items() if key in then]
    return Comparison(
        before.number if before else None,
        same=tuple(Change(i.key, i.title) for i, old in both if repeats(i, old)),
        changed=tuple(Change(i.key, i.title, tuple(different(i, old))) for i, old in both if not repeats(i, old)),
        added=tuple(Change(i.key, i.title) for i in now.values() if i.key not in then),
        gone=tuple(Change(i.key, i.title) for i in then.values() if i.key not in now),
    )


@transaction.atomic
def publish(scope: Scope, version_id: int) -> Version:
    """Make a draft final; refuses one that is not whole, with everything that is missing."""
    version = _draft(scope, version_id)
    _number(version)
    _link(version)
    if wrong := problems(form_of(version)):
        raise refused(wrong)
    version.published_at = clock.now()
    version.save(update_fields=["published_at"])
    return version


def refused(wrong: list[Problem]) -> ValidationError:
    """Problems as the forms of a page show them: those of an item by its field, others as sentences."""
    return ValidationError([ValidationError(str(p), params={"where": p.where}) for p in wrong])
