"""Writing studies: drafts, registration, runs, claims. Each is one transaction; a registered plan stays as it is."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.access.services import log_read
from fairlead.apps.evidence import of_lotteries, selectors, store
from fairlead.apps.evidence.extracts import OF_A_LOTTERY, extract_of
from fairlead.apps.evidence.models import Claim, Finding, Plan, Run, Study
from fairlead.apps.lotteries import selectors as lotteries
from fairlead.science import impact
from fairlead.science.impact import claims

CLAIM_STANDS_FOR = timedelta(days=365)


class OutOfOrder(Exception):
    """The state of things does not allow it; the message says why and what to do."""


@transaction.atomic
def open_on_lottery(scope: Scope, lottery_id: int, outcome: str) -> Study:
    """Open a study on a closed list: the question, and a first plan with the lottery's own design. One a lottery."""
    lottery = lotteries.lottery(scope, lottery_id)
    if lottery is None or not lottery.list_hash or not scope.has("analyst", organization_id=lottery.organization_id):
        raise OutOfOrder(_("There is no closed list here that you could open a study on."))
    if lottery.study_key:
        raise OutOfOrder(_("This lottery has its study."))
    if outcome not in of_lotteries.OUTCOMES[lottery.unit]:
        raise OutOfOrder(_("Choose an outcome from the list."))
    key = f"{OF_A_LOTTERY}{lottery.pk}"
    study = Study.objects.create(
        key=key,
        organization_id=lottery.organization_id,
        title=lottery.title,
        title_es=lottery.title_es or lottery.title,
        extract=key,
        created_at=clock.now(),
    )
    save_draft(scope, study, of_lotteries.plan_text(scope, lottery, outcome))
    return study


@transaction.atomic
def save_draft(scope: Scope, study: Study, text: str, draft: Plan | None = None) -> Plan:
    """Keep a plan's text as a draft. Raises `impact.PlanError` with every problem when it is no plan."""
    plan = impact.read_plan(text)
    if draft is not None and draft.registered_at is not None:
        raise OutOfOrder(_("A registered plan stands as it is. Copy it and change the copy."))
    draft = draft or Plan(study=study, organization_id=study.organization_id)
    draft.text, draft.hash = text, plan.hash
    draft.written_by_id, draft.written_at = scope.person_id, clock.now()
    draft.save()
    return draft


@transaction.atomic
def register(scope: Scope, plan: Plan) -> Plan:
    """Register a plan: hashed, dated, and labelled by whether its outcomes existed before it did.

    Who had looked at these outcomes before is copied from the log of reads, so that the report can say so.
    """
    if plan.registered_at is not None:
        return plan
    now = clock.now()
    extract = extract_of(scope, plan.study)
    plan.hash = impact.read_plan(plan.text).hash
    plan.outcomes_from = extract.outcomes_from
    late = extract.outcomes_from <= now.date()
    plan.label = Plan.Label.RETROSPECTIVE if late else Plan.Label.PROSPECTIVE
    plan.seen_before = [asdict(seen) for seen in selectors.outcomes_seen(scope, plan.study)]
    plan.registered_at, plan.registered_by_id = now, scope.person_id
    plan.save()
    return plan


@transaction.atomic
def run(scope: Scope, plan: Plan) -> Run:
    """Run a registered plan on a freshly frozen extract and keep everything that came out."""
    if plan.registered_at is None:
        raise OutOfOrder(_("Register the plan first: the plan comes before the answer."))
    intended = impact.read_plan(plan.text)
    extract = extract_of(scope, plan.study).narrowed_to(intended)
    content, digest = extract.frozen()
    most = max(model.permutations for model in intended.models)
    result = impact.analyse(
        intended,
        extract.table,
        provenance=impact.Provenance(
            source=extract.source,
            registered=plan.registered_at.date().isoformat(),
            outcomes_from=extract.outcomes_from.isoformat(),
        ),
        redraws=extract.redraws(most) if extract.redraws is not None and most else None,
    )
    kept = Run.objects.create(
        plan=plan,
        organization_id=plan.organization_id,
        at=clock.now(),
        by_id=scope.person_id,
        extract_file=store.keep(content, digest),
        data_hash=digest,
        rows=extract.table.height,
        result=json.loads(result.to_json()),
    )
    Finding.objects.bulk_create(
        Finding(
            run=kept,
            organization_id=plan.organization_id,
            outcome=one.outcome,
            model=one.model,
            primary=one.primary,
            unit=one.estimate.unit,
            estimate=one.estimate.estimate,
            se=one.estimate.se,
            p=one.estimate.p,
            n=one.estimate.n,
            rating=one.verdict.rating,
            provisional=one.verdict.provisional,
        )
        for one in result.results
    )
    saw_outcomes(scope, plan.study)
    return kept


def saw_outcomes(scope: Scope, study: Study) -> None:
    """Note that this person has looked at a study's outcomes."""
    log_read(scope, "outcomes", selectors.outcome_target(study), study.organization_id)


def suggest_claim(record: Finding, language: str) -> str:
    """A sentence to begin with, which the check accepts."""
    finding, verdict = _finding(record)
    return claims.suggest(finding, verdict, language)


@transaction.atomic
def write_claim(scope: Scope, record: Finding, sentence: str, language: str) -> Claim | claims.Refused:
    """Keep a sentence that says no more than its finding; otherwise say what to change, and keep nothing."""
    finding, verdict = _finding(record)
    answer = claims.check(sentence.strip(), finding, verdict, language)
    if isinstance(answer, claims.Refused):
        return answer
    now = clock.now()
    plan = impact.read_plan(record.run.plan.text)
    return Claim.objects.create(
        finding=record,
        organization_id=record.organization_id,
        language=language,
        sentence=answer.text,
        independence=plan.evaluator,
        written_by_id=scope.person_id,
        written_at=now,
        expires_on=(now + CLAIM_STANDS_FOR).date(),
    )


def _finding(record: Finding) -> tuple[claims.Finding, impact.Verdict]:
    result = selectors.result_of(record.run)
    return claims.finding(result, record.outcome, record.model), result.result(record.outcome, record.model).verdict
