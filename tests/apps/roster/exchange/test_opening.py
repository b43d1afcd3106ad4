"""Every kind of dirt that a file may bring: read all the same, quarantined with its line, or refused in words."""

from __future__ import annotations

import csv
import gzip
import io
import os
import zipfile

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fairlead.apps.roster.exchange import opening, scanning
from fairlead.apps.roster.exchange.opening import Columns, Limits, read_table, unpack
from fairlead.apps.roster.exchange.problems import ExchangeError


@pytest.fixture
def write(tmp_path):
    def write(content: bytes | str, name: str = "users.csv"):
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def refusal(path, **more) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        read_table(path, **more)
    error = caught.value
    assert all((error.what, error.allowed, error.got, error.where, error.then))
    return error


def cells(table) -> list[tuple]:
    return table.frame.drop("_file", "_line").rows()


# ---- tables --------------------------------------------------------------------------------------------------------


def test_a_table_comes_as_text_with_the_line_of_each_row(write):
    table = read_table(write('id,name\r\n007,Ada\r\n\r\n8,"two\nlines"\r\n9,"O""Brien, Pat"\r\n'))
    assert table.header == ("id", "name")
    assert cells(table) == [("007", "Ada"), ("8", "two\nlines"), ("9", 'O"Brien, Pat')]
    assert table.frame["_line"].to_list() == [2, 4, 6]
    assert table.frame["_file"].unique().to_list() == ["users.csv"]
    assert (table.rows, table.quarantined, table.notes, table.encoding) == (3, (), (), "UTF-8")


_text = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters='\n,"'), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(_text, _text, _text), max_size=8),
    ends=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    piece=st.sampled_from([1, 2, 3, 7, 64, 4096]),
    last=st.booleans(),
)
@example(rows=[("", "x", '"')], ends="\r\n", encoding="utf-8", piece=1, last=False)
def test_what_is_written_is_read_whatever_the_pieces(tmp_path_factory, rows, ends, encoding, piece, last):
    """Round trip, with the lines counted by Python's csv module."""
    rows = [row for row in rows if any(cell.strip() for cell in row) and not any(_formula(cell) for cell in row)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=ends, quoting=csv.QUOTE_ALL)
    writer.writerows([("a", "b", "c"), *rows])
    text = out.getvalue()
    text = text if last else text.removesuffix(ends)
    path = tmp_path_factory.getbasetemp() / "round.csv"
    path.write_bytes(text.encode(encoding))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "PIECE", piece)
        table = read_table(path)
    assert [tuple(cell or "" for cell in row) for row in cells(table)] == rows
    starts, line = [], 2
    for row in rows:
        starts.append(line)
        line += 1 + sum(cell.count("\n") for cell in row)
    assert table.frame["_line"].to_list() == starts
    assert table.rows == len(rows)


@settings(max_examples=40, deadline=None)
@given(
    before=st.text(st.sampled_from(" \t\n\u00a0\u1680\u2003\u3000\x0b"), max_size=2),
    mark=st.sampled_from("=@+-"),
    column=st.integers(0, 2),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    piece=st.sampled_from([1, 2, 3, 7, 64]),
)
def test_no_formula_begins_a_field_of_a_file_that_is_called_plain(
    tmp_path_factory, before, mark, column, quoting, piece
):
    row = ["x", "y", "z"]
    path = tmp_path_factory.getbasetemp() / "formulas.csv"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanning, "PIECE", piece)
        for cell, plain in (("1", True), (f"{before}{mark}SUM(A1)", False)):
            row[column] = cell
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n", quoting=quoting).writerows([("a", "b", "c"), row])
            found = scanning.scan(path, ",")
            doubted = plain and quoting == csv.QUOTE_ALL and piece < 64  # a mark at the edge of a piece
            assert found.plain is plain or doubted


def _formula(cell: str) -> bool:
    return pl.select(pl.lit(cell).str.contains(opening._FORMULA)).item()


def test_ragged_rows_are_quarantined_with_their_line(write):
    table = read_table(write("id,name,grade\n1,Ada,3\n2,Smith, John,3\n3,Grace\n4,Edsger,5\n"))
    assert cells(table) == [("1", "Ada", "3"), ("4", "Edsger", "5")]
    assert [(q.line, q.problem) for q in table.quarantined] == [(3, opening.MORE_FIELDS), (4, opening.FEWER_FIELDS)]
    assert table.rows == 4 == table.frame.height + len({q.line for q in table.quarantined})


def test_rows_of_commas_alone_are_no_rows(write):
    table = read_table(write("id,name,\n1,Ada,\n,,\n , ,\n"))
    assert (table.header, cells(table), table.rows) == (("id", "name"), [("1", "Ada")], 1)


@pytest.mark.parametrize("cell", ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3+cmd|x", "  =HYPERLINK(1)", "\t=1"])
def test_a_formula_is_quarantined_with_its_column(write, cell):
    table = read_table(write(f'id,name\n1,Ada\n2,"{cell}"\n'))
    assert cells(table) == [("1", "Ada")]
    (bad,) = table.quarantined
    assert (bad.line, bad.column, bad.problem, bad.next) == (3, "name", opening.FORMULA, opening.PASTE_VALUES)


@pytest.mark.parametrize(
    "cell", ["+11234567890", "-1", "+1 (555) 123-4567 ext. 12", "-", "- 3.5", "a=b", "1E-5", "-1e+5"]
)
def test_telephones_and_numbers_are_no_formulas(write, cell):
    assert cells(read_table(write(f'id,name\n1,"{cell}"\n'))) == [("1", cell)]


def test_a_formula_in_a_column_that_is_not_read_does_no_harm(write):
    table = read_table(write("id,password\n1,=secret\n"), columns=Columns(("id",), ignored=("password",)))
    assert (cells(table), table.quarantined, table.notes) == ([("1",)], (), ())


def test_semicolons_and_tabs_are_read_and_said(write):
    table = read_table(write("id;name\n1;Ada, Countess\n"))
    assert cells(table) == [("1", "Ada, Countess")]
    assert table.notes[0].names == ("semicolons",)
    assert cells(read_table(write("id\tname\n1\tAda\n"))) == [("1", "Ada")]


# ---- encodings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_accents_survive_every_encoding_that_is_certain(write, encoding):
    content = ("id,name\r\n" + "1,José Muñoz\r\n2,Ana Ibáñez\r\n" * 40).encode(encoding)
    if encoding == "utf-16-be":
        content = b"\xfe\xff" + content
    table = read_table(write(content))
    assert cells(table)[:2] == [("1", "José Muñoz"), ("2", "Ana Ibáñez")]
    if encoding == "cp1252":
        assert (table.encoding, table.notes[0].text, table.notes[0].names) == (
            "Windows-1252", opening.READ_AS, ("Windows-1252",),
        )  # fmt: skip


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("id,name\n1,Ada\n2,José\n".encode("mac-roman"), 3),  # é is 8E there, which Windows reads as Ž
        ("id,name\n1,García\n".encode("mac-roman"), 2),
        ("id,name\n1,Muñoz\n".encode("cp437"), 2),
        ("id,name\n1,José\n".encode() + b"2,Jos\xe9\n", 2),  # half UTF-8, half Windows
    ],
)
def test_letters_that_could_be_two_things_are_refused(write, content, line):
    error = refusal(write(content))
    assert error.what == "The letters with accents in this file cannot be made out for certain."
    assert error.where == f"users.csv, line {line}"
    assert "CSV UTF-8" in error.then


def test_a_mark_that_lies_is_refused(write):
    error = refusal(write(b"\xef\xbb\xbfid,name\n1,Ada\n2,Jos\xe9 M\n"))
    assert (error.what, error.where) == ("This file says that it is UTF-8, and is not.", "users.csv, line 3")


def test_nul_bytes_are_refused_with_their_place(write):
    error = refusal(write(b"id,name\n1,Ada\n2,Gr\0ace\n" + b"3,Edsger\n" * 10))
    assert (error.what, error.where, error.got) == (
        "This line holds NUL bytes; it is not text.", "users.csv, line 3", "character 5 of the line",
    )  # fmt: skip


# ---- lengths and quotation marks -------------------------------------------------------------------------------------


class Endless:
    """A file of one line without an end, as a stream: two gigabytes, of which only the first may be asked for."""

    def __init__(self, beginning: bytes, again: bytes) -> None:
        self.beginning, self.again, self.given = beginning, again, 0

    def read(self, n: int) -> bytes:
        if self.given >= 2 * 1024**3:
            return b""
        piece = (
            self.beginning + self.again * (n // len(self.again))
            if self.given == 0
            else self.again * (n // len(self.again))
        )
        self.given += len(piece)
        return piece


@pytest.mark.parametrize(
    ("again", "kind", "place"), [(b"x", "field", (2, 3)), (b"x,", "line", (2, 1)), (b'"",', "line", (2, 1))]
)
def test_a_line_of_two_gigabytes_is_refused_after_its_first_piece(again, kind, place):
    file = Endless(b"id,name\n1,", again)
    with pytest.raises(scanning.Unsound) as caught:
        scanning._Scanner(ord(","), 0).run(file)
    assert (caught.value.kind, (caught.value.line, caught.value.character)) == (kind, place)
    assert file.given <= 2 * scanning.PIECE


def test_an_overlong_field_is_refused(write):
    error = refusal(write("id,name\n1,Ada\n2," + "x" * 70_000 + "\n"))
    assert error.what == "A field that begins here is longer than any field of a roster."
    assert (error.where, error.got) == ("users.csv, line 3", "character 3 of the line")


def test_an_overlong_line_is_refused(write):
    error = refusal(write("id,name\n1,Ada\n" + "x," * 600_000 + "\n"))
    assert (error.what, error.where) == ("This line is longer than any line of a roster.", "users.csv, line 3")


@pytest.mark.parametrize(
    ("content", "line", "character"),
    [('id,name\n1,Ada\n2,5" disk\n', 3, 4), ('id,name\n1,"Ada"x\n', 2, 7), ('id,name\n"1" ,a\n', 2, 3)],
)
def test_a_quotation_mark_within_a_field_is_refused(write, content, line, character):
    error = refusal(write(content))
    assert error.what == "A quotation mark stands in the middle of a field."
    assert (error.where, error.got) == (f"users.csv, line {line}", f"character {character} of the line")


def test_a_quotation_mark_that_is_never_closed_is_refused_where_it_opens(write):
    error = refusal(write('id,name\n1,Ada\n2,"Grace\n' + "3,Edsger\n" * 20))
    assert error.what == "A quotation mark is opened here and never closed."
    assert (error.where, error.got) == ("users.csv, line 3", "character 3 of the line")
    assert refusal(write('id,name\n1,"' + "x\n" * 100_000)).where == "users.csv, line 2"


# ---- headers ---------------------------------------------------------------------------------------------------------

KNOWN = Columns(known=("sourcedId", "userIds", "grades"), required=("sourcedId",), ignored=("sms",))


def test_unknown_and_misspelt_columns_are_said_and_kept_out(write):
    table = read_table(write("sourcedId,userId,grade,sms,ext_color,Sourced_Grades\n1,2,3,4,5,6\n"), columns=KNOWN)
    assert table.header == ("sourcedId",)
    said = {note.text: note.names for note in table.notes}
    assert said[opening.MISSPELT] == ("userId (userIds?)", "grade (grades?)")
    assert said[opening.UNKNOWN_COLUMNS] == ("ext_color", "Sourced_Grades")


def test_another_spelling_of_capitals_and_spaces_is_taken(write):
    table = read_table(write("Sourced ID,GRADES\n1,3\n"), columns=KNOWN)
    assert table.header == ("sourcedId", "grades")


def test_a_misspelt_required_column_is_refused_with_what_was_meant(write):
    error = refusal(write("sourcdId,grades\n1,3\n"), columns=KNOWN)
    assert error.what == "A column that every row needs is missing."
    assert (error.got, error.where) == ("“sourcdId”: did you mean “sourcedId”?", "users.csv, line 1")


def test_two_columns_of_one_name_are_refused(write):
    error = refusal(write("id,name,ID\n1,Ada,2\n"))
    assert error.got == "“ID” in columns 1 and 3"


def test_blank_files_and_headers_alone_are_tables_without_rows(write):
    for content, text in (
        (b"", opening.EMPTY_FILE),
        (b"\r\n\r\n", opening.EMPTY_FILE),
        (b"a,b\r\n", opening.NO_ROWS),
    ):
        table = read_table(write(content))
        assert (table.rows, table.frame.height, table.notes[0].text) == (0, 0, text)
        assert {"_file", "_line"} <= set(table.frame.columns)
    assert refusal(write(",,\n1,2,3\n")).what == "The first line holds no names of columns."


def test_a_header_is_told_for_recognising_whatever_follows(write):
    assert opening.header_of(write(b'\xef\xbb\xbf id,"name" \n1,' + b"x" * 100_000)) == ["id", "name"]
    assert opening.header_of(write("id;name\n1;2\n".encode("utf-16"))) == ["id", "name"]
    assert opening.header_of(write("id,Se\u00f1al\n".encode("mac-roman"))) == []
    packed = write(gzip.compress(b"id,name\n1,2\n"), "users.csv.gz")
    assert opening.header_of(packed) == ["id", "name"]


# ---- parcels ---------------------------------------------------------------------------------------------------------


def pack(path, *members, **more):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content, **more)
    return path


def unpack_refusal(path, **more) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught:
        unpack(path, **more)
    return caught.value


def test_folder_zip_gzip_and_file_give_the_same_files(tmp_path):
    content = b"id,name\n1,Ada\n"
    folder = tmp_path / "folder"
    (folder / "below").mkdir(parents=True)
    (folder / "users.csv").write_bytes(content)
    (folder / ".hidden").write_bytes(b"x")
    packed = pack(tmp_path / "a.zip", ("export/users.csv", content), ("__MACOSX/users.csv", b"x"))
    (tmp_path / "users.csv.gz").write_bytes(gzip.compress(content))
    for path in (folder, packed, tmp_path / "users.csv.gz", folder / "users.csv"):
        out = unpack(path)
        assert {name: file.read_bytes() for name, file in out.files.items()} == {"users.csv": content}
        made = out.folder
        out.close()
        assert made is None or not made.exists()


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("../users.csv", "A file of this zip wants to be written outside its folder."),
        ("a/../../users.csv", "A file of this zip wants to be written outside its folder."),
        ("/etc/users.csv", "A file of this zip wants to be written outside its folder."),
        ("C:\\users.csv", "A file of this zip wants to be written outside its folder."),
        ("inner.zip", "This zip holds another archive."),
    ],
)
def test_a_zip_with_paths_or_archives_within_is_refused(tmp_path, name, what):
    assert unpack_refusal(pack(tmp_path / "a.zip", (name, b"x"))).what == what


def test_a_zip_with_a_link_is_refused(tmp_path):
    link = zipfile.ZipInfo("users.csv")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert unpack_refusal(path).what == "This zip holds a link instead of a file."


def test_a_folder_with_a_link_to_elsewhere_is_refused(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    folder = tmp_path / "folder"
    folder.mkdir()
    os.symlink(secret, folder / "users.csv")
    assert unpack_refusal(folder).got == "users.csv"


def test_two_files_of_one_name_are_refused(tmp_path):
    error = unpack_refusal(pack(tmp_path / "a.zip", ("a/users.csv", b"x"), ("b/Users.csv", b"y")))
    assert error.what == "Two files of this zip have the same name."


def test_a_bomb_that_says_so_is_not_unpacked(tmp_path, monkeypatch):
    path = pack(tmp_path / "a.zip", ("users.csv", b"0" * 40 * 1024**2))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was opened"))
    error = unpack_refusal(path)
    assert error.what == "This file unpacks to far more than a roster holds; it was not opened."
    assert error.where == "a.zip/users.csv"


def test_a_bomb_that_lies_is_stopped_while_it_is_unpacked(tmp_path):
    """The declared size is made small in the directory: what comes out is counted, or the sum does not fit."""
    path = pack(tmp_path / "a.zip", ("users.csv", b"0" * 40 * 1024**2))
    raw = path.read_bytes()
    path.write_bytes(raw.replace((40 * 1024**2).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    assert unpack_refusal(path).what in {
        "This zip is damaged, or made in a way that cannot be read.",
        "This file unpacks to far more than a roster holds; it was not opened.",
    }


def test_a_gzip_bomb_is_stopped(tmp_path):
    path = tmp_path / "users.csv.gz"
    path.write_bytes(gzip.compress(b"0" * 40 * 1024**2))
    assert unpack_refusal(path).what == "This file unpacks to far more than a roster holds; it was not opened."
    with pytest.raises(ExchangeError):
        read_table(path)


def test_limits_are_kept(tmp_path):
    path = pack(tmp_path / "a.zip", ("a.csv", b"xx"), ("b.csv", b"yy"))
    assert unpack_refusal(path, limits=Limits(files=1)).what == "There are more files here than a roster has."
    assert "unpacks" in unpack_refusal(path, limits=Limits(total_bytes=3)).what
    plain = tmp_path / "a.csv"
    plain.write_bytes(b"xx")
    assert unpack_refusal(plain, limits=Limits(file_bytes=1)).what == "This file is larger than any roster."


def test_damage_is_told(tmp_path):
    path = pack(tmp_path / "a.zip", ("users.csv", b"id\n" * 1000))
    path.write_bytes(path.read_bytes()[:60])
    assert unpack_refusal(path).what == "This zip is damaged, or made in a way that cannot be read."
    broken = tmp_path / "users.csv.gz"
    broken.write_bytes(gzip.compress(b"id\n" * 1000)[:20])
    assert unpack_refusal(broken).what == "This compressed file is damaged."
    assert unpack_refusal(tmp_path / "none").what == "There is no such file or folder."
