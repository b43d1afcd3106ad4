"""Reading studies: whose, in which state, with which plan, runs, findings and claims."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Prefetch, QuerySet

from fairlead.apps.access.asking import fetch, find
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.selectors import reads_of
from fairlead.apps.evidence.models import Claim, Finding, Lottery, Plan, Run, Study, Ticket
from fairlead.science.impact import Problem, StudyResult, verify


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody who looked at a study's outcomes, and when first."""

    name: str
    at: str


def studies(scope: Scope) -> QuerySet[Study]:
    """The studies of the person's organizations, newest last, with plans, runs, findings and claims."""
    return (
        Study.objects.filter(organization_id__in=scope.org_ids)
        .prefetch_related(
            Prefetch("plans", Plan.objects.select_related("written_by", "registered_by").order_by("id")),
            Prefetch("plans__runs", Run.objects.defer("result").order_by("id")),
            Prefetch("plans__runs__findings", Finding.objects.order_by("-primary", "id")),
            Prefetch("plans__runs__findings__claims", Claim.objects.select_related("written_by").order_by("id")),
        )
        .order_by("id")
    )


def study(scope: Scope, key: str) -> Study | None:
    """One study by its key; None when it is not there for this person."""
    return studies(scope).filter(key=key).first()


def how_far(scope: Scope, keys: Iterable[str]) -> dict[str, str]:
    """How far these studies are: draft, registered, or run. Those not there for this person are left out."""
    found: dict[str, str] = {}
    for key, registered, made in fetch(_HOW_FAR, orgs=sorted(scope.org_ids), keys=list(keys)):
        state = "draft" if registered is None else "registered" if made is None else "run"
        found[key] = max(found.get(key, "draft"), state, key=("draft", "registered", "run").index)
    return found


_HOW_FAR = """
SELECT s.key, p.registered_at, r.id FROM evidence_study s
LEFT JOIN evidence_plan p ON p.study_id = s.id
LEFT JOIN evidence_run r ON r.plan_id = p.id
WHERE s.organization_id = ANY (%(orgs)s) AND s.key = ANY (%(keys)s)
"""


def plan(scope: Scope, plan_id: int) -> Plan | None:
    """One plan, registered or a draft."""
    return (
        Plan.objects.filter(organization_id__in=scope.org_ids, pk=plan_id)
        .select_related("study", "written_by", "registered_by")
        .first()
    )


def run(scope: Scope, run_id: int) -> Run | None:
    """One run with its plan; its result, which is large, is read when it is asked for."""
    which = "WHERE t.id = %(id)s AND t.organization_id = ANY (%(orgs)s)"
    made = next(iter(find(Run, which, without=("result",), id=run_id, orgs=sorted(scope.org_ids))), None)
    plans = find(Plan, "WHERE t.id = %(id)s", id=made.plan_id) if made else []
    studies = find(Study, "WHERE t.id = %(id)s", id=plans[0].study_id) if plans else []
    if made is None or not studies:
        return None
    made.plan, made.plan.study = plans[0], studies[0]
    return made


def finding(scope: Scope, finding_id: int) -> Finding | None:
    """One finding with its run and plan."""
    return (
        Finding.objects.filter(organization_id__in=scope.org_ids, pk=finding_id)
        .select_related("run__plan__study", "run__plan__registered_by")
        .first()
    )


def lottery(scope: Scope, study_id: int) -> Lottery | None:
    """The draw behind a study, if it had one."""
    return Lottery.objects.filter(organization_id__in=scope.org_ids, study_id=study_id).first()


def outcomes_seen(scope: Scope, of: Study) -> tuple[Seen, ...]:
    """Who has looked at a study's outcomes so far, each once, by first look: from the log of reads."""
    first: dict[str, str] = {}
    for row in reads_of(scope, outcome_target(of)):
        first.setdefault(row.person.name, row.at.isoformat(timespec="minutes"))
    return tuple(Seen(name, at) for name, at in first.items())


def outcome_target(of: Study) -> str:
    """How the log of reads names a study's outcomes."""
    return f"outcomes:{of.extract}"


class Progress:
    """How far a study has come, for its row of steps."""

    STEPS = ("plan", "power", "registration", "run", "verdict", "claim")

    def __init__(self, of: Study) -> None:
        self.study = of

    @cached_property
    def plan(self) -> Plan | None:
        """The plan that counts: the last one registered, else the last draft."""
        plans = list(self.study.plans.all())
        return next((p for p in reversed(plans) if p.registered_at), plans[-1] if plans else None)

    @cached_property
    def run(self) -> Run | None:
        runs = list(self.plan.runs.all()) if self.plan else []
        return runs[-1] if runs else None

    @cached_property
    def primary(self) -> Finding | None:
        return next((f for f in self.run.findings.all() if f.primary), None) if self.run else None

    @cached_property
    def claim(self) -> Claim | None:
        if self.run is None:
            return None
        return next((c for f in self.run.findings.all() for c in f.claims.all() if c.state == "standing"), None)

    @staticmethod
    def reached(planned: bool, registered: bool, run: bool, claimed: bool) -> frozenset[str]:
        """Steps that are behind."""
        reached = {"plan", "power"} if planned else set()
        reached |= {"registration"} if registered else set()
        reached |= {"run", "verdict"} if run else set()
        return frozenset(reached | ({"claim"} if claimed else set()))

    @property
    def steps(self) -> list[tuple[str, bool]]:
        registered = self.plan is not None and self.plan.registered_at is not None
        done = self.reached(self.plan is not None, registered, self.run is not None, self.claim is not None)
        return [(step, step in done) for step in self.STEPS]


def result_of(of: Run) -> StudyResult:
    """A run's stored result, as the engine made it."""
    return StudyResult.from_json(json.dumps(of.result))


def draw_problems(scope: Scope, of: Lottery) -> tuple[Problem, ...]:
    """What does not agree between a lottery's commitment, seed and stored tickets; empty when all is as promised."""
    rows = (
        Ticket.objects.filter(lottery=of, organization_id__in=scope.org_ids)
        .order_by("id")
        .values_list("person__sourced_id", "organization__sourced_id", "selected")
    )
    units, strata, selected = zip(*rows, strict=True) if rows else ((), (), ())
    return verify(of.commitment, of.seed, of.salt, units, strata, of.share, selected)
