"""Where every record of a delimited file begins and ends, found before anything is parsed, in bounded memory.

A quotation mark flips between inside and outside a quoted field, so the parity of the marks so far tells whether a
comma or a line end is structure or text. Read in pieces, with numpy: a file of a million lines takes a second, and a
line of two gigabytes is refused after its first megabyte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

PIECE = 2 * 1024 * 1024
LONGEST_LINE = 1024 * 1024
LONGEST_FIELD = 64 * 1024
LF, CR, QUOTE, NUL = 10, 13, 34, 0
# Bytes with which a formula or a space before one can begin, the first bytes of the wider spaces of Unicode too.
_DOUBTFUL = np.zeros(256, dtype=np.bool_)
_DOUBTFUL[list(b"=@+- \t\v\f\r\x1c\x1d\x1e\x1f\xc2\xe1\xe2\xe3")] = True


@dataclass(frozen=True, slots=True)
class Scan:
    """The records of a file, the header first: byte offsets, fields in each, and the line where each begins.

    `plain`: no field of the file begins as a formula might, so that nobody need look for one.
    """

    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    fields: NDArray[np.int64]
    lines: NDArray[np.int64]
    plain: bool

    @property
    def blank(self) -> NDArray[np.bool_]:
        return self.ends == self.starts


class Unsound(Exception):
    """The bytes are not a delimited file. `kind` says why; line and character (both from 1) say where."""

    def __init__(self, kind: str, line: int, character: int, offset: int) -> None:
        self.kind, self.line, self.character, self.offset = kind, line, character, offset
        super().__init__(kind)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """The file in pieces of bounded size."""
    while piece := file.read(PIECE):
        yield piece


def scan(path: Path, delimiter: str, skip: int = 0) -> Scan:
    """Find the records of a UTF-8 file, after `skip` bytes (its mark of encoding)."""
    with path.open("rb") as file:
        file.seek(skip)
        return _Scanner(ord(delimiter), skip).run(file)


class _Scanner:
    """One pass over the bytes; what must be remembered from piece to piece is held here."""

    def __init__(self, delimiter: int, skip: int) -> None:
        self.delimiter = delimiter
        self.at = skip  # offset of the piece in the file
        self.line = 1  # line in which the piece begins
        self.line_start = skip  # offset at which the last line seen begins, for the character of a message
        self.inside = 0  # 1 while a quoted field is open
        self.opened = (1, 1, skip)  # where the last quotation mark was opened
        self.previous = LF
        self.record_start, self.record_line, self.record_fields = skip, 1, 0
        self.field_start = skip
        self.plain, self.begins = True, True  # `begins`: a field begins with the next piece
        self.parts: list[tuple[NDArray[np.int64], ...]] = []

    def run(self, file: BinaryIO) -> Scan:
        for piece in pieces(file):
            if (nul := piece.find(b"\0")) >= 0:
                raise self._unsound("nul", piece, nul)
            self._split(np.frombuffer(piece, dtype=np.uint8))
            self.at += len(piece)
        self._finish()
        if not self.parts:
            nothing = np.zeros(0, dtype=np.int64)
            return Scan(nothing, nothing, nothing, nothing, True)
        starts, ends, fields, lines = (np.concatenate(part) for part in zip(*self.parts, strict=True))
        return Scan(starts, ends, fields, lines, self.plain)

    def _unsound(self, kind: str, piece: bytes, index: int) -> Unsound:
        before = piece[:index]
        line = self.line + before.count(b"\n")
        newline = before.rfind(b"\n")
        start = self.at + newline + 1 if newline >= 0 else self.line_start
        return Unsound(kind, line, self.at + index - start + 1, self.at + index)

    def _split(self, data: NDArray[np.uint8]) -> None:
        newlines = data == LF
        marks = newlines | (data == self.delimiter)
        quotes = data == QUOTE
        quoted = bool(self.inside) or bool(quotes.any())
        breaks = np.flatnonzero(newlines) if quoted else None
        if breaks is not None:
            parity = (np.cumsum(quotes, dtype=np.int32) + self.inside) & 1
            self._check_quotes(data, quotes, parity, breaks)
            marks &= parity == 0
            self.inside = int(parity[-1])
        else:
            self._check_previous(int(data[0]))
        structure = np.flatnonzero(marks)
        at_ends = np.flatnonzero(data[structure] == LF)
        ends = structure[at_ends]
        breaks = ends if breaks is None else breaks
        self.previous = int(data[-1])
        self._look_at_beginnings(data, structure)
        self._check_lengths(data, ends, structure, breaks)
        if len(ends):
            self._records(data, ends, np.diff(at_ends, prepend=-1), breaks)
            self.record_fields = len(structure) - 1 - int(at_ends[-1])
        else:
            self.record_fields += len(structure)
        self.line += len(breaks)
        if len(breaks):
            self.line_start = self.at + int(breaks[-1]) + 1

    def _look_at_beginnings(self, data: NDArray[np.uint8], structure: NDArray[np.int64]) -> None:
        """Whether a field begins, after its quotation mark if it has one, as a formula might."""
        if not self.plain:
            return
        begins = structure + 1
        if self.begins:
            begins = np.concatenate([[0], begins])
        self.begins = bool(len(begins)) and int(begins[-1]) == len(data)
        if self.begins:
            begins = begins[:-1]
        firsts = data[begins]
        quoted = begins[firsts == QUOTE] + 1
        if _DOUBTFUL[firsts].any() or (quoted >= len(data)).any():
            self.plain = False
        else:
            seconds = data[quoted]
            self.plain = not (_DOUBTFUL[seconds].any() or (seconds == LF).any())

    def _records(
        self, data: NDArray[np.uint8], ends: NDArray[np.int64], fields: NDArray[np.int64], breaks: NDArray[np.int64]
    ) -> None:
        fields[0] += self.record_fields
        starts = np.concatenate([[self.record_start], self.at + ends[:-1] + 1])
        lines_before = self.line + 1 + (np.arange(len(ends)) if breaks is ends else np.searchsorted(breaks, ends))
        lines = np.concatenate([[self.record_line], lines_before[:-1]])
        carriage = np.zeros(len(ends), dtype=np.int64)
        inner = ends > 0
        carriage[inner] = data[ends[inner] - 1] == CR
        self.parts.append((starts, np.maximum(self.at + ends - carriage, starts), fields, lines))
        self.record_start = self.at + int(ends[-1]) + 1
        self.record_line = int(lines_before[-1])

    def _check_quotes(
        self,
        data: NDArray[np.uint8],
        quotes: NDArray[np.bool_],
        parity: NDArray[np.int32],
        breaks: NDArray[np.int64],
    ) -> None:
        """A quotation mark opens at the beginning of a field and closes at its end, or it is doubled."""
        self._check_previous(int(data[0]))
        at = np.flatnonzero(quotes)
        opening = at[parity[at] == 1]
        before = np.where(opening > 0, data[opening - 1], self.previous)
        wrong = opening[~np.isin(before, (self.delimiter, LF, QUOTE))]
        closing = at[(parity[at] == 0) & (at < len(data) - 1)]
        after = data[closing + 1]
        wrong = np.concatenate([wrong, closing[~np.isin(after, (self.delimiter, LF, CR, QUOTE))]])
        if len(wrong):
            raise self._place("quote", int(wrong.min()), breaks)
        if len(opening):
            place = self._place("open", int(opening[-1]), breaks)
            self.opened = (place.line, place.character, place.offset)

    def _check_previous(self, first: int) -> None:
        """A mark that closed at the very end of the piece before must be followed by the end of its field."""
        if self.previous == QUOTE and not self.inside and first not in (self.delimiter, LF, CR, QUOTE):
            raise Unsound("quote", self.line, max(1, self.at - self.line_start), self.at - 1)

    def _check_lengths(
        self,
        data: NDArray[np.uint8],
        ends: NDArray[np.int64],
        structure: NDArray[np.int64],
        breaks: NDArray[np.int64],
    ) -> None:
        records = np.concatenate([[self.record_start - self.at], ends + 1, [len(data)]])
        lengths = np.diff(records)
        if lengths.max() <= LONGEST_FIELD:  # then no field is longer either
            if len(structure):
                self.field_start = self.at + int(structure[-1]) + 1
            return
        edges = np.concatenate([[self.field_start - self.at], structure + 1, [len(data)]])
        longest = np.flatnonzero(np.diff(edges) > LONGEST_FIELD)
        if len(longest):
            start = int(edges[longest[0]])
            if self.inside and longest[0] == len(edges) - 2:
                raise Unsound("unclosed", *self.opened)
            raise self._place("field", start, breaks)
        self.field_start = self.at + int(edges[-2])
        longest = np.flatnonzero(lengths > LONGEST_LINE)
        if len(longest):
            raise self._place("line", int(records[longest[0]]), breaks)

    def _place(self, kind: str, index: int, breaks: NDArray[np.int64]) -> Unsound:
        """An error at an index of the piece (below zero: in a piece before)."""
        if index < 0:
            return Unsound(kind, self.record_line, self.at + index - self.record_start + 1, self.at + index)
        before = int(np.searchsorted(breaks, index))
        start = int(breaks[before - 1]) + 1 if before else self.line_start - self.at
        return Unsound(kind, self.line + before, index - start + 1, self.at + index)

    def _finish(self) -> None:
        if self.inside:
            raise Unsound("unclosed", *self.opened)
        if self.at > self.record_start:  # a last line without a line end
            end = self.at - (self.previous == CR)
            row = (self.record_start, end, self.record_fields + 1, self.record_line)
            self.parts.append(tuple(np.array([value], dtype=np.int64) for value in row))
