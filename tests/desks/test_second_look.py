"""Visits with a second pair of eyes: drawn on the page, blind until both are in, refused with a reason; who reads numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from fairlead.apps.instruments.models import Answer, Response, Visit
from fairlead.apps.raters import pairing
from fairlead.apps.raters.models import RatedTwice, SecondDraw, SecondLook
from fairlead.apps.roster.selectors import scope_for
from tests.access.rater_objects import calibration_version, draw_to_come
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


@pytest.fixture
def look(seeded: Any) -> SecondLook:
    """Grace's next visit to Amara: Dana comes along."""
    with as_owner():
        return SecondLook.objects.create(
            organization_id=int(seeded.school_ids[0]), purpose="coaching", draw_id=draw_to_come(seeded),
            version_id=calibration_version(seeded), begins="2026-11-19", ends="2026-12-18",
            rater_id=seeded.person["grace"], subject_id=seeded.person["amara"], second_id=seeded.person["dana"],
            position=0, drawn=True,
        )  # fmt: skip


def levels_of(client: Client, url: str, level: int) -> dict[str, str]:
    return {f"item_{item.pk}": str(level) for item in client.get(url).context["form"].items}


def test_both_see_both_when_both_are_in(as_person: SignIn, seeded: Any, look: SecondLook) -> None:
    url = f"/raters/second/{look.pk}"
    dana = as_person("dana")
    assert "you come along when Grace Lindqvist visits" in dana.get("/raters/").content.decode()
    typed = levels_of(dana, url, 3)
    assert "your next visit there: Dana Whitfield comes along" in as_person("grace").get("/raters/").content.decode()
    assert as_person("grace").post(url, typed).status_code == 404, "the first rater does not rate here"
    assert as_person("amara").get(url).status_code == 404, "no page for the teacher"
    dana = as_person("dana")
    late = dana.post(url, {**typed, "day": "2027-01-08"})
    assert (late.status_code, "within the time of the draw" in late.content.decode()) == (422, True)
    assert dana.post(url, {"day": "2026-11-19"}).status_code == 422
    assert dana.post(url, {**typed, "day": "2026-11-19"}).status_code == 302
    assert "Yours are in." in dana.get(url).content.decode()
    with as_owner():
        second = Response.objects.get(part="second", author_id=seeded.person["dana"], day="2026-11-19")
        assert (second.purpose, second.subject_id, second.visit_id) == ("coaching", seeded.person["amara"], None)
        assert pairing.pair(look.pk) == 0, "the first rater's are not in"
        _first_visit(seeded, second, level=2)
        assert pairing.pair(look.pk) == 1
        assert pairing.pair() == 0, "once"
    for key in ("dana", "grace"):
        page = as_person(key).get(url).content.decode()
        assert "to talk about" in page
        assert "Solid" in page, "Dana's"
        assert "Starting" in page, "Grace's"


def _first_visit(seeded: Any, second: Response, level: int) -> None:
    """Grace's own visit of that day with the same version."""
    who = {"organization_id": second.organization_id, "purpose": "coaching", "subject_id": second.subject_id}
    visit = Visit.objects.create(
        **who, visitor_id=seeded.person["grace"], began_at="2026-11-19T09:00:00-05:00", minutes=12,
        version_id=second.version_id, recorded_at="2026-11-19T09:20:00-05:00",
    )  # fmt: skip
    walled = {**who, "author_id": seeded.person["grace"]}
    first = Response.objects.create(
        **walled, id=visit.token, version_id=second.version_id, visit=visit, day="2026-11-19",
        submitted_at="2026-11-19T09:20:00-05:00",
    )  # fmt: skip
    for answer in Answer.objects.filter(response=second):
        Answer.objects.create(**walled, response=first, item_id=answer.item_id, level=level)


def test_before_both_are_in_neither_reads_the_other_in_sql(
    as_person: SignIn, seeded: Any, look: SecondLook, scope_of: Callable[[str], Any]
) -> None:
    dana = as_person("dana")
    url = f"/raters/second/{look.pk}"
    dana.post(url, {**levels_of(dana, url, 3), "day": "2026-11-19"})
    scope_of("grace")
    assert not Answer.objects.filter(response__part="second", purpose="coaching").exists()
    assert not RatedTwice.objects.filter(look=look).exists()
    for key in ("ines", "tomas", "marcus"):
        scope_of(key)
        assert not Answer.objects.filter(response__part="second", purpose="coaching").exists(), key
        assert not RatedTwice.objects.filter(purpose="coaching").exists(), key


def test_it_is_refused_with_a_reason_by_one_of_the_two(as_person: SignIn, seeded: Any, look: SecondLook) -> None:
    url = f"/raters/second/{look.pk}/refuse"
    assert as_person("ines").post(url, {"reason": "teacher"}).status_code == 404
    dana = as_person("dana")
    assert "Choose a reason" in dana.post(url, {"reason": ""}, follow=True).content.decode()
    assert "counted with its reason" in dana.post(url, {"reason": "teacher"}, follow=True).content.decode()
    assert "Nothing changed" in dana.post(url, {"reason": "other"}, follow=True).content.decode()
    assert "the teacher would rather not" in dana.get(f"/raters/second/{look.pk}").content.decode()
    with as_owner():
        held = SecondLook.objects.get(pk=look.pk)
    assert (held.refused, held.response_id) == ("teacher", None)
    page = as_person("ines").get("/raters/draws/").content.decode()
    assert "the teacher would rather not" not in page.split("Close the list")[0], "of a draw that is not drawn"


def test_a_draw_from_its_commitment_to_the_list(as_person: SignIn, seeded: Any) -> None:
    ines = as_person("ines")
    form = ines.get("/raters/draws/").context["form"]
    version = form.fields["version"].choices[0][0]
    typed = {"version": version, "purpose": "coaching", "begins": "2026-11-19", "ends": "2026-12-18", "share": "40"}
    assert ines.post("/raters/draws/", {**typed, "ends": "2026-11-01"}).status_code == 422
    assert ines.post("/raters/draws/", {**typed, "share": "100"}).status_code == 422
    committed = ines.post("/raters/draws/", typed, follow=True).content.decode()
    assert "Publish the commitment" in committed
    with as_owner():
        held = SecondDraw.objects.order_by("-pk")[0]
    assert held.commitment in committed
    assert held.seed not in committed, "kept until it is drawn"
    drawn = ines.post(f"/raters/draws/{held.pk}/draw", follow=True).content.decode()
    assert "are seen by two" in drawn
    assert held.seed in drawn
    assert "not drawn again" in ines.post(f"/raters/draws/{held.pk}/draw", follow=True).content.decode()


def test_numbers_stand_by_name_with_what_is_behind_them_first(as_person: SignIn, seeded: Any) -> None:
    ines = as_person("ines")
    with max_queries(15):
        page = ines.get("/raters/measured/")
    (cases,) = (g for g in page.context["groups"] if g.on_cases)
    names = [row.name for row in cases.rows]
    assert names == sorted(names, key=lambda name: name.split()[-1])
    text = page.content.decode()
    assert text.index("12 cases") < text.index("Severity: below zero")
    assert "lenient" in text
    assert not [g for g in page.context["groups"] if not g.on_cases], "coaching and research by name are not hers"
    own = as_person("dana").get("/raters/")
    assert {g.on_cases for g in own.context["groups"]} >= {True}
    spanish = ines.get("/raters/measured/", headers={"accept-language": "es"}).content.decode()
    for english in ("Behind it", "All together", "Moved from", "lenient"):
        assert english not in spanish


def test_who_does_not_rate_has_no_numbers(seeded: Any) -> None:
    from fairlead.apps.raters import selectors

    scope = scope_for(seeded.person["amara"], seeded.today)
    assert scope is not None
    assert selectors.measured(scope) == selectors.together(scope) == []
