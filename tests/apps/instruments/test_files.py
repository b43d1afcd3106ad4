"""Instruments as files: out and in again is the same, and what cannot be carried is refused with its cell."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import xlsxwriter
from django.core.exceptions import ValidationError
from hypothesis import given, settings

from fairlead.apps.instruments import files, xlsform
from fairlead.apps.instruments.definition import Form, as_data
from fairlead.apps.instruments.models import Instrument, Version
from fairlead.apps.instruments.starters import starters
from tests.apps.instruments.forms import forms

FORMS = [form for form, _ in starters()]


@settings(max_examples=8, deadline=None)
@given(forms())
def test_out_and_in_again_is_the_same_form(form: Form) -> None:
    assert files.load("f.json", files.to_json(form)) == form
    assert files.load("f.xlsx", xlsform.write(form)) == form


@pytest.mark.prove
@settings(max_examples=100, deadline=None)
@given(forms())
def test_out_and_in_again_is_the_same_form_for_many(form: Form) -> None:
    assert files.load("f.json", files.to_json(form)) == form
    assert files.load("f.xlsx", xlsform.write(form)) == form


@pytest.mark.parametrize("form", [FORMS[0], FORMS[1], FORMS[2], FORMS[4]], ids=lambda f: f.key)
def test_starters_come_back_from_a_workbook(form: Form) -> None:
    assert files.load("f.xlsx", xlsform.write(form)) == form


def book(survey: list[list[Any]], choices: list[list[Any]] | None = None, **sheets: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        for name, rows in {"survey": survey, "choices": choices or [], **sheets}.items():
            sheet = workbook.add_worksheet(name)
            for at, row in enumerate(rows):
                sheet.write_row(at, 0, row)
    return out.getvalue()


HEAD = ["type", "name", "label", "hint", "required", "constraint", "appearance", "relevant"]
LIST = [["list_name", "name", "label"], ["yn", "1", "Yes"], ["yn", "2", "No"]]
UNSAID = {"key": "from-elsewhere", "kind": "beliefs", "licence": "CC BY 4.0"}


def test_a_form_from_elsewhere_is_read() -> None:
    survey = [
        HEAD,
        ["select_one yn", "ok", "Is it open?", "Look first", "yes"],
        ["begin group", "more", "More"],
        ["note", "n", "Read this."],
        ["decimal", "people", "People", "", "", ". >= 0 and . <= 40"],
        ["text", "why", "Why " * 40],
        ["end group", ""],
    ]
    form = files.load("f.xlsx", book(survey, [*LIST, ["yn", "not_observed", ""]]), UNSAID)
    assert (form.key, form.kind, form.licence) == ("from-elsewhere", "beliefs", "CC BY 4.0")
    assert [(d.key, d.name, d.about) for d in form.domains] == [
        ("part-1", "Questions", ""), ("more", "More", "Read this."),
    ]  # fmt: skip
    first, people, why = form.items
    assert (first.kind, first.required, first.may_be_unseen, first.prompt) == ("choice", True, True, "Look first")
    assert [o.name for o in first.options] == ["Yes", "No"]
    assert (people.minimum, people.maximum) == (0.0, 40.0)
    assert why.prompt == "Why " * 40
    assert len(why.name) <= 120
    assert why.name.endswith("…")


@pytest.mark.parametrize(
    ("row", "cell"),
    [
        (["geopoint", "here", "Where"], "row 2, column type"),
        (["integer", "n", "How many"], "row 2, column type"),
        (["select_one nowhere", "n", "Which"], "row 2, column type"),
        (["select_one", "n", "Which"], "row 2, column type"),
        (["calculate", "n", ""], "row 2, column type"),
        (["text", "n", "Say", "", "", "", "", "${other} = 1"], "row 2, column relevant"),
        (["text", "n", "Say", "", "maybe"], "row 2, column required"),
        (["text", "n", "Say", "", "", "", "signature"], "row 2, column appearance"),
        (["decimal", "n", "Say", "", "", ". > 3"], "row 2, column constraint"),
        (["decimal", "n", "Say", "", "", ". >= 5 and . <= 3"], "row 2, column constraint"),
        (["text", "No Key", "Say"], "row 2, column name"),
        (["end group", ""], "row 2, column type"),
        (["begin repeat", "r", "Again"], "row 2, column type"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_cell(row: list[Any], cell: str) -> None:
    with pytest.raises(files.NotRead) as error:
        files.load("f.xlsx", book([HEAD, row], LIST), UNSAID)
    assert any(line.startswith(f"sheet survey, {cell}:") for line in error.value.lines), error.value.lines


def test_another_sheet_a_third_language_and_a_pair_of_names_are_refused() -> None:
    survey = [[*HEAD[:3], "label::French (fr)"], ["text", "a", "A", "Un"], ["text", "a", "A"]]
    with pytest.raises(files.NotRead) as error:
        files.load("f.xlsx", book(survey, entities=[["x"], ["y"]]), UNSAID)
    said = "\n".join(error.value.lines)
    assert "sheet survey, row 2, column label::French (fr)" in said
    assert "sheet entities" in said
    with pytest.raises(files.NotRead, match="cannot be carried") as error:
        files.load("f.xlsx", book([HEAD, survey[2], survey[2]]), UNSAID)
    assert "row 3, column name" in error.value.lines[0]


@pytest.mark.parametrize(
    "content",
    [b"", b"not JSON", b"[]", b"{}", b'{"format": "fairlead-instrument/9"}', b"PK\x03\x04 broken", b"[" * 100_000],
    ids=str,
)
def test_what_is_no_instrument_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(files.NotRead) as error:
        files.load("f.json", content)
    assert error.value.what
    assert error.value.then


def test_json_that_breaks_a_rule_is_refused_by_its_place() -> None:
    raw = as_data(FORMS[0])
    raw["domains"][0]["items"][0]["anchors"] = raw["domains"][0]["items"][0]["anchors"][:1]
    with pytest.raises(files.NotRead) as error:
        files.load("f.json", json.dumps({"format": files.FORMAT, **raw}).encode())
    assert error.value.lines == ["item thinking, anchors: 2 to 10 are needed, got 1"]


def test_a_file_too_large_is_not_opened() -> None:
    with pytest.raises(files.NotRead, match="larger"):
        files.load("f.json", b" " * (files.LARGEST + 1))


def test_a_small_file_that_unpacks_to_a_huge_one_is_not_unpacked() -> None:
    packed = io.BytesIO(book([HEAD, ["text", "a", "A"]]))
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as more:
        more.writestr("xl/worksheets/sheet9.xml", bytes(xlsform.MOST_UNPACKED))
    assert len(packed.getvalue()) < files.LARGEST
    with pytest.raises(files.NotRead) as error:
        files.load("f.xlsx", packed.getvalue(), UNSAID)
    assert "larger than 40 MB" in error.value.lines[0]


def test_a_publishers_wording_does_not_leave(seeded: Any) -> None:
    version = Version.objects.select_related("instrument").get(instrument__key="twelve-minutes", number=1)
    assert json.loads(files.export(version, "json"))["key"] == "twelve-minutes"
    Instrument.objects.filter(pk=version.instrument_id).update(restrictions={"importable_only": True})
    version.instrument.refresh_from_db()
    for kind in files.KINDS:
        with pytest.raises(ValidationError, match="belongs to its publisher"):
            files.export(version, kind)


def test_a_restriction_comes_and_goes_with_the_file(seeded: Any, scope_of: Callable[[str], Any]) -> None:
    from fairlead.apps.instruments import drafts

    ines = scope_of("ines")
    form = replace(FORMS[0], key="of-a-publisher", restrictions={"importable_only": True})
    version = drafts.bring(ines, files.load("f.xlsx", xlsform.write(form)))
    with pytest.raises(ValidationError, match="belongs to its publisher"):
        files.export(version, "xlsx")
    with pytest.raises(ValidationError, match="belongs to its publisher"):
        drafts.copy(ines, version, key="mine", name="Mine")
