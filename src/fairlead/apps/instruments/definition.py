"""One wording of an instrument as plain data: what a starter, a file and the builder all say, and the rules it keeps.

`read` turns nested tables (TOML, JSON) into a `Form` and names every word that it does not know; `problems` says what
is wrong with a form that could be read; `as_data` is the way back, so that reading what was written gives the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fairlead.apps.instruments import policy
from fairlead.apps.instruments.models import KEY, Instrument, Item
from fairlead.apps.instruments.words import in_words

CHOSEN = frozenset({"choice", "multiple", "likert"})  # answered from `options`
MOST_LEVELS, MOST_OPTIONS, MOST_ITEMS = 10, 20, 400
BETWEEN = ": "  # between a level's name and its words where a form has room for one text only


@dataclass(frozen=True, slots=True)
class Level:
    """A level of a rating: its name and the words that it is recognised by. An option of a choice has no words."""

    name: str
    name_es: str = ""
    text: str = ""
    text_es: str = ""


@dataclass(frozen=True, slots=True)
class ItemDef:
    """An item; the fields are those of the model `Item`. `same_as`: the number of the version whose item it repeats."""

    key: str
    kind: str
    name: str
    name_es: str = ""
    prompt: str = ""
    prompt_es: str = ""
    anchors: tuple[Level, ...] = ()
    options: tuple[Level, ...] = ()
    correct: tuple[int, ...] = ()
    reverse: bool = False
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    unit_es: str = ""
    required: bool = False
    may_be_unseen: bool = True
    same_as: int | None = None

    @property
    def title(self) -> str:
        """Its name in the reader's language."""
        return in_words(self.name, self.name_es)


@dataclass(frozen=True, slots=True)
class DomainDef:
    """A group of items."""

    key: str
    name: str
    name_es: str = ""
    about: str = ""
    about_es: str = ""
    items: tuple[ItemDef, ...] = ()

    @property
    def title(self) -> str:
        """Its name in the reader's language."""
        return in_words(self.name, self.name_es)


@dataclass(frozen=True, slots=True)
class Form:
    """An instrument in one of its versions."""

    key: str
    kind: str
    name: str
    licence: str
    name_es: str = ""
    about: str = ""
    about_es: str = ""
    source: str = ""
    restrictions: Mapping[str, Any] = field(default_factory=dict)
    number: int = 1
    form: str = ""
    form_name: str = ""
    form_name_es: str = ""
    notes: str = ""
    notes_es: str = ""
    domains: tuple[DomainDef, ...] = ()

    @property
    def items(self) -> Iterator[ItemDef]:
        """All items in order."""
        return (item for domain in self.domains for item in domain.items)


VERSION_FIELDS = ("number", "form", "form_name", "form_name_es", "notes", "notes_es")
INSTRUMENT_FIELDS = ("key", "kind", "name", "name_es", "about", "about_es", "licence", "source", "restrictions")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and with what: ("item", key, field), ("domain", key, field) or ("form", "", field)."""

    where: tuple[str, str, str]
    said: str

    def __str__(self) -> str:
        noun, key, name = self.where
        place = f"{noun} {key}, {name}" if key else name
        return f"{place}: {self.said}"


class Misdefined(ValueError):
    """A form that cannot be read or kept. `problems` names each; the message is all of them."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("; ".join(map(str, self.problems)))


# Reading -----------------------------------------------------------------------------------------------------------

T = TypeVar("T", Level, ItemDef, DomainDef, Form)


def read(raw: Mapping[str, Any]) -> Form:
    """A form from nested tables; everything that is not known or of the wrong type is named at once."""
    wrong: list[Problem] = []
    scales = raw.get("scales", {})
    domains = []
    for at, table in enumerate(_tables(raw, "domains", ("form", "", "domains"), wrong), start=1):
        where = ("domain", str(table.get("key", at)))
        items = []
        for nth, row in enumerate(_tables(table, "items", (*where, "items"), wrong), start=1):
            items.append(_item(row, nth, scales, wrong))
        built = _build(DomainDef, {**table, "items": tuple(i for i in items if i)}, where, wrong)
        domains += [built] if built else []
    top = {name: value for name, value in raw.items() if name not in ("domains", "scales")}
    form = _build(Form, {**top, "domains": tuple(domains)}, ("form", ""), wrong)
    if wrong or form is None:
        raise Misdefined(wrong)
    return form


def _item(row: Mapping[str, Any], nth: int, scales: Any, wrong: list[Problem]) -> ItemDef | None:
    where = ("item", str(row.get("key", nth)))
    values = dict(row)
    for name in ("anchors", "options"):
        if isinstance(values.get(name), str):
            if not isinstance(scales, Mapping) or values[name] not in scales:
                wrong.append(Problem((*where, name), _("there is no scale of that name")))
                values.pop(name)
                continue
            values[name] = scales[values[name]]
        levels = [_build(Level, level, (*where[:1], f"{where[1]}, {name}"), wrong)
                  for level in _tables(values, name, (*where, name), wrong)]  # fmt: skip
        values[name] = tuple(level for level in levels if level)
    if isinstance(values.get("correct"), list):
        values["correct"] = tuple(values["correct"])
    return _build(ItemDef, values, where, wrong)


def _tables(
    raw: Mapping[str, Any], name: str, where: tuple[str, str, str], wrong: list[Problem]
) -> list[Mapping[str, Any]]:
    rows = raw.get(name, [])
    if not isinstance(rows, list | tuple) or not all(isinstance(row, Mapping) for row in rows):
        wrong.append(Problem(where, _("a list of tables is needed here")))
        return []
    return list(rows)


_TYPES: Mapping[str, tuple[Any, Any]] = {
    "str": (gettext_lazy("words"), str),
    "bool": (gettext_lazy("yes or no"), bool),
    "int": (gettext_lazy("a whole number"), int),
    "int | None": (gettext_lazy("a whole number"), int),
    "float | None": (gettext_lazy("a number"), (int, float)),
    "tuple[int, ...]": (gettext_lazy("a list of whole numbers"), tuple),
    "Mapping[str, Any]": (gettext_lazy("a table"), Mapping),
}


def _build(cls: type[T], raw: Mapping[str, Any], where: tuple[str, str], wrong: list[Problem]) -> T | None:
    """One dataclass from a table, each value of its type; None when it could not be built, with the reasons added."""
    known = {f.name: f for f in fields(cls)}
    found: list[Problem] = [
        Problem((*where, name), _("is not known here; known: %(known)s") % {"known": ", ".join(known)})
        for name in raw
        if name not in known
    ]
    values: dict[str, Any] = {}
    for name, f in known.items():
        value = raw.get(name)
        if value is None:
            if f.default is MISSING and f.default_factory is MISSING:
                found.append(Problem((*where, name), _("is missing")))
            continue
        said, types = _TYPES.get(str(f.type), ("", object))
        wanted_bool = types is bool
        if not isinstance(value, types) or (isinstance(value, bool) and not wanted_bool and types is not object):
            found.append(Problem((*where, name), _("must be %(wanted)s") % {"wanted": said}))
            continue
        if str(f.type) == "tuple[int, ...]" and not all(type(n) is int for n in value):
            found.append(Problem((*where, name), _("must be %(wanted)s") % {"wanted": said}))
            continue
        values[name] = float(value) if str(f.type) == "float | None" else value
    wrong += found
    return None if found else cls(**values)


# Writing -----------------------------------------------------------------------------------------------------------


def as_data(form: Form) -> dict[str, Any]:
    """Nested tables without what is left at its default: what `read` reads back as the same form."""
    data = _table(form, ("domains",))
    data["domains"] = []
    for domain in form.domains:
        table = _table(domain, ("items",))
        table["items"] = []
        for item in domain.items:
            row = _table(item, ("anchors", "options"))
            for name in ("anchors", "options"):
                if levels := getattr(item, name):
                    row[name] = [_table(level, ()) for level in levels]
            table["items"].append(row)
        data["domains"].append(table)
    return data


def _table(thing: Any, without: tuple[str, ...]) -> dict[str, Any]:
    table = {}
    for f in fields(thing):
        value = getattr(thing, f.name)
        unsaid = f.default_factory() if f.default_factory is not MISSING else f.default
        if f.name in without or (value == unsaid and f.name != "number"):
            continue
        table[f.name] = (
            list(value) if isinstance(value, tuple) else dict(value) if isinstance(value, Mapping) else value
        )
    return table


# Rules -------------------------------------------------------------------------------------------------------------


def problems(form: Form) -> list[Problem]:
    """Everything that keeps a form from being published; empty when nothing does."""
    found: list[Problem] = []

    def say(noun: str, key: str, name: str, said: str) -> None:
        found.append(Problem((noun, key, name), said))

    if form.kind not in Instrument.Kind:
        say("form", "", "kind", _("one of %(kinds)s") % {"kinds": ", ".join(Instrument.Kind.values)})
    for name in ("name", "licence"):
        if not getattr(form, name).strip():
            say("form", "", name, _("is needed"))
    try:
        policy.read(form.restrictions)
    except policy.Misread as error:
        say("form", "", "restrictions", str(error))
    if form.number < 1:
        say("form", "", "number", _("counts from 1"))
    if not 1 <= len(list(form.items)) <= MOST_ITEMS:
        say("form", "", "domains", _("a form has 1 to %(most)s items") % {"most": MOST_ITEMS})
    _keys("form", [form.key, *([form.form] if form.form else [])], found, once=False)
    _keys("domain", [domain.key for domain in form.domains], found)
    _keys("item", [item.key for item in form.items], found)
    for domain in form.domains:
        if not domain.name.strip():
            say("domain", domain.key, "name", _("is needed"))
        if not domain.items:
            say("domain", domain.key, "items", _("has none: add one or remove the group"))
    for noun, key, thing in _things(form):
        for f in fields(thing):
            value, most = getattr(thing, f.name), _LONGEST.get(f.name, 0)
            if isinstance(value, str) and most and len(value) > most:
                say(
                    noun,
                    key,
                    f.name,
                    _("at most %(most)s characters, got %(got)s") % {"most": most, "got": len(value)},
                )
    for item in form.items:
        found += item_problems(item)
    return found


_LONGEST = {"name": 120, "name_es": 120, "licence": 120, "source": 250, "unit": 30, "unit_es": 30, "form_name": 60,
            "form_name_es": 60}  # fmt: skip


def _things(form: Form) -> Iterator[tuple[str, str, Any]]:
    yield "form", "", form
    for domain in form.domains:
        yield "domain", domain.key, domain
        for item in domain.items:
            yield "item", item.key, item
            yield from (("item", item.key, level) for level in (*item.anchors, *item.options))


def _keys(noun: str, keys: list[str], found: list[Problem], *, once: bool = True) -> None:
    for key, times in Counter(keys).items():
        if not re.search(KEY.regex, key):
            found.append(Problem((noun, key, "key"), str(KEY.message)))
        if once and times > 1:
            found.append(Problem((noun, key, "key"), _("is used %(n)s times; a key names one only") % {"n": times}))


def item_problems(item: ItemDef) -> list[Problem]:
    """What is wrong with one item."""
    found: list[Problem] = []

    def say(name: str, said: str) -> None:
        found.append(Problem(("item", item.key, name), said))

    if item.kind not in Item.Kind:
        say("kind", _("one of %(kinds)s") % {"kinds": ", ".join(Item.Kind.values)})
        return found
    if not item.name.strip():
        say("name", _("is needed"))
    _levels(item, say)
    if item.correct:
        if item.kind not in ("choice", "multiple"):
            say("correct", _("only choices have right answers"))
        elif not set(item.correct) <= set(range(1, len(item.options) + 1)):
            say("correct", _("counts the options from 1 to %(n)s") % {"n": len(item.options)})
        elif item.kind == "choice" and len(item.correct) > 1:
            say("correct", _("one choice has one right answer; make it several choices"))
        elif list(item.correct) != sorted(set(item.correct)):
            say("correct", _("each once, in order"))
    if item.reverse and item.kind != "likert":
        say("reverse", _("only agreement can be reversed"))
    if item.kind != "number" and (item.minimum, item.maximum, item.unit, item.unit_es) != (None, None, "", ""):
        say("minimum", _("only a number has limits and a unit"))
    if item.minimum is not None and item.maximum is not None and not item.minimum < item.maximum:
        say("minimum", _("must be less than the maximum"))
    return found


def _levels(item: ItemDef, say: Any) -> None:
    for name, wanted, most in (
        ("anchors", item.kind == "rating", MOST_LEVELS),
        ("options", item.kind in CHOSEN, MOST_OPTIONS),
    ):
        levels: tuple[Level, ...] = getattr(item, name)
        if not wanted:
            if levels:
                say(name, _("an item of this kind has none"))
            continue
        if not 2 <= len(levels) <= most:
            say(name, _("2 to %(most)s are needed, got %(got)s") % {"most": most, "got": len(levels)})
        if not all(level.name.strip() for level in levels):
            say(name, _("each needs a name"))
        for twice, times in Counter(level.name for level in levels).items():
            if times > 1:
                say(name, _("“%(name)s” stands there %(n)s times") % {"name": twice, "n": times})
        if name == "options" and any(level.text or level.text_es for level in levels):
            say(name, _("an option has a name only"))
        if name == "anchors" and any(BETWEEN in word for level in levels for word in (level.name, level.name_es)):
            say(name, _("the name of a level has no “: ” in it; the words after it go into its text"))


# What is shared ----------------------------------------------------------------------------------------------------


def unmarked(item: ItemDef) -> ItemDef:
    """The item without saying what it repeats: two such are equal when nothing that a person reads or that is scored differs."""
    return replace(item, same_as=None)


def repeats(item: ItemDef, earlier: ItemDef) -> bool:
    """Whether an item repeats an earlier one unchanged, so that it can be an anchor between the two versions."""
    return unmarked(item) == unmarked(earlier)


def different(item: ItemDef, earlier: ItemDef) -> list[str]:
    """Fields by which an item differs from the earlier one."""
    now, then = asdict(unmarked(item)), asdict(unmarked(earlier))
    return [name for name, value in now.items() if value != then[name]]
