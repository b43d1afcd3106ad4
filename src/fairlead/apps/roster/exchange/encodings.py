"""Which characters the bytes of a file mean: UTF-8, UTF-16 by its mark, Windows-1252 where nothing else is possible.

A file that could be two things is refused: a name read in the wrong alphabet is worse than a file sent again.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from fairlead.apps.roster.exchange.problems import ExchangeError, said
from fairlead.apps.roster.exchange.problems import gettext_noop as _
from fairlead.apps.roster.exchange.scanning import PIECE, pieces

MARKS = (
    (codecs.BOM_UTF8, "UTF-8", "utf-8"),
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32-le"),
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32-be"),
    (codecs.BOM_UTF16_LE, "UTF-16", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "UTF-16", "utf-16-be"),
)
# Windows-1252 for certain: accented letters stand at C0–FF. Letters of the old Macintosh and DOS alphabets lie at
# 80–9F and A0–AF, where Windows has marks; of those only what Windows programs write by themselves is let through.
_LETTERS = re.compile(rb"[\xc0-\xff]")
_DOUBTFUL = re.compile(rb"[\x80-\x84\x86-\x90\x95\x98-\x9f\xa1-\xa9\xac\xae\xaf]")
_TWO_BYTES = re.compile(rb"[\xc3-\xc5][\x80-\xbf]")


@dataclass(frozen=True, slots=True)
class Utf8File:
    """A file in UTF-8: where it is, how many bytes of it are a mark, and what it was before."""

    path: Path
    skip: int
    encoding: str


def to_utf8(path: Path, name: str, folder: Path) -> Utf8File:
    """The file itself when it is UTF-8, otherwise a copy of it in UTF-8 in the folder."""
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, spoken, codec in MARKS:
        if head.startswith(mark):
            if spoken == "UTF-8":
                if line := _first_wrong_line(path):
                    raise _not_what_it_says(name, spoken, line)
                return Utf8File(path, len(mark), spoken)
            return Utf8File(_transcode(path, name, folder, codec, len(mark), spoken), 0, spoken)
    if len(head) >= 4 and (codec := _unmarked_utf16(head)):
        return Utf8File(_transcode(path, name, folder, codec, 0, "UTF-16"), 0, "UTF-16")
    if not _first_wrong_line(path):
        return Utf8File(path, 0, "UTF-8")
    _certain_windows(path, name)
    return Utf8File(_transcode(path, name, folder, "cp1252", 0, "Windows-1252"), 0, "Windows-1252")


def _unmarked_utf16(head: bytes) -> str:
    """English text in UTF-16 has a NUL in nearly every second byte."""
    half = len(head) // 2
    if head[1::2].count(0) > 0.8 * half and not head[0::2].count(0):
        return "utf-16-le"
    if head[0::2].count(0) > 0.8 * half and not head[1::2].count(0):
        return "utf-16-be"
    return ""


def _first_wrong_line(path: Path) -> int:
    """The line of the first byte that cannot be UTF-8; 0 when all of it is."""
    decoder, line = codecs.getincrementaldecoder("utf-8")(), 1
    with path.open("rb") as file:
        for piece in pieces(file):
            try:
                if not (piece.isascii() and decoder.getstate()[0] == b""):
                    decoder.decode(piece)
            except UnicodeDecodeError as error:
                return line + error.object.count(b"\n", 0, error.start)
            line += piece.count(b"\n")
    try:
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return line
    return 0


def _certain_windows(path: Path, name: str) -> None:
    """Refuse unless the bytes are Windows-1252 and nothing else that is likely."""
    letters, line, doubtful = False, 1, None
    with path.open("rb") as file:
        for piece in pieces(file):
            if not piece.isascii():
                letters = letters or bool(_LETTERS.search(piece))
                found = _TWO_BYTES.search(piece) or _DOUBTFUL.search(piece)
                if found and doubtful is None:
                    doubtful = line + piece.count(b"\n", 0, found.start())
            line += piece.count(b"\n")
    if letters and doubtful is None:
        return
    raise ExchangeError(
        _("The letters with accents in this file cannot be made out for certain."),
        allowed=_("UTF-8; also UTF-16 with its mark, and plain Windows-1252"),
        got=_("bytes that are none of these"),
        where=said(_("%(file)s, line %(line)s"), file=name, line=doubtful or _first_high_line(path)),
        then=_("save the file as “CSV UTF-8” and import that"),
    )


def _first_high_line(path: Path) -> int:
    line = 1
    with path.open("rb") as file:
        for piece in pieces(file):
            if found := re.search(rb"[\x80-\xff]", piece):
                return line + piece.count(b"\n", 0, found.start())
            line += piece.count(b"\n")
    return line


def _transcode(path: Path, name: str, folder: Path, codec: str, skip: int, spoken: str) -> Path:
    """Write the text anew in UTF-8, piece by piece."""
    target = folder / "utf-8"
    decoder = codecs.getincrementaldecoder(codec)()
    line = 1
    with path.open("rb") as file, target.open("wb") as out:
        file.seek(skip)
        try:
            while piece := file.read(PIECE):
                text = decoder.decode(piece)
                line += text.count("\n")
                out.write(text.encode("utf-8"))
            decoder.decode(b"", True)
        except UnicodeError:
            raise _not_what_it_says(name, spoken, line) from None
    return target


def _not_what_it_says(name: str, spoken: str, line: int) -> ExchangeError:
    return ExchangeError(
        said(_("This file says that it is %(name)s, and is not."), name=spoken),
        allowed=_("UTF-8; also UTF-16 with its mark, and plain Windows-1252"),
        got=_("bytes that are no character"),
        where=said(_("%(file)s, line %(line)s"), file=name, line=line),
        then=_("save the file as “CSV UTF-8” and import that"),
    )
