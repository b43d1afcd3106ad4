"""A leadership team: its page, members beside the staff, goals with their value now, decisions, the agenda."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from fairlead.apps.cycles import aims, selectors, teams
from fairlead.apps.cycles.models import Decision, Step, SupportGoal, TeamPage
from fairlead.apps.support.models import Promise, PromiseWords, Support
from tests.access.objects import team_of_harbor_point
from tests.conftest import as_owner, max_queries

ScopeOf = Callable[[str], Any]


def team(scope: Any, seeded: Any) -> selectors.Line:
    found = selectors.line(scope, team_of_harbor_point(seeded), seeded.today)
    assert found is not None
    return found


def decided(scope: Any, seeded: Any, owner: str | None, **more: Any) -> int:
    pk = seeded.person[owner] if owner else None
    given = {"decided_on": seeded.today, "text": "Planted decision.", "why": "Planted reason.", "owner_id": pk}
    due = seeded.today + timedelta(days=7) if owner else None
    aims.decide(scope, team(scope, seeded), **({"due": due} | given | more))
    return int(Decision.objects.latest("pk").pk)


def test_every_school_has_a_team_with_decisions_and_goals(seeded: Any, scope_of: ScopeOf) -> None:
    with as_owner():
        schools = set(Support.objects.filter(kind="leadership_team").values_list("organization_id", flat=True))
        assert schools == {int(pk) for pk in seeded.school_ids}
        for model, least in ((TeamPage, 1), (Decision, 4), (SupportGoal, 3)):
            assert model.objects.count() >= least * len(schools), model
        kinds = Support.objects.filter(pk__in=Step.objects.values("support_id")).values_list("kind", flat=True)
        assert {"teacher_coaching", "supervision", "content_cycle", "leadership_team", "consulting", "working_group"} <= set(kinds)  # fmt: skip


def test_the_team_stands_beside_the_staff(seeded: Any, scope_of: ScopeOf) -> None:
    grace = scope_of("grace")
    line = team(grace, seeded)
    people = teams.members(line, seeded.today)
    found = teams.beside(line, people, seeded.today)
    roles = {row.key: (row.team, row.staff) for row in found["role"]}
    assert people[0] == (seeded.person["grace"], "Grace Lindqvist")
    assert roles["principal"] == (1, 1)
    taught = {int(t) for t in seeded.section_teacher[seeded.section_school == 0]}
    assert roles["teacher"][0] == len(people) - 1
    assert sum(row.team for row in found["grade"]) == len(taught & {pk for pk, _ in people})
    grades = sorted({int(g) for g in seeded.section_grade[seeded.section_school == 0]})
    assert [row.key for row in found["grade"]] == [str(g) for g in grades]


def test_who_is_on_it_changes_and_the_coming_steps_with_them(seeded: Any, scope_of: ScopeOf) -> None:
    grace = scope_of("grace")
    line = team(grace, seeded)
    before = {pk for pk, _ in teams.members(line, seeded.today)} - {line.lead_id}
    amara = seeded.person["amara"]
    joins = next(iter({int(t) for t in seeded.section_teacher[seeded.section_school == 0]} - before))
    aims.change_members(grace, line, (before - {amara}) | {joins})
    now = {pk for pk, _ in teams.members(line, seeded.today)}
    assert (joins in now, amara in now) == (True, False)
    ahead = {s.position for s in selectors.steps(grace, line) if s.done_on is None}
    assert set(Step.objects.filter(support_id=line.pk, person_id=joins).values_list("position", flat=True)) == ahead
    assert selectors.line(scope_of("amara"), line.pk, seeded.today) is None  # the page closes with the membership
    with pytest.raises(ValidationError):
        aims.change_members(scope_of("grace"), line, {seeded.person["owen"]})
    aims.change_members(scope_of("grace"), line, before)  # back again, without a second row
    assert {pk for pk, _ in teams.members(line, seeded.today)} - {line.lead_id} == before


def test_a_decision_is_kept_and_settled_once_by_its_owner_or_the_lead(seeded: Any, scope_of: ScopeOf) -> None:
    grace = scope_of("grace")
    pk = decided(grace, seeded, "amara")
    for bad in ({"why": " "}, {"due": None}, {"decided_on": seeded.today + timedelta(days=1)},
                {"owner_id": seeded.person["owen"]}):  # fmt: skip
        with pytest.raises(ValidationError):
            decided(grace, seeded, "amara", **bad)
    with pytest.raises(ValidationError):  # the director reads
        aims.settle_decision(scope_of("marcus"), team(scope_of("marcus"), seeded), pk, None)
    amara = scope_of("amara")
    with pytest.raises(ValidationError):
        decided(amara, seeded, "amara")
    with pytest.raises(ValidationError, match="did instead"):
        aims.settle_decision(amara, team(amara, seeded), pk, " ")
    aims.settle_decision(amara, team(amara, seeded), pk, "We called instead.")
    kept = Decision.objects.get(pk=pk)
    assert (kept.done_on, kept.another_way) == (seeded.today, "We called instead.")
    with pytest.raises(ValidationError):
        aims.settle_decision(amara, team(amara, seeded), pk, None)


def test_the_walls_keep_what_a_team_wrote(seeded: Any, scope_of: ScopeOf) -> None:
    pk = team_of_harbor_point(seeded)
    scope_of("owen")
    assert not Decision.objects.filter(support_id=pk).exists()
    grace = scope_of("grace")
    hers = decided(grace, seeded, "grace")
    scope_of("amara")
    for change in ({"text": "Otherwise"}, {"done_on": seeded.today}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Decision.objects.filter(pk=hers).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        TeamPage.objects.filter(support_id=pk).update(vision="Otherwise")
    scope_of("grace")
    with pytest.raises(IntegrityError), transaction.atomic():
        TeamPage.objects.filter(support_id=pk).delete()


def test_a_goal_is_set_beside_its_value_and_dropped_with_a_reason(
    as_person: Callable[[str | None], Client], seeded: Any
) -> None:
    pk = team_of_harbor_point(seeded)
    client = as_person("grace")
    address = reverse("cycles:write", args=[pk, "goal"])
    by = (seeded.today + timedelta(days=200)).isoformat()
    sent = {"goal-indicator": "attendance", "goal-target": "96.5", "goal-by": by, "goal-why": "Planted."}
    refused = client.post(address, sent | {"goal-target": "960"})
    assert refused.status_code == 422
    assert 'value="960"' in refused.content.decode()
    assert client.post(address, sent | {"goal-by": seeded.today.isoformat()}).status_code == 422
    page = client.post(address, sent, follow=True).content.decode()
    assert "96.5%" in page
    with as_owner():
        goal = SupportGoal.objects.get(support_id=pk, indicator="attendance")
        assert goal.target == pytest.approx(0.965)
    assert client.post(address, sent).status_code == 422  # one goal an indicator
    away = reverse("cycles:write", args=[pk, "drop"])
    client.post(away, {"number": goal.pk, "because": ""})
    page = client.post(away, {"number": goal.pk, "because": "Planted end."}, follow=True).content.decode()
    assert "Planted end." in page


def test_the_agenda_opens_with_what_was_promised_and_carries_no_other_purpose(
    as_person: Callable[[str | None], Client], seeded: Any
) -> None:
    pk = team_of_harbor_point(seeded)
    with as_owner():
        ours = Promise.objects.get(contact__support_id=pk)
        open_one = Decision.objects.filter(support_id=pk, done_on=None).exclude(owner=None)[0]
        grace = seeded.person["grace"]
        mixed = PromiseWords.objects.filter(owner_id=grace).exclude(purpose="improvement")
        foreign = {w.text for w in mixed}
    client = as_person("grace")
    with max_queries(15):
        page = client.get(reverse("cycles:agenda", args=[pk])).content.decode()
    assert ours.words.text in page
    assert open_one.text in page
    assert not [text for text in foreign if text in page]
    with max_queries(16):  # one more than the sheet: whom its lead could add
        assert client.get(reverse("cycles:support", args=[pk])).status_code == 200


def test_the_lead_writes_the_page_and_members_read_it(as_person: Callable[[str | None], Client], seeded: Any) -> None:
    pk = team_of_harbor_point(seeded)
    sent = {"vision": "Planted vision.", "rhythm": "Weekly", "next_meeting": "2026-12-02"}
    as_person("grace").post(reverse("cycles:write", args=[pk, "page"]), sent)
    for who in ("amara", "marcus", "ines"):
        page = as_person(who).get(reverse("cycles:support", args=[pk])).content.decode()
        assert "Planted vision." in page
        assert "Write or change this" not in page
