"""Opening a support, settling its steps, and who reads what of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from fairlead.apps.cycles import aims, selectors, services
from fairlead.apps.cycles.models import Step, StepWords
from fairlead.apps.cycles.templates import newest, templates
from fairlead.apps.progress.definitions import indicators
from fairlead.apps.support.models import Support
from fairlead.apps.support.opening import end_support

ScopeOf = Callable[[str], Any]
PLANTED = "Planted words of a step."


def opened(scope: Any, seeded: Any, kind: str, *people: str, **more: Any) -> int:
    given = {"goal": "More talk by students", "indicator": "", "begins": seeded.today, "ends": None, "minutes": 60}
    school = more.pop("organization", int(seeded.school_ids[0]))
    return services.begin(scope, kind, school, [seeded.person[p] for p in people], **(given | more))


def settle(scope: Any, pk: int, position: int, seeded: Any, words: str = PLANTED, *, another: bool = False) -> None:
    line = selectors.line(scope, pk, seeded.today)
    assert line is not None
    services.settle(scope, line, position, words=words, another_way=another)


def test_every_kind_has_a_template_in_both_languages() -> None:
    assert {kind for kind, _ in templates()} == set(Support.Kind.values)
    for template in templates().values():
        days = [step.days for step in template.steps]
        assert days == sorted(days)
        assert all(step.en and step.es and step.en != step.es for step in template.steps)


def test_coaching_tells_leaders_that_it_happens_and_not_what_was_said(seeded: Any, scope_of: ScopeOf) -> None:
    pk = opened(scope_of("dana"), seeded, "teacher_coaching", "amara")
    settle(scope_of("dana"), pk, 0, seeded)
    for who, reads in (("dana", True), ("amara", True), ("grace", False), ("marcus", False), ("ines", False)):
        scope = scope_of(who)
        line = selectors.line(scope, pk, seeded.today)
        assert line is not None, who
        assert (line.next_position, line.planned) == (1, 60)
        assert selectors.participants(scope, line, seeded.today) == ["Amara Okafor"]
        first = selectors.steps(scope, line)[0]
        assert first.done_on == seeded.today
        assert (first.words == (PLANTED,)) is reads, who
        assert StepWords.objects.filter(support_id=pk).exists() is reads, who  # without any filter of ours
    assert selectors.line(scope_of("luis"), pk, seeded.today) is None
    assert not Step.objects.filter(support_id=pk).exists()


def test_the_context_comes_before_advice(seeded: Any, scope_of: ScopeOf) -> None:
    ines = scope_of("ines")
    pk = opened(ines, seeded, "consulting", "grace", organization=seeded.network_id)
    for position, words, said in ((2, PLANTED, "context comes first"), (0, " ", "Write the context first")):
        with pytest.raises(ValidationError, match=said):
            settle(ines, pk, position, seeded, words)
    line = selectors.line(ines, pk, seeded.today)
    assert line is not None
    goal = {"target": 0.95, "by": seeded.today + timedelta(days=90), "why": "", "now": None}
    with pytest.raises(ValidationError, match="context comes first"):
        aims.set_goal(ines, line, "attendance", **goal)
    settle(ines, pk, 0, seeded)
    aims.set_goal(ines, line, "attendance", **goal)
    settle(ines, pk, 2, seeded, "")
    with pytest.raises(ValidationError, match="settled already"):
        settle(ines, pk, 2, seeded)
    with pytest.raises(ValidationError, match="did instead"):
        settle(ines, pk, 3, seeded, "", another=True)


def test_a_team_meets_what_it_may_open(seeded: Any, scope_of: ScopeOf) -> None:
    grace = scope_of("grace")
    key = next(iter(indicators()))
    pk = opened(grace, seeded, "leadership_team", "amara", indicator=key)
    line = selectors.line(scope_of("amara"), pk, seeded.today)
    assert line is not None
    assert (line.is_participant, line.indicator) == (True, key)
    template = newest("leadership_team")
    assert template is not None
    assert len(selectors.steps(scope_of("amara"), line)) == len(template.steps)
    for kind, who, people, more in (
        ("supervision", "grace", ("amara",), {}),  # a principal supervises nobody
        ("leadership_team", "grace", (), {}),
        ("leadership_team", "grace", ("amara",), {"organization": int(seeded.school_ids[1])}),
        ("leadership_team", "grace", ("owen",), {}),  # of another school
        ("leadership_team", "grace", ("amara",), {"goal": " "}),
        ("leadership_team", "grace", ("amara",), {"minutes": 0}),
    ):
        with pytest.raises(ValidationError):
            opened(scope_of(who), seeded, kind, *people, **more)


def test_it_ends_with_a_reason_and_nobody_elses_hand(seeded: Any, scope_of: ScopeOf) -> None:
    pk = opened(scope_of("dana"), seeded, "teacher_coaching", "amara")
    with pytest.raises(Support.DoesNotExist):
        end_support(scope_of("grace"), pk, "No.")
    dana = scope_of("dana")
    with pytest.raises(ValidationError):
        end_support(dana, pk, " ")
    end_support(dana, pk, "The goal is met.")
    with pytest.raises(ValidationError):
        settle(dana, pk, 0, seeded)


def test_the_pages_open_and_settle(as_person: Callable[[str | None], Client], seeded: Any) -> None:
    client = as_person("grace")
    address = f"{reverse('cycles:new')}?kind=leadership_team"
    assert client.get(address).status_code == 200
    sent = {"goal": "A shared vision", "participants": [seeded.person["amara"]], "minutes": 90}
    assert client.post(address, sent).status_code == 422  # no first day
    page = client.post(address, sent | {"begins": seeded.today.isoformat()}, follow=True)
    assert "Write the vision" in page.content.decode()

    here = page.request["PATH_INFO"]
    done = client.post(f"{here}step/0", {"how": "done", "words": PLANTED}, follow=True)
    assert PLANTED in done.content.decode()
    assert "A shared vision" in client.get(reverse("cycles:home")).content.decode()
    ended = client.post(f"{here}end", {"because": "The year is over."}, follow=True)
    assert "The year is over." in ended.content.decode()


def test_a_consultation_opens_with_its_context(
    as_person: Callable[[str | None], Client], seeded: Any, scope_of: ScopeOf
) -> None:
    pk = opened(scope_of("ines"), seeded, "consulting", "grace", organization=seeded.network_id)
    address = reverse("cycles:support", args=[pk])
    page = as_person("ines").get(address).content.decode()
    assert page.index("Write the context") < page.index("What was agreed")
    assert "Set a goal" not in page
    page = as_person("ines").post(f"{address}step/0", {"how": "done", "words": PLANTED}, follow=True).content.decode()
    assert "Set a goal" in page
    assert "Write the context" not in page
    assert "who made the visit" not in page
    assert "who leads it" in page


def test_the_dose_had_stands_beside_what_was_planned_by_now(seeded: Any, scope_of: ScopeOf) -> None:
    dana = scope_of("dana")
    days = {"begins": seeded.today - timedelta(days=60), "ends": seeded.today + timedelta(days=30)}
    line = selectors.line(dana, opened(dana, seeded, "teacher_coaching", "amara", **days), seeded.today)
    assert line is not None
    assert line.minutes_in_all == 0
    assert line.planned_by(seeded.today) == round(60 * 61 / (365.25 / 12))  # 60 minutes a month, 61 days
    assert line.planned_by(seeded.today + timedelta(days=300)) == round(60 * 91 / (365.25 / 12)), "to its last day"
    older = next(row for row in selectors.lines(dana, seeded.today) if row.kind == "teacher_coaching" and row.minutes)
    assert older.minutes_in_all >= older.minutes
