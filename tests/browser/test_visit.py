"""Stop 3 by thumb: a phone, no scripts; the purpose, the rubric, one save; then the teacher's page."""

from __future__ import annotations

from typing import Any


def test_a_visit_typed_once_on_a_phone_without_scripts(open_as: Any) -> None:
    dana = open_as("dana", width=360, javascript=False)
    dana.go("/coach/")
    page = dana.page
    page.get_by_role("link", name="Visit Amara Okafor").click()
    page.get_by_role("radio", name="Coaching").check()
    page.get_by_role("button", name="Open the visit").click()
    assert page.get_by_label("Minutes", exact=True).input_value() == "12"
    thinking = page.get_by_role("group", name="Students do the thinking")
    thinking.get_by_role("radio", name="Solid").check()
    box = thinking.locator("label", has_text="Solid").bounding_box()
    assert box["width"] >= 44
    assert box["height"] >= 44
    page.get_by_label("What you promise", exact=True).fill("Bring paper strips")
    page.get_by_role("button", name="Save and share").click()
    assert "before you share" in page.get_by_role("alert").inner_text(), "feedback is missing"
    assert thinking.get_by_role("radio", name="Solid").is_checked(), "what was chosen is kept"
    page.get_by_label("Feedback", exact=True).fill("Nine of ten pairs began at once.")
    page.get_by_role("button", name="Save and share").click()
    titles = page.locator(".readings h2").all_inner_texts()
    assert titles == ["Observation", "Contact", "Minutes in classrooms", "The teacher's feedback"]
    assert [e for e in dana.errors if "422" not in e] == [], "the browser notes the refused form; nothing else"

    amara = open_as("amara", width=360, javascript=False)
    amara.go("/teacher/")
    amara.page.get_by_role("article").filter(has_text="Nine of ten").get_by_role(
        "link", name="Read and answer"
    ).click()
    assert "Bring paper strips" in amara.page.locator("main").inner_text()
    assert "everything in it" in amara.page.locator(".who").inner_text()
    amara.page.get_by_role("button", name="Read, thank you").click()
    assert "The feedback is closed" in amara.page.get_by_role("status").inner_text()
    assert amara.errors == []
