"""What the director's pages show, put together from caseload, support and roster."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fairlead.apps.access.scope import Scope
from fairlead.apps.caseload import own_recipes, planning
from fairlead.apps.caseload import selectors as plans
from fairlead.apps.caseload.models import CaseloadPlan
from fairlead.apps.caseload.planning import PlanView
from fairlead.apps.caseload.recipes import PublishedRecipe, TierTerms
from fairlead.apps.caseload.selectors import KeptPlan, Need
from fairlead.apps.roster import selectors as roster
from fairlead.apps.support import selectors as support

Status = CaseloadPlan.Status
TIER_SHAPES = ("warn", "info", "none")
WEEKS = 4
PROMISES = 6


def label(plan: CaseloadPlan | KeptPlan) -> str:
    """A plan's name in the reader's language."""
    if plan.name:
        return plan.name
    if plan.status == Status.LAST_YEAR:
        return _("Last year’s plan")
    if plan.status == Status.CHOSEN:
        return _("This year’s plan")
    return _("Alternative %(number)s") % {"number": plan.settings.get("number", plan.pk)}


@dataclass(frozen=True)
class TierShown:
    """A tier as a word and a shape."""

    terms: TierTerms

    @property
    def shape(self) -> str:
        return TIER_SHAPES[min(self.terms.position, len(TIER_SHAPES) - 1)]

    @property
    def label(self) -> str:
        return self.terms.label


def tier_of(published: PublishedRecipe, need: Need | None) -> TierShown | None:
    return TierShown(published.tier(need.tier)) if need is not None and need.tier else None


@dataclass(frozen=True)
class Beside:
    """Plans beside each other, in order: last year's, the chosen one, an alternative."""

    views: list[PlanView]
    needs: list[Need]
    recipe: PublishedRecipe
    alternatives: list[KeptPlan]
    staff: list[roster.Holder]

    def _of(self, *statuses: str) -> PlanView | None:
        return next((v for v in self.views if v.plan.status in statuses), None)

    @property
    def last(self) -> PlanView | None:
        return self._of(Status.LAST_YEAR)

    @property
    def chosen(self) -> PlanView | None:
        return self._of(Status.CHOSEN)

    @property
    def alternative(self) -> PlanView | None:
        return self._of(Status.ALTERNATIVE)

    @property
    def as_of(self) -> date | None:
        return self.needs[0].as_of if self.needs else None

    @property
    def names(self) -> list[tuple[PlanView, str]]:
        return [(v, label(v.plan)) for v in self.views]

    def top(self, shown: PlanView) -> float | None:
        """Share of a plan's minutes that goes to the neediest third of its schools."""
        first = shown.order[: round(len(shown.order) / 3)]
        total = sum(shown.places[s].minutes_per_month for s in shown.order)
        return sum(shown.places[s].minutes_per_month for s in first) / total if total else None

    @property
    def top_asked(self) -> float | None:
        """The same share of what their need asks for."""
        shown = self.chosen or self.last
        if shown is None:
            return None
        first = shown.order[: round(len(shown.order) / 3)]
        total = sum(shown.asked[s] for s in shown.order)
        return sum(shown.asked[s] for s in first) / total if total else None

    @property
    def top_count(self) -> int:
        shown = self.chosen or self.last
        return round(len(shown.order) / 3) if shown else 0


def beside(scope: Scope, network_id: int, on: date, wanted: int | None = None) -> Beside | None:
    """The plans to show on a day: last year's, the chosen one and one alternative (`wanted`, or the newest).

    All against need by one recipe: that of the alternative that was asked for, or of the chosen plan.
    None when `wanted` is no alternative that this person may see.
    """
    found = plans.plans(scope, on)
    alternatives = [p for p in found if p.status == Status.ALTERNATIVE]
    picked = [p for p in alternatives if p.pk == wanted or (wanted is None and not p.settings.get("imagined"))][:1]
    if wanted is not None and not picked:
        return None
    shown = [p for p in found if p.status == Status.LAST_YEAR][:1]
    in_force = [p for p in found if p.status == Status.CHOSEN][:1]
    shown += in_force + picked
    published = own_recipes.of_plan(scope, picked[0] if wanted is not None else in_force[0] if in_force else None)
    staff = roster.holders(scope, on, "director", "principal")
    fte = {r.person_id: r.fte for r in staff if r.role == "director" and r.organization_id == network_id}
    views, needs = planning.beside(scope, on, published, shown, fte)
    return Beside(views, needs, published, alternatives, staff)


def with_costs(side: Beside, ground: planning.Ground) -> Beside:
    """The same plans with their costs counted as the solver counts."""
    return replace(side, views=[planning.priced(v, ground) for v in side.views])


@dataclass(frozen=True)
class SchoolRow:
    """One of the director's schools: what it needs, what it had, what waits."""

    school_id: int
    name: str
    principal: str
    need: Need | None
    tier: TierShown | None
    planned: int
    given: int
    rhythm: int
    """Days between contacts, were the planned minutes spread evenly over visits."""
    own: support.LastContact | None
    anybody: support.LastContact | None
    promises: support.OpenPromises
    feedback: support.FeedbackWaiting

    @property
    def overdue(self) -> bool:
        """No contact by this director for longer than the plan's rhythm."""
        return self.own is None or self.own.days > self.rhythm

    # Words are put together here and not in the template, where a sentence costs ten times as much.

    @property
    def rank_words(self) -> str:
        """The rank, and where it stays in nine of ten weightings."""
        if self.need is None:
            return ""
        told = {"rank": self.need.rank, "of": self.need.scored, "range": _rank_range(self.need)}
        return _("rank %(rank)s of %(of)s; %(range)s with other weights") % told

    @property
    def rhythm_words(self) -> str:
        words = ngettext("the plan means every day", "the plan means about every %(n)s days", self.rhythm)
        return words % {"n": self.rhythm}

    @property
    def anybody_words(self) -> str:
        if self.anybody is None:
            return ""
        return _("anybody: %(when)s, %(name)s") % {
            "when": days_ago(self.anybody.days),
            "name": self.anybody.lead_name,
        }

    @property
    def minutes_words(self) -> str:
        return _("%(given)s of %(planned)s") % {"given": self.given, "planned": self.planned}

    @property
    def overdue_words(self) -> str:
        n = self.promises.overdue
        return ngettext("%(n)s overdue", "%(n)s overdue", n) % {"n": n}

    @property
    def feedback_words(self) -> str:
        waits = self.feedback
        words = _("%(a)s to share, %(b)s to answer") % {"a": waits.unshared, "b": waits.unanswered}
        if not waits.unshared:
            return words
        oldest = ngettext("oldest %(n)s day", "oldest %(n)s days", waits.oldest_days) % {"n": waits.oldest_days}
        return f"{words} · {oldest}"


def days_ago(days: int) -> str:
    """How long ago, in words."""
    if days == 0:
        return _("today")
    if days == 1:
        return _("yesterday")
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}


def _own_contacts(
    scope: Scope, school_ids: Sequence[int], on: date
) -> tuple[dict[int, support.LastContact], dict[int, int]]:
    """The asking person's latest contact with each school in a year, and their minutes of the last weeks: one query."""
    last: dict[int, support.LastContact] = {}
    minutes: dict[int, int] = {}
    for school_id, at, length, kind, purpose in support.own_contacts(scope, school_ids, on - timedelta(days=365)):
        days = (on - timezone.localdate(at)).days
        if days < 0:
            continue
        last.setdefault(school_id, support.LastContact(at, days, kind, purpose, scope.person_id, scope.name))
        if days < 7 * WEEKS:
            minutes[school_id] = minutes.get(school_id, 0) + length
    return last, minutes


def my_schools(scope: Scope, on: date, shown: Beside) -> list[SchoolRow]:
    """The asking director's schools by the chosen plan, from the greatest need down."""
    if shown.chosen is None:
        return []
    mine = {a.organization_id: a for a in shown.chosen.of(scope.person_id)}
    needs = {n.organization_id: n for n in shown.needs}
    principals = {r.organization_id: r.name for r in shown.staff if r.role == "principal"}
    ids = list(mine)
    own, given = _own_contacts(scope, ids, on)
    anybody = support.last_contact_by_school(scope, ids, on)
    promises = support.open_promises_by_school(scope, ids, on)
    feedback = support.feedback_waiting_by_school(scope, ids, on, since=on - support.TIMES_OVER)
    rows = []
    for school_id, place in mine.items():
        need = needs.get(school_id)
        visits = max(1.0, place.minutes_per_month / shown.recipe.minutes_per_visit)
        rows.append(
            SchoolRow(
                school_id=school_id,
                name=place.school,
                principal=principals.get(school_id, ""),
                need=need,
                tier=tier_of(shown.recipe, need),
                planned=place.minutes_per_month,
                given=given.get(school_id, 0),
                rhythm=round(30 / visits),
                own=own.get(school_id),
                anybody=anybody.get(school_id),
                promises=promises[school_id],
                feedback=feedback[school_id],
            )
        )
    return sorted(rows, key=lambda r: (r.need is None or r.need.rank is None, r.need.rank if r.need else 0, r.name))


@dataclass(frozen=True)
class PlaceShown:
    """A school's place in one plan."""

    director: str
    minutes: int
    got: float | None
    moved: bool
    why: list[str]


@dataclass(frozen=True)
class NeedRow:
    """A school beside its place in each plan."""

    name: str
    need: Need
    tier: TierShown | None
    asked: int
    places: list[PlaceShown | None]
    mine: bool


def why(reason: dict[str, Any]) -> list[str]:
    """A choice's reasons in words."""
    words = {
        "locked": _("kept by request"),
        "kept": _("same director as last year"),
        "new": _("no director last year"),
        "knows_grades": _("knows its grades"),
        "speaks": _("speaks its families’ language"),
        "knows_work": _("knows the work it needs most"),
        "nearest": _("nearest to it"),
        "short": _("fewer minutes than asked: there are not enough for all"),
    }
    return [words[c] for c in reason.get("codes", ()) if c in words]


def by_need(scope: Scope, shown: Beside) -> list[NeedRow]:
    """Every school from the greatest need down, with its place in each plan."""
    last = {s: a.director_id for s, a in shown.last.places.items()} if shown.last else {}
    rows = []
    for need in shown.needs:
        places: list[PlaceShown | None] = []
        for v in shown.views:
            place = v.places.get(need.organization_id)
            places.append(
                PlaceShown(
                    place.director,
                    place.minutes_per_month,
                    v.got(need.organization_id),
                    last.get(need.organization_id, place.director_id) != place.director_id,
                    why(place.reason),
                )
                if place
                else None
            )
        chosen = shown.chosen.places.get(need.organization_id) if shown.chosen else None
        rows.append(
            NeedRow(
                name=need.school,
                need=need,
                tier=tier_of(shown.recipe, need),
                asked=planning.terms(shown.recipe, need).minutes,
                places=places,
                mine=chosen is not None and chosen.director_id == scope.person_id,
            )
        )
    return rows


@dataclass(frozen=True)
class NeedShown:
    """A school's need with its parts, and where it would stand with other weights."""

    need: Need
    tier: TierShown | None
    rank_range: str
    same_tier: float | None
    parts: list[dict[str, Any]]
    tiers: list[tuple[str, float]]
    """The part of the draws in which it was in each tier."""
    without: list[tuple[str, int | None]]


def _rank_range(need: Need | None) -> str:
    if need is None or need.sensitivity.get("rank_low") is None:
        return ""
    low, high = round(need.sensitivity["rank_low"]), round(need.sensitivity["rank_high"])
    return f"{low}" if low == high else f"{low}–{high}"


def published(recipe_: PublishedRecipe, needs: Sequence[Need]) -> list[NeedShown]:
    """Needs with their contributions in words, for the page that publishes the recipe."""
    return [
        NeedShown(
            need=n,
            tier=tier_of(recipe_, n),
            rank_range=_rank_range(n),
            same_tier=n.sensitivity.get("same_tier"),
            parts=[c | {"label": recipe_.ingredient(c["indicator"]).label} for c in n.contributions],
            tiers=[
                (recipe_.tier(key).label, part) for key, part in n.sensitivity.get("tier_shares", {}).items() if part
            ],
            without=[
                (recipe_.ingredient(key).label, rank) for key, rank in n.sensitivity.get("rank_without", {}).items()
            ],
        )
        for n in needs
    ]


def day(value: date | None) -> str:
    return date_format(value, "DATE_FORMAT") if value else ""
