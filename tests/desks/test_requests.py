"""The pages of requests, as those who use them: two taps to ask, the queue, one request to its end, times and hours."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.test import Client
from django.urls import reverse

from fairlead.apps.access.models import AccessLog
from fairlead.apps.operations.models import Request, RequestLine
from tests.access import request_objects
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def page(name: str, *args: Any) -> str:
    return reverse(f"operations:{name}", args=args)


def said(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def test_two_taps_ask(as_person: SignIn, seeded: Any) -> None:
    client = as_person("amara")
    home = said(client, page("home"))
    first = re.search(r'href="(/requests/new\?kind=it)"', home)
    assert first is not None
    form = said(client, first[1])
    assert "No student" in form
    hidden = dict(re.findall(r'<input type="hidden" name="(id|kind|school)" value="([^"]+)"', form))
    assert set(hidden) == {"id", "kind", "school"}
    sent = client.post(page("new"), hidden | {"urgency": "today"}, follow=True)
    assert "Sent. The network takes it" in sent.content.decode()
    again = client.post(page("new"), hidden | {"urgency": "today"}, follow=True)
    assert "it is asked once" in again.content.decode()
    with as_owner():
        made = Request.objects.get(pk=hidden["id"])
        assert (made.kind, made.urgency, made.purpose, made.organization_id) == (
            "it",
            "today",
            "improvement",
            int(seeded.school_ids[0]),
        )


def test_what_is_not_chosen_is_asked_for_and_nothing_is_written(as_person: SignIn, seeded: Any) -> None:
    client, pk = as_person("luis"), str(uuid4())
    school = str(int(seeded.school_ids[0]))
    assert "What is it about?" in said(client, page("new"))
    refused = client.post(page("new"), {"id": pk, "kind": "it", "school": school})
    assert refused.status_code == 422
    assert "Say how urgent it is." in refused.content.decode()
    elsewhere = client.post(
        page("new"), {"id": pk, "kind": "it", "school": int(seeded.school_ids[1]), "urgency": "soon"}
    )
    assert elsewhere.status_code == 422
    with as_owner():
        assert not Request.objects.filter(pk=pk).exists()


def test_a_principal_finds_what_is_done_for_her_and_need_not_do_it(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        boiler, printer = request_objects.of_grace(seeded), request_objects.of_luis(seeded)
        hidden = request_objects.sensitive_of_amara(seeded)
    client = as_person("grace")
    with max_queries(10):
        home = client.get(page("home"))
    assert str(boiler) in {str(line.pk) for line in home.context["open"]}
    assert str(printer) in {str(line.pk) for line in home.context["to_confirm"]}
    assert hidden not in home.content.decode()
    assert {line.organization_id for line in home.context["open"]} == {int(seeded.school_ids[0])}
    one = said(client, page("request", boiler))
    assert "Marcus Bell works on it" in one
    assert "It is solved" not in one
    assert page("step", boiler, "take") not in one


def test_the_queue_of_a_director_is_of_their_schools_and_late_ones_come_to_them(
    as_person: SignIn, seeded: Any
) -> None:
    client = as_person("marcus")
    with max_queries(12):
        home = client.get(page("home"))
    mine = {
        int(s) for s, d in zip(seeded.school_ids, seeded.school_director, strict=True) if d == seeded.person["marcus"]
    }
    listed = [line for name in ("told", "mine", "untaken", "others") for line in home.context[name]]
    assert listed
    assert all(
        line.organization_id in mine or line.owner_id == seeded.person["marcus"] or line.told_me for line in listed
    )
    assert len({line.pk for line in listed}) == len(listed), "each stands in one list"
    with as_owner():
        assert AccessLog.objects.filter(person_id=seeded.person["marcus"], action="requests").exists()


def test_from_the_queue_to_the_schools_word_with_hours(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        late = Request.objects.get(asker_id=seeded.person["owen"], state="asked", kind="transport")
    ines = as_person("ines")
    assert "I take it" in said(ines, page("request", late.pk))
    taken = ines.post(page("step", late.pk, "take"), {"text": "I have it."}, follow=True)
    assert "You work on" in said(ines, page("home"))
    assert "It is solved" in taken.content.decode()
    again = ines.post(page("step", late.pk, "take"), {}, follow=True)
    assert "yours already" in again.content.decode()
    ines.post(page("step", late.pk, "solve"), {"text": "The route begins earlier."})
    owen = as_person("owen")
    assert "Is it done?" in said(owen, page("request", late.pk))
    wrong = owen.post(page("step", late.pk, "confirm"), {"hours": "300"})
    assert wrong.status_code == 422
    assert "less than or equal to 80" in wrong.content.decode()
    done = owen.post(page("step", late.pk, "confirm"), {"hours": "2.5"}, follow=True)
    assert "confirmed by the school" in done.content.decode()
    assert "the principal's own number" in done.content.decode()
    with as_owner():
        late.refresh_from_db()
        assert late.hours_said == Decimal("2.50")
    gone = ines.post(page("step", late.pk, "solve"), {}, follow=True)
    assert "has gone on" in gone.content.decode()


def test_a_reason_is_asked_for_where_one_is_needed(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        pk = request_objects.of_luis(seeded)
        lines = RequestLine.objects.filter(request_id=pk).count()
    refused = as_person("luis").post(page("step", pk, "reopen"), {"text": " "})
    assert refused.status_code == 422
    assert "still missing" in refused.content.decode()
    with as_owner():
        assert RequestLine.objects.filter(request_id=pk).count() == lines


def test_handed_on_to_somebody_without_a_queue(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        pk = request_objects.of_grace(seeded)
    as_person("ines").post(page("step", pk, "hand"), {"person": seeded.person["priya"]})
    priya = as_person("priya")
    assert pk in {str(line.pk) for line in priya.get(page("home")).context["mine"]}
    assert "It is solved" in said(priya, page("request", pk))


def test_times_count_the_open_ones_and_hours_say_what_is_behind_them(as_person: SignIn, seeded: Any) -> None:
    client = as_person("ines")
    with max_queries(8):
        counts = client.get(page("counts"))
    together = counts.context["all"]
    with as_owner():
        everything = Request.objects.filter(asked_at__date__gte="2025-11-19")
        returned = everything.filter(state__in=("solved", "confirmed"), by_school=False)
        assert together.asked == everything.count() == sum(kind.asked for kind in counts.context["kinds"])
        assert together.returned.requests == returned.count()
        assert together.returned.said == returned.filter(hours_said__isnull=False).count() > 0
        hours = sum(float(r.hours if r.hours_said is None else r.hours_said) for r in returned)
    assert abs(together.returned.likely - hours) < 1e-9
    assert together.returned.low < together.returned.likely < together.returned.high
    assert together.solve.open > 0
    assert 0 < together.answer_kept.decided <= together.answer_kept.asked
    names = [school.label for school in counts.context["schools"]]
    assert names == sorted(names), "by name, never ranked"
    own = as_person("grace").get(page("counts")).context
    assert own["schools"][0].label == "Harbor Point Elementary"
    assert len(own["schools"]) == 1
