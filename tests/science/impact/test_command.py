"""`fairlead impact`: what it prints, and with which exit code it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.cli import main
from fairlead.science.impact import shipped_plan, shipped_plan_text


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(shipped_plan_text("star_kindergarten"), encoding="utf-8")
    return path


def test_a_good_plan_has_its_registration(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "plan", "check", str(plan), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hash"] == shipped_plan("star_kindergarten").hash
    assert main(["impact", "plan", "check", str(plan)]) == 0
    assert shipped_plan("star_kindergarten").hash in capsys.readouterr().out


def test_the_echo_says_what_the_domain_turns_on(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A domain is one word; months, ranks and a default intraclass correlation hang on it, and the plan's echo says so."""
    main(["impact", "plan", "check", str(plan)])
    told = capsys.readouterr().out
    assert "translated into months and a rank among published effects" in told
    assert "icc 0.20 where the data give none" in told
    other = plan.read_text(encoding="utf-8").replace('domain = "achievement"', 'domain = "attendance"')
    plan.write_text(other, encoding="utf-8")
    main(["impact", "plan", "check", str(plan)])
    told = capsys.readouterr().out
    assert "not translated into months" in told
    assert "icc 0.10 where the data give none" in told


def test_problems_come_all_at_once_with_exit_code_2(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = (
        plan.read_text()
        .replace('design = "randomized_blocked"', 'design = "hoped"')
        .replace("alpha = 0.05", "alpha = 5")
    )
    assert broken != plan.read_text()
    plan.write_text(broken, encoding="utf-8")
    assert main(["impact", "plan", "check", str(plan)]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert "assignment.design" in told.err
    assert main(["impact", "plan", "check", str(plan), "--json"]) == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert {"where", "what", "got", "allowed", "next"} == set(problems[0])


def test_an_unknown_command_names_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["impact", "guess"])
    assert "plan" in capsys.readouterr().err


def test_a_plan_that_is_not_there_or_not_text_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["impact", "plan", "check", str(tmp_path / "nowhere.toml")]) == 2
    assert "nowhere.toml" in capsys.readouterr().err
    (tmp_path / "latin.toml").write_bytes('title = "año"'.encode("latin-1"))
    assert main(["impact", "plan", "check", str(tmp_path / "latin.toml")]) == 2
    assert "UTF-8" in capsys.readouterr().err
