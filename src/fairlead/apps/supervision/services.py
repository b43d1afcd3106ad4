"""The steps of an appraisal's year, and entries of the register of decision rights.

Each refusal says why. What may be cited was declared when it was brought in: who both coaches and appraises a principal
sees both, and a reason that cites the coaching is refused here and by the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from fairlead import clock
from fairlead.apps.access.scope import Scope
from fairlead.apps.instruments import policy
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.responding import Filled, Given, record
from fairlead.apps.instruments.words import in_words
from fairlead.apps.supervision import selectors, template
from fairlead.apps.supervision.models import (
    PURPOSE,
    Amendment,
    Appraisal,
    DecisionRight,
    PlanSupport,
    Reason,
    Source,
    StageDay,
)

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
        if author:
            steps.add("rubric")
    if author and found.stage in FORWARD:
        steps.add("forward")
    if author and found.plan_goals and found.stage in (Stage.RESPONSE, Stage.CLOSED):
        steps.add("support")
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
    response_id: UUID | None = None, origin: str = "",
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
        known = {row[0]: declared_as(row[1]) for row in selectors.observations(scope, found)}
        if known.get(response_id) != declared:
            wrong["response"] = _(
                "It was recorded for another purpose. What was made for coaching, research or a survey stays there: "
                "it cannot be declared for appraisal afterwards."
            )
    if wrong:
        raise ValidationError(wrong)
    return _source(scope, found, kind=kind, declared=declared, title=title.strip(), text=text.strip(), context=context.strip(), response_id=response_id, origin=origin)  # fmt: skip


def declared_as(purpose: str) -> str:
    """What a form that was recorded for a purpose is declared for: what was made for this appraisal, for appraisal."""
    return Source.Declared.APPRAISAL if purpose == PURPOSE else purpose


def why_no_voice(instrument: Any, purpose: str) -> str:
    """Why a survey's published results may not stand in a leader's appraisal; "" when they may.

    What is not said is not allowed: whoever answered was told what for. The instrument itself names this use.
    """
    if purpose == Source.Declared.RESEARCH:
        return _("It was asked for research, and people answered it for that.")
    if not policy.names_leaders(instrument):
        held = policy.read(instrument.restrictions)
        said = in_words(held.because, held.because_es)
        return said or _("The instrument does not name the appraisal of a school's leader among its uses.")
    return ""


def rubrics(scope: Scope) -> list[Any]:
    """Appraisal rubrics that are made for a school's leader, each in its newest version."""
    return instruments.instruments_for(scope, PURPOSE, kinds=("appraisal",))


@transaction.atomic
def observe(
    scope: Scope, pk: int, *, token: UUID, version_id: int, day: date, answers: Mapping[int, Given], context: str = ""
) -> Source:
    """Fill in a rubric of leadership, declared for appraisal from its first word: a source that may be cited."""
    found = _for(scope, pk, "rubric")
    version = next((v for v in rubrics(scope) if v.pk == version_id), None)
    if version is None:
        raise ValidationError(_("Choose an appraisal rubric that is made for a school's leader."))
    if not found.begun_on <= day <= clock.today():
        raise ValidationError({"day": _("Choose a day since the year of this appraisal began, not after today.")})
    known = Source.objects.filter(appraisal=found, response_id=token).first()
    if known is not None:  # the same form, sent twice
        return known
    items = {item.pk: item for item in instruments.items_of(version_id)}
    told = [(items[item], given) for item, given in answers.items() if item in items and given.level is not None]
    bare = [str(item) for item, given in told if not given.evidence.strip()]
    if bare:
        words = _("A level without evidence does not count. Write what you saw, heard or read: %(items)s.")
        raise ValidationError(words % {"items": "; ".join(bare)})
    if not told:
        raise ValidationError(_("Give a level on at least one of the rubric's rows, with its evidence."))
    record(
        scope,
        Filled(
            id=token, version_id=version_id, organization_id=found.organization_id, purpose=PURPOSE, day=day,
            answers={item.pk: given for item, given in told}, subject_id=found.subject_id, submitted_at=clock.now(),
            language=(get_language() or "en")[:2],
        ),
    )  # fmt: skip
    lines = []
    for item, given in told:
        names = {n: name for n, name, _text in item.levels}
        lines.append(f"{item}: {names[given.level or 0]}. {given.evidence.strip()}")
    return _source(scope, found, kind=Source.Kind.OBSERVATION, declared=Source.Declared.APPRAISAL, title=f"{version.instrument}, {date_format(day, 'SHORT_DATE_FORMAT')}"[:200], text="\n".join(lines)[:4000], context=context, response_id=token)  # fmt: skip


@transaction.atomic
def tie_support(scope: Scope, pk: int, support_id: int, promise_id: int | None = None) -> None:
    """Say that a support which the supervisor has opened with the principal belongs to the plan of this appraisal."""
    found = _for(scope, pk, "support")
    PlanSupport.objects.create(
        appraisal=found, support_id=support_id, promise_id=promise_id, at=clock.now(), **_wall(found)
    )


@transaction.atomic
def set_days(scope: Scope, network_id: int, year: str, days: Mapping[str, date]) -> int:
    """Set the days of a year's stages for a network; says how many are new. Those before stay readable."""
    if not scope.has("network_lead") or not scope.opens("notes", PURPOSE, network_id):
        raise ValidationError(_("The network's lead sets the days of the year."))
    order = [stage for stage in Stage if stage in days]
    if not set(days) <= set(Stage.values) or any(days[a] >= days[b] for a, b in pairwise(order)):
        raise ValidationError(_("Each stage ends after the one before it."))
    if any(template.year_of(day) != year for day in days.values()):
        raise ValidationError(_("Choose days of the school year %(year)s.") % {"year": year})
    held = selectors.stage_days(scope).get((network_id, year), {})
    fresh = {stage: day for stage, day in days.items() if held.get(stage) != day}
    for stage in order:
        if stage in fresh:
            StageDay.objects.create(
                organization_id=network_id, year=year, stage=stage, due=fresh[stage], by_id=scope.person_id,
                at=clock.now(),
            )  # fmt: skip
    return len(fresh)


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
