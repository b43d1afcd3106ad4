"""The story as a visitor clicks through it, on a phone and without scripts; test_morning and test_visit do the work."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from fairlead.desks.welcome.stops import STOPS
from tests.access.test_table import TABLE
from tests.browser.walk import PAGES


def test_seven_stops_by_one_click_each(open_as: Any) -> None:
    tab = open_as(None, width=360, javascript=False)
    for who in [who for stop in STOPS for who in stop.people]:
        tab.go("/")
        tab.page.get_by_role("button", name=f"Be {who.given_name}").click()
        expect(tab.page.locator("main h1")).to_be_visible()
        tab.page.wait_for_load_state("load")  # who goes on before all has come breaks requests off
        assert tab.page.locator(".menu__name").inner_text() == who.name
        assert tab.page.url.split("/")[3], f"{who.name} is still on the first page"
    assert tab.errors == []


def test_a_wall(open_as: Any) -> None:
    """The address of Amara's roll, tried by a principal of another school: as if it were not there."""
    tab = open_as("amara")
    tab.go("/teacher/")
    address = tab.page.locator("main a[href*='/rolls/']").first.get_attribute("href")
    tab.go("/")
    tab.page.get_by_role("button", name="Be Owen").click()
    denied = tab.go(address)
    assert denied.status == 404
    assert "Amara" not in tab.page.locator("main").inner_text()


def test_every_person_and_stop_is_in_the_list_of_pages() -> None:
    assert {who.key for stop in STOPS for who in stop.people} <= {page.person for page in PAGES}
    assert {who.page for stop in STOPS for who in stop.people} <= {page.name for page in PAGES}


# No page of its own: an answer to a machine, a file; or a page that its own test looks at.
ELSEWHERE = {
    "health", "service_worker", "outbox_who", "reviews:copy",
    "data:export", "instruments:export", "coach:picture", "teacher:feedback_picture", "raters:case_file",
    "substitute:roll", "surveys:export", "lotteries:record",
}  # fmt: skip


def test_every_page_that_somebody_may_open_is_in_the_list() -> None:
    opened = {
        row.get("url", key) for key, row in TABLE.items() if row.get("method", "GET") == "GET" and 200 in row.values()
    }
    assert opened - {page.name for page in PAGES} - ELSEWHERE == set()
