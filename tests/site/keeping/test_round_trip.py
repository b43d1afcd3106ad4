"""A whole installation there and back: embedded 18, the 16 that the same wheel brings along, Debian's own server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from scripts.ordinary import NotHere, ordinary_postgres

from fairlead.site.folder import reachable
from fairlead.site.postgres import embedded

pytestmark = pytest.mark.prove
DEBIAN = Path("/usr/lib/postgresql")

BUILD = """
import django; django.setup()
from fairlead.demo.build import build
from fairlead.demo.world import World
from fairlead.site.clock import move_demo
world = build(World.small()); move_demo(world.moment)
from fairlead.apps.instruments.models import Attachment, Response
of = Response.objects.filter(visit__isnull=False, author_id=world.person["dana"], purpose="coaching")[0]
walled = {name: getattr(of, name) for name in ("organization_id", "purpose", "author_id", "subject_id")}
Attachment.objects.create(**walled, response=of, media_type="image/png", name="The board", content=bytes(range(256)) * 40)
"""
# As the app: without a scope nothing, with Grace's scope her school's rows only, with Dana's the picture she took.
SEES = """
import django; django.setup()
from django.db import connection, transaction
from fairlead.apps.access.models import Account
from fairlead.apps.instruments.models import Attachment
from fairlead.apps.roster.models import Enrollment
from fairlead.apps.roster.selectors import scope_for
from fairlead.site.clock import demo_moment
from fairlead.site.postgres import refuse_unsafe_login
refuse_unsafe_login(connection)
with transaction.atomic():
    assert Enrollment.objects.count() == 0, "rows without a scope"
    grace = Account.objects.get(email="grace.lindqvist@demo.fairlead.example")
    scope = scope_for(grace.person_id, demo_moment().date())
    schools = set(Enrollment.objects.values_list("organization_id", flat=True))
    assert schools == set(scope.org_ids), (schools, scope.org_ids)
    assert Attachment.objects.count() == 0, "another's picture"
    dana = Account.objects.get(email="dana.whitfield@demo.fairlead.example")
    scope_for(dana.person_id, demo_moment().date())
    assert bytes(Attachment.objects.get(name="The board").content) == bytes(range(256)) * 40
print("walls stand")
"""


def environment(folder: Path, url: str | None, login: str = "owner") -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE_URL", "FAIRLEAD_"))}
    kept |= {
        "FAIRLEAD_DATA": str(folder),
        "FAIRLEAD_TEST_CLUSTER": "1",
        "FAIRLEAD_DEMO": "0",
        "FAIRLEAD_LOGIN": login,
    }
    kept |= {"DJANGO_SETTINGS_MODULE": "fairlead.site.settings", "PYTHONPATH": "src"}
    return kept | ({"DATABASE_URL": url} if url else {})


def fairlead(*arguments: str, folder: Path, url: str | None = None, code: int = 0) -> str:
    command = [sys.executable, "-m", "fairlead.cli", *arguments]
    done = subprocess.run(command, env=environment(folder, url), capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr[-3000:]
    return done.stdout + done.stderr


def python(program: str, folder: Path, url: str | None = None, login: str = "owner") -> str:
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment(folder, url, login), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder that the user who runs PostgreSQL can reach; its servers are stopped at the end."""
    import shutil
    import tempfile

    base = next(p for p in (Path(tempfile.gettempdir()), Path("/var/tmp")) if reachable(p))
    folder = Path(tempfile.mkdtemp(prefix="fairlead-keeping-", dir=base))
    folder.chmod(0o711)
    yield folder
    for data in folder.glob("data-*"):
        if (data / "test-postgres").is_dir():
            fairlead("postgres", "stop", folder=data)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def kept(place: Path) -> Path:
    """The backup of an embedded installation with the small network."""
    data = place / "data-from"
    fairlead("migrate", folder=data)
    python(BUILD, data)
    fairlead("backup", str(place / "kept.zip"), folder=data)
    return place / "kept.zip"


def sums(path: Path) -> dict[str, tuple[int, str]]:
    """Rows and checksum of each table in a backup."""
    with zipfile.ZipFile(path) as archive:
        found = json.loads(archive.read("manifest.json"))["tables"]
    return {name: (part["rows"], part["checksum"]) for name, part in found.items()}


def differences(one: Path, other: Path) -> dict[str, tuple[Any, Any]]:
    """Tables whose rows or checksums are not the same in two backups."""
    first, second = sums(one), sums(other)
    return {
        name: (first.get(name), second.get(name)) for name in first | second if first.get(name) != second.get(name)
    }


def test_into_another_embedded_server(kept: Path, place: Path) -> None:
    data = place / "data-embedded"
    told = fairlead("restore", str(kept), folder=data)
    assert "counts and checksums equal those of the backup" in told
    assert "walls stand" in python(SEES, data, login="app")
    fairlead("backup", str(place / "again.zip"), folder=data)
    assert differences(kept, place / "again.zip") == {}
    assert "not empty" in fairlead("restore", str(kept), folder=data, code=1)
    extracts = {p.name: p.read_bytes() for p in (place / "data-from" / "extracts").iterdir()}
    assert {p.name: p.read_bytes() for p in (data / "extracts").iterdir()} == extracts


@contextmanager
def server(kind: str, place: Path) -> Iterator[str]:
    if kind == "debian":
        programs = None
    else:  # the wheel has PostgreSQL 16 beside its 18
        programs = embedded.programs().parent.parent / "pginstall" / "bin"
        if not (programs / "postgres").exists():
            pytest.skip(f"the wheel brings no PostgreSQL 16 along ({programs})")
    try:
        with ordinary_postgres(place / kind, programs=programs) as url:
            yield url
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.mark.parametrize("kind", ["sixteen", "debian"])
def test_into_an_ordinary_server_and_back(kind: str, kept: Path, place: Path) -> None:
    (place / kind).mkdir()
    (place / kind).chmod(0o711)
    with server(kind, place) as url:
        with psycopg.connect(url) as connection:
            major = connection.info.server_version // 10000
        assert major == (16 if kind == "sixteen" else major)
        data = place / f"data-{kind}"
        assert "counts and checksums equal" in fairlead("restore", str(kept), folder=data, url=url)
        assert "walls stand" in python(SEES, data, url, login="app")
        fairlead("backup", str(place / f"{kind}.zip"), folder=data, url=url)
    assert differences(kept, place / f"{kind}.zip") == {}
    back = place / f"data-{kind}-back"
    assert "counts and checksums equal" in fairlead("restore", str(place / f"{kind}.zip"), folder=back)
    assert "walls stand" in python(SEES, back, login="app")


def test_a_killed_restore_leaves_nothing(kept: Path, place: Path) -> None:
    data = place / "data-killed"
    fairlead("postgres", "start", folder=data)
    command = [sys.executable, "-m", "fairlead.cli", "restore", str(kept)]
    process: Any = subprocess.Popen(command, env=environment(data, None), stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "Restoring" in line:
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert "counts and checksums equal" in fairlead("restore", str(kept), folder=data), (
        "the database was not left empty"
    )


def test_who_was_erased_after_the_backup_is_erased_again(kept: Path, place: Path) -> None:
    data = place / "data-from"
    amara = python(
        "import django; django.setup()\n"
        "from fairlead.apps.access.models import Account\n"
        "print(Account.objects.get(email='amara.okafor@demo.fairlead.example').person_id)",
        data,
    ).strip()
    rehearsed = fairlead("erase-person", amara, folder=data, code=1)
    assert "Nothing was changed" in rehearsed
    assert "roster_person " in rehearsed
    told = fairlead("erase-person", amara, "--yes", folder=data)
    assert "Erased." in told
    assert "Okafor" not in rehearsed + told
    assert "Nobody here" in fairlead("erase-person", amara, folder=data, code=1)
    fresh = place / "data-erased"
    fresh.mkdir()
    fresh.chmod(0o711)
    (fresh / "erased.txt").write_text((data / "erased.txt").read_text())
    assert "erased after this backup was made, and have been erased again: 1" in fairlead("restore", str(kept), folder=fresh)
    left = python(
        "import django; django.setup()\n"
        "from fairlead.apps.roster.models import Person\n"
        f"print(Person.objects.filter(pk={amara}).count())",
        fresh,
    )
    assert left.strip() == "0"
