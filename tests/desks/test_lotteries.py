"""The pages of lotteries: drafted, listed, committed to, drawn, verified; each sees what concerns them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from fairlead.apps.lotteries.models import Entry, Lottery, TakeUp
from tests.access.lottery_objects import committed_lottery, drawn_lottery, planned_lottery
from tests.conftest import as_owner, max_queries

DRAFT = {
    "title": "Coaching in spring", "about": "Half can be coached.", "decided_by": "The team", "kind": "places",
    "unit": "teacher", "share": "1/2", "limit_students": "0.5", "draw_at": "2026-11-20T14:00",
}  # fmt: skip


def page_of(client: Any, address: str, status: int = 200, **asked: Any) -> str:
    found = client.get(address, **asked)
    assert found.status_code == status
    return str(found.content.decode())


def test_from_a_draft_to_a_verified_record(seeded: Any, as_person: Any) -> None:
    client = as_person("ines")
    made = client.post("/lotteries/new", {**DRAFT, "organization_id": seeded.network_id})
    assert made.status_code == 302
    address = made["Location"]
    assert "Close the list" in page_of(client, address)
    assert (
        client.post(f"{address}edit", {**DRAFT, "organization_id": seeded.network_id, "title": "Spring"}).status_code
        == 302
    )
    assert client.post(f"{address}list").status_code == 302
    with max_queries(15):
        page = page_of(client, address)
    assert "Commit to a seed" in page
    assert "draws rehearsed with a public key" in page
    assert "it can detect an effect of" in page
    assert "For 2.00 that is enough" not in page
    assert "That is enough for 2.00" in page_of(client, f"{address}?effect=2")
    assert client.post(f"{address}commit").status_code == 302
    record = client.get(f"{address}record.json")
    assert record["Content-Disposition"].startswith("attachment")
    assert json.loads(record.content)["seed"] == ""
    early = client.post(f"{address}draw")
    assert (early.status_code, "not time yet" in early.content.decode()) == (422, True)


def test_the_one_of_today_is_drawn_and_verified(seeded: Any, as_person: Any) -> None:
    with as_owner():
        address = f"/lotteries/{committed_lottery(seeded)}/"
    client = as_person("tomas")
    assert "Draw now" in page_of(client, address)
    assert client.post(f"{address}draw").status_code == 302
    with max_queries(15):
        page = page_of(client, address)
    assert "Told after the draw:" in page
    assert "waits, number 1" in page
    told = client.get(f"{address}record.json").content
    answer = client.post("/lotteries/verify", {"file": SimpleUploadedFile("lottery.json", told)})
    assert "Yes, it holds." in answer.content.decode()
    changed = json.loads(told)
    changed["result"][0]["group"] = 1 - changed["result"][0]["group"]
    answer = client.post(
        "/lotteries/verify", {"file": SimpleUploadedFile("lottery.json", json.dumps(changed).encode())}
    )
    assert "No: this is not what was promised." in answer.content.decode()
    assert client.post(f"{address}draw").status_code == 422


def test_a_teacher_sees_her_own_place_and_nobody_elses(seeded: Any, as_person: Any) -> None:
    with as_owner():
        pk = committed_lottery(seeded)
        key = Entry.objects.get(lottery_id=pk, person_id=seeded.person["amara"]).key
    client = as_person("amara")
    page = page_of(client, f"/lotteries/{pk}/")
    assert key in page
    assert "Your own place" in page
    assert "One by one" not in page
    assert "Draw now" not in page
    assert "The reading fellowship" in page_of(client, "/lotteries/")
    assert key in client.get(f"/lotteries/{pk}/record.json").content.decode()
    spanish = page_of(client, f"/lotteries/{pk}/", headers={"accept-language": "es"})
    assert "El programa de lectura" in spanish


def test_a_principal_sees_her_school_alone(seeded: Any, as_person: Any) -> None:
    with as_owner():
        pk = drawn_lottery(seeded)
        here = Entry.objects.filter(lottery_id=pk, organization_id=int(seeded.school_ids[0])).count()
    page = page_of(as_person("grace"), f"/lotteries/{pk}/")
    assert f"{here} on the list" in page
    assert "Ridgeline" not in page


def test_a_roll_out_is_rehearsed_and_says_what_it_could_find(seeded: Any, as_person: Any) -> None:
    with as_owner():
        address = f"/lotteries/{planned_lottery(seeded)}/"
    client = as_person("ines")
    assert client.post(f"{address}list").status_code == 302
    page = page_of(client, address)
    assert "Chance of the first step" in page
    assert "students measured of each school before the first step" in page
    assert client.post(f"{address}commit").status_code == 302
    assert "The button to draw appears here" in page_of(client, address)
    assert client.post(f"{address}withdraw", {"because": "The materials come late."}).status_code == 302
    assert "The materials come late." in page_of(client, address)


def test_a_list_that_cannot_be_drawn_is_refused_on_its_page(seeded: Any, as_person: Any) -> None:
    with as_owner():
        pk = planned_lottery(seeded)
        Lottery.objects.filter(pk=pk).update(limits=[{"covariate": "students", "sd": "0.0001"}])
    answer = as_person("ines").post(f"/lotteries/{pk}/list")
    assert answer.status_code == 422
    words = answer.content.decode()
    assert "Too few draws keep these limits" in words or "known before the draw" in words


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"title": ""}, "This field is required"),
        ({"share": "half"}, "Write a share such as 1/2"),
        ({"share": ""}, "Give a share, or a number of places"),
        ({"kind": "steps", "share": "", "steps": "soon"}, "Write one day on each line"),
        ({"limit_attendance": "1"}, "Choose covariates from the list"),
        ({"unit": "school", "together": "team"}, "Schools are drawn together"),
    ],
)
def test_a_draft_that_cannot_be_is_refused_at_its_field(
    change: dict[str, str], said: str, seeded: Any, as_person: Any
) -> None:
    answer = as_person("ines").post("/lotteries/new", {**DRAFT, "organization_id": seeded.network_id, **change})
    assert answer.status_code == 422
    assert said in answer.content.decode()


def test_who_took_part_is_noted(seeded: Any, as_person: Any) -> None:
    with as_owner():
        pk = drawn_lottery(seeded)
        one = Entry.objects.filter(lottery_id=pk, group=0).order_by("pk")[0].pk
    client = as_person("tomas")
    assert client.post(f"/lotteries/{pk}/took-part", {"records": "1"}).status_code == 302
    assert client.post(f"/lotteries/{pk}/took-part", {f"e{one}": "took"}).status_code == 302
    assert "crossed over" in page_of(client, f"/lotteries/{pk}/took-part")
    assert client.post(f"/lotteries/{pk}/took-part", {f"e{one}": "perhaps"}).status_code == 422
    with as_owner():
        assert TakeUp.objects.get(entry_id=one).source == "typed"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{}", b'{"format": "fairlead-lottery-2"}'])
def test_what_is_no_record_is_refused(content: bytes, as_person: Any) -> None:
    answer = as_person("amara").post("/lotteries/verify", {"file": SimpleUploadedFile("x.json", content)})
    assert answer.status_code == 422


def test_its_study_opens_before_the_draw(seeded: Any, as_person: Any) -> None:
    with as_owner():
        pk = committed_lottery(seeded)
    client = as_person("tomas")
    assert "Registered before the draw, the study is prospective." in page_of(client, f"/lotteries/{pk}/")
    assert client.post(f"/lotteries/{pk}/study", {"outcome": "income"}).status_code == 422
    made = client.post(f"/lotteries/{pk}/study", {"outcome": "practice"})
    assert (made.status_code, made["Location"]) == (302, f"/analyst/studies/lottery-{pk}/")
    page = page_of(client, made["Location"])
    assert "The reading fellowship" in page
    assert f"/lotteries/{pk}/" in page
    assert "Its study" in page_of(client, f"/lotteries/{pk}/")
    assert client.post(f"/lotteries/{pk}/study", {"outcome": "practice"}).status_code == 422
    plan = page_of(client, "/analyst/").count("The reading fellowship")
    assert plan == 1


def test_the_home_page_stays_lean(seeded: Any, as_person: Any) -> None:
    client = as_person("ines")
    page_of(client, "/lotteries/")
    with max_queries(8):
        page_of(client, "/lotteries/")
