"""A plan that was asked for, from the question to the answer: waiting, made, failed, lost, asked again."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from fairlead.apps.caseload import making, solving
from fairlead.apps.caseload.models import CaseloadPlan, PlanRequest
from fairlead.science.allocation.caseload import Plan, Problem
from tests.conftest import as_owner, as_worker, max_queries
from tests.desks.test_director import OPTIMISE, text


def ask(client: Any) -> str:
    return str(client.post(OPTIMISE, {"load": "6"})["Location"])


def number(address: str) -> int:
    return int(address.rstrip("/").rsplit("/", 1)[1])


def broken(problem: Problem) -> Plan:
    raise subprocess.CalledProcessError(-11, "solver")


def slow(problem: Problem) -> Plan:
    raise subprocess.TimeoutExpired("solver", 600)


def test_it_waits_and_looks_again_with_and_without_scripts(as_person: Any, seeded: Any) -> None:
    client = as_person("marcus")
    address = ask(client)
    client.get(address)
    with max_queries(6):
        page = client.get(address)
    assert "Waiting for the worker" in text(page)
    assert b'<noscript><meta http-equiv="refresh"' in page.content
    assert b'hx-trigger="every 3s"' in page.content
    assert ask(client) == address, "the same asked twice is asked once"
    with as_owner():
        waiting = ProcrastinateJob.objects.filter(task_name=making.SOLVE, args={"plan_request_id": number(address)})
        assert waiting.count() == 1


@pytest.mark.parametrize(
    ("solver", "words"),
    [
        (broken, "The solver ended with an error."),
        (slow, "ended after ten minutes"),
        (lambda problem: Plan("unknown"), "found no plan within its effort"),
    ],
)
def test_what_goes_wrong_is_said_and_can_be_asked_again(
    as_person: Any, seeded: Any, monkeypatch: pytest.MonkeyPatch, solver: Any, words: str
) -> None:
    client = as_person("marcus")
    address = ask(client)
    monkeypatch.setattr(solving, "solved", solver)
    with as_owner():
        before = CaseloadPlan.objects.count()
    as_worker(solving.solve, number(address))
    page = client.get(address)
    assert words in text(page)
    assert b"http-equiv" not in page.content
    again = client.post(reverse("caseloads:again", args=[number(address)]), follow=True)
    assert "Waiting for the worker" in text(again)
    with as_owner():
        assert CaseloadPlan.objects.count() == before


def test_a_worker_that_died_leaves_a_clear_state(as_person: Any, seeded: Any) -> None:
    client = as_person("marcus")
    address = ask(client)
    with as_owner():
        PlanRequest.objects.filter(pk=number(address)).update(
            state="running", began_at=seeded.moment - making.LONGEST - timedelta(minutes=1)
        )
    assert "The worker stopped in the middle of it. Nothing was written." in text(client.get(address))
    client.post(reverse("caseloads:again", args=[number(address)]))
    assert "Waiting for the worker" in text(client.get(address))


def test_only_what_failed_is_asked_again_and_an_answer_is_given_once(
    as_person: Any, seeded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = as_person("marcus")
    address = ask(client)
    refused = client.post(reverse("caseloads:again", args=[number(address)]), follow=True)
    assert "Only a plan that failed can be asked for again." in text(refused)
    with as_owner():
        PlanRequest.objects.filter(pk=number(address)).update(state="done", ended_at=seeded.moment)
    monkeypatch.setattr(solving, "solved", broken)
    as_worker(solving.solve, number(address))  # a job that comes twice finds it answered
    assert "it is not there any more" in text(client.get(address))
