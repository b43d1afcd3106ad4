"""CASE in: the real framework counted, twice the same, bad files refused place by place."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from fairlead import cli
from fairlead.apps.reviews import standards
from fairlead.apps.reviews.models import Association, Framework, Standard
from fairlead.site import standards as command
from tests.plugins.skips import needs_data


def identifier(n: int) -> str:
    return f"00000000-0000-0000-0000-{n:012d}"


def tie(n: int, kind: str, origin: int, destination: int) -> dict[str, Any]:
    ends = {
        "originNodeURI": {"identifier": identifier(origin)},
        "destinationNodeURI": {"identifier": identifier(destination)},
    }
    return {"identifier": identifier(n), "associationType": kind, **ends}


SMALL: dict[str, Any] = {
    "CFDocument": {"identifier": identifier(1), "title": "Numbers"},
    "CFItems": [
        {"identifier": identifier(2), "humanCodingScheme": "2.N.1", "fullStatement": "Halves of a whole.", "educationLevel": ["02"]},
        {"identifier": identifier(3), "humanCodingScheme": "3.N.1", "fullStatement": "Fractions on a line.", "educationLevel": ["03"]},
        {"identifier": identifier(4), "humanCodingScheme": "3.N.1a", "fullStatement": "Halves on a line.", "educationLevel": ["03"]},
    ],
    "CFAssociations": [tie(10, "precedes", 2, 3), tie(11, "isChildOf", 4, 3), tie(12, "isChildOf", 3, 1)],
}  # fmt: skip


def test_the_common_core_is_counted_and_3_nf_2_has_its_prerequisites(seeded: Any) -> None:
    file = needs_data("standards", "ccssm", "ccssm_case_v1p0_derived.json")
    package = standards.read(json.loads(file.read_text(encoding="utf-8")))
    first = standards.load(package)
    assert (first.new, first.changed, first.same, first.removed) == (471, 0, 0, 0)
    assert first.associations + first.outside == 729 + 471 + 144
    again = standards.load(package)
    assert (again.new, again.changed, again.same, again.removed) == (0, 0, 471, 0)
    (found, *_rest) = standards.search("3.NF.A.2")
    assert found.code == "3.NF.A.2"
    assert "number line" in found.statement
    near = standards.neighbours(found.pk)
    assert near.before, "what comes before it"
    assert all(s.grades <= ["03"] or s.grades == ["KG"] for s in near.before)


def test_twice_changes_nothing_and_a_newer_one_brings_it_up_to_date(seeded: Any) -> None:
    standards.load(standards.read(SMALL))
    before = (list(Standard.objects.values_list()), list(Association.objects.values_list()))
    standards.load(standards.read(SMALL))
    assert (list(Standard.objects.values_list()), list(Association.objects.values_list())) == before
    newer = copy.deepcopy(SMALL)
    newer["CFItems"][1]["fullStatement"] = "Fractions on a number line."
    del newer["CFItems"][2]
    done = standards.load(standards.read(newer))
    assert (done.new, done.changed, done.same, done.removed, done.outside) == (0, 1, 1, 1, 2)
    assert Standard.objects.get(code="3.N.1").statement == "Fractions on a number line."
    assert Association.objects.filter(framework__title="Numbers").count() == 1


def test_search_by_code_words_and_grade(seeded: Any) -> None:
    standards.load(standards.read(SMALL))
    assert [s.code for s in standards.search("3.N.1")] == ["3.N.1", "3.N.1a"]
    assert [s.code for s in standards.search("line HALVES")] == ["3.N.1a"]
    assert [s.code for s in standards.search("halves", grade=2)] == ["2.N.1"]
    assert standards.search("  ") == []
    near = standards.neighbours(Standard.objects.get(code="3.N.1").pk)
    assert [[s.code for s in group] for group in (near.before, near.after, near.whole, near.parts)] == [
        ["2.N.1"], [], [], ["3.N.1a"],
    ]  # fmt: skip


def broken(path: list[Any], value: Any) -> Any:
    raw = copy.deepcopy(SMALL)
    node: Any = raw
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return raw


@pytest.mark.parametrize(
    ("raw", "where"),
    [
        ([], "the file"),
        ({"CFItems": []}, "the file"),
        (broken(["CFDocument", "identifier"], "x"), "CFDocument.identifier"),
        (broken(["CFDocument", "title"], ""), "CFDocument.title"),
        (broken(["CFItems"], {}), "CFItems"),
        (broken(["CFItems", 1], 3), "CFItems[1]"),
        (broken(["CFItems", 1, "fullStatement"], None), "CFItems[1].fullStatement"),
        (broken(["CFItems", 1, "educationLevel"], "03"), "CFItems[1].educationLevel"),
        (broken(["CFItems", 1, "identifier"], identifier(2)), "CFItems[1].identifier"),
        (broken(["CFAssociations", 0, "originNodeURI"], "urn:x"), "CFAssociations[0].originNodeURI"),
        (broken(["CFAssociations", 1, "identifier"], identifier(10)), "CFAssociations[1].identifier"),
    ],
)
def test_what_is_no_case_is_refused_at_its_place(raw: Any, where: str) -> None:
    with pytest.raises(standards.NotCase) as caught:
        standards.read(raw)
    assert [fault.where for fault in caught.value.faults] == [where]


def test_the_command(
    seeded: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "start_django", lambda: None)
    file = tmp_path / "numbers.json"
    file.write_text(json.dumps(SMALL), encoding="utf-8")
    for said in ("3 new, 0 changed, 0 as they were", "0 new, 0 changed, 3 as they were"):
        assert cli.main(["standards", "import", str(file)]) == 0
        assert said in capsys.readouterr().out
    assert cli.main(["standards", "list"]) == 0
    assert "Numbers: 3 standards" in capsys.readouterr().out
    for text, said in (
        ("{", "not JSON"),
        ('{"CFDocument": {}, "CFItems": []}', "CFDocument.title"),
        ("\ud800", "not JSON"),
    ):
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        assert cli.main(["standards", "import", str(file)]) == 1
        assert said in capsys.readouterr().err
    assert cli.main(["standards", "import", str(tmp_path / "none.json")]) == 1
    assert "no such file" in capsys.readouterr().err
    assert Framework.objects.count() == 1
