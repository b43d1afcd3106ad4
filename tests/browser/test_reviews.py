"""One assignment judged twice in blind and decided by a third: by keys alone on a laptop, by thumb without scripts on a phone."""

from __future__ import annotations

from typing import Any

from fairlead.apps.reviews.models import Piece
from tests.access import review_objects
from tests.conftest import as_owner


def test_two_in_blind_and_a_third_who_decides(open_as: Any, seeded: Any) -> None:
    keys = {seeded.person[key]: key for key in ("dana", "nadia", "hector", "may")}
    with as_owner():
        review_objects.standard(seeded)
        pk = review_objects.waits_for_dana(seeded)
        piece = Piece.objects.get(pk=pk)
        # The cast has a session; the others' pieces are handed to those who have one.
        people = {"first": "dana", "second": "tomas", "third": "ines"}
        ids = {f"{part}_id": seeded.person[key] for part, key in people.items()}
        Piece.objects.filter(pk=pk).update(**ids)
        type(piece.copy).objects.filter(piece_id=pk).update(**ids)
    assert set(keys) >= {piece.first_id}
    url = f"/reviews/assignment/{pk}/judge"

    dana = open_as("dana")
    dana.go(url)
    page = dana.page
    boxes = [page.locator(where).bounding_box() for where in (".judge__page", ".judge__form")]
    assert boxes[1]["x"] > boxes[0]["x"] + boxes[0]["width"] - 1, "beside each other"
    page.get_by_label("Find a standard").focus()
    page.keyboard.type("compare fractions")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Take 3.N.1").press("Enter")
    assert page.get_by_label("The standard", exact=True).input_value() == "3.N.1"
    for group, level in (("It asks what the grade's standard asks", 1), ("It engages", 1), ("It is whole", 1)):
        page.get_by_role("group", name=group).get_by_role("radio").nth(0).focus()
        page.keyboard.press("Space")
        for _ in range(level - 1):
            page.keyboard.press("ArrowDown")
    page.get_by_role("button", name="Keep my judgement").press("Enter")
    page.get_by_role("status").filter(has_text="Kept.").wait_for()
    assert dana.errors == []

    tomas = open_as("tomas", width=360, javascript=False)
    tomas.go(url)
    page = tomas.page
    assert "What the two said" not in page.locator("main").inner_text()
    boxes = [page.locator(where).bounding_box() for where in (".judge__page", ".judge__form")]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"], "one above the other"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    for group in ("It asks what the grade's standard asks", "It engages", "It is whole"):
        page.get_by_role("group", name=group).get_by_role("radio").nth(3).check()
    page.get_by_role("button", name="Keep my judgement").click()
    assert tomas.errors == []

    ines = open_as("ines")
    ines.go("/reviews/")
    page = ines.page
    assert "two differ, you decide" in page.locator("main").inner_text()
    ines.go(url)
    both = page.get_by_role("table", name="What the two said").inner_text()
    assert "1. Not" in both
    assert "4. Fully" in both
    for group in ("It asks what the grade's standard asks", "It engages", "It is whole"):
        page.get_by_role("group", name=group).get_by_role("radio").nth(2).check()
    page.get_by_role("button", name="Keep my judgement").click()
    assert "your decision stands" in page.get_by_role("alert").inner_text(), "not without a reason"
    page.get_by_label("Why you decide so").fill("It asks for reasons.")
    page.get_by_role("button", name="Keep my judgement").click()
    with as_owner():
        ended = Piece.objects.get(pk=pk)
        assert (ended.differs, ended.reason) == (True, "It asks for reasons.")
        assert ended.third_response is not None
