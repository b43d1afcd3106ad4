"""The steps of an appraisal's year, and entries of the register of decision rights.

Each refusal says why. What may be cited was declared when it was brought in: who both coaches and appraises a principal
sees both, and a reason that cites the coaching is refused here and by the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.supervision import selectors, template
from fairlead.apps.supervision.models import Amendment, Appraisal, DecisionRight, Reason, Source

Stage = Appraisal.Stage
FORWARD = {Stage.GOALS: Stage.MIDYEAR, Stage.MIDYEAR: Stage.EVIDENCE, Stage.EVIDENCE: Stage.SELF_REVIEW}


class NotNow(ValidationError):
    """The appraisal is in another stage: the page that was sent is an older one."""


@dataclass(frozen=True, slots=True)
class Said:
    """What is written on one standard."""

    level: str
    text: str
    source_id: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A support plan, whole or not at all."""

    goals: str
    help: str
    review: date | None


def may(scope: Scope, found: Appraisal) -> frozenset[str]:
    """The steps that are the asking person's in this stage."""
    author, subject = found.author_id == scope.person_id, found.subject_id == scope.person_id
    steps = set()
    if (author or subject) and found.stage in (Stage.GOALS, Stage.MIDYEAR, Stage.EVIDENCE):
        steps.add("source")
    if author and found.stage in FORWARD:
        steps.add("forward")
    if author and found.stage == Stage.RATING:
        steps.add("rate")
    if subject and found.stage == Stage.SELF_REVIEW:
        steps.add("review")
    if subject and found.stage == Stage.RESPONSE:
        steps.add("respond")
    if author and found.stage == Stage.RESPONSE and found.respond_by and clock.today() > found.respond_by:
        steps.add("close")
    if (author or subject) and found.stage == Stage.CLOSED:
        steps.add("amend")
    return frozenset(steps)


def _for(scope: Scope, pk: int, step: str) -> Appraisal:
    found = selectors.appraisal(scope, pk)
    if found is None or scope.person_id not in (found.author_id, found.subject_id):
        raise Appraisal.DoesNotExist
    if step not in may(scope, found):
        raise NotNow(_("This is not your step now: the appraisal is at “%(stage)s”.") % {"stage": found.get_stage_display()})  # fmt: skip
    return found


@transaction.atomic
def begin(scope: Scope, organization_id: int, subject_id: int) -> Appraisal:
    """Begin the year of a principal whom the asking person supervises."""
    today = clock.today()
    if (organization_id, subject_id) not in {(o, p) for o, p, _n, _w in selectors.to_begin(scope, today)}:
        raise ValidationError(_("You begin the year of a principal whom you supervise, once."))
    return Appraisal.objects.create(
        organization_id=organization_id, author_id=scope.person_id, subject_id=subject_id,
        year=template.year_of(today), template=template.in_force(today).key, begun_on=today,
    )  # fmt: skip


@transaction.atomic
def add_source(
    scope: Scope, pk: int, *, kind: str, declared: str, title: str, text: str = "", context: str = "",
    response_id: UUID | None = None,
) -> Source:  # fmt: skip
    """Bring a source in, and say what it may be used for: for good."""
    found = _for(scope, pk, "source")
    wrong = {}
    if kind not in Source.Kind.values or kind == Source.Kind.SELF_REVIEW:
        wrong["kind"] = _("Choose what kind of source it is.")
    if declared not in Source.Declared.values:
        wrong["declared"] = _("Say what it may be used for.")
    if not title.strip():
        wrong["title"] = _("Give it a name.")
    if kind in (Source.Kind.RESULTS, Source.Kind.VOICE) and not context.strip():
        wrong["context"] = _(
            "Results need their context: the school's need, how many are covered, how uncertain it is."
        )
    if response_id is not None:
        known = {row[0]: row[1] for row in selectors.observations(scope, found)}
        if known.get(response_id) != declared:
            wrong["response"] = _(
                "It was recorded for another purpose. What was made for coaching, research or a survey stays there: "
                "it cannot be declared for appraisal afterwards."
            )
    if wrong:
        raise ValidationError(wrong)
    return _source(scope, found, kind=kind, declared=declared, title=title.strip(), text=text.strip(), context=context.strip(), response_id=response_id)  # fmt: skip


def _source(scope: Scope, found: Appraisal, **said: object) -> Source:
    return Source.objects.create(
        appraisal=found, given_by_id=scope.person_id, given_at=clock.now(), **_wall(found), **said
    )


def _wall(found: Appraisal) -> dict[str, object]:
    return {
        "organization_id": found.organization_id,
        "purpose": found.purpose,
        "author_id": found.author_id,
        "subject_id": found.subject_id,
    }


@transaction.atomic
def forward(scope: Scope, pk: int, words: str = "") -> None:
    """Close a stage: goals with at least one goal, the mid-year talk with what was said, the evidence with some."""
    found = _for(scope, pk, "forward")
    brought = {s.kind for s in selectors.sources(scope, pk) if s.declared == Source.Declared.APPRAISAL}
    if found.stage == Stage.GOALS and Source.Kind.GOAL not in brought:
        raise ValidationError(_("Set a goal first: add it as a source of the kind “goal”, declared for appraisal."))
    if found.stage == Stage.MIDYEAR:
        if not words.strip():
            raise ValidationError({"words": _("Write what was said at mid-year.")})
        found.midyear = words.strip()
    if found.stage == Stage.EVIDENCE and not brought - {Source.Kind.GOAL}:
        raise ValidationError(_("Bring in a source beside the goals, so that the rating does not rest on one thing."))
    found.stage = FORWARD[Stage(found.stage)]
    found.save(update_fields=["stage", "midyear"])


@transaction.atomic
def review(scope: Scope, pk: int, words: str) -> None:
    """The principal's own review: a source like the others, declared for appraisal by its writer."""
    found = _for(scope, pk, "review")
    if not words.strip():
        raise ValidationError({"words": _("Write something.")})
    _source(scope, found, kind=Source.Kind.SELF_REVIEW, declared=Source.Declared.APPRAISAL, title=str(Source.Kind.SELF_REVIEW.label), text=words.strip())  # fmt: skip
    found.stage = Stage.RATING
    found.save(update_fields=["stage"])


@transaction.atomic
def rate(scope: Scope, pk: int, said: dict[str, Said], plan: Plan | None = None) -> None:
    """The written rating: a level, a reason and a citable source on every standard; with a support plan where it asks for one."""
    found = _for(scope, pk, "rate")
    pack = template.packs()[found.template]
    declared = {s.pk: s.declared for s in selectors.sources(scope, pk)}
    wrong: dict[str, str] = {}
    for key in pack.standards:
        one = said.get(key)
        if one is None or one.level not in pack.levels or not one.text.strip():
            wrong[key] = _("Every standard needs a level, a reason and the source that it cites.")
        elif declared.get(one.source_id) != Source.Declared.APPRAISAL:
            wrong[key] = _(
                "A reason cites only what was declared for appraisal when it was made. Coaching, research and the answers "
                "of single people are not."
            )
    if plan is not None and (plan.review is None or plan.review <= clock.today() or not (plan.goals and plan.help)):
        wrong["plan"] = _("A support plan names its goals, the help that is promised, and a later day of review.")
    if plan is None and any(one.level == "support" for one in said.values()):
        wrong["plan"] = _("Where support is needed, say which: a support plan belongs to this rating.")
    if wrong:
        raise ValidationError(wrong)
    for key in pack.standards:
        one = said[key]
        Reason.objects.create(
            appraisal=found,
            standard=key,
            level=one.level,
            text=one.text.strip(),
            source_id=one.source_id,
            **_wall(found),
        )
    found.stage, found.rated_at = Stage.RESPONSE, clock.now()
    found.respond_by = clock.today() + timedelta(days=pack.days_to_respond)
    if plan is not None:
        found.plan_goals, found.plan_help, found.plan_review = plan.goals, plan.help, plan.review
    found.save(update_fields=["stage", "rated_at", "respond_by", "plan_goals", "plan_help", "plan_review"])


@transaction.atomic
def respond(scope: Scope, pk: int, words: str, answers: dict[str, str]) -> None:
    """The principal's response, reason by reason and in their own words: the appraisal is closed with it."""
    found = _for(scope, pk, "respond")
    reasons = selectors.reasons(scope, pk)
    if any(answers.get(r.standard) not in Reason.Answer.values for r in reasons):
        raise ValidationError(_("Say for each reason whether you agree."))
    for reason in reasons:
        reason.answer = answers[reason.standard]
        reason.save(update_fields=["answer"])
    found.response, found.responded_at, found.closed_at = words.strip(), clock.now(), clock.now()
    found.stage = Stage.CLOSED
    found.save(update_fields=["response", "responded_at", "closed_at", "stage"])


@transaction.atomic
def close(scope: Scope, pk: int) -> None:
    """Close without a response, once the days for it are over."""
    found = _for(scope, pk, "close")
    found.stage, found.closed_at = Stage.CLOSED, clock.now()
    found.save(update_fields=["stage", "closed_at"])


@transaction.atomic
def amend(scope: Scope, pk: int, words: str, because: str) -> None:
    """Append to a closed appraisal, with the reason why."""
    found = _for(scope, pk, "amend")
    if not words.strip() or not because.strip():
        raise ValidationError(_("Write what is to be added, and why."))
    Amendment.objects.create(
        appraisal=found, text=words.strip(), because=because.strip(), given_by_id=scope.person_id, at=clock.now(),
        **_wall(found),
    )  # fmt: skip


@transaction.atomic
def enter_right(
    scope: Scope, organization_id: int, *, decision: str, holder: str, since: date, document: str, reason: str
) -> None:
    """Enter whose decision it is from a day on: for all schools of the network, or for one of them."""
    wrong = {}
    if not scope.opens("notes", "leadership", organization_id) or not scope.has("network_lead"):
        wrong["organization"] = _("Choose your network or one of its schools.")
    if decision not in template.decisions():
        wrong["decision"] = _("Choose a decision.")
    if holder not in DecisionRight.Holder.values:
        wrong["holder"] = _("Say whose decision it is.")
    if not document.strip():
        wrong["document"] = _("Name the document that says so.")
    if not reason.strip():
        wrong["reason"] = _("Give a reason.")
    if wrong:
        raise ValidationError(wrong)
    DecisionRight.objects.create(
        organization_id=organization_id, decision=decision, holder=holder, since=since, document=document.strip(),
        reason=reason.strip(), by_id=scope.person_id, at=clock.now(),
    )  # fmt: skip
