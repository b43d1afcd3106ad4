"""A visit in a hallway: the network cut, the page reloaded, the session gone, another person, another version."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import Page, expect

from fairlead.apps.instruments.models import Attachment, Note, Visit
from tests.access.picture_objects import PNG
from tests.browser.test_offline import CONTROLLED, KEPT, sign_in
from tests.browser.watch import Watched
from tests.conftest import as_owner

STORES = """() => new Promise((done, fail) => {
  const request = indexedDB.open("fairlead");
  request.onerror = () => fail(request.error);
  request.onsuccess = async () => {
    const read = (store) => new Promise((ok) => {
      const all = request.result.transaction(store).objectStore(store).getAll();
      all.onsuccess = () => ok(all.result);
    });
    const found = {events: await read("events"), drafts: await read("drafts")};
    const text = (e) => e.sealed ? new TextDecoder("latin1").decode(e.sealed.data) : "";
    request.result.close();
    const key = (await new Promise((ok) => {
      const again = indexedDB.open("fairlead");
      again.onsuccess = () => {
        const got = again.result.transaction("about").objectStore("about").get("key");
        got.onsuccess = () => { again.result.close(); ok(got.result?.value ?? null); };
      };
    }));
    done({
      events: found.events.length, drafts: found.drafts.length, key: key !== null,
      words: JSON.stringify(found) + found.events.map(text) + found.drafts.map(text),
    });
  };
})"""


class Phone:
    """Dana's phone, and the form in which she chooses whom she visits."""

    def __init__(self, tab: Watched) -> None:
        self.tab = tab
        self.url = reverse("coach:visit_form", args=[0, "coaching"])

    @property
    def page(self) -> Page:
        return self.tab.page

    def in_the_morning(self) -> None:
        """Her desk, once, with a network: the worker is installed and the form is kept."""
        self.tab.go(reverse("coach:desk"))
        self.page.evaluate(CONTROLLED)
        self.page.evaluate(KEPT, self.url)

    def cut(self, off: bool = True) -> None:
        self.page.context.set_offline(off)

    def open(self) -> None:
        self.page.goto(self.url)
        expect(self.page.locator("form[data-ready]")).to_be_visible()

    def note(self, n: int, text: str, item: str) -> None:
        line = self.page.locator("[data-line]").nth(n)
        line.get_by_label("What was seen or heard").fill(text)
        line.get_by_role("checkbox", name=item).check()

    def is_kept(self) -> None:
        """The draft holds what was typed last."""
        expect(self.page.locator("form[data-kept]:not([data-saving])")).to_be_visible()

    def write(self) -> None:
        self.page.get_by_label("Teacher", exact=True).select_option(label="Amara Okafor")
        self.note(0, "Asked three students to explain", "Students do the thinking")
        self.note(1, "Four pairs drew strips", "Students do the thinking")
        self.is_kept()

    def finish(self) -> None:
        self.page.get_by_role("button", name="Save, share later").click()

    def stores(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate(STORES)
        return found


@pytest.fixture
def phone(open_as: Any) -> Phone:
    return Phone(open_as("dana", width=360, offline=True))


def visits() -> list[tuple[str, int]]:
    """Visits with such a script: who was visited, notes."""
    with as_owner():
        tokens = Note.objects.filter(text="Four pairs drew strips").values_list("response_id", flat=True)
        return [
            (v.subject.name, Note.objects.filter(response_id=v.token).count())
            for v in Visit.objects.filter(token__in=tokens)
        ]


def test_written_without_a_network_reloaded_finished_and_sent_once(phone: Phone) -> None:
    phone.in_the_morning()
    phone.cut()
    phone.open()
    phone.write()
    times = [t.input_value() for t in phone.page.get_by_label("Time", exact=True).all()]
    assert all(times[:2])
    phone.page.reload()
    expect(phone.page.locator("[data-draft-said]")).to_contain_text("is back")
    line = phone.page.locator("[data-line]").first
    expect(line.get_by_label("What was seen or heard")).to_have_value("Asked three students to explain")
    expect(line.get_by_role("checkbox", name="Students do the thinking")).to_be_checked()
    expect(phone.page.locator("[data-evidence-of] li")).to_have_count(2)
    phone.page.get_by_role("button", name="Draft it from my notes").click()
    expect(phone.page.get_by_label("Feedback", exact=True)).to_have_value(
        f"Students do the thinking\n{times[0]} – Asked three students to explain\n{times[1]} – Four pairs drew strips"
    )
    phone.page.get_by_role("group", name="Students do the thinking").get_by_role("radio", name="Solid").check()
    phone.finish()
    expect(phone.page.locator("[data-visit-said]")).to_contain_text("No connection")
    assert visits() == []
    found = phone.stores()
    assert (found["events"], found["drafts"]) == (1, 0)
    phone.cut(False)
    expect(phone.page.get_by_role("heading", name="Visit to Amara Okafor")).to_be_visible()
    assert visits() == [("Amara Okafor", 2)]
    phone.page.goto(reverse("outbox"))
    expect(phone.page.locator("[data-outbox-empty]")).to_be_visible()
    assert visits() == [("Amara Okafor", 2)]


@pytest.mark.prove
def test_with_a_network_it_is_saved_at_once(phone: Phone) -> None:
    phone.in_the_morning()
    phone.open()
    phone.write()
    phone.finish()
    expect(phone.page.get_by_role("heading", name="Visit to Amara Okafor")).to_be_visible()
    assert visits() == [("Amara Okafor", 2)]
    assert phone.stores()["drafts"] == 0


@pytest.mark.prove
def test_the_answer_is_lost_and_the_visit_counts_once(phone: Phone) -> None:
    phone.in_the_morning()
    phone.open()
    phone.write()

    def lose_the_answer(route: Any) -> None:
        route.fetch()
        route.abort("connectionreset")

    phone.page.context.route("**/visit/arrivals", lose_the_answer)
    phone.finish()
    expect(phone.page.locator("[data-visit-said]")).to_contain_text("kept on this device")
    assert len(visits()) == 1
    phone.page.context.unroute("**/visit/arrivals")
    phone.page.evaluate("dispatchEvent(new Event('online'))")
    expect(phone.page.get_by_role("heading", name="Visit to Amara Okafor")).to_be_visible()
    assert len(visits()) == 1


@pytest.mark.prove
def test_the_session_has_ended_and_nothing_is_lost(phone: Phone, address: str) -> None:
    phone.in_the_morning()
    phone.open()
    phone.write()
    with as_owner():
        Session.objects.all().delete()
    phone.finish()
    expect(phone.page.locator("[data-visit-said]")).to_contain_text("Sign in again")
    assert visits() == []
    phone.tab.go(reverse("account_login"))
    phone.page.wait_for_function("async () => !(await caches.has('fairlead-names'))")
    sign_in(phone.page.context, "dana", address)
    phone.tab.go(reverse("coach:desk"))
    expect(phone.page.locator("#outbox-banner")).to_be_hidden()
    phone.page.goto(reverse("outbox"))
    expect(phone.page.locator("[data-outbox-empty]")).to_be_visible()
    assert visits() == [("Amara Okafor", 2)]


@pytest.mark.prove
def test_another_person_can_neither_send_nor_read_it(phone: Phone, address: str) -> None:
    phone.in_the_morning()
    phone.cut()
    phone.open()
    phone.write()
    phone.finish()
    expect(phone.page.locator("[data-visit-said]")).to_contain_text("No connection")
    phone.open()
    phone.note(0, "A second visit, not finished", "Students do the thinking")
    phone.is_kept()
    sign_in(phone.page.context, "grace", address)
    phone.cut(False)
    phone.tab.go(reverse("principal:support"))
    expect(phone.page.locator("#outbox-banner")).to_contain_text("1 waiting for Dana")
    phone.page.wait_for_load_state("networkidle")
    assert visits() == []
    found = phone.stores()
    assert (found["events"], found["drafts"]) == (1, 1)
    for words in ("Four pairs", "second visit", "Amara", "Okafor"):
        assert words not in found["words"]
    phone.page.goto(reverse("outbox"))
    expect(phone.page.locator("[data-outbox-list] > li")).to_have_count(0)
    expect(phone.page.locator("[data-drafts] > li")).to_have_count(0)
    phone.page.goto(phone.url)
    expect(phone.page.locator("form[data-ready]")).to_be_visible()
    expect(phone.page.locator("[data-draft]")).to_be_hidden()
    # and back to its writer: the key comes with the session
    phone.page.wait_for_load_state("networkidle")  # the server shares this test's connection
    sign_in(phone.page.context, "dana", address)
    phone.tab.go(reverse("coach:desk"))
    phone.page.goto(reverse("outbox"))
    expect(phone.page.locator("[data-drafts] > li")).to_contain_text("notes: 1")
    expect(phone.page.locator("[data-outbox-list] > li")).to_have_count(0)
    assert visits() == [("Amara Okafor", 2)]


@pytest.mark.prove
def test_a_refused_visit_is_opened_again_and_mended(phone: Phone) -> None:
    phone.in_the_morning()
    phone.cut()
    phone.open()
    phone.write()
    phone.page.get_by_label("What you promise", exact=True).fill("Bring paper strips")
    phone.page.get_by_label("By", exact=True).fill("2026-11-01")
    phone.finish()
    expect(phone.page.locator("[data-visit-said]")).to_contain_text("No connection")
    phone.cut(False)
    expect(phone.page.locator("[data-visit-said]")).to_contain_text("today or a later day")
    phone.page.goto(reverse("outbox"))
    expect(phone.page.locator("[data-outbox-list] h2")).to_contain_text("Amara Okafor")
    assert phone.tab.axe() + phone.tab.too_wide() == []
    phone.page.get_by_role("link", name="Open it again and mend it").click()
    expect(phone.page.locator("form[data-ready]")).to_be_visible()
    expect(phone.page.get_by_label("What you promise", exact=True)).to_have_value("Bring paper strips")
    phone.page.get_by_label("By", exact=True).fill("2026-12-01")
    phone.finish()
    expect(phone.page.get_by_role("heading", name="Visit to Amara Okafor")).to_be_visible()
    phone.page.goto(reverse("outbox"))
    expect(phone.page.locator("[data-outbox-empty]")).to_be_visible()
    assert visits() == [("Amara Okafor", 2)]


@pytest.mark.prove
def test_a_version_published_meanwhile_leaves_the_draft_with_its_own(phone: Phone) -> None:
    from fairlead.apps.instruments.models import Version

    phone.in_the_morning()
    phone.open()
    phone.write()
    pinned = phone.page.locator("form[data-page]").get_attribute("data-page")
    with as_owner():
        old = Version.objects.filter(instrument__key="twelve-minutes").order_by("-number")[0]
        new = Version.objects.create(instrument=old.instrument, number=old.number + 1)
        Version.objects.filter(pk=new.pk).update(published_at="2026-11-19T08:00:00-05:00")
    phone.open()
    expect(phone.page.locator("[data-draft-said]")).to_contain_text("another version")
    phone.page.get_by_role("link", name="Go on with it").click()
    expect(phone.page.locator("form[data-ready]")).to_be_visible()
    assert phone.page.url.endswith(str(pinned))
    expect(phone.page.locator("[data-line]").first.get_by_label("What was seen or heard")).to_have_value(
        "Asked three students to explain"
    )
    phone.finish()
    expect(phone.page.get_by_role("heading", name="Visit to Amara Okafor")).to_be_visible()
    with as_owner():
        assert Visit.objects.order_by("-pk")[0].version_id == old.pk


def test_everything_the_form_needs_is_in_the_shell(phone: Phone) -> None:
    from fairlead.site import offline

    phone.open()
    needed = phone.page.evaluate("performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)")
    shell = {f"/static/{name}" for name in offline.SHELL}
    assert {path for path in needed if path.startswith("/static/")} <= shell
    assert phone.tab.errors == []
    assert phone.tab.axe() + phone.tab.too_wide() == []


@pytest.mark.prove
def test_a_picture_waits_locked_with_its_visit_and_is_sent_after_it(phone: Phone) -> None:
    phone.in_the_morning()
    phone.cut()
    phone.open()
    phone.write()
    photo = phone.page.locator("[data-pictures='']")
    photo.locator("input[type=file]").set_input_files({"name": "board.png", "mimeType": "image/png", "buffer": PNG})
    photo.get_by_label("What it shows").fill("The board with thirds")
    photo.get_by_label("What it shows").press("Tab")
    phone.is_kept()
    phone.open()  # the page is loaded again, without a network
    expect(photo.get_by_role("img", name="The board with thirds")).to_be_visible()
    phone.finish()
    expect(phone.page.locator("[data-visit-said]")).to_contain_text("kept on this device")
    held = phone.stores()
    assert held["events"] == 2
    assert "thirds" not in held["words"], "locked like the words"
    phone.cut(False)
    phone.page.wait_for_url("**/coach/visit/*")
    phone.page.goto(phone.page.url)
    expect(phone.page.get_by_role("img", name="The board with thirds")).to_be_visible()
    assert phone.stores()["events"] == 0
    with as_owner():
        (kept,) = Attachment.objects.filter(name="The board with thirds")
        assert kept.media_type == "image/jpeg", "made small on the device"
        kept.delete()
