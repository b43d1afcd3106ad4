"""Plans as columns: what each gives, what it costs, and what it imagines."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.apps.caseload.models import CaseloadPlan
from fairlead.apps.caseload.planning import PlanView
from fairlead.desks.director.shown import label

Status = CaseloadPlan.Status


@dataclass(frozen=True)
class Column:
    """One plan beside the others."""

    view: PlanView
    travel: int | None
    """Minutes on the road in a month; None when nobody counted them."""
    moved_from_chosen: int | None

    @property
    def name(self) -> str:
        return label(self.view.plan)

    @property
    def imagined(self) -> bool:
        return bool(self.view.plan.settings.get("imagined"))

    @property
    def may_be_chosen(self) -> bool:
        return (
            self.view.plan.status == Status.ALTERNATIVE
            and not self.imagined
            and self.view.plan.effective_from is None
        )

    @property
    def upcoming(self) -> bool:
        return self.view.plan.status == Status.ALTERNATIVE and self.view.plan.effective_from is not None

    @property
    def missing(self) -> int:
        return max(0, self.view.minutes_asked - self.view.minutes)


def columns(views: list[PlanView]) -> list[Column]:
    """Plans in order, each against the one that is in force."""
    chosen = next((v for v in views if v.plan.status == Status.CHOSEN), None)
    now = {s: a.director_id for s, a in chosen.places.items()} if chosen else {}
    found = []
    for view in views:
        moved = None
        if chosen is not None and view is not chosen:
            moved = sum(now.get(s, a.director_id) != a.director_id for s, a in view.places.items())
        found.append(Column(view, _travel(view), moved))
    return found


def _travel(view: PlanView) -> int | None:
    if view.plan.status != Status.LAST_YEAR and all("road" in a.reason for a in view.places.values()):
        return sum(int(a.reason["road"]) for a in view.places.values())
    return view.priced.cost.travel if view.priced else None
