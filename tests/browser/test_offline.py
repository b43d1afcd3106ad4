"""Rolls that never get lost: the network cut, the session gone, another person, another version, a wrong clock."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, Route, expect

from fairlead.apps.attendance.models import Arrival, Roll
from fairlead.demo.cast import BY_KEY
from fairlead.site import offline
from tests.access import morning_objects
from tests.browser.watch import Watched
from tests.conftest import as_owner

HOUR = 60 * 60 * 1000
CONTROLLED = """async () => {
  if (!navigator.serviceWorker.controller) {
    await new Promise(done => navigator.serviceWorker.addEventListener("controllerchange", done, {once: true}));
  }
}"""
KEPT = """async path => {
  for (;;) {
    const kept = await caches.open("fairlead-names");
    if ((await kept.keys()).some(request => new URL(request.url).pathname === path)) return;
    await new Promise(done => setTimeout(done, 30));
  }
}"""
EVENTS = """() => new Promise((done, fail) => {
  const request = indexedDB.open("fairlead");
  request.onerror = () => fail(request.error);
  request.onsuccess = () => {
    const all = request.result.transaction("events").objectStore("events").getAll();
    all.onsuccess = () => { request.result.close(); done(all.result); };
  };
})"""


@dataclass
class Device:
    """Amara's browser, and the roll that she has to take."""

    tab: Watched
    roll_id: int
    url: str

    @property
    def page(self) -> Page:
        return self.tab.page

    @property
    def context(self) -> BrowserContext:
        return self.tab.page.context

    def visit_in_the_morning(self) -> None:
        """Her page, once, with a network: the worker is installed and her roll is kept."""
        self.tab.go(reverse("teacher:desk"))
        self.page.evaluate(CONTROLLED)
        self.page.evaluate(KEPT, self.url)

    def cut(self, off: bool = True) -> None:
        self.context.set_offline(off)

    def mark(self, *absent: int) -> None:
        self.page.get_by_role("button", name="Mark everyone present").click()
        for i in absent:
            self.page.locator("label.is-absent").nth(i).click()

    def submit(self) -> None:
        self.page.locator(".sticky-actions button").click()

    def take(self, *absent: int) -> None:
        self.page.goto(self.url)
        self.mark(*absent)
        self.submit()

    def take_without_a_network(self, *absent: int) -> None:
        self.cut()
        self.take(*absent)
        expect(self.page.locator("[data-roll-said]")).to_contain_text("No connection")

    def waiting(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.page.evaluate(EVENTS)
        return found

    def is_in(self) -> None:
        expect(self.page.get_by_role("heading", name="is in")).to_be_visible()

    def banner(self) -> Any:
        return self.page.locator("#outbox-banner")


@pytest.fixture
def device(open_as: Any, seeded: Any) -> Device:
    with as_owner():
        roll_id = morning_objects.own_roll(seeded)
    return Device(open_as("amara", offline=True), roll_id, reverse("teacher:roll", args=[roll_id]))


def saved(roll_id: int) -> tuple[int, int, list[str]]:
    """Marks, absences, and outcomes of what arrived, in order."""
    with as_owner():
        marks = list(Roll.objects.get(pk=roll_id).marks.values_list("status", flat=True))
        came = Arrival.objects.filter(roll_id=roll_id).order_by("received_at", "taken_at")
        return len(marks), marks.count("absent"), list(came.values_list("outcome", flat=True))


def sign_in(context: BrowserContext, key: str, address: str) -> None:
    """Another session in the same browser, as after the sign-in page."""
    from django.test import Client

    from fairlead.apps.access.models import Account

    client = Client()
    with as_owner():
        client.force_login(Account.objects.get(email=BY_KEY[key].email))
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": address}])


def test_a_roll_opened_and_taken_without_a_network_is_sent_when_it_is_back(device: Device) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0, 2)
    assert saved(device.roll_id) == (0, 0, [])
    expect(device.banner()).to_contain_text("1 waiting to send")
    (event,) = device.waiting()
    assert list(event["marks"].values()).count("absent") == 2
    device.cut(False)
    device.is_in()
    assert saved(device.roll_id)[1:] == (2, ["applied"])
    assert device.waiting() == []
    expect(device.banner()).to_be_hidden()


@pytest.mark.prove
def test_the_answer_is_lost_and_the_roll_counts_once(device: Device) -> None:
    device.visit_in_the_morning()
    cut = []

    def lose_the_answer(route: Route) -> None:
        cut.append(route.fetch().status)
        route.abort("connectionreset")

    device.context.route("**/rolls/arrivals", lose_the_answer)
    device.take(1)
    expect(device.page.locator("[data-roll-said]")).to_contain_text("kept on this device")
    assert cut == [200]
    assert saved(device.roll_id)[1:] == (1, ["applied"]), "the server has it, the device does not know"
    assert len(device.waiting()) == 1
    device.context.unroute("**/rolls/arrivals")
    device.page.goto(reverse("outbox"))
    expect(device.page.locator("[data-outbox-empty]")).to_be_visible()
    assert saved(device.roll_id)[1:] == (1, ["applied"])
    with as_owner():
        assert Roll.objects.get(pk=device.roll_id).amended_at is None


@pytest.mark.prove
def test_the_request_never_arrives_and_is_sent_later(device: Device) -> None:
    device.visit_in_the_morning()
    device.context.route("**/rolls/arrivals", lambda route: route.abort("connectionfailed"))
    device.take(0)
    expect(device.page.locator("[data-roll-said]")).to_contain_text("kept on this device")
    assert saved(device.roll_id) == (0, 0, [])
    device.context.unroute("**/rolls/arrivals")
    device.page.evaluate("dispatchEvent(new Event('online'))")
    device.is_in()
    assert saved(device.roll_id)[1:] == (1, ["applied"])


@pytest.mark.prove
def test_a_page_that_answers_everything_is_not_the_school(device: Device) -> None:
    device.visit_in_the_morning()
    device.context.route(
        "**/rolls/arrivals", lambda route: route.fulfill(status=200, body="<h1>Welcome to Guest Wi-Fi</h1>")
    )
    device.take(0)
    expect(device.page.locator("[data-roll-said]")).to_contain_text("kept on this device")
    assert len(device.waiting()) == 1


@pytest.mark.prove
def test_it_survives_reload_and_a_closed_tab(device: Device) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    device.page.reload()
    expect(device.banner()).to_contain_text("1 waiting to send")
    context = device.context
    device.page.close()
    page = context.new_page()
    page.goto(reverse("outbox"))
    expect(page.locator("#outbox-banner")).to_contain_text("1 waiting to send")
    expect(page.locator("[data-outbox-list] > li")).to_have_count(1)
    context.set_offline(False)
    expect(page.locator("[data-outbox-list] > li")).to_have_count(0)
    assert saved(device.roll_id)[1:] == (1, ["applied"])


def test_an_expired_session_keeps_it_until_the_next_sign_in(device: Device, address: str) -> None:
    device.visit_in_the_morning()
    device.page.goto(device.url)
    device.mark(0)
    with as_owner():
        Session.objects.all().delete()
    device.submit()
    expect(device.page.locator("[data-roll-said]")).to_contain_text("Your session has ended")
    assert len(device.waiting()) == 1
    device.page.goto(reverse("outbox"))
    assert device.page.get_by_role("link", name="Sign in to send").is_visible()
    expect(device.banner()).to_contain_text("1 waiting for Amara on this device; only Amara can send them")
    assert saved(device.roll_id) == (0, 0, [])
    sign_in(device.context, "amara", address)
    device.page.goto(reverse("outbox"))
    expect(device.page.locator("[data-outbox-empty]")).to_be_visible()
    expect(device.banner()).to_be_hidden()
    assert saved(device.roll_id)[1:] == (1, ["applied"])


@pytest.mark.prove
def test_another_person_sees_that_it_waits_and_neither_names_nor_a_way_to_send_it(
    device: Device, address: str
) -> None:
    device.visit_in_the_morning()
    with as_owner():
        student = Roll.objects.get(pk=device.roll_id).section.enrollments.order_by("student__sort_name")[0].student
    device.take_without_a_network(0)
    sign_in(device.context, "luis", address)
    device.cut(False)
    device.page.goto(reverse("outbox"))
    expect(device.banner()).to_contain_text("1 waiting for Amara on this device; only Amara can send them")
    assert student.name not in device.page.content()
    expect(device.page.locator("[data-outbox-list] > li")).to_have_count(0)
    assert (
        device.page.evaluate("caches.has('fairlead-names')") is False
        or device.page.evaluate("caches.open('fairlead-names').then(c => c.keys()).then(k => k.length)") == 0
    )
    assert len(device.waiting()) == 1
    assert saved(device.roll_id) == (0, 0, []), "not under another's name"
    sign_in(device.context, "amara", address)
    device.page.goto(reverse("outbox"))
    expect(device.page.locator("[data-outbox-empty]")).to_be_visible()
    assert saved(device.roll_id)[1:] == (1, ["applied"])


@pytest.mark.prove
def test_a_tab_that_still_shows_amara_sends_nothing_under_another_session(device: Device, address: str) -> None:
    device.visit_in_the_morning()
    device.page.goto(device.url)
    device.mark()
    sign_in(device.context, "luis", address)
    device.submit()
    expect(device.page.locator("[data-roll-said]")).to_contain_text("Somebody else is signed in")
    assert len(device.waiting()) == 1
    assert saved(device.roll_id) == (0, 0, [])


@pytest.mark.prove
def test_paper_entered_meanwhile_is_amended_in_the_open(device: Device, open_as: Any, seeded: Any) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    with as_owner():
        roll = Roll.objects.get(pk=device.roll_id)
        for student in roll.section.enrollments.values_list("student_id", flat=True):
            roll.marks.create(
                student_id=student, organization_id=roll.organization_id, date=roll.date, status="present"
            )
        roll.submitted_at, roll.submitted_by_id, roll.source = seeded.moment, seeded.person["luis"], "paper"
        roll.save()
    device.cut(False)
    device.is_in()
    assert saved(device.roll_id)[1:] == (1, ["amended"])
    office = open_as("luis")
    office.go(reverse("office:desk"))
    notice = office.page.locator("section", has=office.page.locator("#arrivals"))
    expect(notice).to_contain_text("Amara Okafor")
    expect(notice).to_contain_text("Amended after submission")
    expect(notice).to_contain_text("1 mark changed")
    assert office.axe() + office.too_wide() == []


@pytest.mark.prove
def test_an_upgrade_keeps_a_full_outbox(device: Device, monkeypatch: Any) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    (before,) = device.waiting()
    monkeypatch.setattr(offline, "build", lambda: "the-next-build")
    # a tab of the next version opens the database with one step more, while this one is open
    now, raised = device.page.evaluate(
        """() => new Promise((done, fail) => {
          const first = indexedDB.open("fairlead");
          first.onerror = () => fail(first.error);
          first.onsuccess = () => {
            const now = first.result.version;
            first.result.close();
            const request = indexedDB.open("fairlead", now + 1);
            request.onupgradeneeded = () => request.result.createObjectStore("later");
            request.onblocked = () => fail(new Error("blocked"));
            request.onerror = () => fail(request.error);
            request.onsuccess = () => { const v = request.result.version; request.result.close(); done([now, v]); };
          };
        })"""
    )
    assert raised == now + 1
    device.context.route("**/rolls/arrivals", lambda route: route.abort())
    device.cut(False)
    device.page.goto(reverse("outbox"))
    device.page.evaluate(
        """async () => {
          for (;;) {
            const names = (await caches.keys()).filter(name => name.startsWith("fairlead-shell-"));
            if (names.length === 1 && names[0] === "fairlead-shell-the-next-build") return;
            await new Promise(done => setTimeout(done, 30));
          }
        }"""
    )
    assert device.waiting() == [before]
    expect(device.page.locator("[data-outbox-list] > li")).to_have_count(1)
    device.context.unroute("**/rolls/arrivals")
    device.page.get_by_role("button", name="Send now").click()
    expect(device.page.locator("[data-outbox-empty]")).to_be_visible()
    assert saved(device.roll_id)[1:] == (1, ["applied"])


@pytest.mark.prove
def test_a_database_of_the_first_version_is_upgraded_with_what_it_holds(device: Device, seeded: Any) -> None:
    device.tab.go("/about/looks")
    device.page.goto("/health")
    with as_owner():
        students = list(Roll.objects.get(pk=device.roll_id).section.enrollments.values_list("student_id", flat=True))
    device.page.evaluate(
        """event => new Promise(done => {
          indexedDB.deleteDatabase("fairlead").onsuccess = () => {
            const request = indexedDB.open("fairlead", 1);
            request.onupgradeneeded = () => request.result.createObjectStore("events", {keyPath: "id"});
            request.onsuccess = () => {
              const put = request.result.transaction("events", "readwrite");
              put.objectStore("events").add({...event, taken_at: new Date().toISOString()});
              put.oncomplete = () => { request.result.close(); done(); };
            };
          };
        })""",
        {
            "id": "00000000-0000-4000-8000-00000000e001",
            "person": seeded.person["amara"],
            "who": "Amara",
            "device": "00000000-0000-4000-8000-00000000d001",
            "roll": device.roll_id,
            "state": "waiting",
            "said": "",
            "marks": {str(s): "present" for s in students},
        },
    )
    device.page.goto(reverse("outbox"))
    expect(device.page.locator("[data-outbox-empty]")).to_be_visible()
    assert saved(device.roll_id) == (len(students), 0, ["applied"])


def test_a_wrong_clock_is_corrected_and_said(device: Device, seeded: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("fairlead.desks.teacher.arrivals.clocks_agree", lambda: True)
    device.page.clock.install(time=seeded.moment.timestamp() + 5 * 3600)
    device.take(0)
    device.is_in()
    expect(device.page.locator(".lede")).to_contain_text("by a device whose clock was wrong; corrected")
    with as_owner():
        arrival = Arrival.objects.get(roll_id=device.roll_id)
    assert arrival.clock_off
    assert abs(arrival.clock_offset + 5 * 3600) < 60
    assert 0 <= (seeded.moment - arrival.taken_at).total_seconds() < 60
    assert arrival.claimed_at > arrival.received_at


@pytest.mark.prove
def test_one_is_deleted_after_asking(device: Device) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    device.submit()  # pressed again: two wait
    expect(device.banner()).to_contain_text("2 waiting to send")
    device.page.goto(reverse("outbox"))
    items = device.page.locator("[data-outbox-list] > li")
    expect(items).to_have_count(2)
    items.first.get_by_role("button", name="Delete", exact=False).first.click()
    items.first.get_by_role("button", name="Keep it").click()
    expect(items).to_have_count(2)
    items.first.get_by_role("button", name="Delete", exact=False).first.click()
    items.first.get_by_role("button", name="Delete for good").click()
    expect(items).to_have_count(1)
    assert len(device.waiting()) == 1


@pytest.mark.prove
def test_export_and_bring_back(device: Device, tmp_path: Path) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    device.page.goto(reverse("outbox"))
    with device.page.expect_download() as download:
        device.page.get_by_role("button", name="Export as a file").click()
    file = tmp_path / "outbox.json"
    download.value.save_as(file)
    said = json.loads(file.read_text())
    with as_owner():
        names = {e.student.family_name for e in Roll.objects.get(pk=device.roll_id).section.enrollments.all()}
    assert not any(name in file.read_text() for name in names)
    assert [e["roll"] for e in said["events"]] == [device.roll_id]
    device.page.get_by_role("button", name="Delete", exact=False).first.click()
    device.page.get_by_role("button", name="Delete for good").click()
    expect(device.page.locator("[data-outbox-empty]")).to_be_visible()
    device.page.get_by_label("Bring back").set_input_files(file)
    expect(device.page.locator("[data-outbox-list] > li")).to_have_count(1)
    device.cut(False)
    expect(device.page.locator("[data-outbox-list] > li")).to_have_count(0)
    assert saved(device.roll_id)[1:] == (1, ["applied"])
    for events in ([], [{**said["events"][0], "person": 999}]):
        file.write_text(json.dumps(said | {"events": events}))
        device.page.get_by_label("Bring back").set_input_files(file)
        expect(device.page.locator("[data-outbox-said]")).to_contain_text(
            "somebody else" if events else "not a file of an outbox"
        )
        assert device.waiting() == []


@pytest.mark.prove
def test_sign_out_wipes_names_and_keeps_what_waits(device: Device) -> None:
    device.visit_in_the_morning()
    device.context.route("**/rolls/arrivals", lambda route: route.abort())
    device.take(0)
    expect(device.banner()).to_contain_text("1 waiting to send")
    device.page.locator("details.menu summary.tool").click()
    device.page.get_by_role("button", name="Sign out").click()
    device.page.wait_for_url("**/")
    expect(device.banner()).to_contain_text("1 waiting for Amara")
    assert device.page.evaluate("caches.has('fairlead-names')") is False
    assert len(device.waiting()) == 1
    device.cut()
    device.page.goto(device.url)
    expect(device.page.get_by_role("heading", name="Waiting to send")).to_be_visible()
    expect(device.page.locator("[data-outbox-list] > li")).to_have_count(0)


@pytest.mark.prove
def test_sign_out_in_one_tab_takes_the_names_from_the_others(device: Device) -> None:
    device.visit_in_the_morning()
    other = device.context.new_page()
    other.goto(device.url)
    expect(other.locator("form[data-roll]")).to_be_visible()
    device.page.locator("details.menu summary.tool").click()
    device.page.get_by_role("button", name="Sign out").click()
    device.page.wait_for_url("**/")
    other.wait_for_url(f"**{reverse('outbox')}")
    expect(other.locator("form[data-roll]")).to_have_count(0)
    other.close()


@pytest.mark.prove
def test_after_fourteen_hours_names_are_gone_and_what_waits_is_not(device: Device) -> None:
    device.page.clock.install()
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    device.page.goto(reverse("outbox"))
    item = device.page.locator("[data-outbox-list] > li")
    expect(item.locator("[data-part=title]")).to_contain_text("Roll of")
    expect(item.locator("[data-part=names]")).not_to_be_empty()
    device.page.clock.fast_forward(13 * HOUR)
    expect(item.locator("[data-part=names]")).not_to_be_empty()
    device.page.clock.fast_forward(HOUR + 90_000)
    expect(item.locator("[data-part=names]")).to_be_empty()
    expect(item.locator("[data-part=title]")).to_have_text(f"Roll number {device.roll_id}")
    assert device.page.evaluate("caches.open('fairlead-names').then(c => c.keys()).then(k => k.length)") == 0
    assert len(device.waiting()) == 1


@pytest.mark.prove
def test_a_sheet_left_open_for_fourteen_hours_closes(device: Device) -> None:
    device.page.clock.install()
    device.visit_in_the_morning()
    device.page.goto(device.url)
    device.page.clock.fast_forward(14 * HOUR + 90_000)
    device.page.wait_for_url("**/outbox/")


@pytest.mark.prove
def test_a_refused_roll_is_taken_again_from_its_own_marks(device: Device, seeded: Any) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    with as_owner():  # a student joins the class meanwhile
        section = Roll.objects.get(pk=device.roll_id).section
        other = section.enrollments.model.objects.filter(organization_id=section.organization_id).exclude(
            section_id=section.pk
        )[0]
        section.enrollments.create(
            student_id=other.student_id, organization_id=section.organization_id, begins=seeded.today
        )
    device.cut(False)
    expect(device.page.locator("[data-roll-said]")).to_contain_text("not everyone has a mark")
    device.page.goto(reverse("outbox"))
    expect(device.banner()).to_contain_text("1 not accepted")
    assert device.tab.axe() + device.tab.too_wide() == []
    device.page.get_by_role("link", name="Take it again with these marks").click()
    expect(device.page.locator("input[value=absent]:checked")).to_have_count(1)
    device.submit()
    expect(device.page.locator("[data-roll-said]")).to_contain_text("Without a mark: 1")
    device.page.get_by_role("button", name="Mark everyone").click()
    device.submit()
    device.is_in()
    assert device.waiting() == []
    _marks, absences, outcomes = saved(device.roll_id)  # the demo's clock stands still: both came at one moment
    assert (absences, sorted(outcomes)) == (1, ["applied", "refused"])


def test_everything_the_roll_page_needs_is_in_the_shell(device: Device) -> None:
    device.tab.go(device.url)
    needed = device.page.evaluate("performance.getEntriesByType('resource').map(e => new URL(e.name).pathname)")
    shell = {f"/static/{name}" for name in offline.SHELL}
    assert {path for path in needed if path.startswith("/static/")} <= shell


@pytest.mark.prove
@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        *(pytest.param(*dress, marks=pytest.mark.prove) for dress in ((1280, "dark"), (360, "light"))),
        (360, "dark"),
    ],
)
def test_a_full_outbox_reads_well(device: Device, width: int, scheme: str) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    device.page.goto(reverse("outbox"))
    expect(device.page.locator("[data-outbox-list] > li")).to_have_count(1)
    device.tab.wear(scheme)
    device.tab.resize(width)
    device.page.get_by_role("button", name="Delete", exact=False).first.click()
    assert device.tab.axe() + device.tab.too_wide() == []
