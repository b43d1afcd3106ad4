"""A class on one device: nothing of a student is left for the next, by the back button neither; a minute without network."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.apps.surveys.models import Ballot, Invitation
from tests.access import survey_objects
from tests.conftest import as_owner

ADDRESS = "/a/class/reef-2468/"
LEFT = """async () => ({
    cookies: document.cookie, local: localStorage.length, session: sessionStorage.length,
    caches: (await caches.keys().catch(() => [])).filter((name) => !name.startsWith('fairlead-assets')),
    bases: (await indexedDB.databases().catch(() => [])).map((base) => base.name),
    ticked: document.querySelectorAll('input:checked').length,
    typed: [...document.querySelectorAll('textarea, input:not([type=hidden], [type=radio], [type=checkbox])')]
        .filter((field) => field.value).length,
})"""
NOTHING = {"cookies": "", "local": 0, "session": 0, "caches": [], "bases": [], "ticked": 0, "typed": 0}


def ballots(seeded: Any) -> int:
    with as_owner():
        return Ballot.objects.filter(administration_id=survey_objects.students_now(seeded)).count()


def answer(page: Any, begin: str, yes: str, send: str, choice: int) -> None:
    page.get_by_role("link", name=begin).tap()
    page.get_by_role("link", name=yes).tap()
    page.locator('[data-panel^="ask-"]:not([hidden]) fieldset').first.wait_for()
    for group in page.locator("[data-panel]:not([hidden]) fieldset").all()[:3]:
        group.locator("label").nth(choice).tap()
    page.get_by_role("button", name=send).tap()


@pytest.mark.prove
def test_one_device_goes_round(open_as: Any, seeded: Any) -> None:
    before = ballots(seeded)
    tab = open_as(None, width=360)
    page = tab.page
    tab.go(ADDRESS)
    answer(page, "Begin in English", "Yes, show me the questions", "Send my answers", 4)
    page.get_by_role("heading", name="Thank you").wait_for()
    assert ballots(seeded) == before + 1
    assert page.evaluate(LEFT) == NOTHING
    page.get_by_role("link", name="Next student").tap()
    page.get_by_role("link", name="Comenzar en español").wait_for()

    page.go_back()
    assert page.url == "about:blank", "the page is one address: before it there is nothing of it"
    page.go_forward()
    page.get_by_role("link", name="Begin in English").wait_for()
    assert page.evaluate(LEFT) == NOTHING

    page.context.set_offline(True)
    answer(page, "Comenzar en español", "Sí, muéstrame las preguntas", "Enviar mis respuestas", 1)
    page.get_by_role("heading", name="Gracias").wait_for()
    assert page.locator("[data-waiting]").is_visible()
    assert page.evaluate(LEFT) == NOTHING, "what waits is in memory only"
    page.get_by_role("link", name="Siguiente estudiante").tap()
    assert ballots(seeded) == before + 1
    page.context.set_offline(False)
    page.locator("[data-waiting]").wait_for(state="hidden")
    assert ballots(seeded) == before + 2

    page.get_by_role("link", name="Begin in English").tap()
    page.get_by_role("button", name="No, I would rather not").tap()
    page.get_by_role("heading", name="Thank you").wait_for()
    with as_owner():
        said = Invitation.objects.filter(administration_id=survey_objects.students_now(seeded), state="declined")
        assert said.count() == 1
    assert ballots(seeded) == before + 2
    assert [e for e in tab.errors if "ERR_INTERNET_DISCONNECTED" not in e and not e.startswith("failed")] == []


@pytest.mark.prove
def test_without_scripts_the_back_button_shows_an_empty_form(open_as: Any, seeded: Any) -> None:
    tab = open_as(None, width=360, javascript=False)
    page = tab.page
    tab.go(ADDRESS)
    answer(page, "Begin in English", "Yes, show me the questions", "Send my answers", 3)
    page.get_by_role("heading", name="Thank you").wait_for()
    for _step in range(3):
        page.go_back()
        assert page.locator("input:checked").count() == 0
    assert tab.errors == []
