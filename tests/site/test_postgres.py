"""The embedded server: made, started, killed, stopped; the logins it has; the logins it refuses."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from fairlead.site import folder, postgres
from fairlead.site.postgres import embedded, outside
from fairlead.site.refusal import Refusal

pytestmark = pytest.mark.prove  # each makes, starts and kills servers of its own


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder of the test's own, below the run's one (pytest's is closed to PostgreSQL's user)."""
    made = folder.make_folder(folder.data_folder() / f"trial-{os.getpid()}")
    with inside(made, monkeypatch):
        yield made
        postgres.stop()
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def template() -> Iterator[Path]:
    """A folder with a made cluster, to copy: making one takes longer than any test here."""
    made = folder.make_folder(folder.data_folder() / f"template-{os.getpid()}")
    with pytest.MonkeyPatch.context() as patch, inside(made, patch):
        embedded.ensure_running()
        postgres.stop()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def place(template: Path, bare: Path) -> Path:
    """A data folder of the test's own, with a cluster that is stopped."""
    subprocess.run(["cp", "-a", f"{template}/.", str(bare)], check=True)
    return bare


@contextmanager
def inside(data_folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    patch.setenv("FAIRLEAD_DATA", str(data_folder))
    patch.setenv("FAIRLEAD_TEST_CLUSTER", "1")
    patch.delenv("DATABASE_URL", raising=False)
    folder.data_folder.cache_clear()
    yield
    folder.data_folder.cache_clear()


Connect = Callable[..., psycopg.Connection[Any]]


@pytest.fixture
def connect(request: pytest.FixtureRequest) -> Connect:
    if "lasting" not in request.fixturenames:
        request.getfixturevalue("place")

    def open_as(login: str, **changes: Any) -> psycopg.Connection[Any]:
        entry = postgres.connection(login)
        names = {"HOST": "host", "PORT": "port", "NAME": "dbname", "USER": "user", "PASSWORD": "password"}
        return psycopg.connect(**({names[k]: v for k, v in entry.items() if k in names} | changes), autocommit=True)

    return open_as


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [])


def test_starting_twice_is_one_server(place: Path) -> None:
    first = embedded.ensure_running()
    assert embedded.ensure_running() == first
    assert first.ready
    assert postgres.stop() is True
    assert postgres.stop() is False
    assert embedded.cluster().server() is None


@pytest.fixture
def lasting(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The cluster that people's work is kept in, not the throwaway one."""
    with monkeypatch.context() as patch:
        patch.delenv("FAIRLEAD_TEST_CLUSTER")
        yield
        postgres.stop()


@pytest.mark.usefixtures("lasting")
def test_a_killed_server_comes_back_with_its_rows_on_its_port(connect: Connect) -> None:
    with connect("owner") as owner:
        owner.execute("CREATE TABLE mark AS SELECT 7 AS seven")
    before = embedded.ensure_running()
    kill(before.pid)
    with connect("owner") as owner:
        assert owner.execute("SELECT seven FROM mark").fetchone() == (7,)
    after = embedded.ensure_running()
    assert after.pid != before.pid
    assert after.port == before.port


def test_a_stale_pid_file_whose_number_another_process_has_now(place: Path) -> None:
    before = embedded.ensure_running()
    path = embedded.cluster().data / "postmaster.pid"
    lines = path.read_text().splitlines()
    postgres.stop()
    path.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    if user := folder.service_user():
        os.chown(path, user.pw_uid, user.pw_gid)
    assert embedded.cluster().server() is None
    assert embedded.ensure_running().pid not in {before.pid, os.getpid()}


def test_many_processes_start_one_server(bare: Path) -> None:
    code = "from fairlead.site import postgres; print(postgres.connection('app')['PORT'])"
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=os.environ | {"PYTHONPATH": "src"})
        for _ in range(3)
    ]
    ports = {process.communicate(timeout=60)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0]
    assert ports == {f"{embedded.ensure_running().port}\n".encode()}


def test_an_interrupted_initdb_is_begun_anew(bare: Path) -> None:
    half = folder.make_folder(embedded.cluster().folder) / "data.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert embedded.ensure_running().ready
    assert not half.exists()


def test_data_of_another_version_is_refused_with_what_to_do(bare: Path) -> None:
    data = folder.make_folder(embedded.cluster().folder) / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("16\n")
    with pytest.raises(Refusal) as refused:
        embedded.ensure_running()
    assert refused.value.got == "PostgreSQL 16"
    assert str(data) in str(refused.value)


def test_secrets_and_data_are_closed_and_parents_left_alone(bare: Path) -> None:
    above = stat.S_IMODE(bare.parent.stat().st_mode)
    embedded.ensure_running()
    assert stat.S_IMODE((bare / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE(embedded.cluster().data.stat().st_mode) == 0o700
    assert stat.S_IMODE(bare.parent.stat().st_mode) == above


def test_a_password_is_needed_and_only_loopback_listens(connect: Connect) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        connect("app", password="a guess")
    lines = (embedded.cluster().data / "postmaster.pid").read_text().splitlines()
    assert lines[4:6] == ["", "127.0.0.1"]  # no socket, one address


@pytest.mark.usefixtures("lasting")
def test_the_lasting_cluster_is_durable(connect: Connect) -> None:
    with connect("app") as app:
        for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert app.execute(f"SHOW {setting}").fetchone() == ("on",), setting


def test_owner_may_make_databases_and_become_the_others(connect: Connect) -> None:
    with connect("owner") as owner:
        owner.execute("CREATE DATABASE another")
        for role in ("fairlead_app", "fairlead_worker"):
            owner.execute(f"SET ROLE {role}")
            assert owner.execute("SELECT current_user").fetchone() == (role,)
            owner.execute("RESET ROLE")


@pytest.mark.parametrize("login", ["app", "worker"])
def test_the_held_logins_may_not_climb(connect: Connect, login: str) -> None:
    with connect(login) as held:
        postgres.refuse_unsafe_login(held)
        for forbidden in ("SET ROLE fairlead_owner", "CREATE TABLE mine (a int)", "CREATE ROLE mine"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                held.execute(forbidden)


def test_unsafe_logins_are_refused_by_name_and_reason(connect: Connect) -> None:
    with connect("owner") as owner:
        owner.execute("CREATE TABLE walls (a int)")
        with pytest.raises(Refusal, match="must not serve pages") as refused:
            postgres.refuse_unsafe_login(owner)
        assert "walls" in refused.value.got
    superuser = {"user": "postgres", "password": folder.secret("test-postgres-superuser")}
    with connect("owner", **superuser) as admin:
        with pytest.raises(Refusal) as refused:
            postgres.refuse_unsafe_login(admin)
        assert "superuser" in refused.value.got
        admin.execute("ALTER ROLE fairlead_app BYPASSRLS")
        with connect("app") as app, pytest.raises(Refusal) as refused:
            postgres.refuse_unsafe_login(app)
        assert "BYPASSRLS" in refused.value.got
        admin.execute("ALTER ROLE fairlead_app NOBYPASSRLS")
        admin.execute("ALTER TABLE fairlead.public.walls OWNER TO fairlead_app")
        with connect("app") as app, pytest.raises(Refusal):
            postgres.refuse_unsafe_login(app)


def test_an_unknown_login_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        postgres.connection("root")
    assert refused.value.allowed == "owner, worker, app"


@pytest.fixture
def elsewhere(place: Path, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """The same server as if it were somebody else's: an owner who may make roles, and none of our logins."""
    server = embedded.ensure_running()
    superuser = {"user": "postgres", "password": folder.secret("test-postgres-superuser"), "dbname": "postgres"}

    def administer(**changes: Any) -> psycopg.Connection[Any]:
        return psycopg.connect(host="127.0.0.1", port=server.port, autocommit=True, **(superuser | changes))

    with administer() as admin:
        admin.execute("DROP DATABASE fairlead")
        admin.execute("DROP ROLE fairlead_app, fairlead_worker, fairlead_owner")
        admin.execute("CREATE ROLE lender LOGIN CREATEROLE CREATEDB PASSWORD 'w'")
        admin.execute("CREATE DATABASE lent OWNER lender")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://lender:w@127.0.0.1:{server.port}/lent")
    outside.ensure_logins.cache_clear()
    yield administer
    outside.ensure_logins.cache_clear()
    monkeypatch.delenv("DATABASE_URL")


def test_a_database_url_is_used_and_its_logins_made(elsewhere: Connect) -> None:
    entry = postgres.connection("app")
    assert (entry["NAME"], entry["USER"]) == ("lent", "fairlead_app")
    with elsewhere(user=entry["USER"], password=entry["PASSWORD"], dbname="lent") as app:
        postgres.refuse_unsafe_login(app)
    with elsewhere(user="lender", password="w", dbname="lent") as owner:
        owner.execute("SET ROLE fairlead_worker")
    assert postgres.stop() is False  # not ours


def test_an_owner_who_may_not_make_logins_is_told_what_to_do(elsewhere: Connect) -> None:
    with elsewhere() as admin:
        admin.execute("ALTER ROLE lender NOCREATEROLE")
    with pytest.raises(Refusal) as refused:
        postgres.connection("app")
    assert "DATABASE_URL_APP" in refused.value.then


def test_a_login_of_another_installation_is_not_taken_over(elsewhere: Connect) -> None:
    with elsewhere() as admin:
        admin.execute("CREATE ROLE fairlead_app LOGIN PASSWORD 'theirs'")
    with pytest.raises(Refusal) as refused:
        postgres.connection("app")
    assert "password unknown" in refused.value.got
    with elsewhere(user="fairlead_app", password="theirs", dbname="lent"):
        pass  # still theirs


def test_a_given_app_login_must_be_a_member(elsewhere: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    postgres.connection("owner")
    with elsewhere() as admin:
        admin.execute("CREATE ROLE page LOGIN PASSWORD 'p'")
    monkeypatch.setenv("DATABASE_URL_APP", os.environ["DATABASE_URL"].replace("lender:w", "page:p"))
    outside.ensure_logins.cache_clear()
    with pytest.raises(Refusal) as refused:
        postgres.connection("app")
    assert refused.value.then == 'GRANT fairlead_app TO "page"'
    with elsewhere() as admin:
        admin.execute("GRANT fairlead_app TO page")
    assert postgres.connection("app")["USER"] == "page"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "cannot be read"),
        ("postgresql://h/d", "names no login"),
        ("postgresql://u@h", "names no database"),
    ],
)
def test_a_wrong_database_url_is_explained(monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    outside.ensure_logins.cache_clear()
    with pytest.raises(Refusal, match=said) as refused:
        postgres.connection("owner")
    assert refused.value.where.endswith("DATABASE_URL")


def test_an_old_server_is_refused() -> None:
    class Old:
        class info:
            server_version, host = 140_011, "old.example"

    with pytest.raises(Refusal) as refused:
        outside._refuse_old(Old())  # type: ignore[arg-type]
    assert refused.value.got == "PostgreSQL 14"


def test_a_server_that_does_not_answer_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@127.0.0.1:1/d")
    outside.ensure_logins.cache_clear()
    with pytest.raises(Refusal, match="does not let us in"):
        postgres.connection("owner")
