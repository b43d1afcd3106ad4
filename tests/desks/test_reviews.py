"""The desk of assignment reviews: plan and draw, hand in, judge with the picker, deal and close; strangers and bad ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from fairlead.apps.instruments.selectors import current_version, items_of
from fairlead.apps.reviews.models import Piece, Review
from tests.access import review_objects
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_home_shows_a_reviewer_the_queue_and_a_teacher_what_is_asked(as_person: SignIn, seeded: Any) -> None:
    with max_queries(15):
        dana = words(as_person("dana").get("/reviews/"))
    assert "Judge the next one" in dana
    assert "Okafor" not in dana, "whose work it is, is not told"
    amara = words(as_person("amara").get("/reviews/"))
    assert f"/reviews/assignment/{review_objects.asked_of_amara(seeded)}/" in amara
    assert "Judge the next one" not in amara
    assert "Nothing is asked of you now" in words(as_person("yusuf").get("/reviews/"))


def test_a_closed_review_is_read_with_intervals_and_a_link_to_the_measure(as_person: SignIn, seeded: Any) -> None:
    url = f"/reviews/{review_objects.closed_review(seeded)}/"
    with max_queries(15):
        page = as_person("tomas").get(url)
    text = words(page)
    found = page.context["found"]
    assert found.share.known
    assert found.hours.known
    assert f"95 % interval: {found.share.interval}" in text
    assert f"95 % interval: {found.hours.interval}; of 180 hours" in text
    assert 'href="/instruments/work-worth-doing/1/technical/"' in text
    assert "Weighted kappa" in text
    owen = words(as_person("owen").get(url))
    assert "Who judges" not in owen
    assert found.share.value in owen


def test_a_plan_is_made_drawn_and_its_seed_is_told_after(as_person: SignIn, seeded: Any) -> None:
    tomas = as_person("tomas")
    version = current_version("work-worth-doing")
    assert version is not None
    typed = {
        "name": "Spring", "organization_id": seeded.network_id, "subject": "Mathematics", "grade_low": 0, "grade_high": 12,
        "begins": "2026-09-01", "ends": "2026-10-30", "classrooms": 1, "assignments": 2, "version_id": version.pk,
        "purpose": "research", "least_level": 3, "hours": 180, "compare": "", "framework_id": "",
    }  # fmt: skip
    refused = tomas.post("/reviews/new", typed | {"hours": "many", "ends": ""})
    assert refused.status_code == 422
    assert set(refused.context["form"].errors) == {"hours", "ends"}
    page = tomas.post("/reviews/new", typed, follow=True)
    review = Review.objects.get(name="Spring")
    assert review.commitment in words(page)
    assert "Salt" not in words(page)
    drawn = words(tomas.post(f"/reviews/{review.pk}/draw", follow=True))
    review.refresh_from_db()
    assert review.seed in drawn
    assert "assignments are asked for" in drawn
    again = words(tomas.post(f"/reviews/{review.pk}/draw", follow=True))
    assert "a draw is not repeated" in again
    none = words(tomas.post(f"/reviews/{review.pk}/deal", follow=True))
    assert "three reviewers at least" in none
    two = tomas.post(f"/reviews/{review.pk}/people", {"people": [seeded.person["dana"], seeded.person["nadia"]]})
    assert two.status_code == 422
    three = {"people": [seeded.person[key] for key in ("dana", "nadia", "may")]}
    assert "Dana Whitfield" in words(tomas.post(f"/reviews/{review.pk}/people", three, follow=True))
    nothing = words(tomas.post(f"/reviews/{review.pk}/close", follow=True))
    assert "nothing to count" in nothing


def test_a_teacher_hands_in_or_says_that_there_was_none(as_person: SignIn, seeded: Any) -> None:
    piece = review_objects.asked_of_amara(seeded)
    amara = as_person("amara")
    url = f"/reviews/assignment/{piece}/"
    refused = amara.post(url, {"text": "Read pages 4 to 9."})
    assert refused.status_code == 422
    assert "Cover students&#x27; names" in words(refused)
    assert "Read pages 4 to 9." in words(refused), "what was typed is kept"
    bad = SimpleUploadedFile("page.pdf", b"<html>", content_type="application/pdf")
    assert amara.post(url, {"file": bad, "no_names": "on"}).status_code == 422
    good = SimpleUploadedFile("page.pdf", b"%PDF-1.4 page", content_type="text/html")
    assert "no result names you" in words(amara.post(url, {"file": good, "no_names": "on"}, follow=True))
    sent = amara.get(f"{url}copy")
    assert sent["Content-Type"] == "application/pdf"
    assert sent["Content-Disposition"].startswith("attachment")
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert "settled" in words(amara.get(url))
    with as_owner():
        other = review_objects.asked_of_amara(seeded)
    assert other != piece
    assert amara.post(f"/reviews/assignment/{other}/", {"because": ""}).status_code == 422
    assert "Another day" in words(amara.post(f"/reviews/assignment/{other}/", {"because": "A trip"}, follow=True))


@pytest.mark.parametrize("key", ["grace", "owen", "dana"])
def test_nobody_else_hands_in(key: str, as_person: SignIn, seeded: Any) -> None:
    piece = review_objects.asked_of_amara(seeded)
    assert as_person(key).post(f"/reviews/assignment/{piece}/", {"because": "x"}).status_code == 404
    assert Piece.objects.filter(pk=piece, state="none").count() == 0


def test_a_judgement_with_the_picker_and_without_scripts(as_person: SignIn, seeded: Any) -> None:
    piece = review_objects.waits_for_dana(seeded)
    standard = review_objects.standard(seeded)
    dana = as_person("dana")
    url = f"/reviews/assignment/{piece}/judge"
    items = {item.key: f"item_{item.pk}" for item in items_of(current_version("work-worth-doing").pk)}  # type: ignore[union-attr]
    with max_queries(15):
        page = dana.get(url)
    assert "neither of you sees" in words(page)
    typed = {items["of-the-grade"]: "3", items["engagement"]: "2", "q": "fractions compare"}
    looked = dana.post(url, typed | {"look": "1"})
    assert looked.status_code == 200
    assert f'href="/reviews/standards/{standard}/"' in words(looked)
    assert f'name="{items["of-the-grade"]}" value="3" checked' in words(looked), "what was chosen is kept"
    taken = dana.post(url, typed | {"take": "3.N.1"})
    assert taken.context["form"][items["standard"]].value() == "3.N.1"
    missing = dana.post(url, typed | {"keep": "1"})
    assert missing.status_code == 422
    assert "This one needs an answer" in words(missing)
    whole = typed | {items["wholeness"]: "2", items["standard"]: "3.N.1", "keep": "1"}
    assert dana.post(url, whole).status_code == 302
    assert dana.post(url, whole).status_code == 404, "judged once"
    with as_owner():
        assert Piece.objects.get(pk=piece).first_response is not None


def test_who_does_not_judge_opens_no_page_and_no_picture(as_person: SignIn, seeded: Any) -> None:
    piece = review_objects.picture_for_dana(seeded)
    for key in ("grace", "owen", "amara"):
        assert as_person(key).get(f"/reviews/assignment/{piece}/copy").status_code == 404
    picture = as_person("dana").get(f"/reviews/assignment/{piece}/copy")
    assert picture["Content-Type"] == "image/png"
    assert picture["Cache-Control"] == "private, no-store"
    assert as_person("dana").get("/reviews/assignment/999999/copy").status_code == 404


def test_standards_are_found_and_lead_to_each_other(as_person: SignIn, seeded: Any) -> None:
    empty = words(as_person("amara").get("/reviews/standards/"))
    assert "fairlead standards import" in empty
    with as_owner():
        pk = review_objects.standard(seeded)
    amara = as_person("amara")
    found = words(amara.get("/reviews/standards/?q=fractions&grade=3"))
    assert f'href="/reviews/standards/{pk}/"' in found
    assert "Nothing found" in words(amara.get("/reviews/standards/?q=fractions&grade=4"))
    assert "Compare two fractions." in words(amara.get(f"/reviews/standards/{pk}/"))
    assert amara.get("/reviews/standards/999999/").status_code == 404


def test_in_spanish(as_person: SignIn, seeded: Any) -> None:
    url = f"/reviews/{review_objects.closed_review(seeded)}/"
    tomas = as_person("tomas")
    tomas.cookies["django_language"] = "es"
    page = words(tomas.get(url))
    assert "Horas al año por debajo del grado" in page
