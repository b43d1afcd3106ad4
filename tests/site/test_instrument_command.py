"""`fairlead instrument`: what there is, a file in as a draft, a version out; refusals in words, nothing half done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from fairlead import cli
from fairlead.apps.instruments.files import load
from fairlead.apps.instruments.models import Instrument, TechnicalResult, Version
from fairlead.site import instruments


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch, seeded: Any) -> None:
    monkeypatch.setattr(instruments, "start_django", lambda: None)


def test_the_list_names_kind_versions_and_drafts(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["instrument", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("teaching-number") and "1 (before), 2 (after)" in line for line in lines)
    assert len(lines) == Instrument.objects.count()


@pytest.mark.parametrize("ending", ["json", "xlsx"])
def test_out_and_in_again_is_a_draft_of_ones_own(ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"walk.{ending}"
    assert cli.main(["instrument", "export", "school-walk", "--out", str(out)]) == 0
    form = load(out.name, out.read_bytes())
    assert cli.main(["instrument", "import", str(out)]) == 1
    assert "key of its own" in capsys.readouterr().err
    own = tmp_path / "own.json"
    assert cli.main(["instrument", "export", "school-walk", "--out", str(own)]) == 0
    own.write_text(own.read_text().replace('"school-walk"', '"our-walk"'))
    assert cli.main(["instrument", "import", str(own)]) == 0
    assert "/instruments/our-walk/1/" in capsys.readouterr().out
    draft = Version.objects.get(instrument__key="our-walk")
    assert (draft.published_at, draft.items.count()) == (None, len(list(form.items)))
    assert draft.instrument.organization_id is not None


def test_a_technical_result_is_computed_and_stored(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["instrument", "technical", "twelve-minutes"]) == 0
    assert "/instruments/twelve-minutes/1/technical/" in capsys.readouterr().out
    row = TechnicalResult.objects.get(version__instrument__key="twelve-minutes")
    assert row.found["counted"]["responses"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["import", "{folder}/nothing.json"], "no such file"),
        (["import", "{folder}/broken.json"], "not JSON"),
        (["export", "no-such", "--out", "{folder}/a.json"], "no such version"),
        (["technical", "school-walk", "--version", "9"], "no such version"),
        (["technical", "choosing-a-leader"], "Nobody has answered"),
        (["export", "school-walk", "--version", "9", "--out", "{folder}/a.json"], "no such version"),
        (["export", "school-walk", "--out", "{folder}/a.csv"], "which format"),
        (["export", "school-walk", "--out", "{folder}/broken.json"], "a file of this name"),
    ],
)
def test_a_refusal_says_what_and_what_next(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.json").write_text("{")
    before = Version.objects.count()
    assert cli.main(["instrument", *(a.format(folder=tmp_path) for a in arguments)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert "next" in error
    assert Version.objects.count() == before


def test_a_publishers_wording_is_not_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Instrument.objects.filter(key="school-walk").update(restrictions={"importable_only": True})
    out = tmp_path / "walk.json"
    assert cli.main(["instrument", "export", "school-walk", "--out", str(out)]) == 1
    assert "belongs to its publisher" in capsys.readouterr().err
    assert not out.exists()
    cli.main(["instrument", "list"])
    assert "wording stays here" in capsys.readouterr().out
