"""The pages of the appraisal year and of decision rights, as those who use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.test import Client
from django.urls import reverse

from fairlead.apps.supervision import template
from fairlead.apps.supervision.models import Appraisal, Reason, Source
from tests.access.appraisal_objects import closed_of_grace, open_of_grace, with_plan_of_marcus
from tests.conftest import as_owner, max_queries

SignIn = Callable[[str | None], Client]


def page(name: str, *args: Any) -> str:
    return reverse(f"supervision:{name}", args=args)


def test_from_goals_to_response_by_the_pages(as_person: SignIn, seeded: Any) -> None:
    with as_owner():
        pk = open_of_grace(seeded)

    def do(who: str, step: str, **said: Any) -> str:
        return as_person(who).post(page("step", pk, step), said, follow=True).content.decode()

    for declared in ("appraisal", "coaching"):
        given = {
            "kind": "observation",
            "declared": declared,
            "title": f"Seen for {declared}",
            "text": "Planted words.",
        }
        assert "Done." in do("marcus", "source", **{f"source-{k}": v for k, v in given.items()})
    assert "Write what was said at mid-year." in do("marcus", "forward")
    do("marcus", "forward", words="We spoke.")
    do("marcus", "forward")
    do("grace", "review", words="My year.")
    text = as_person("marcus").get(page("appraisal", pk)).content.decode()
    form = text[text.index('id="rate"') :]
    assert "Seen for appraisal</option>" in form
    assert "Seen for coaching</option>" not in form, "not offered"
    with as_owner():
        good, coached = (
            Source.objects.get(appraisal_id=pk, title=f"Seen for {d}").pk for d in ("appraisal", "coaching")
        )
    keys = tuple(template.packs()["example-2025"].standards)
    rating: dict[str, Any] = {}
    for key in keys:
        rating |= {f"level-{key}": "strong", f"text-{key}": "Because.", f"cites-{key}": str(good)}
    refused = as_person("marcus").post(page("step", pk, "rate"), rating | {f"cites-{keys[0]}": str(coached)})
    assert refused.status_code == 422
    assert "only what was declared for appraisal" in refused.content.decode()
    with as_owner():
        assert not Reason.objects.filter(appraisal_id=pk).exists()
    assert "Not final" in do("marcus", "rate", **rating)
    assert "I disagree" in as_person("grace").get(page("appraisal", pk)).content.decode()
    done = do("grace", "respond", words="Thank you.", **{f"answer-{key}": "agree" for key in keys})
    assert "Thank you." in done
    with as_owner():
        assert Appraisal.objects.get(pk=pk).stage == "closed"


def test_the_lists_in_few_queries(as_person: SignIn, seeded: Any) -> None:
    client = as_person("marcus")
    with as_owner():
        pk = closed_of_grace(seeded)
    for address in (page("home"), page("appraisal", pk), page("rights")):
        with max_queries(15):
            assert client.get(address).status_code == 200


def test_what_exists_is_gathered_by_hand_with_its_caveats(as_person: SignIn, seeded: Any) -> None:
    client = as_person("marcus")
    with as_owner():
        pk = open_of_grace(seeded)
    with max_queries(15):
        text = client.get(page("gather", pk)).content.decode()
    assert "Average daily attendance" in text
    assert "By chance alone a school of this size could show" in text
    refused = text[text.index("Not offered, and why") :]
    assert "Counted from coaching" in refused
    assert "never held against them" in refused, "teachers were promised so"
    assert client.post(page("gather", pk), {}).status_code == 422
    done = client.post(page("gather", pk), {"take": ["indicator:attendance", "indicator:coaching_dose"]}, follow=True)
    assert "Brought in: 1." in done.content.decode(), "what is not offered is not taken"
    with as_owner():
        (made,) = Source.objects.filter(appraisal_id=pk, kind="results")
    assert (made.origin, made.declared) == ("indicator:attendance", "appraisal")
    assert "need" in made.context


def test_a_rubric_and_a_plans_support_by_the_pages(as_person: SignIn, seeded: Any) -> None:
    client = as_person("marcus")
    with as_owner():
        pk, planned = open_of_grace(seeded), with_plan_of_marcus(seeded)
    with max_queries(15):
        text = client.get(page("rubric", pk)).content.decode()
    level = text.split('name="level_')[1].split('"')[0]
    token = text.split('name="token" value="')[1].split('"')[0]
    given = {"token": token, "day": "2026-11-18", f"level_{level}": "3"}
    assert client.post(page("rubric", pk), given).status_code == 422, "no evidence"
    done = client.post(page("rubric", pk), given | {f"seen_{level}": "Seen on the walk."}, follow=True)
    assert "Seen on the walk." in done.content.decode()
    with max_queries(15):
        text = client.get(page("plan_support", planned)).content.decode()
    said = {"kind": "principal_coaching", "goal": "Rooms every day", "begins": "2026-11-19", "ends": "2027-01-20",
            "minutes": "120", "promise": "A substitute's hours."}  # fmt: skip
    assert client.post(page("plan_support", planned), said).status_code == 422, "by when, in which talk?"
    done = client.post(page("plan_support", planned), said | {"due": "2026-12-10", "talked": "30"}, follow=True)
    text = done.content.decode()
    assert "Rooms every day" in text
    assert "A substitute&#x27;s hours." not in text, "the words stay with the supervision"


def test_the_lead_sets_the_days_of_the_year(as_person: SignIn) -> None:
    client = as_person("ines")
    text = client.get(page("days")).content.decode()
    assert "Set by the network." in text
    days = {"goals": "2026-10-01", "midyear": "2026-11-02", "evidence": "2027-04-02", "self": "2027-05-03"}
    assert client.post(page("days"), days).status_code == 422, "one is missing"
    assert "Set: 5." in client.post(page("days"), days | {"rating": "2027-05-20"}, follow=True).content.decode()
    assert "late" in as_person("marcus").get(page("home")).content.decode()


def test_how_ratings_are_distributed(as_person: SignIn) -> None:
    client = as_person("ines")
    with max_queries(15):
        text = client.get(page("distribution")).content.decode()
    assert "This does not rank supervisors" in text
    assert "Wilson" in text
    assert page("distribution") in client.get(page("home")).content.decode()


def test_decision_rights_of_two_days_beside_each_other(as_person: SignIn) -> None:
    text = as_person("amara").get(page("rights") + "?beside=2025-09-01").content.decode()
    assert "Two days beside each other" in text
    assert "Schools asked for it" in text
    assert "Enter or change one" not in text
    wrong = as_person("amara").get(page("rights") + "?on=soon")
    assert wrong.status_code == 200


def test_the_lead_enters_a_decision_right(as_person: SignIn, seeded: Any) -> None:
    given = {"organization": seeded.network_id, "decision": "budget", "holder": "school", "since": "2026-11-19"}
    client = as_person("ines")
    assert client.post(page("new_right"), given).status_code == 422
    done = client.post(page("new_right"), given | {"document": "Minutes", "reason": "Planted reason."}, follow=True)
    assert "Planted reason." in done.content.decode()


def test_spanish(as_person: SignIn, seeded: Any) -> None:
    client = as_person("grace")
    with as_owner():
        pk = closed_of_grace(seeded)
    text = client.get(page("appraisal", pk), headers={"accept-language": "es"}).content.decode()
    assert "Calificación y razones" in text
