"""Running a survey and reading what may be told of it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from fairlead.apps.instruments.models import Item, Note, Response
from fairlead.apps.roster.selectors import scope_for
from fairlead.apps.surveys import services
from fairlead.apps.surveys.models import Administration, Invitation, Result, SchoolAsked
from fairlead.demo.cast import BY_KEY
from tests.access import survey_objects
from tests.apps.surveys import making
from tests.conftest import as_owner, max_queries


def form(seeded: Any, **values: Any) -> dict[str, Any]:
    told = making.draft(seeded, **values)
    return {name: "" if value is None else value for name, value in
            {field: getattr(told, field) for field in told.__dataclass_fields__}.items()} | {
        "schools": [str(pk) for pk in told.school_ids], "version_id": str(told.version_id)}  # fmt: skip


def test_from_the_form_to_slips(as_person: Any, seeded: Any) -> None:
    client = as_person("ines")
    made = client.post(reverse("surveys:new"), form(seeded, name="Ours"))
    assert made.status_code == 302
    with as_owner():
        pk = Administration.objects.latest("pk").pk
    page = client.get(made["Location"])
    assert "Ours" in page.content.decode()
    assert client.post(reverse("surveys:step", args=[pk]), {"open": "1"}).status_code == 302
    school = int(seeded.school_ids[0])
    slips = client.post(reverse("surveys:slips", args=[pk, school]))
    text = slips.content.decode()
    assert slips["Cache-Control"] == "no-store"
    assert "Amara Okafor" in text
    assert "Entre en" in text
    code = text.split('slip__code">')[1].split("<")[0]
    assert client.get(f"/a/{code}/").status_code == 200
    assert client.post(reverse("surveys:step", args=[pk]), {"close": "1"}).status_code == 302
    assert client.post(reverse("surveys:slips", args=[pk, school])).status_code == 422, "it is closed"


def test_a_draft_that_says_nothing_possible_is_given_back(as_person: Any, seeded: Any) -> None:
    client = as_person("ines")
    backwards = form(seeded) | {"closes_on": "2026-01-01"}
    assert "The last day is before the first." in client.post(reverse("surveys:new"), backwards).content.decode()
    assert client.post(reverse("surveys:new"), {}).status_code == 422
    for_coaching = form(seeded) | {"purpose": "coaching"}
    assert client.post(reverse("surveys:new"), for_coaching).status_code == 422


def test_a_principal_asks_their_own_school_and_no_other(as_person: Any, seeded: Any) -> None:
    client = as_person("grace")
    both = form(seeded)
    assert client.post(reverse("surveys:new"), both).status_code == 422, "Ridgeline is not hers"
    own = form(seeded) | {"schools": [str(seeded.school_ids[0])]}
    assert client.post(reverse("surveys:new"), own).status_code == 302
    with as_owner():
        made = Administration.objects.latest("pk")
        assert made.organization_id == seeded.school_ids[0]
    assert as_person("owen").get(reverse("surveys:survey", args=[made.pk])).status_code == 404


def test_the_rate_tells_no_small_number_and_no_name(as_person: Any, seeded: Any) -> None:
    pk = survey_objects.opened(seeded)
    school = int(seeded.school_ids[0])
    here = Invitation.objects.filter(administration_id=pk, organization_id=school)
    here.update(state="waiting")
    few = [row.pk for row in here[:2]]
    Invitation.objects.filter(pk__in=few).update(state="answered")
    client = as_person("grace")
    with max_queries(12):
        page = client.get(reverse("surveys:survey", args=[pk]))
    (rate, _words) = next(r for r in page.context["rates"] if r[0].organization_id == school)
    assert (rate.asked, rate.answered) == (here.count(), None)
    assert [r[0].organization_id for r in page.context["rates"]] == [school]
    assert "too few to tell" in page.content.decode()
    assert "Amara" not in page.content.decode()


def test_results_and_file_are_the_stored_table(as_person: Any, seeded: Any) -> None:
    pk = survey_objects.closed(seeded)
    client = as_person("ines")
    with max_queries(15):
        page = client.get(reverse("surveys:results", args=[pk]), {"at": seeded.network_id})
    assert page.status_code == 200
    text = page.content.decode()
    assert "/technical/" in text
    rows = list(csv.DictReader(io.StringIO(client.get(reverse("surveys:export", args=[pk])).content.decode())))
    assert len(rows) == Result.objects.filter(administration_id=pk).count()
    assert {row["state"] for row in rows} <= {"shown", "bottom", "top", "value", "few"}
    assert all(not row["n"] and not row["share"] for row in rows if row["state"] == "few")
    assert any(row["state"] == "few" for row in rows), "the demo has a group too small to tell"


def test_a_share_stands_within_its_interval_and_its_size_is_not_told_where_that_was_promised(
    as_person: Any, seeded: Any
) -> None:
    pk = Administration.objects.get(version__instrument__key="in-this-class", counted_at__isnull=False).pk
    exported = as_person("ines").get(reverse("surveys:export", args=[pk])).content.decode()
    shown = [row for row in csv.DictReader(io.StringIO(exported)) if row["state"] == "shown"]
    assert len(shown) > 5
    assert all(float(row["low"]) < float(row["share"]) < float(row["high"]) and not row["n"] for row in shown)


def test_a_principal_reads_their_school_beside_the_network_and_no_other_school(as_person: Any, seeded: Any) -> None:
    pk = survey_objects.closed(seeded)
    client = as_person("grace")
    page = client.get(reverse("surveys:results", args=[pk]))
    assert {place for place, _name in page.context["places"]} == {int(seeded.school_ids[0]), seeded.network_id}
    assert client.get(reverse("surveys:results", args=[pk]), {"at": int(seeded.school_ids[1])}).status_code == 404
    names = {row["organization"] for row in csv.DictReader(io.StringIO(client.get(reverse("surveys:export", args=[pk])).content.decode()))}  # fmt: skip
    assert "Ridgeline Elementary" not in names


def test_a_teacher_enters_their_own(as_person: Any, seeded: Any) -> None:
    pk = survey_objects.opened(seeded)
    client = as_person("amara")
    assert reverse("surveys:enter", args=[pk]) in client.get(reverse("surveys:mine")).content.decode()
    entered = client.post(reverse("surveys:enter", args=[pk]))
    assert client.get(entered["Location"]).status_code == 200
    with as_owner():
        Invitation.objects.filter(administration_id=pk, person_id=seeded.person["amara"]).update(state="answered")
    assert client.post(reverse("surveys:enter", args=[pk])).status_code == 404


@pytest.mark.parametrize("who", ["amara", "grace", "luis"])
def test_a_desk_says_that_a_survey_asks_its_person_until_they_have_answered(
    as_person: Any, seeded: Any, who: str
) -> None:
    pk = survey_objects.opened(seeded)
    mine = {"administration_id": pk, "person_id": seeded.person[who]}
    desk = reverse(BY_KEY[who].desk)
    with as_owner():
        Invitation.objects.filter(**mine).delete()
    client = as_person(who)
    assert reverse("surveys:mine") + '">What we hold true' not in client.get(desk).content.decode()
    with as_owner():
        asked = Invitation.objects.create(**mine, organization_id=int(seeded.school_ids[0]), anonymous=False)
    assert reverse("surveys:mine") + '">What we hold true' in client.get(desk).content.decode()
    with as_owner():
        Invitation.objects.filter(pk=asked.pk).update(state="answered")
    assert reverse("surveys:mine") + '">What we hold true' not in client.get(desk).content.decode()


@pytest.mark.parametrize("asked", ["staff", "students", "families"])
def test_a_draft_says_where_and_how_many_it_would_ask_and_then_asks_so_many(
    as_person: Any, seeded: Any, asked: str
) -> None:
    schools = tuple(int(pk) for pk in seeded.school_ids[:2])
    what = making.students if asked == "students" else making.draft
    told = {"asked": asked, "role": "teacher" if asked == "staff" else "", "school_ids": schools}
    with as_owner():
        scope = scope_for(seeded.person["ines"], seeded.today)
        pk = services.create(scope, seeded.network_id, what(seeded, **told)).pk
    page = as_person("ines").get(reverse("surveys:survey", args=[pk]))
    would = page.context["would_ask"]
    assert (len(would), page.context["would_be"]) == (2, sum(many for _school, many in would))
    assert f"At 2 schools, {page.context['would_be']:,} people in all" in page.content.decode()
    with as_owner():
        assert services.open_it(scope, pk) == page.context["would_be"] > 0


@pytest.mark.parametrize("step", ["remind", "send"])
def test_without_an_address_no_mail_goes_out(as_person: Any, seeded: Any, step: str, settings: Any) -> None:
    settings.PUBLIC_ADDRESS = ""
    pk = survey_objects.opened(seeded)
    page = as_person("ines").post(reverse("surveys:step", args=[pk]), {step: "1"})
    assert page.status_code == 422
    assert "does not know its own address" in page.content.decode()


def test_an_unknown_step_and_a_wrong_method(as_person: Any, seeded: Any) -> None:
    pk = survey_objects.opened(seeded)
    client = as_person("ines")
    assert client.post(reverse("surveys:step", args=[pk]), {"nonsense": "1"}).status_code == 404
    assert client.get(reverse("surveys:step", args=[pk])).status_code == 405
    with as_owner():
        assert SchoolAsked.objects.filter(administration_id=pk, slips_at=None).count() == 0


def test_words_are_read_where_the_purpose_opens_them_and_enough_wrote(
    as_person: Any, seeded: Any, scope_of: Any
) -> None:
    """The same words under two purposes: in confidence nobody reads them, the network's lead neither."""
    closed = survey_objects.closed(seeded)
    school = int(seeded.school_ids[0])
    with as_owner():
        known = Administration.objects.get(pk=closed)
        item = Item.objects.filter(version_id=known.version_id)[0]
        sharing = Administration.objects.get(pk=closed)
        sharing.pk, sharing.purpose, sharing.closed_at, sharing.counted_at = None, "improvement", None, None
        sharing.opens_on = known.opens_on - timedelta(days=30)
        sharing.save()
        Administration.objects.filter(pk=sharing.pk).update(closed_at=known.closed_at, counted_at=known.counted_at)
        for purpose, day in (("survey", known.opens_on), ("improvement", sharing.opens_on)):
            for nth in range(6):
                answer = Response.objects.create(
                    organization_id=school,
                    purpose=purpose,
                    version_id=known.version_id,
                    part="single",
                    day=day,
                    language="",
                )
                Note.objects.create(
                    organization_id=school, purpose=purpose, response=answer, item=item if nth < 5 else other(item),
                    text=f"More time, says {nth}.",
                )  # fmt: skip
    client = as_person("ines")
    confident = client.get(reverse("surveys:words", args=[closed]) + f"?at={school}").content.decode()
    assert "Nobody reads what was written in this survey" in confident
    assert "More time" not in confident
    with as_owner():
        Result.objects.create(
            administration=sharing, organization_id=school, part="item", key=item.key, position=1, state="few"
        )
    open_ = client.get(reverse("surveys:words", args=[sharing.pk]) + f"?at={school}").content.decode()
    assert open_.count("More time, says") == 5, (
        "five wrote to one question; one alone wrote to another, and is not shown"
    )
    assert "says 5" not in open_


def other(item: Item) -> Item:
    return Item.objects.filter(version_id=item.version_id).exclude(pk=item.pk)[0]
