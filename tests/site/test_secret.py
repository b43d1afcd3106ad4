"""The secret is renewed without losing what devices hold: the former one goes on opening drafts until it is forgotten."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.cli import main
from fairlead.site import folder, offline

ASK = (
    "from fairlead.site import settings as s; import json; print(json.dumps([s.SECRET_KEY, *s.SECRET_KEY_FALLBACKS]))"
)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, with a secret made on first use."""
    monkeypatch.setattr(folder, "data_folder", lambda: tmp_path)
    monkeypatch.delenv("FAIRLEAD_SECRET_KEY", raising=False)
    folder.secret("django")
    return tmp_path / "secrets.json"


def test_what_the_former_secret_locked_is_opened_until_it_is_forgotten(kept: Path, settings: Any) -> None:
    def keys() -> list[str]:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = folder.secret("django"), folder.former_secrets("django")
        return offline._keys(7)

    before = keys()
    assert main(["secret", "renew"]) == 0
    assert keys()[1:] == before, "the draft's key is still given out, after the present one"
    assert main(["secret", "renew"]) == 0
    assert keys()[2:] == before
    assert main(["secret", "forget"]) == 0
    assert len(keys()) == 1
    assert keys() != before
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_backups_secret_takes_the_place_and_the_replaced_one_still_opens(kept: Path) -> None:
    own = folder.secret("django")
    folder.keep_secret("django", "of-the-backup")
    assert (folder.secret("django"), folder.former_secrets("django")) == ("of-the-backup", [own])
    folder.keep_secret("django", "of-the-backup")
    assert folder.former_secrets("django") == [own], "the same again changes nothing"
    folder.keep_secret("django", own)
    assert (folder.secret("django"), folder.former_secrets("django")) == (own, ["of-the-backup"])


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that PostgreSQL's own user could enter: pytest's stand in one that only we may."""
    with tempfile.TemporaryDirectory(prefix="fairlead-secret-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.mark.parametrize("where", ["environment", "folder"])
def test_a_server_that_starts_anew_reads_them(where: str, reachable: Path) -> None:
    data = reachable / "data"
    data.mkdir(mode=0o711)
    environment = os.environ | {"FAIRLEAD_DATA": str(data), "FAIRLEAD_DATABASE": "none"}
    if where == "environment":
        environment |= {"FAIRLEAD_SECRET_KEY": "new", "FAIRLEAD_FORMER_SECRET_KEYS": "old older"}
    else:
        (data / "secrets.json").write_text(json.dumps({"django": "new", "django-former": "old older"}))
    told = subprocess.run([sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert json.loads(told.stdout) == ["new", "old", "older"]


def test_a_secret_of_the_environment_is_not_renewed_here(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FAIRLEAD_SECRET_KEY", "set-outside")
    assert main(["secret", "renew"]) == 1
    said = capsys.readouterr().err
    assert "FAIRLEAD_FORMER_SECRET_KEYS" in said
    assert "set-outside" not in said
