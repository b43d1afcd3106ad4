"""Lists that schools keep by hand: headers in two languages, mappings, workbooks and their dirt, the template."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import date

import polars as pl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.apps.roster.exchange import opening
from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError
from fairlead.apps.roster.exchange.readers import detect, headers, spreadsheet, workbook

HARBOR = {"Harbor Point Elementary": "hpe"}
LIST = (
    "Student ID,First name,Last name,Grade,Date of birth,Homeroom class ID,Home language,English learner,"
    "Guardian 1 first name,Guardian 1 phone,Shoe size\n"
    "0017,Ada,Byron,3rd,2017-05-01,3-A,Español,yes,Anne,+1 555 0100,34\n"
    "0018,Bo,Diddley,K,2020-06-30,K-1,,,,,\n"
)
LISTA = (
    "Matrícula;Nombre;Apellidos;Grado;Fecha de nacimiento;Género;Teléfono\n"
    "0017;Ada;Muñoz;3.º;25/04/2017;mujer;+1 555 0100\n0018;Bo;Díaz;Kínder;01/02/2020;H;\n"
)


@pytest.fixture
def write(tmp_path):
    def write(content, name="list.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def read(path, **more):
    with Parcel(path, **{"places": HARBOR} | more) as parcel:
        assert detect(parcel) is spreadsheet
        return spreadsheet.read(parcel)


def rows(reading, table) -> list[dict]:
    return list(reading.tables[table].iter_rows(named=True))


def refusal(path, **more) -> ExchangeError:
    with pytest.raises(ExchangeError) as caught, Parcel(path, **{"places": HARBOR} | more) as parcel:
        spreadsheet.read(parcel)
    return caught.value


def test_a_list_of_students_gives_people_needs_guardians_and_homerooms(write):
    reading = read(write(LIST))
    ada, bo, anne = rows(reading, "people")
    assert (ada["sourced_id"], ada["org"], ada["grade"], ada["born"]) == ("0017", "hpe", 3, date(2017, 5, 1))
    assert (ada["language"], bo["grade"]) == ("es", 0)
    assert (anne["sourced_id"], anne["kind"], anne["family_name"]) == ("0017:guardian-1", "guardian", "Byron")
    (need,) = rows(reading, "demographics")
    assert (need["english_learner"], need["disability"], need["home_language"]) == (True, None, "es")
    assert [(e["section"], e["student"]) for e in rows(reading, "enrollments")] == [("3-A", "0017"), ("K-1", "0018")]
    assert set(reading.modes.values()) == {"delta"}, "a list alone only adds"
    assert reading.counts == {"list.csv": 2}


SIBLINGS = (
    "Student ID,First name,Last name,ZIP,Guardian 1 first name,Guardian 1 last name,Guardian 1 phone,Guardian 1 email,"
    "Guardian 2 first name,Guardian 2 last name,Guardian 2 phone\n"
    "0018,Bo,Byron,90001,Anne,Byron,+1 (213) 555-0100,,Tom,Byron,213 555 0100\n"
    "0017,Ada,Byron,90001,ANNE,Byron,2135550100,anne@home.example,,,\n"
    "0019,Cy,Byron,90001,Tom,Byron,,,anne,byron,213-555-0100\n"
    "0020,Di,Byron,10001,Anne,Byron,213 555 0100,,,,\n"
    "0021,Ed,Byron,90001,Anne,Byron,,,,,\n"
)


def test_siblings_who_name_one_guardian_have_one(write):
    reading = read(write(SIBLINGS))
    people = [p["sourced_id"] for p in rows(reading, "people") if p["kind"] == "guardian"]
    # Tom of 0019 has no telephone; 0020 lives elsewhere; of 0021's Anne nothing is known but the name.
    assert sorted(people) == [
        "0017:guardian-1",
        "0018:guardian-2",
        "0019:guardian-1",
        "0020:guardian-1",
        "0021:guardian-1",
    ]
    ties = {(g["student"], g["guardian"], g["rank"]) for g in rows(reading, "guardianships")}
    assert {t for t in ties if t[1] == "0017:guardian-1"} == {
        ("0017", "0017:guardian-1", 1), ("0018", "0017:guardian-1", 1), ("0019", "0017:guardian-1", 2),
    }  # fmt: skip
    assert len(ties) == 7


def test_what_was_understood_is_said_column_by_column(write):
    notes = {note.text: note.names for note in read(write(LISTA)).notes}
    (told,) = notes[spreadsheet.UNDERSTOOD]
    assert "Matrícula → Student ID" in told
    assert "Teléfono → Guardian 1 phone" in told
    assert notes[opening.DELIMITED_BY] == ("semicolons",)
    assert read(write(LIST)).notes[-1].names == ("Shoe size",)


def test_a_list_in_spanish_is_read_as_well(write):
    ada, bo = (r for r in rows(read(write(LISTA)), "people") if r["kind"] == "student")
    assert (ada["given_name"], ada["family_name"], ada["grade"], ada["born"]) == (
        "Ada", "Muñoz", 3, date(2017, 4, 25),
    )  # fmt: skip
    assert (bo["grade"], bo["born"]) == (0, date(2020, 2, 1)), "25/04 says that the day comes first in the column"
    assert [d["gender"] for d in rows(read(write(LISTA)), "demographics")] == ["female", "male"]


def test_names_in_one_column_are_divided_at_the_comma_and_only_there(write):
    reading = read(write('Student ID,Name,Grade\n1,"García Márquez, Gabriel",4\n2,Ada Byron,4\n'))
    (one,) = rows(reading, "people")
    assert (one["given_name"], one["family_name"]) == ("Gabriel", "García Márquez")
    (bad,) = reading.quarantined
    assert (bad.line, bad.column, bad.problem) == (3, "Name", spreadsheet.NO_COMMA)


def test_cells_that_cannot_be_read_are_quarantined_under_the_lists_own_header(write):
    reading = read(
        write("Student ID,First name,Last name,Gr,IEP,Sex\n1,Ada,Byron,third-ish,no,F\n2,Bo,D,3,maybe,F\n")
    )
    assert {(q.line, q.column) for q in reading.quarantined} == {(2, "Gr"), (3, "IEP")}


def test_schools_are_found_by_name_identifier_or_made(write):
    text = "Student ID,First name,Last name,School\n1,A,B,harbor point  ELEMENTARY\n2,C,D,hpe\n3,E,F,Cove School\n"
    reading = read(write(text))
    assert [p["org"] for p in rows(reading, "people")] == ["hpe", "hpe", "school:coveschool"]
    (made,) = rows(reading, "orgs")
    assert (made["name"], made["kind"], made["_line"]) == ("Cove School", "school", 4)


def test_without_a_school_and_with_several_known_ones_nothing_is_guessed(write):
    path = write("Student ID,First name,Last name\n1,A,B\n")
    reading = read(path, places=HARBOR | {"Cove School": "cove"})
    assert [(q.line, q.problem) for q in reading.quarantined] == [(2, spreadsheet.NO_SCHOOL)]
    assert reading.tables["people"].height == 0


def test_a_title_two_columns_alike_and_strange_headers(write):
    assert refusal(write("color,size\nred,4\n")).what == "The headers of this list are none of a roster's."
    assert refusal(write("Student ID,First name,Last name,student id\n1,A,B,2\n")).got == (
        "“student id” in columns 1 and 4"
    )
    reading = read(write("Student ID,First name,Last name,Englsh lerner\n1,A,B,yes\n"))
    assert any(n.text == spreadsheet.LOOKS_MISSPELT and "English learner?" in n.names[0] for n in reading.notes)


# ---- mappings ------------------------------------------------------------------------------------------------------------


def test_a_mapping_says_what_headers_do_not(write, tmp_path):
    path = write('Código,Quién,De dónde\n7,"Byron, Ada",x\n')
    told = {"table": [{"file": "list.csv", "holds": "students", "columns": {"Código": "student_id", "Quién": "full_name"},
                       "fixed": {"school": "Harbor Point Elementary", "grade": "5"}}]}  # fmt: skip
    mapping = write(json.dumps(told), "how.json")
    (ada,) = rows(read(path, mapping=mapping, places=HARBOR | {"Cove": "cove"}), "people")
    assert (ada["sourced_id"], ada["given_name"], ada["org"], ada["grade"]) == ("7", "Ada", "hpe", 5)


def test_the_mapping_that_is_written_reads_the_same(write, tmp_path):
    path = write(LISTA)
    with Parcel(path, places=HARBOR) as parcel:
        found, unknown = spreadsheet.layouts(parcel)
    mapping = write(headers.write_mapping(found, unknown), "how.toml")
    (layout,) = headers.read_mapping(mapping)
    assert (layout.holds, layout.columns) == (found[0].holds, found[0].columns)
    one, two = read(path), read(path, mapping=mapping)
    assert {n: f.rows() for n, f in one.tables.items()} == {n: f.rows() for n, f in two.tables.items()}


@pytest.mark.parametrize(
    ("text", "got"),
    [
        ("nonsense", "Expected '=' after a key"),
        ("a = 1", "no [[table]] in it"),
        ('[[table]]\nholds = "students"', "a table without file"),
        ('[[table]]\nfile = "a"\nholds = "shoes"', "holds = “shoes”"),
        ('[[table]]\nfile = "a"\nholds = "staff"\n[table.columns]\nX = "shoe"', "“shoe” is no column of staff"),
        ('[[table]]\nfile = "a"\nholds = "staff"\n[table.columns]\nX = 1', "[table.columns] is no list of texts"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(write, text, got):
    error = refusal(write(LIST), mapping=write(text, "how.toml"))
    assert error.what == "This mapping file cannot be used."
    assert got in error.got


def test_a_mapping_of_a_column_that_is_not_there_is_refused(write):
    mapping = write(
        '[[table]]\nfile = "list.csv"\nholds = "students"\n[table.columns]\n"Nr" = "student_id"', "how.toml"
    )
    error = refusal(write(LIST), mapping=mapping)
    assert (error.what, error.got) == ("The mapping names a column that the list does not have.", "“Nr”")


# ---- workbooks -----------------------------------------------------------------------------------------------------------


def book(path, **sheets):
    with xlsxwriter.Workbook(path) as out:
        for title, table in sheets.items():
            sheet = out.add_worksheet(title)
            for i, row in enumerate(table):
                for j, cell in enumerate(row):
                    sheet.write(
                        i, j, cell, out.add_format({"num_format": "yyyy-mm-dd"}) if isinstance(cell, date) else None
                    )
    return path


HEAD = ["Student ID", "First name", "Last name", "Grade", "Date of birth"]


def test_a_workbook_with_a_title_numbers_and_dates(tmp_path):
    table = [["Our students"], [], HEAD, [17, "Ada", "Byron", 3, date(2017, 5, 1)], [], ["x-2", "Bo", "D", "K", ""]]
    reading = read(book(tmp_path / "ours.xlsx", Lista=table, Other=[["shoe"], [34]]))
    ada, bo = rows(reading, "people")
    assert (ada["sourced_id"], ada["grade"], ada["born"]) == ("17", 3, date(2017, 5, 1))
    assert (ada["_file"], ada["_line"], bo["_line"]) == ("ours.xlsx/Lista", 4, 6)
    assert any(n.text == workbook.NOT_FIRST and n.names == ("3",) for n in reading.notes)
    assert (reading.counts, reading.unused) == ({"ours.xlsx/Lista": 2, "ours.xlsx/Other": 1}, {"ours.xlsx/Other": 1})


def test_a_formula_in_a_workbook_is_quarantined_though_it_shows_a_value(tmp_path):
    path = tmp_path / "ours.xlsx"
    with xlsxwriter.Workbook(path) as out:
        sheet = out.add_worksheet("Students")
        sheet.write_row(0, 0, HEAD)
        sheet.write_row(1, 0, ["1", "Ada", "Byron", 3])
        sheet.write_row(2, 0, ["2", "Bo"])
        sheet.write_formula(2, 2, '=CONCAT("Did","dley")', None, "Diddley")
        sheet.write_string(3, 0, "3")
        sheet.write_string(3, 1, "=cmd|' /C calc'!A0")
    reading = read(path)
    assert [p["sourced_id"] for p in rows(reading, "people")] == ["1"]
    assert [(q.line, q.column, q.problem) for q in reading.quarantined] == [
        (3, "Last name", opening.FORMULA), (4, "First name", opening.FORMULA),
    ]  # fmt: skip


def rebuilt(path, part: str, change):
    """The workbook with one part of its zip changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {m.filename: archive.read(m) for m in archive.infolist()}
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, raw in parts.items():
            archive.writestr(name, raw)
    return path


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize(
    ("part", "change", "what"),
    [
        (SHEET, lambda raw: raw + b" " * 40 * 1024**2, "This workbook unpacks to far more than a roster holds"),
        (
            SHEET,
            lambda raw: re.sub(rb'r="E2"', b'r="XFD1048576"', raw),
            "This sheet reaches further than any roster.",
        ),
        ("xl/workbook.xml", lambda raw: b'<!DOCTYPE x [<!ENTITY a "a">]>' + raw, "This workbook cannot be read."),
        (SHEET, lambda raw: raw[:200], "This workbook cannot be read."),
    ],
    ids=["bomb", "far cell", "document type", "cut off"],
)
def test_a_workbook_made_to_harm_is_refused(tmp_path, part, change, what):
    path = book(tmp_path / "ours.xlsx", Students=[HEAD, ["1", "Ada", "Byron", 3, "2017-05-01"]])
    error = refusal(rebuilt(path, part, change))
    assert error.what.startswith(what)


def test_what_is_no_workbook_is_told(write):
    assert refusal(write(b"\xd0\xcf\x11\xe0 old", "old.xlsx")).what == "This workbook cannot be read."


# ---- the template ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "es"])
def test_the_template_is_understood_in_both_languages_with_every_column(tmp_path, language):
    path = tmp_path / "roster.xlsx"
    workbook.write_template(path, language)
    with Parcel(path) as parcel:
        found, unknown = spreadsheet.layouts(parcel)
    found = [layout for layout in found if layout.place.rpartition("/")[2] not in ("Read me", "Léame")]
    assert [layout.holds for layout in found] == list(workbook.ORDER)
    for layout in found:
        assert unknown[layout.place] == []
        wanted = [h.name for h in headers.headings(layout.holds) if h.in_template]
        assert list(layout.columns.values()) == wanted


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_choice_of_the_template_is_a_word_that_is_known(language):
    for kind, choices in workbook._CHOICES[language].items():
        assert all(headers.plain(choice) in headers.words(kind) for choice in choices)


def test_a_filled_template_is_the_whole_roster(tmp_path):
    def label(table, values):
        columns = [h for h in headers.headings(table) if h.name in values]
        return [[workbook.label(h, "en") for h in columns], [values[h.name] for h in columns]]

    path = book(
        tmp_path / "roster.xlsx",
        Schools=label("schools", {"school_id": "S1", "name": "Cove School", "grade_low": "K", "grade_high": "5"}),
        Staff=label("staff", {"staff_id": "T1", "given_name": "Amara", "family_name": "Okafor", "role": "Teacher",
                              "email": "A.Okafor@example.org"}),
        Students=label("students", {"student_id": "1", "given_name": "Ada", "family_name": "Byron", "grade": "3"}),
        Classes=label("classes", {"section_id": "3-A", "name": "Grade 3 A", "teacher": "a.okafor@example.org",
                                  "kind": "homeroom", "subject": "All"}),
        Enrollments=label("enrollments", {"section_id": "3-A", "student_id": "1", "begins": date(2026, 9, 1)}),
    )  # fmt: skip
    reading = read(path, places={})
    assert {name: frame.height for name, frame in reading.tables.items()} == {
        "orgs": 1, "people": 2, "roles": 1, "courses": 1, "classes": 1, "teaching": 1, "enrollments": 1,
    }  # fmt: skip
    assert reading.quarantined == []
    assert rows(reading, "teaching")[0]["teacher"] == "T1"
    assert rows(reading, "people")[0]["org"] == "S1"
    assert rows(reading, "enrollments")[0]["begins"] == date(2026, 9, 1)
    assert (reading.modes["people"], reading.modes["enrollments"], reading.modes["orgs"]) == ("bulk", "bulk", "delta")
    taken = pl.concat([f.select("_file", "_line") for f in reading.tables.values()]).unique()
    assert dict(taken.group_by("_file").len().iter_rows()) == reading.counts


# ---- words -----------------------------------------------------------------------------------------------------------------


@given(
    st.integers(1, 12),
    st.sampled_from(["{}", "0{}", "Grade {}", "{}th", "{}st", "{}.º", "{}ro", "{} grado", "gr. {}"]),
)
@settings(max_examples=80, deadline=None)
def test_grades_are_read_however_they_are_written(number, written):
    frame = pl.DataFrame({"grade": [written.format(number)]}).with_columns(spreadsheet.grade("grade"))
    assert frame["grade"][0] == str(number)


def test_words_are_known_in_two_languages_and_strange_ones_stay():
    frame = pl.DataFrame({"gender": ["Niña", "M", "fluid", None], "grade": ["Kinder", "TERCERO", "13b", ""]})
    told = frame.with_columns(spreadsheet.folded("gender"), spreadsheet.grade("grade"))
    assert told["gender"].to_list() == ["female", "male", "fluid", None]
    assert told["grade"].to_list() == ["0", "3", "13b", None]


@pytest.mark.parametrize("table", headers.TABLES)
def test_no_header_of_the_vocabulary_means_two_things_in_one_table(table):
    seen: dict[str, str] = {}
    for heading in headers.headings(table):
        for text in dict.fromkeys(headers.plain(t) for t in (heading.en, heading.es, *heading.also)):
            assert seen.setdefault(text, heading.name) == heading.name, text
