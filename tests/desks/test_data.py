"""The data manager's desk: send, compare, confirm; the worker does the writing under its own login."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fairlead.apps.roster import tasks
from fairlead.apps.roster.models import BellTime, CalendarDay, ImportRun, ImportUpload, Person
from tests.access.roster_objects import import_elsewhere, import_of_tidewater
from tests.apps.roster.exchange import files, test_timetables
from tests.conftest import as_owner, as_worker, max_queries


def zipped(folder: Path) -> SimpleUploadedFile:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)
    return SimpleUploadedFile("sis.zip", packed.getvalue())


@pytest.fixture
def priya(as_person: Any) -> Any:
    return as_person("priya")


@pytest.fixture
def sent(priya: Any, tmp_path: Path) -> ImportRun:
    """A file sent by Priya and looked at by the worker."""
    priya.post(reverse("data:desk"), {"file": zipped(files.write(tmp_path / "sis", files.plain()))})
    with as_owner():
        run = ImportRun.objects.latest("pk")
    assert run.status == "waiting"
    as_worker(tasks.look_at_upload, run.pk)
    with as_owner():
        run.refresh_from_db()
    return run


def test_a_file_is_compared_and_nothing_is_changed_before_it_is_confirmed(priya: Any, sent: ImportRun) -> None:
    assert sent.status == "shown", sent.problem
    page = priya.get(reverse("data:run", args=[sent.pk])).content.decode()
    assert "Confirm" in page
    assert "Given1 Family1" in page
    with as_owner():
        assert not Person.objects.filter(sourced_id="s1").exists()


def test_confirmed_it_is_merged_by_the_worker(priya: Any, sent: ImportRun) -> None:
    priya.post(reverse("data:confirm", args=[sent.pk]))
    as_worker(tasks.merge_upload, sent.pk)
    with as_owner():
        sent.refresh_from_db()
        assert sent.status == "merged", sent.problem
        assert sent.decided_by.given_name == "Priya"
        assert Person.objects.filter(identifiers__source="tidewater:sis", kind="student").count() == 10
        assert not ImportUpload.objects.filter(run=sent).exists()
    assert "What changed" in priya.get(reverse("data:run", args=[sent.pk])).content.decode()


def test_sent_again_the_page_says_that_nothing_would_change(priya: Any, sent: ImportRun) -> None:
    nothing = "Nothing would change"
    assert nothing not in priya.get(reverse("data:run", args=[sent.pk])).content.decode()
    with as_owner():
        sent.counts = {table: counts | {"new": 0, "changed": 0, "closed": 0} for table, counts in sent.counts.items()}
        sent.save()
    assert nothing in priya.get(reverse("data:run", args=[sent.pk])).content.decode()


def test_by_the_web_no_role_but_teacher_is_given(priya: Any, tmp_path: Path) -> None:
    content = files.plain()
    content["users"][10]["role"] = "principal"
    priya.post(reverse("data:desk"), {"file": zipped(files.write(tmp_path / "sis", content))})
    with as_owner():
        run = ImportRun.objects.latest("pk")
    as_worker(tasks.look_at_upload, run.pk)
    page = priya.get(reverse("data:run", args=[run.pk])).content.decode()
    assert "not given by a file sent through the web" in page


def test_what_cannot_be_read_is_refused_in_five_parts(priya: Any) -> None:
    priya.post(reverse("data:desk"), {"file": SimpleUploadedFile("holiday.csv", b"what,ever\n1,2\n")})
    with as_owner():
        run = ImportRun.objects.latest("pk")
    as_worker(tasks.look_at_upload, run.pk)
    page = priya.get(reverse("data:run", args=[run.pk])).content.decode()
    assert "Nothing was changed." in page
    assert "holiday.csv" in page
    with as_owner():
        assert ImportRun.objects.get(pk=run.pk).status == "failed"


def test_too_large_a_file_goes_to_the_command_line(priya: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from fairlead.apps.roster import uploads

    monkeypatch.setattr(uploads, "LARGEST", 10)
    answer = priya.post(reverse("data:desk"), {"file": SimpleUploadedFile("big.csv", b"x" * 11)})
    assert answer.status_code == 400
    assert "fairlead import roster" in answer.content.decode()


def test_unusual_closing_needs_its_own_yes(as_person: Any, seeded: Any) -> None:
    with as_owner():
        run_id = import_of_tidewater(seeded)
    client = as_person("priya")
    client.post(reverse("data:confirm", args=[run_id]))
    with as_owner():
        assert ImportRun.objects.get(pk=run_id).status == "shown"
    client.post(reverse("data:confirm", args=[run_id]), {"allow": "people"})
    with as_owner():
        run = ImportRun.objects.get(pk=run_id)
        assert (run.status, run.allowed) == ("confirmed", ["people"])
    client.post(reverse("data:confirm", args=[run_id]), {"allow": "people"})  # again: no-op, said so
    assert "decided already" in client.get(reverse("data:run", args=[run_id])).content.decode()


def test_discarded_the_bytes_are_gone_and_the_import_is_remembered(as_person: Any, seeded: Any) -> None:
    with as_owner():
        run_id = import_of_tidewater(seeded)
    client = as_person("priya")
    client.post(reverse("data:discard", args=[run_id]))
    with as_owner():
        assert ImportRun.objects.get(pk=run_id).status == "discarded"
        assert not ImportUpload.objects.filter(run_id=run_id).exists()


def test_an_answer_has_the_file_compared_again(as_person: Any, seeded: Any) -> None:
    with as_owner():
        run_id = import_of_tidewater(seeded)
    as_person("priya").post(reverse("data:answer", args=[run_id]), {"key": "s-1"})
    with as_owner():
        run = ImportRun.objects.get(pk=run_id)
        assert (run.status, run.answers) == ("waiting", {"s-1": seeded.person["priya"]})


def test_another_networks_import_is_not_there(as_person: Any, seeded: Any) -> None:
    with as_owner():
        run_id = import_elsewhere(seeded)
    client = as_person("priya")
    assert client.get(reverse("data:run", args=[run_id])).status_code == 404
    assert client.post(reverse("data:discard", args=[run_id])).status_code == 404


def test_few_queries(as_person: Any, seeded: Any) -> None:
    with as_owner():
        run_id = import_of_tidewater(seeded)
    client = as_person("priya")
    with max_queries(15):
        client.get(reverse("data:desk"))
    with max_queries(15):
        client.get(reverse("data:run", args=[run_id]))


def test_the_download_is_a_roster(as_person: Any, seeded: Any) -> None:
    answer = as_person("priya").get(reverse("data:export"))
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        users = archive.read("users.csv").decode()
    assert "student-" in users
    assert "Okafor" in users


def test_a_page_that_waits_asks_again_by_itself_and_stops_when_it_is_done(priya: Any, tmp_path: Path) -> None:
    priya.post(reverse("data:desk"), {"file": zipped(files.write(tmp_path / "sis", files.plain()))})
    with as_owner():
        run = ImportRun.objects.latest("pk")
    address = reverse("data:run", args=[run.pk])
    page = priya.get(address).content.decode()
    assert '<noscript><meta http-equiv="refresh" content="10"></noscript>' in page, "without JavaScript, too"
    assert f'hx-get="{address}" hx-trigger="every 5s"' in page
    assert priya.get(address, headers={"HX-Request": "true"}).status_code == 204, "nothing new: nothing is replaced"
    as_worker(tasks.look_at_upload, run.pk)
    again = priya.get(address, headers={"HX-Request": "true"})
    assert again.status_code == 200
    assert "hx-trigger" not in again.content.decode().partition("<main")[2]
    assert "http-equiv" not in again.content.decode()


@pytest.mark.prove
def test_the_worker_brings_the_timetable_of_ed_fi_too(priya: Any, tmp_path: Path) -> None:
    bells = test_timetables.bells("Normal", "12", "2026-12-22", day_type="A")
    folder = test_timetables.district(tmp_path / "edfi", periods=test_timetables.TWO, schedules=bells)
    priya.post(reverse("data:desk"), {"file": zipped(folder)})
    with as_owner():
        run = ImportRun.objects.latest("pk")
    as_worker(tasks.look_at_upload, run.pk)
    page = priya.get(reverse("data:run", args=[run.pk])).content.decode()
    assert "Bell times" in page
    assert "Sections in periods" in page
    priya.post(reverse("data:confirm", args=[run.pk]))
    as_worker(tasks.merge_upload, run.pk)
    with as_owner():
        run.refresh_from_db()
        assert run.status == "merged", run.problem
        assert BellTime.objects.filter(schedule__name="Normal", organization__sourced_id="10").count() == 2
        assert CalendarDay.objects.get(organization__sourced_id="10").day_type == "A"


LIST = "Code,Who,Family,Since,School\n0017,Ada,Byron,03/04/2017,Harbor Point Elementary\n"
COLUMNS = """[[table]]
file = "list.csv"
holds = "students"
[table.columns]
Code = "student_id"
Who = "given_name"
Family = "family_name"
Since = "born"
School = "school"
"""


def test_a_list_is_read_with_the_columns_and_dates_that_its_sender_told(priya: Any) -> None:
    def look(**more: Any) -> ImportRun:
        page = priya.post(reverse("data:desk"), {"file": SimpleUploadedFile("list.csv", LIST.encode())} | more)
        assert page.status_code == 302
        with as_owner():
            run = ImportRun.objects.latest("pk")
        as_worker(tasks.look_at_upload, run.pk)
        with as_owner():
            run.refresh_from_db()
        return run

    def columns() -> SimpleUploadedFile:
        return SimpleUploadedFile("mine.toml", COLUMNS.encode())

    assert look().status == "failed", "nobody knows what its columns are"
    assert look(mapping=columns()).status == "failed", "3/4 may be March or April"
    run = look(mapping=columns(), dates="day-first")
    assert run.status == "shown", run.problem
    with as_owner():
        fields = run.changes.get(table="people", outcome="new").fields
    assert fields["born"] == [None, "2017-04-03"]


@pytest.mark.parametrize("more", [{"dates": "whenever"}, {"mapping": SimpleUploadedFile("m.toml", b"\xff\xfe")}])
def test_what_is_said_about_a_list_must_make_sense(priya: Any, more: dict[str, Any]) -> None:
    page = priya.post(reverse("data:desk"), {"file": SimpleUploadedFile("list.csv", LIST.encode())} | more)
    assert page.status_code == 400
    assert "field__error" in page.content.decode()
    with as_owner():
        assert not ImportUpload.objects.exists()
