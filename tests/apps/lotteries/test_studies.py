"""A lottery's study: its plan is written from the list, registered before the draw, and run on the record afterwards."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from fairlead import clock
from fairlead.apps.evidence import extracts, of_lotteries
from fairlead.apps.evidence import selectors as studies
from fairlead.apps.evidence import services as evidence
from fairlead.apps.lotteries import services
from fairlead.apps.lotteries.models import Lottery
from fairlead.apps.roster.selectors import scope_for
from fairlead.demo.world import ZONE
from fairlead.science import impact
from tests.apps.lotteries.test_lotteries import draft
from tests.conftest import use_app_login

BEFORE = datetime(2026, 9, 28, 9, 0, tzinfo=ZONE)
DRAWN = datetime(2026, 10, 5, 14, 0, tzinfo=ZONE)


@pytest.fixture
def tomas(seeded: Any) -> Any:
    use_app_login()
    return scope_for(seeded.person["tomas"], date(2026, 11, 19))


def opened(tomas: Any, seeded: Any, outcome: str, **more: Any) -> tuple[Lottery, Any]:
    """A committed lottery of late September with its study's draft."""
    with clock.standing_at(BEFORE):
        made = services.make(tomas, draft(seeded, draw_at=DRAWN, **more))
        services.close_list(tomas, made.pk)
        services.commit_seed(tomas, made.pk)
        study = evidence.open_on_lottery(tomas, made.pk, outcome)
        services.study_opened(tomas, made.pk, study.key)
    return Lottery.objects.get(pk=made.pk), study


@pytest.mark.parametrize(
    ("more", "outcome", "design"),
    [
        ({"limits": ({"covariate": "students", "sd": "0.6"},)}, "practice", "randomized_individual"),
        pytest.param({"strata": "grade"}, "practice", "randomized_blocked", marks=pytest.mark.prove),
        pytest.param({"unit": "school"}, "chronic_absence", "randomized_individual", marks=pytest.mark.prove),
        ({"together": "team"}, "practice", "randomized_cluster"),
        (
            {"unit": "school", "kind": "steps", "share": "", "steps": ("2026-10-12", "2026-11-02")},
            "attendance",
            "panel",
        ),
    ],
    ids=["limits", "strata", "schools", "teams", "steps"],
)
def test_a_plan_is_written_from_the_list(
    more: dict[str, Any], outcome: str, design: str, tomas: Any, seeded: Any
) -> None:
    lottery, study = opened(tomas, seeded, outcome, **more)
    plan = studies.Progress(studies.study(tomas, study.key)).plan
    told = impact.read_plan(plan.text)
    assert told.assignment.design == design
    assert told.primary_outcome.name == outcome
    assert lottery.list_hash in told.rationale
    with clock.standing_at(BEFORE):
        known = extracts.design_of(tomas, study, told)
        assert known.units >= 5
        assert all(power.mdes > 0 for power in known.power.values())
        registered = evidence.register(tomas, plan)
    assert registered.label == "prospective"
    with pytest.raises(evidence.OutOfOrder, match="has its study"):
        evidence.open_on_lottery(tomas, lottery.pk, outcome)


def test_a_list_too_short_for_its_plan_has_no_power_to_show(tomas: Any, seeded: Any) -> None:
    """Five schools in thirds, one baseline: no degree of freedom is left."""
    _, study = opened(tomas, seeded, "attendance", unit="school", strata="size")
    plan = impact.read_plan(studies.Progress(studies.study(tomas, study.key)).plan.text)
    assert extracts.design_of(tomas, study, plan).power == {}


def test_after_the_draw_the_run_uses_the_record(tomas: Any, seeded: Any) -> None:
    """Intention to treat and the draws of its own record; who took part as contacts tell; the list's hash in the report."""
    lottery, study = opened(tomas, seeded, "practice", limits=({"covariate": "students", "sd": "0.6"},))
    plan = studies.Progress(studies.study(tomas, study.key)).plan
    with clock.standing_at(BEFORE + timedelta(hours=1)):
        evidence.register(tomas, plan)
    with pytest.raises(impact.ImpactError):
        evidence.run(tomas, plan)
    with clock.standing_at(DRAWN):
        services.draw(tomas, lottery.pk)
    result = studies.result_of(evidence.run(tomas, plan))
    assert result.timing == "prospective"
    redraw = result.primary.redraw
    assert redraw is not None
    assert redraw.under_limits
    assert redraw.draws == of_lotteries.PERMUTATIONS
    assert lottery.list_hash[:12] in result.provenance.source
    took = next(item for item in result.results if item.model == "took_part")
    assert took.compliers is not None


def test_a_roll_out_is_read_month_by_month(tomas: Any, seeded: Any) -> None:
    steps = ("2026-10-12", "2026-11-02")
    lottery, study = opened(
        tomas, seeded, "attendance", unit="school", kind="steps", share="", steps=steps, limits=()
    )
    plan = studies.Progress(studies.study(tomas, study.key)).plan
    with clock.standing_at(BEFORE + timedelta(hours=1)):
        evidence.register(tomas, plan)
    with clock.standing_at(DRAWN):
        services.draw(tomas, lottery.pk)
    table = extracts.extract_of(tomas, study).table
    assert set(table["begins"].unique()) == {3, 4}, "October and November are the third and fourth month since August"
    assert set(table["month"]) == {2, 3, 4}, "the small network has no marks in August"
    assert table.height == 3 * len(seeded.school_ids)
    assert table["attendance"].null_count() == 0
    redraw = studies.result_of(evidence.run(tomas, plan)).primary.redraw
    assert redraw is not None, "the order is drawn again from its record"
    assert (redraw.design, redraw.under_limits, redraw.draws) == ("steps", True, of_lotteries.PERMUTATIONS)


@pytest.mark.prove
def test_an_erased_teacher_leaves_the_rows_but_not_the_record(seeded: Any, tomas: Any) -> None:
    from fairlead.apps.access import erasure
    from fairlead.apps.lotteries.models import Entry
    from fairlead.apps.roster.models import Person
    from fairlead.science.impact.lottery import check_record, read_record
    from tests.conftest import as_owner

    lottery, study = opened(tomas, seeded, "practice")
    with clock.standing_at(DRAWN):
        services.draw(tomas, lottery.pk)
    with as_owner():
        gone = Entry.objects.filter(lottery=lottery, person__isnull=False).exclude(person_id=seeded.person["amara"])[
            0
        ]
        erasure.erase(Person.objects.get(pk=gone.person_id))
        assert Entry.objects.get(pk=gone.pk).person_id is None
        assert all(check.holds for check in check_record(read_record(Lottery.objects.get(pk=lottery.pk).record)))
    table = extracts.extract_of(tomas, study).table
    assert table.filter(table["teacher"] == gone.key)["practice"].null_count() == 1


def test_only_an_analyst_opens_it(seeded: Any, tomas: Any, scope_of: Any) -> None:
    lottery = Lottery.objects.get(committed_at__isnull=False, drawn_at=None)
    with pytest.raises(evidence.OutOfOrder):
        evidence.open_on_lottery(scope_of("ines"), lottery.pk, "practice")
    with pytest.raises(evidence.OutOfOrder, match="outcome"):
        evidence.open_on_lottery(scope_of("tomas"), lottery.pk, "income")
