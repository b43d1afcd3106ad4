"""`fairlead lottery verify`: yes or no, and why, from the file alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead import cli
from tests.science.impact.lottery.invented import made, schools


@pytest.fixture
def record() -> dict:
    return made(schools(8, 2, limits=()))


def written(folder: Path, record: object) -> str:
    path = folder / "record.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    return str(path)


def test_what_was_drawn_so_holds(record: dict, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["lottery", "verify", written(tmp_path, record)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "A draw: 8 entries"
    assert [line.split()[0] for line in lines[1:-1]] == ["yes"] * 6
    assert lines[-1] == "Yes, it holds."


def test_a_changed_result_is_told(record: dict, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record["result"][2]["group"] = 1 - record["result"][2]["group"]
    assert cli.main(["lottery", "verify", written(tmp_path, record)]) == 1
    out = capsys.readouterr().out
    assert "1 of 8 differ: s02" in out
    assert out.endswith("No: this is not what was promised.\n")


def test_before_the_draw_it_says_so(record: dict, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record.update(seed="", salt="", drawn_at="", attempt=None, result=[])
    assert cli.main(["lottery", "verify", written(tmp_path, record)]) == 0
    assert capsys.readouterr().out.endswith("So far it holds.\n")


@pytest.mark.parametrize(
    "content", [None, b"\xff", b"{", b'{"format": "another"}', b'{"format": "fairlead-lottery-2"}']
)
def test_what_is_no_record_is_refused(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "record.json"
    if content is not None:
        path.write_bytes(content)
    assert cli.main(["lottery", "verify", str(path)]) == 1
    told = capsys.readouterr().err
    assert all(word in told for word in ("allowed", "got", "where", "next"))
