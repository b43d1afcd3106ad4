"""The way between a school's pages, and long lists whose rest is folded away without being left out."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.attendance.models import AttendanceMark, Roll
from fairlead.site.templatetags.ui import head, rest
from tests.conftest import as_owner

OFFICE = ["office:calls", "office:answers", "office:after_a_call", "office:reminders", "office:substitutes",
          "office:paper", "office:bells", "office:timetable", "principal:chronic_absence", "office:submissions", "office:by_itself"]  # fmt: skip


def ways(text: str) -> dict[str, bool]:
    """The addresses in the school's list of pages, and which of them is the page itself."""
    (found,) = re.findall(r'<details class="pages no-print">.*?</details>', text, re.DOTALL)
    return {a: bool(here) for a, here in re.findall(r'<a href="([^"]+)"( aria-current="page")?>', found)}


@pytest.mark.parametrize(("who", "names"), [("luis", OFFICE), ("grace", [*OFFICE, "principal:support"])])
def test_every_page_leads_to_every_other(who: str, names: list[str], as_person: Any) -> None:
    client = as_person(who)
    for name in names:
        page = client.get(reverse(name))
        assert page.status_code == 200, name
        assert ways(page.content.decode()) == {reverse(other): other == name for other in names}


def test_the_pages_speak_the_readers_language(as_person: Any) -> None:
    client = as_person("luis")
    assert "Whom to call</a>" in client.get("/office/").content.decode()
    page = client.get("/office/", headers={"accept-language": "es"}).content.decode()
    assert "A quién llamar</a>" in page
    assert "Whom to call" not in page


def many_absent(seeded: Any) -> None:
    with as_owner():
        rolls = Roll.objects.filter(
            organization_id=int(seeded.school_ids[0]), date=seeded.today, submitted_at__lte=seeded.moment
        )
        AttendanceMark.objects.filter(roll__in=rolls).update(status="absent", reason="", explained_at=None)


@pytest.mark.parametrize("name", ["office:desk", "office:calls"])
def test_the_rest_of_the_families_is_folded_and_there(name: str, as_person: Any, seeded: Any) -> None:
    many_absent(seeded)
    page = as_person("luis").get(reverse(name))
    text, waiting = page.content.decode(), page.context["morning"].to_reach
    assert len(waiting) > 12
    before, _, folded = text.partition('<details class="rest')
    first, later = waiting[:8], waiting[8:]
    assert all(f'id="absence-{a.mark_id}"' in before for a in first)
    assert all(f'id="absence-{a.mark_id}"' in folded and f'id="absence-{a.mark_id}"' not in before for a in later)
    assert f"{len(later)} more families" in folded


def test_an_open_fold_stays_open_after_a_call(as_person: Any, seeded: Any) -> None:
    many_absent(seeded)
    client = as_person("luis")
    last = client.get("/office/").context["morning"].to_reach[-1]
    for given, is_open in (({}, False), ({"rest": "open"}, True)):
        data = {"outcome": "no_answer", **given}
        board = client.post(f"/office/absences/{last.mark_id}/call", data, headers={"HX-Request": "true"})
        (fold,) = re.findall(r'<details class="rest"[^>]*>', board.content.decode())
        assert fold.endswith(" open>") == is_open


def test_nobody_opens_a_fold_for_two_rows() -> None:
    assert (head(range(11), 8), list(rest(range(11), 8))) == (range(11), [])
    assert (list(head(range(12), 8)), list(rest(range(12), 8))) == (list(range(8)), [8, 9, 10, 11])
