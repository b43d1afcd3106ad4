"""`fairlead import roster`: what it says is exact, and what did not happen leaves nothing behind."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from fairlead.apps.roster.models import Organization
from fairlead.site import rosters
from fairlead.site.refusal import Refusal
from tests.apps.roster.exchange.files import Rows, plain, write


@pytest.mark.prove
def test_a_refused_reference_names_the_files_own_column(bring: Any) -> None:
    content = plain()
    content["classes"][0]["termSourcedIds"] = "nowhere"
    content["enrollments"][0]["userSourcedId"] = "nobody"
    content["users"].append(content["users"][0])
    told = {(file, line, column) for file, line, column, *_rest in bring(content, merge=False).diff.refused}
    twice = len(content["users"]) + 1
    assert {("classes.csv", 2, "termSourcedIds"), ("enrollments.csv", 2, "userSourcedId"),
            ("users.csv", twice, "sourcedId")} <= told  # fmt: skip


@pytest.fixture
def at_the_command_line(db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    """`fairlead import roster` in a database in which there is nobody yet; what it printed."""
    monkeypatch.setattr(rosters, "start_django", lambda: None)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE roster_organization CASCADE")

    def work(content: dict[str, Rows], *options: str) -> str:
        parser = argparse.ArgumentParser()
        rosters.add_import(parser)
        path = write(tmp_path / str(len(list(tmp_path.iterdir()))), content)
        rosters.import_roster(parser.parse_args([str(path), *options]))
        return str(capsys.readouterr().out)

    return work


def test_a_first_import_that_is_refused_or_not_wanted_leaves_no_network(at_the_command_line: Any) -> None:
    broken = plain() | {"orgs": [{"sourcedId": "a"}]}
    with pytest.raises(Refusal, match="name"):
        at_the_command_line(broken, "--organization", "Town")
    assert not Organization.objects.exists()
    assert "To merge: --yes" in at_the_command_line(plain(), "--organization", "Town")
    assert not Organization.objects.exists()
    assert "Merged" in at_the_command_line(plain(), "--organization", "Town", "--yes")
    assert Organization.objects.filter(sourced_id="Town").exists()
