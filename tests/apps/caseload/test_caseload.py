"""Needs from facts, plans from needs, and the walls behind both."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from fairlead import clock
from fairlead.apps.caseload import indicators, making, planning, selectors, services
from fairlead.apps.caseload.models import CaseloadAssignment, CaseloadPlan, NeedScore
from fairlead.apps.caseload.recipes import recipe
from tests.conftest import as_owner

Status = CaseloadPlan.Status


@pytest.fixture
def lead(scope_of):
    return scope_of("ines")


def one(sql, *values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchone()


def test_values_are_those_counted_by_hand(lead, seeded):
    """Chronic absence and rolls on time at Harbor Point, counted again from the tables and not from the facts."""
    school, first, last = int(seeded.school_ids[0]), seeded.dates[0], seeded.dates[-2]
    found = indicators.values(lead, ["chronic_absence", "rolls_on_time", "english_learner"], [school], first, last)
    with as_owner():
        chronic, counted = one(
            """SELECT count(*) FILTER (WHERE absent >= 0.1 * expected), count(*) FROM (
                 SELECT e.student_id, count(DISTINCT r.date) expected, count(m.id) marked,
                        count(m.id) FILTER (WHERE m.status = 'absent') absent
                 FROM attendance_roll r
                 JOIN roster_enrollment e ON e.section_id = r.section_id AND e.begins <= r.date
                      AND (e.ends IS NULL OR e.ends >= r.date)
                 LEFT JOIN attendance_attendancemark m ON m.roll_id = r.id AND m.student_id = e.student_id
                 WHERE r.organization_id = %s AND r.date BETWEEN %s AND %s
                 GROUP BY e.student_id HAVING count(DISTINCT r.date) > 30 AND count(m.id) > 0) s""",
            school, first, last,
        )  # fmt: skip
        on_time, rolls = one(
            "SELECT count(*) FILTER (WHERE submitted_at <= due_at), count(*) FROM attendance_roll "
            "WHERE organization_id = %s AND date BETWEEN %s AND %s",
            school, first, last,
        )  # fmt: skip
        learners, stated = one(
            "SELECT count(*) FILTER (WHERE english_learner), count(*) FROM roster_demographics "
            "WHERE organization_id = %s AND english_learner IS NOT NULL",
            school,
        )
    assert found["chronic_absence"][school].value == pytest.approx(chronic / counted)
    assert found["chronic_absence"][school].out_of == counted
    assert found["rolls_on_time"][school].value == pytest.approx(on_time / rolls)
    assert found["english_learner"][school].value == pytest.approx(learners / stated)


def test_a_student_whose_record_says_nothing_is_in_no_denominator(lead, seeded):
    school = int(seeded.school_ids[0])
    before = indicators.values(lead, ["english_learner"], [school], seeded.dates[0], seeded.today)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE roster_demographics SET english_learner = NULL WHERE person_id IN "
            "(SELECT person_id FROM roster_demographics WHERE organization_id = %s ORDER BY person_id LIMIT 3)",
            [school],
        )
    after = indicators.values(lead, ["english_learner"], [school], seeded.dates[0], seeded.today)
    old, new = before["english_learner"][school], after["english_learner"][school]
    assert (old.coverage, new.out_of) == (1.0, old.out_of - 3)
    assert new.coverage == pytest.approx(new.out_of / old.out_of)


def test_an_unknown_indicator_is_refused_by_name(lead, seeded):
    with pytest.raises(ValueError, match="'test_scores': no such indicator; a recipe may use chronic_absence"):
        indicators.values(lead, ["test_scores"], [1], seeded.dates[0], seeded.today)


def test_needs_are_ranked_with_their_parts(lead, seeded):
    found = selectors.needs(lead, seeded.today)
    assert [n.rank for n in found] == sorted(n.rank for n in found)
    assert {n.organization_id for n in found} == set(seeded.school_ids.tolist())
    assert {n.as_of for n in found} == {seeded.dates[-2]}
    for n in found:
        assert sum(c["amount"] for c in n.contributions) == pytest.approx(n.value, abs=1e-6)
        assert sum(n.sensitivity["tier_shares"].values()) == pytest.approx(1)


def test_working_needs_out_again_keeps_earlier_days_and_changes_nothing_by_itself(lead, seeded):
    before = {n.organization_id: n.value for n in selectors.needs(lead, seeded.today)}
    days = NeedScore.objects.values("as_of").distinct().count()
    services.recompute_need(lead, seeded.network_id, seeded.dates[-2])
    assert {n.organization_id: n.value for n in selectors.needs(lead, seeded.today)} == before
    services.recompute_need(lead, seeded.network_id, seeded.dates[-3])
    assert NeedScore.objects.values("as_of").distinct().count() == days + 1
    assert {n.organization_id: n.value for n in selectors.needs(lead, seeded.today)} == before


def test_no_need_outside_a_school_year(lead, seeded):
    with pytest.raises(services.NoNeedYet):
        services.recompute_need(lead, seeded.network_id, seeded.today + timedelta(days=900))


def test_a_principal_sees_the_need_of_the_own_school_only(scope_of, seeded):
    scope = scope_of("owen")
    assert {n.organization_id for n in selectors.needs(scope, seeded.today)} == {int(seeded.school_ids[1])}
    assert set(NeedScore.objects.values_list("organization_id", flat=True)) == {int(seeded.school_ids[1])}
    assert set(CaseloadAssignment.objects.values_list("organization_id", flat=True)) == {int(seeded.school_ids[1])}
    assert selectors.serves(scope, int(seeded.school_ids[1]), seeded.today) is not None
    assert selectors.serves(scope, int(seeded.school_ids[0]), seeded.today) is None


def test_the_city_sees_none_of_it(scope_of, seeded):
    scope = scope_of("ruth")
    assert selectors.needs(scope, seeded.today) == []
    assert selectors.plans(scope, seeded.today) == []
    assert not CaseloadAssignment.objects.exists()


def test_the_demo_has_last_years_plan_and_a_chosen_one(lead, seeded):
    last, chosen, scenario = selectors.plans(lead, seeded.today)
    assert (scenario.status, scenario.settings["imagined"]) == (Status.ALTERNATIVE, True)
    assert (last.status, chosen.status) == (Status.LAST_YEAR, Status.CHOSEN)
    assert chosen.solver["status"] == "optimal"
    assert chosen.solver["bound"] == chosen.solver["objective"]
    by_school = {a.organization_id: a for a in selectors.assignments(lead, [chosen.pk])}
    assert set(by_school) == set(seeded.school_ids.tolist())
    harbor_point = by_school[int(seeded.school_ids[0])]
    assert harbor_point.director_id == seeded.person["marcus"]
    assert harbor_point.has("locked")


def test_a_plan_is_made_once_and_beats_last_years(lead, seeded):
    made = making.make_plan(lead, seeded.network_id, on=clock.today())
    again = making.make_plan(lead, seeded.network_id, on=clock.today())
    assert (made.new, again.new, again.plan) == (True, False, made.plan)
    assert made.plan.settings["number"] == 1
    assert made.plan.created_by_id == seeded.person["ines"]
    other = making.make_plan(lead, seeded.network_id, on=clock.today(), schools_per_fte=6.0)
    assert other.plan.settings["number"] == 2

    plans = selectors.plans(lead, seeded.today)
    last = next(p for p in plans if p.status == Status.LAST_YEAR)
    views, needs = planning.beside(lead, seeded.today, recipe(), [last, made.plan], {})
    ground = planning.ground(lead, seeded.network_id, seeded.today, recipe(), views[0].places.values(), needs=needs)
    old, new = (planning.priced(v, ground).priced for v in views)
    assert new.cost.total == made.plan.solver["objective"]
    assert new.cost.total < old.cost.total
    assert views[1].spread.index > views[0].spread.index


@pytest.mark.prove
def test_kept_schools_stay(lead, seeded):
    chosen = selectors.plans(lead, seeded.today)[1]
    current = {a.organization_id: a.director_id for a in selectors.assignments(lead, [chosen.pk])}
    made = making.make_plan(lead, seeded.network_id, on=clock.today(), keep=list(current))
    assert {a.organization_id: a.director_id for a in selectors.assignments(lead, [made.plan.pk])} == current


def test_a_problem_is_read_as_it_was_written(lead, seeded):
    problem = making.prepare(lead, seeded.network_id, on=clock.today(), keep=[int(seeded.school_ids[0])]).problem
    problem = replace(problem, conflicts=frozenset({(problem.schools[1].key, problem.directors[0].key)}))
    assert making.read(json.loads(json.dumps(making.written(problem)))) == problem


def test_one_chosen_plan_a_year_is_held_by_the_database(seeded):
    from django.db import IntegrityError, transaction

    with pytest.raises(IntegrityError, match="one_chosen_plan_per_session"), transaction.atomic():
        CaseloadPlan.objects.create(
            organization_id=seeded.network_id,
            session_id=seeded.session_id,
            status="chosen",
            created_at=seeded.moment,
        )
