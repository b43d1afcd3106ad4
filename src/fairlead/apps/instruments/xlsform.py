"""XLSForm, both ways: the sheets survey, choices and settings that ODK, KoboToolbox and others read.

What XLSForm has no word for (how a Likert item is reversed, which answer is right, whether a level may be left as not
seen) stands in columns `bind::fairlead:…`, which its readers keep as attributes. Nothing is lost on the way out and in
again. On the way in, whatever is not carried is refused with its sheet, row and column, and never dropped.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import python_calamine
import xlsxwriter
from django.utils.translation import gettext as _

from fairlead.apps.instruments.definition import (
    BETWEEN,
    DomainDef,
    Form,
    ItemDef,
    Level,
    Problem,
    problems,
)

EN, ES = "English (en)", "Español (es)"
UNSEEN = "not_observed"
UNSEEN_LABEL = ("Not observed, or I do not know", "No se observó, o no lo sé")
OURS = "bind::fairlead:"
ABOUT = "attribute::fairlead:"
NAMESPACE = 'fairlead="urn:fairlead:instrument:1"'
SURVEY = (
    "type", "name", f"label::{EN}", f"label::{ES}", f"hint::{EN}", f"hint::{ES}", "required", "constraint", "appearance",
    *(f"{OURS}{name}" for name in ("kind", "correct", "reverse", "unseen", "unit", "unit_es", "same_as")),
)  # fmt: skip
CHOICES = ("list_name", "name", f"label::{EN}", f"label::{ES}")
_SAID = ("kind", "name_es", "about", "about_es", "licence", "source", "restrictions", "form", "form_name",
         "form_name_es", "notes", "notes_es")  # fmt: skip
SETTINGS = ("form_title", "form_id", "version", "default_language", "namespaces", *(f"{ABOUT}{n}" for n in _SAID))
_TYPE = {"rating": "select_one", "choice": "select_one", "likert": "select_one", "multiple": "select_multiple",
         "number": "decimal", "text": "text", "note": "text", "photo": "image"}  # fmt: skip
_LOOK = {"likert": "likert", "note": "multiline"}
_NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_LIMITS = re.compile(
    rf"\s*(?:\.\s*>=\s*(?P<least>{_NUMBER}))?\s*(?P<and>and)?\s*(?:\.\s*<=\s*(?P<most>{_NUMBER}))?\s*"
)
MOST_PLACES = 60
MOST_ROWS = 5000
MOST_UNPACKED = 40 * 1024**2


# Writing -----------------------------------------------------------------------------------------------------------


def write(form: Form) -> bytes:
    """A form as a workbook. Every cell is text, so that no program makes a number or a date of it."""
    out = io.BytesIO()
    survey, choices = _rows(form)
    about = {
        "form_title": form.name, "form_id": form.key, "version": str(form.number), "default_language": EN,
        "namespaces": NAMESPACE,
        **{f"{ABOUT}{n}": getattr(form, n) for n in _SAID if n != "restrictions"},
        f"{ABOUT}restrictions": json.dumps(dict(form.restrictions), ensure_ascii=False, sort_keys=True),
    }  # fmt: skip
    sheets: tuple[tuple[str, Sequence[str], Sequence[Mapping[str, str]]], ...] = (
        ("survey", SURVEY, survey), ("choices", CHOICES, choices), ("settings", SETTINGS, [about]),
    )  # fmt: skip
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        head, cell = book.add_format({"bold": True}), book.add_format({"num_format": "@"})
        for name, header, rows in sheets:
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for column, title in enumerate(header):
                sheet.set_column(column, column, 40 if title.startswith(("label", "hint")) else 16, cell)
                sheet.write_string(0, column, title, head)
                for row, values in enumerate(rows, start=1):
                    if text := values.get(title, ""):
                        sheet.write_string(row, column, text, cell)
    return out.getvalue()


def _rows(form: Form) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    survey: list[dict[str, str]] = []
    choices: list[dict[str, str]] = []
    for domain in form.domains:
        survey.append({"type": "begin_group", "name": domain.key, **_both("label", domain.name, domain.name_es)})
        if domain.about or domain.about_es:
            survey.append(
                {"type": "note", "name": f"about.{domain.key}", **_both("label", domain.about, domain.about_es)}
            )
        for item in domain.items:
            survey.append(_item_row(item))
            choices += _choice_rows(item)
        survey.append({"type": "end_group", "name": domain.key})
    return survey, choices


def _both(what: str, english: str, spanish: str) -> dict[str, str]:
    return {f"{what}::{EN}": english, f"{what}::{ES}": spanish}


def _item_row(item: ItemDef) -> dict[str, str]:
    kind = _TYPE[item.kind]
    ours = {
        "kind": item.kind,
        "correct": " ".join(map(str, item.correct)),
        "reverse": "yes" if item.reverse else "",
        "unseen": "yes" if item.may_be_unseen else "no",
        "unit": item.unit,
        "unit_es": item.unit_es,
        "same_as": "" if item.same_as is None else str(item.same_as),
    }
    least = [] if item.minimum is None else [f". >= {_plain(item.minimum)}"]
    most = [] if item.maximum is None else [f". <= {_plain(item.maximum)}"]
    return {
        "type": f"{kind} {item.key}" if kind.startswith("select") else kind,
        "name": item.key,
        **_both("label", item.name, item.name_es),
        **_both("hint", item.prompt, item.prompt_es),
        "required": "yes" if item.required else "",
        "constraint": " and ".join(least + most),
        "appearance": _LOOK.get(item.kind, ""),
        **{f"{OURS}{name}": value for name, value in ours.items()},
    }


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _choice_rows(item: ItemDef) -> Iterator[dict[str, str]]:
    levels = item.anchors or item.options
    for at, level in enumerate(levels, start=1):
        words = (_together(level.name, level.text), _together(level.name_es, level.text_es))
        yield {"list_name": item.key, "name": str(at), **_both("label", *words)}
    if levels and item.may_be_unseen:
        yield {"list_name": item.key, "name": UNSEEN, **_both("label", *UNSEEN_LABEL)}


def _together(name: str, text: str) -> str:
    return f"{name}{BETWEEN}{text}" if text else name


def _apart(label: str) -> tuple[str, str]:
    name, _between, text = label.partition(BETWEEN)
    return name, text


# Reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """A cell that is not carried, and why."""

    sheet: str
    row: int
    column: str
    said: str

    def __str__(self) -> str:
        where = _("sheet %(sheet)s, row %(row)s, column %(column)s") if self.row else _("sheet %(sheet)s")
        return f"{where % {'sheet': self.sheet, 'row': self.row, 'column': self.column}}: {self.said}"


class NotCarried(ValueError):
    """An XLSForm with something that has no place here."""

    def __init__(self, places: Sequence[Place]) -> None:
        self.places = list(places[:MOST_PLACES])
        super().__init__("; ".join(map(str, self.places)))


@dataclass(slots=True)
class _Row:
    """A row of a sheet: its number in the file, and its cells that hold anything, by header."""

    number: int
    cells: dict[str, str]


@dataclass(slots=True)
class _Reader:
    """What is being read, and everything that was wrong so far."""

    unsaid: Mapping[str, str]
    wrong: list[Place] = field(default_factory=list)
    places: dict[tuple[str, str], int] = field(default_factory=dict)  # the row of a domain or item

    def refuse(self, sheet: str, row: int, column: str, said: str) -> None:
        self.wrong.append(Place(sheet, row, column, said))


def read(content: bytes, unsaid: Mapping[str, str]) -> Form:
    """A form from a workbook. `unsaid`: key, kind and licence of a form from elsewhere that does not say them."""
    reader = _Reader(unsaid)
    sheets = _sheets(content, reader)
    choices = _choices(sheets.get("choices", []), reader)
    domains = _survey(sheets.get("survey", []), choices, reader)
    form = _settings(sheets.get("settings", []), domains, reader)
    if not reader.wrong:
        reader.wrong += [_placed(problem, reader) for problem in problems(form)]
    if not reader.wrong:
        _as_others_read_it(content, reader)
    if reader.wrong:
        raise NotCarried(reader.wrong)
    return form


_KNOWN = {
    "survey": {*SURVEY, "label", "hint"},
    "choices": {*CHOICES, "label"},
    "settings": {*SETTINGS},
}


def _sheets(content: bytes, reader: _Reader) -> dict[str, list[_Row]]:
    """The sheets as rows of text; a cell of a column that is not known is refused when it holds anything."""
    _weighed(content)
    found: dict[str, list[_Row]] = {}
    try:
        with python_calamine.load_workbook(io.BytesIO(content)) as book:
            tables = {}
            for name in book.sheet_names:
                sheet = book.get_sheet_by_name(name)
                if sheet.total_height > MOST_ROWS or sheet.total_width > 200:
                    reader.refuse(name, 0, "", _("is larger than any form"))
                    continue
                tables[name] = sheet.to_python(skip_empty_area=False)
    except python_calamine.CalamineError as error:
        raise NotCarried([Place("—", 0, "", str(error).splitlines()[0][:200])]) from None
    for name, rows in tables.items():
        if name not in _KNOWN:
            if any(_text(cell) for row in rows for cell in row):
                reader.refuse(name, 0, "", _("is not a sheet that is read: survey, choices, settings"))
            continue
        header = [_text(cell).strip() for cell in rows[0]] if rows else []
        for at, title in enumerate(header):
            if title and title in header[:at]:
                reader.refuse(name, 1, title, _("stands there twice"))
        found[name] = []
        for number, row in enumerate(rows[1:], start=2):
            cells = {t: text for t, cell in zip(header, row, strict=False) if (text := _text(cell))}
            for title in cells:
                if title not in _KNOWN[name]:
                    reader.refuse(name, number, title or "?", _("this column is not carried"))
            if cells:
                found[name].append(_Row(number, cells))
    if "survey" not in found:
        reader.refuse("survey", 0, "", _("is missing"))
    return found


def _weighed(content: bytes) -> None:
    """Refuse a workbook that is small in the post and huge when it is unpacked, before anything unpacks it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            size = sum(member.file_size for member in packed.infolist())
    except zipfile.BadZipFile as error:
        raise NotCarried([Place("—", 0, "", str(error)[:200])]) from None
    if size > MOST_UNPACKED:
        said = _("unpacked it would be larger than %(n)s MB") % {"n": MOST_UNPACKED // 1024**2}
        raise NotCarried([Place("—", 0, "", said)])


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _said(row: _Row, what: str) -> tuple[str, str]:
    """English and Spanish of a label or hint; a column without a language is English."""
    return row.cells.get(f"{what}::{EN}", row.cells.get(what, "")), row.cells.get(f"{what}::{ES}", "")


def _choices(rows: list[_Row], reader: _Reader) -> dict[str, list[tuple[_Row, Level, str]]]:
    lists: dict[str, list[tuple[_Row, Level, str]]] = {}
    for row in rows:
        name, key = row.cells.get("name", ""), row.cells.get("list_name", "")
        if not key or not name:
            reader.refuse("choices", row.number, "name" if key else "list_name", _("is missing"))
            continue
        english, spanish = _said(row, "label")
        if name == UNSEEN and (english, spanish) != UNSEEN_LABEL and (english or spanish):
            reader.refuse("choices", row.number, f"label::{EN}", _("reads “%(words)s”") % {"words": UNSEEN_LABEL[0]})
        if any(name == other for _row, _level, other in lists.get(key, ())):
            reader.refuse("choices", row.number, "name", _("stands there twice"))
        lists.setdefault(key, []).append((row, Level(english, spanish), name))
    return lists


def _survey(
    rows: list[_Row], lists: Mapping[str, list[tuple[_Row, Level, str]]], reader: _Reader
) -> tuple[DomainDef, ...]:
    domains: list[DomainDef] = []
    items: list[ItemDef] = []
    group: DomainDef | None = None
    alone = False  # items outside of any group get one of their own
    for row in rows:
        kind = re.sub(r"^(begin|end)[ _]", r"\1_", row.cells.get("type", "").strip())
        name = row.cells.get("name", "")
        if kind in ("begin_group", "end_group", "note"):
            _nothing_else(row, reader, {"type", "name", "label", f"label::{EN}", f"label::{ES}"})
        if kind == "begin_group":
            if alone:
                domains, items, group, alone = [*domains, _closed(group, items)], [], None, False
            if group is not None:
                reader.refuse("survey", row.number, "type", _("groups within groups are not carried"))
            english, spanish = _said(row, "label")
            group, items = DomainDef(name, english or name, spanish), []
            reader.places["domain", name] = row.number
        elif kind == "end_group":
            if group is None or alone:
                reader.refuse("survey", row.number, "type", _("no group is open"))
                continue
            domains, items, group = [*domains, _closed(group, items)], [], None
        elif (
            kind == "note"
            and group is not None
            and not alone
            and not items
            and not group.about
            and not group.about_es
        ):
            english, spanish = _said(row, "label")
            group = DomainDef(group.key, group.name, group.name_es, english, spanish)
        elif kind == "note":
            reader.refuse("survey", row.number, "type", _("a note stands only once, at the beginning of a group"))
        else:
            if group is None:
                group, alone = DomainDef(f"part-{len(domains) + 1}", _("Questions"), "Preguntas"), True
            if item := _item(row, kind, lists, reader):
                items.append(item)
                reader.places["item", item.key] = row.number
    if group is not None and not alone:
        reader.refuse("survey", rows[-1].number, "type", _("the last group is not closed"))
    return (*domains, _closed(group, items)) if group is not None else tuple(domains)


def _closed(group: DomainDef | None, items: list[ItemDef]) -> DomainDef:
    assert group is not None
    return DomainDef(group.key, group.name, group.name_es, group.about, group.about_es, tuple(items))


def _nothing_else(row: _Row, reader: _Reader, known: set[str]) -> None:
    for title in set(row.cells) - known:
        reader.refuse("survey", row.number, title, _("a row of this type carries no %(what)s") % {"what": title})


def _item(
    row: _Row, typed: str, lists: Mapping[str, list[tuple[_Row, Level, str]]], reader: _Reader
) -> ItemDef | None:
    base, _blank, listed = typed.partition(" ")
    look = row.cells.get("appearance", "")
    kind = row.cells.get(f"{OURS}kind") or {
        "select_one": "likert" if look == "likert" else "choice", "select_multiple": "multiple", "decimal": "number",
        "text": "text", "image": "photo",
    }.get(base, "")  # fmt: skip
    if _TYPE.get(kind) != base or (base.startswith("select") and not listed):
        reader.refuse("survey", row.number, "type", _("“%(type)s” is not carried") % {"type": typed or "—"})
        return None
    if look not in ("", _LOOK.get(kind, ""), "multiline" if base == "text" else ""):
        reader.refuse("survey", row.number, "appearance", _("“%(type)s” is not carried") % {"type": look})
    values: dict[str, Any] = {"key": row.cells.get("name", ""), "kind": kind}
    values["name"], values["name_es"] = _said(row, "label")
    values["prompt"], values["prompt_es"] = _said(row, "hint")
    if max(len(values["name"]), len(values["name_es"])) > 120 and not values["prompt"] + values["prompt_es"]:
        values |= {"prompt": values["name"], "prompt_es": values["name_es"]}  # a long question has a short name too
        values |= {name: _short(values[name]) for name in ("name", "name_es")}
    values["required"] = _yes(row, "required", reader)
    values["reverse"] = _yes(row, f"{OURS}reverse", reader)
    for name in ("unit", "unit_es"):
        values[name] = row.cells.get(f"{OURS}{name}", "")
    values |= _limits(row, reader)
    for name, many in (("correct", True), ("same_as", False)):
        text = row.cells.get(f"{OURS}{name}", "")
        if text and not re.fullmatch(r"\d{1,4}( \d{1,4})*" if many else r"\d{1,4}", text):
            reader.refuse("survey", row.number, f"{OURS}{name}", _("numbers, not “%(got)s”") % {"got": text[:40]})
        elif text:
            values[name] = tuple(map(int, text.split())) if many else int(text)
    unseen = row.cells.get(f"{OURS}unseen")
    values["may_be_unseen"] = unseen != "no"
    if listed:
        levels, seen_too = _levels(row, kind, listed, lists, reader)
        values["anchors" if kind == "rating" else "options"] = levels
        if unseen and seen_too != (unseen != "no"):
            reader.refuse(
                "survey", row.number, f"{OURS}unseen",
                _("does not agree with the choice “%(name)s” of the list") % {"name": UNSEEN},
            )  # fmt: skip
        values["may_be_unseen"] = seen_too
    return ItemDef(**values)


def _short(text: str) -> str:
    return text if len(text) <= 120 else f"{text[:119].rsplit(' ', 1)[0]}…"


def _yes(row: _Row, title: str, reader: _Reader) -> bool:
    said = row.cells.get(title, "").lower()
    if said not in ("", "yes", "no", "true", "false", "true()", "false()"):
        reader.refuse("survey", row.number, title, _("yes or no, not “%(got)s”") % {"got": said[:40]})
    return said.startswith(("yes", "true"))


def _limits(row: _Row, reader: _Reader) -> dict[str, float]:
    text = row.cells.get("constraint", "")
    if not text:
        return {}
    match = _LIMITS.fullmatch(text)
    least, most = (match["least"], match["most"]) if match else (None, None)
    if (
        match is None
        or (least is None and most is None)
        or bool(match["and"]) != (least is not None and most is not None)
    ):
        reader.refuse("survey", row.number, "constraint", _("only “. >= a and . <= b” is carried"))
        return {}
    limits = {"minimum": least, "maximum": most}
    return {name: float(value) for name, value in limits.items() if value is not None}


def _levels(
    row: _Row, kind: str, listed: str, lists: Mapping[str, list[tuple[_Row, Level, str]]], reader: _Reader
) -> tuple[tuple[Level, ...], bool]:
    """The levels or options of a list in its order, and whether "not observed" is among them."""
    if listed not in lists:
        reader.refuse("survey", row.number, "type", _("there is no list “%(name)s” in choices") % {"name": listed})
        return (), True
    levels = []
    for _row, level, name in lists[listed]:
        if name == UNSEEN:
            continue
        if kind == "rating":
            (english, text), (spanish, text_es) = _apart(level.name), _apart(level.name_es)
            level = Level(english, spanish, text, text_es)
        levels.append(level)
    return tuple(levels), any(name == UNSEEN for _row, _level, name in lists[listed])


def _settings(rows: list[_Row], domains: tuple[DomainDef, ...], reader: _Reader) -> Form:
    cells = rows[0].cells if rows else {}
    for row in rows[1:]:
        reader.refuse("settings", row.number, next(iter(row.cells)), _("only the first row is read"))
    values: dict[str, Any] = {name: cells.get(f"{ABOUT}{name}", "") for name in _SAID if name != "restrictions"}
    values["name"], values["key"] = (
        cells.get("form_title", ""),
        cells.get("form_id", "") or reader.unsaid.get("key", ""),
    )
    values["name"] = values["name"] or values["key"]
    for name in ("kind", "licence"):
        values[name] = values[name] or reader.unsaid.get(name, "")
    if cells.get("default_language", EN) != EN:
        reader.refuse(
            "settings", 2, "default_language", _("“%(type)s” is not carried") % {"type": cells["default_language"]}
        )
    version = cells.get("version", "1")
    if version.isascii() and version.isdecimal() and 0 < int(version) < 30_000:
        values["number"] = int(version)
    try:
        values["restrictions"] = json.loads(cells.get(f"{ABOUT}restrictions", "{}"))
    except ValueError:
        reader.refuse("settings", 2, f"{ABOUT}restrictions", _("is not JSON"))
        values["restrictions"] = {}
    if not isinstance(values["restrictions"], dict):
        reader.refuse("settings", 2, f"{ABOUT}restrictions", _("is not a table"))
        values["restrictions"] = {}
    return Form(**values, domains=domains)


_COLUMN = {"key": "name", "prompt": f"hint::{EN}", "kind": "type", "minimum": "constraint", "anchors": "type",
           "options": "type", "name": f"label::{EN}", "name_es": f"label::{ES}"}  # fmt: skip
_SETTING = {"key": "form_id", "name": "form_title", "number": "version"}


def _placed(problem: Problem, reader: _Reader) -> Place:
    """A broken rule as the cell where it is broken."""
    noun, key, name = problem.where
    if noun == "form":
        if name == "domains":
            return Place("survey", 0, "", problem.said)
        return Place("settings", 2, _SETTING.get(name, f"{ABOUT}{name}"), problem.said)
    return Place("survey", reader.places.get((noun, key), 0), _COLUMN.get(name, f"{OURS}{name}"), problem.said)


def _as_others_read_it(content: bytes, reader: _Reader) -> None:
    """What pyxform, the reference reader of XLSForm, says to it."""
    from pyxform.errors import PyXFormError  # loaded when a form comes in, and not when a desk starts
    from pyxform.xls2xform import convert

    try:
        convert(content, file_type=".xlsx", form_name="data")
    except PyXFormError as error:
        reader.refuse("survey", 0, "", str(error).splitlines()[0][:300])
