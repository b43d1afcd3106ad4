"""Microsoft School Data Sync, from Microsoft's own samples (MIT). Counts by hand in the files."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from django.conf import settings

from fairlead.apps.roster.exchange.parcel import Parcel
from fairlead.apps.roster.exchange.problems import ExchangeError
from fairlead.apps.roster.exchange.readers import sds

FOLDER = settings.SHARED_DATA / "rostering"
here = pytest.mark.skipif(
    not (FOLDER / "ms_sds_v2_1" / "users.csv").is_file(), reason=f"needs ms_sds_v2_1 in {FOLDER}"
)


def read(path, **more):
    with Parcel(path, **more) as parcel:
        assert sds.recognises(parcel)
        return sds.read(parcel)


def heights(reading) -> dict[str, int]:
    return {name: frame.height for name, frame in reading.tables.items()}


def accounted(reading) -> dict[str, int]:
    """For each file: rows that are somewhere, each once."""
    places = pl.concat([f.select("_file", "_line") for f in reading.tables.values()]).unique()
    taken = dict(places.group_by("_file").len().iter_rows())
    for file, _line in {(q.file, q.line) for q in reading.quarantined}:
        taken[file] = taken.get(file, 0) + 1
    for file, rows in reading.unused.items():
        taken[file] = taken.get(file, 0) + rows
    return taken


@here
def test_version_2_1_is_read_whole():
    reading = read(FOLDER / "ms_sds_v2_1")
    assert heights(reading) == {
        "orgs": 3, "sessions": 2, "courses": 3, "classes": 2, "people": 8, "roles": 3, "demographics": 4,
        "guardianships": 3, "enrollments": 4, "teaching": 2,
    }  # fmt: skip
    assert reading.quarantined == []
    assert sum(reading.counts.values()) == 44
    assert accounted(reading) == reading.counts


@here
def test_kind_school_and_grade_come_from_the_roles():
    people = read(FOLDER / "ms_sds_v2_1").tables["people"]
    rows = {row["sourced_id"]: row for row in people.iter_rows(named=True)}
    kinds = [rows[f"11400{n}"]["kind"] for n in range(1, 9)]
    assert kinds == ["student", "guardian", "student", "student", "guardian", "staff", "staff", "student"]
    jack, jean, simon = rows["114001"], rows["114002"], rows["114008"]
    assert (jack["org"], jack["grade"], jack["born"]) == ("110003", 10, date(2001, 7, 2))
    assert (jean["org"], jean["phone"], jean["email"]) == ("110003", "+11234567890", "jean.craig@outlook.com")
    assert (simon["org"], simon["grade"]) == ("110001", 13)
    assert rows["114006"]["born"] is None, "a member of staff's day of birth is nobody's business"


@here
def test_a_department_is_counted_with_its_college():
    reading = read(FOLDER / "ms_sds_v2_1")
    assert reading.tables["orgs"]["sourced_id"].to_list() == ["110001", "110003", "110004"]
    assert reading.tables["orgs"]["kind"].to_list() == ["school", "school", "network"]
    professor = reading.tables["roles"].filter(pl.col("person") == "114006").row(0, named=True)
    assert (professor["org"], professor["role"], professor["ends"]) == ("110001", "teacher", date(2021, 12, 1))
    assert [n.names for n in reading.notes if n.file == "orgs.csv"] == [("College of Engineering",)]


@here
def test_flags_say_yes_and_never_no():
    rows = {r["person"]: r for r in read(FOLDER / "ms_sds_v2_1").tables["demographics"].iter_rows(named=True)}
    assert set(rows) == {"114001", "114003", "114004", "114008"}, "students only"
    assert (rows["114001"]["race_ethnicity"], rows["114001"]["disability"]) == ("hispanic", True)
    assert (rows["114003"]["economically_disadvantaged"], rows["114003"]["disability"]) == (True, None)
    assert rows["114004"]["disability"] is None, "a 504 plan is not an IEP"


@here
def test_version_1_asks_which_comes_first_and_reads_the_rest():
    with pytest.raises(ExchangeError) as caught:
        read(FOLDER / "ms_sds_v1_100users")
    assert caught.value.where == "Section.csv, line 2, column Term StartDate"
    assert "--dates month-first" in caught.value.then
    reading = read(FOLDER / "ms_sds_v1_100users", dates="month-first")
    assert heights(reading) == {
        "orgs": 2, "sessions": 1, "courses": 28, "classes": 28, "people": 98, "roles": 12, "enrollments": 602,
        "teaching": 28,
    }  # fmt: skip
    assert accounted(reading) == reading.counts
    session = reading.tables["sessions"].row(0, named=True)
    assert (session["begins"], session["ends"]) == (date(2017, 7, 1), date(2018, 6, 30))
    ora = reading.tables["people"].row(0, named=True)
    assert (ora["given_name"], ora["born"], ora["grade"]) == ("Ora", date(2000, 4, 2), 9)


@pytest.fixture
def folder(tmp_path):
    files = {
        "orgs.csv": "sourcedId,name,type,parentSourcedId\ns1,One,school,\n",
        "users.csv": "sourcedId,username,givenName,familyName,password,email,phone\n"
        "1,a,Ada,Byron,=secret,,\n2,b,Bo,Diddley,x,,\n3,c,Cy,Twombly,x,,\n",
        "roles.csv": "userSourcedId,orgSourcedId,role,sessionSourcedId,grade,isPrimary,roleStartDate,roleEndDate\n"
        "1,s1,student,,03,TRUE,,\n2,s1,teacher,,,TRUE,2026-08-20,\n",
        "classes.csv": "sourcedId,orgSourcedId,title,sessionSourcedIds,courseSourcedId\nc1,s1,Art,,\n",
        "enrollments.csv": "classSourcedId,userSourcedId,role\nc1,1,student\nc1,2,teacher\nc1,3,proctor\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_what_cannot_be_placed_is_quarantined_with_its_line(folder):
    (folder / "orgs.csv").write_text("sourcedId,name,type,parentSourcedId\ns1,One,school,\ns2,Two,circus,\n")
    reading = read(folder)
    assert {(q.file, q.line, q.column, q.problem) for q in reading.quarantined} == {
        ("orgs.csv", 3, "type", sds.NO_ORG_KIND),
        ("users.csv", 4, "sourcedId", sds.NO_ROLE),
        ("enrollments.csv", 4, "role", sds.NOT_TEACHING),
    }
    assert accounted(reading) == reading.counts


def test_a_password_that_looks_like_a_formula_is_never_looked_at(folder):
    assert "Ada" in read(folder).tables["people"]["given_name"].to_list()


def test_a_misspelt_header_is_refused_with_what_was_meant(folder):
    path = folder / "roles.csv"
    path.write_text(path.read_text().replace("orgSourcedId", "orgSourceId"))
    with pytest.raises(ExchangeError) as caught:
        read(folder)
    assert caught.value.got == "“orgSourceId”: did you mean “orgSourcedId”?"
    assert caught.value.where == "roles.csv, line 1"


def test_a_manifest_means_another_format(folder):
    (folder / "manifest.csv").write_text("propertyName,value\n")
    with Parcel(folder) as parcel:
        assert not sds.recognises(parcel)
