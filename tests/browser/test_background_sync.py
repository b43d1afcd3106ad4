"""What waits is sent by the service worker when the browser wakes it, no page open; by the rules of the pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.templatetags.static import static
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.browser.test_offline import EVENTS, Device, device, saved, sign_in
from tests.browser.test_visit_offline import Phone, phone, visits
from tests.conftest import as_owner

__all__ = ["device", "phone"]

UNTIL_EMPTY = f"""async () => {{
  const events = {EVENTS};
  while ((await events()).length) await new Promise(done => setTimeout(done, 50));
}}"""
WAKE = "([module, addresses]) => import(module).then(m => m.sendInBackground(addresses))"


def elsewhere(device: Device | Phone) -> Page:
    """A document of the same origin that holds nothing of ours: from it one can look into the outbox."""
    page = device.page.context.new_page()
    page.set_default_timeout(15_000)
    page.goto(static("fairlead/mark.svg"))
    return page


def wake(page: Page) -> None:
    """What the service worker does when the browser wakes it, to its end."""
    addresses = {"arrive": reverse("teacher:arrive"), "who": reverse("outbox_who")}
    page.evaluate(WAKE, [static("fairlead/outbox/sync.js"), addresses])


def waken_by_the_browser(page: Page, origin: str) -> None:
    """Have Chromium fire its sync event, as when a network is back."""
    found: list[dict[str, Any]] = []
    session = page.context.new_cdp_session(page)
    session.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    session.send("ServiceWorker.enable")
    while not found:  # it is told a moment later; pytest's own limit ends this
        page.evaluate("() => new Promise(done => setTimeout(done, 20))")
    (mine,) = [one for one in found if one["scopeURL"].startswith(origin) and not one["isDeleted"]]
    session.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": origin, "registrationId": mine["registrationId"], "tag": "outbox", "lastChance": False},
    )


def test_the_worker_sends_when_no_page_is_open(device: Device, address: str) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0, 2)
    other = elsewhere(device)
    device.page.close()
    device.cut(False)
    assert saved(device.roll_id) == (0, 0, [])
    waken_by_the_browser(other, address)
    other.evaluate(UNTIL_EMPTY)
    assert saved(device.roll_id)[1:] == (2, ["applied"])
    wake(other)
    assert saved(device.roll_id)[1:] == (2, ["applied"]), "woken again, it has nothing to send"


@pytest.mark.prove
def test_a_visit_locked_on_the_device_is_sent_too(phone: Phone, address: str) -> None:
    phone.in_the_morning()
    phone.cut()
    phone.open()
    phone.write()
    phone.finish()
    expect(phone.page.locator("[data-visit-said]")).to_contain_text("No connection")
    other = elsewhere(phone)
    phone.page.close()
    other.context.set_offline(False)
    waken_by_the_browser(other, address)
    other.evaluate(UNTIL_EMPTY)
    assert visits() == [("Amara Okafor", 2)]


@pytest.mark.prove
def test_a_page_that_waits_is_told_what_the_worker_sent(device: Device) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(1)
    other = elsewhere(device)
    device.page.evaluate("() => { window.fetch = () => Promise.reject(new Error('this page has no network')) }")
    device.cut(False)
    wake(other)
    device.is_in()
    assert saved(device.roll_id)[1:] == (1, ["applied"])


@pytest.mark.prove
@pytest.mark.parametrize("who", ["luis", None])
def test_never_as_somebody_else_nor_as_nobody(device: Device, address: str, who: str | None) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    other = elsewhere(device)
    device.page.close()
    device.cut(False)
    if who is None:
        with as_owner():
            Session.objects.all().delete()
    else:
        sign_in(device.context, who, address)
    wake(other)
    assert saved(device.roll_id) == (0, 0, [])
    (event,) = other.evaluate(EVENTS)
    assert event["state"] == "waiting"
    sign_in(device.context, "amara", address)
    wake(other)
    assert saved(device.roll_id)[1:] == (1, ["applied"])


@pytest.mark.prove
def test_a_session_that_changes_between_asking_and_sending_is_refused_by_the_server(
    device: Device, address: str
) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    other = elsewhere(device)
    device.page.close()
    device.cut(False)
    amara = other.evaluate("who => fetch(who).then(answer => answer.json())", reverse("outbox_who"))
    sign_in(device.context, "luis", address)
    known = f"""() => {{
      const ask = window.fetch;
      window.fetch = (url, more) => String(url).endsWith({reverse("outbox_who")!r})
        ? Promise.resolve(new Response(JSON.stringify({{person: {amara["person"]}, csrf: {amara["csrf"]!r}}})))
        : ask(url, more);
    }}"""
    other.evaluate(known)
    wake(other)
    assert saved(device.roll_id) == (0, 0, [])
    assert len(other.evaluate(EVENTS)) == 1


@pytest.mark.prove
def test_without_a_network_the_browser_is_told_to_try_again(device: Device) -> None:
    device.visit_in_the_morning()
    device.take_without_a_network(0)
    other = elsewhere(device)
    with pytest.raises(Exception, match=r"Failed to fetch|offline"):
        wake(other)
    assert len(other.evaluate(EVENTS)) == 1
