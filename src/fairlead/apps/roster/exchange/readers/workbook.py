"""XLSX workbooks: their sheets as text with the row of every cell, and the template for schools without a system.

A workbook is a zip: it is weighed like one before anything opens it. Cells that hold formulas are found in the XML,
because the value beside a formula is only what it was when somebody last saved.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import python_calamine
import xlsxwriter

from fairlead.apps.roster.exchange.canonical import Note, Quarantined
from fairlead.apps.roster.exchange.opening import FORMULA, PASTE_VALUES, TextTable
from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.readers.headers import TABLES, Heading, headings, vocabulary

MOST_UNPACKED = 512 * 1024**2
MOST_RATIO = 400
MOST_CELL = 32_767  # characters, as in the format itself
HEADER_WITHIN = 15  # a title or two may stand above the header
PIECE = 1024 * 1024
NOT_FIRST = _("The header was found in row %(names)s; what stands above it was not read.")
# A cell's address, and its formula when it has one: nothing but the cell's own attributes comes between them.
_CELL = re.compile(rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"(?:[^>]*>\s*(<f\b))?')
MOST_CELLS = 6_000_000  # of a sheet, from its first to its last: one cell far out would claim them all
_OVERLAP = 512


def sheets(path: Path, name: str, is_header: Callable[[str, list[str]], bool]) -> Iterator[TextTable]:
    """Each sheet that is not hidden, as text. `is_header` says whether a row of a sheet looks like its header."""
    formulas = _weigh(path, name)
    try:
        with python_calamine.load_workbook(path) as book:
            for about in book.sheets_metadata:
                if about.visible is not python_calamine.SheetVisibleEnum.Visible:
                    continue
                rows = book.get_sheet_by_name(about.name).to_python(skip_empty_area=False)
                place = f"{name}/{about.name}"
                yield _table(place, rows, formulas.get(about.name, {}), is_header)
    except python_calamine.CalamineError as error:
        raise _damaged(name, str(error)) from None


def _damaged(name: str, got: str) -> ExchangeError:
    return ExchangeError(
        _("This workbook cannot be read."),
        allowed=_("an .xlsx workbook without a password"),
        got=got.splitlines()[0][:200] if got else _("a damaged file"),
        where=name,
        then=_("open it in the spreadsheet program and save it again as .xlsx, or save the sheet as CSV UTF-8"),
    )


def _table(
    place: str,
    rows: Sequence[Sequence[Any]],
    formulas: dict[int, list[int]],
    is_header: Callable[[str, list[str]], bool],
) -> TextTable:
    texts = [[_text(cell) for cell in row] for row in rows]
    at = next((i for i, row in enumerate(texts[:HEADER_WITHIN]) if is_header(place, row)), None)
    if at is None:
        at = next((i for i, row in enumerate(texts) if any(row)), 0)
    header = [cell.strip() for cell in texts[at]] if texts else []
    _check_header(place, at + 1, header)
    wanted = [i for i, column in enumerate(header) if column]
    body = [(i + 1, row) for i, row in enumerate(texts) if i > at and any(row[j].strip() for j in wanted)]
    quarantined, good = [], []
    for line, row in body:
        guilty = [j for j in formulas.get(line, ()) if j < len(header) and header[j]]
        guilty += [j for j in wanted if row[j].lstrip()[:1] in ("=", "@")]
        if guilty:
            columns = dict.fromkeys(header[j] for j in guilty)
            quarantined += [Quarantined(place, line, column, "", FORMULA, PASTE_VALUES) for column in columns]
        else:
            good.append((line, row))
    frame = pl.DataFrame(
        {header[j]: [row[j] for _line, row in good] for j in wanted}
        | {"_file": [place] * len(good), "_line": [line for line, _row in good]},
        schema={header[j]: pl.String for j in wanted} | {"_file": pl.String, "_line": pl.Int64},
    )
    notes = (Note(place, NOT_FIRST, (str(at + 1),)),) if at else ()
    return TextTable(place, tuple(header[j] for j in wanted), frame, len(body), tuple(quarantined), notes, "XLSX")


def _check_header(place: str, line: int, header: list[str]) -> None:
    seen: dict[str, int] = {}
    for i, column in enumerate(header, 1):
        if column and column.lower() in seen:
            raise ExchangeError(
                _("Two columns have the same name, so that it is not clear which one is meant."),
                allowed=_("each column once"),
                got=said(_("“%(name)s” in columns %(a)s and %(b)s"), name=column[:60], a=seen[column.lower()], b=i),
                where=said(_("%(file)s, line %(line)s"), file=place, line=line),
                then=_("remove or rename one of them"),
            )
        seen[column.lower()] = i


def _text(cell: Any) -> str:
    """A cell as somebody would write it: whole numbers without a point, days as year-month-day."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)[:MOST_CELL]


def _weigh(path: Path, name: str) -> dict[str, dict[int, list[int]]]:
    """Read through every part of the workbook, counting; formulas of each sheet as row → columns (from 0)."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = {m.filename: m for m in archive.infolist()}
            if len(parts) > 2000 or sum(m.file_size for m in parts.values()) > MOST_UNPACKED:
                raise _bomb(name, sum(m.file_size for m in parts.values()))
            if any(m.flag_bits & 0x1 for m in parts.values()) or "xl/workbook.xml" not in parts:
                raise _damaged(name, _("no workbook in it"))
            paths = _sheet_paths(archive)
            found = {path: title for title, path in paths.items()}
            formulas: dict[str, dict[int, list[int]]] = {}
            total = 0
            for member in parts.values():
                cells = formulas.setdefault(found[member.filename], {}) if member.filename in found else None
                total += _through(archive, member, name, cells, total)
            return formulas
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise _damaged(name, str(error)) from None


def _through(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, cells: dict[int, list[int]] | None, before: int
) -> int:
    """Read a part to its end; note its formulas when it is a sheet."""
    size, kept, width, height = 0, b"", 0, 0
    with archive.open(member) as part:
        while piece := part.read(PIECE):
            size += len(piece)
            bomb = size > 32 * 1024**2 and size > MOST_RATIO * max(1, member.compress_size)
            if bomb or before + size > MOST_UNPACKED:
                raise _bomb(f"{name}/{member.filename}", before + size)
            if cells is not None:
                text = kept + piece
                for match in _CELL.finditer(text):
                    column, row = _column(match[1]), int(match[2])
                    width, height = max(width, column + 1), max(height, row)
                    if match[3] and column not in cells.setdefault(row, []):
                        cells[row].append(column)
                kept = text[-_OVERLAP:]
                if width * height > MOST_CELLS:
                    raise _too_wide(f"{name}/{member.filename}", width, height)
    return size


def _bomb(where: str, size: int) -> ExchangeError:
    return ExchangeError(
        _("This workbook unpacks to far more than a roster holds; it was not opened."),
        allowed=said(
            _("at most %(n)s MB unpacked, and %(ratio)s times the packed size"),
            n=MOST_UNPACKED // 1024**2, ratio=MOST_RATIO,
        ),
        got=f"{size // 1024**2} MB",
        where=where,
        then=_("save the sheet as CSV UTF-8 and import that"),
    )  # fmt: skip


def _too_wide(where: str, width: int, height: int) -> ExchangeError:
    return ExchangeError(
        _("This sheet reaches further than any roster."),
        allowed=said(_("at most %(n)s cells from the first to the last"), n=MOST_CELLS),
        got=said(_("%(a)s columns, %(b)s rows"), a=width, b=height),
        where=where,
        then=_("delete the empty columns and rows around the list, or save the sheet as CSV UTF-8"),
    )


def _sheet_paths(archive: zipfile.ZipFile) -> dict[str, str]:
    """Title of each sheet → the part of the zip that holds it."""
    book = _xml(archive, "xl/workbook.xml")
    links = {
        link.get("Id"): (link.get("Target") or "")
        for link in _xml(archive, "xl/_rels/workbook.xml.rels")
    }  # fmt: skip
    paths = {}
    for sheet in book.iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            own = next((value for key, value in sheet.attrib.items() if key.rpartition("}")[2] == "id"), "")
            target = links.get(own, "")
            paths[sheet.get("name") or ""] = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return paths


def _xml(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    raw = archive.open(part).read(PIECE)
    if b"<!" in raw:  # no document type, so no entity that could explode
        raise _damaged(part, _("a document type in it"))
    try:
        return ElementTree.fromstring(raw)  # noqa: S314 - entities are refused above, the size is bounded
    except ElementTree.ParseError as error:
        raise _damaged(part, str(error)) from None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


# ---- the template ------------------------------------------------------------------------------------------------------

EXPLAINED = {
    "en": (
        "Roster template for Fairlead",
        "One sheet for each kind of row. Leave a sheet or a column empty when you have nothing for it.",
        "Columns with * are needed. IDs are text: leading zeros stay.",
        "Dates: year-month-day, for example 2026-09-01. Grades: PK, K, 1 to 12. Yes or no: yes, no.",
        "Give the whole list each time: who is no longer in it is shown as leaving, and nothing happens before you agree.",
        "Then: fairlead import roster roster.xlsx, or the page “Rosters”.",
    ),
    "es": (
        "Plantilla de matrícula para Fairlead",
        "Una hoja para cada tipo de fila. Deje vacía la hoja o la columna para la que no tenga datos.",
        "Las columnas con * son necesarias. Los ID son texto: los ceros iniciales se conservan.",
        "Fechas: año-mes-día, por ejemplo 2026-09-01. Grados: PK, K, 1 a 12. Sí o no: sí, no.",
        "Entregue cada vez la lista completa: quien ya no esté en ella se muestra como baja, y nada ocurre antes de que usted lo apruebe.",
        "Después: fairlead import roster roster.xlsx, o la página «Registros».",
    ),
}
_LISTS = {"economically_disadvantaged": "yes_no", "english_learner": "yes_no", "disability": "yes_no"}
_CHOICES = {
    "en": {
        "yes_no": ["yes", "no"], "role": ["teacher", "office", "principal", "coach", "other"],
        "gender": ["female", "male", "nonbinary"], "kind": ["homeroom", "scheduled"],
        "race_ethnicity": ["asian", "black", "hispanic", "white", "two or more", "other"],
    },
    "es": {
        "yes_no": ["sí", "no"], "role": ["docente", "oficina", "directora de escuela", "director de escuela", "asesora pedagógica", "otro"],
        "gender": ["femenino", "masculino", "no binario"], "kind": ["grupo base", "por horario"],
        "race_ethnicity": ["asiática", "negra", "hispana", "blanca", "dos o más", "otra"],
    },
}  # fmt: skip
ORDER = ("schools", "staff", "students", "classes", "enrollments")


def write_template(path: Path, language: str = "en") -> None:
    """The workbook: a sheet that explains, then one for each table, every cell as text so that IDs keep their zeros."""
    assert set(ORDER) == set(TABLES)
    with xlsxwriter.Workbook(path, {"in_memory": True, "strings_to_formulas": False}) as book:
        title, text = book.add_format({"bold": True, "font_size": 14}), book.add_format({"text_wrap": True})
        head = book.add_format({"bold": True, "bg_color": "#E8EEF2", "border": 1, "text_wrap": True, "valign": "top"})
        cell = book.add_format({"num_format": "@"})
        first = book.add_worksheet("Léame" if language == "es" else "Read me")
        first.set_column(0, 0, 100)
        for i, line in enumerate(EXPLAINED[language]):
            first.write_string(i, 0, line, text if i else title)
        for table in ORDER:
            sheet = book.add_worksheet(vocabulary()[table][language])
            columns = [h for h in headings(table) if h.in_template]
            sheet.freeze_panes(1, 0)
            sheet.set_column(0, len(columns) - 1, 18, cell)
            for i, heading in enumerate(columns):
                sheet.write_string(0, i, label(heading, language), head)
                choices = _CHOICES[language].get(_LISTS.get(heading.name, heading.name))
                if choices:
                    sheet.data_validation(
                        1, i, 5000, i, {"validate": "list", "source": choices, "error_type": "warning"}
                    )


def label(heading: Heading, language: str) -> str:
    """The template's header; a star when no row can do without it."""
    needed = heading.required or heading.name in ("given_name", "family_name")
    return (heading.es if language == "es" else heading.en) + ("*" if needed else "")
