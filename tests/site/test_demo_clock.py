"""The banner's clock: within the day, to the next school day, and back to the morning of the story."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from fairlead.demo.world import MORNING
from fairlead.site.clock import demo_moment


def stands_at() -> str:
    moment = demo_moment()
    assert moment is not None
    return timezone.localtime(moment).strftime("%d %H:%M")


def move(client: Any, to: str) -> Any:
    return client.post(reverse("demo_clock"), {"moment": to, "next": reverse("office:desk")})


def test_the_next_school_day_begins_before_any_roll_is_due(as_person: Any) -> None:
    client = as_person("luis")
    assert move(client, "next").url == reverse("office:desk")
    assert stands_at() == "20 08:05"
    desk = client.get(reverse("office:desk"))
    assert not desk.context["overdue"]
    assert len(desk.context["awaited"]) == desk.context["count"].rolls_expected > 0


def test_and_back_to_the_morning_of_the_story(as_person: Any) -> None:
    client = as_person("luis")
    before = client.get(reverse("office:desk"))
    assert b'value="story"' not in before.content
    move(client, "next")
    assert b'value="story"' in client.get(reverse("office:desk")).content
    move(client, "story")
    assert demo_moment() == MORNING
    assert client.get(reverse("office:desk")).context["count"] == before.context["count"]


def test_a_moment_that_there_is_not(as_person: Any) -> None:
    client = as_person("luis")
    assert move(client, "yesterday").status_code == 404
    assert demo_moment() == MORNING
    assert client.get(reverse("demo_clock")).status_code == 405
