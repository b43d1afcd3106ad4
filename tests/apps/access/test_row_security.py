"""Row-level security: no table is without it, a query without any filter returns nothing foreign, and it is an InitPlan."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from fairlead.apps.access.purposes import AUDIENCES, USES, allowed, purposes, readable_purposes
from fairlead.apps.access.rls import APP, FRAMEWORK_PREFIXES
from fairlead.apps.roster.models import Enrollment, Person
from tests.conftest import use_app_login

# Tables without personal data (or read before anybody is known): grants and no wall. Each has its reason.
OPEN = {
    "access_account": "read at sign-in, before anybody is known",
    "access_agreement": "names organizations only",
    "roster_organization": "the tree",
    "roster_academicsession": "the calendar",
    "roster_schoolday": "the calendar",
    "roster_course": "a catalogue",
    "instruments_instrument": "a catalogue",
    "instruments_version": "a catalogue",
    "instruments_domain": "a catalogue",
    "instruments_item": "a catalogue",
    "reviews_framework": "standards as published",
    "reviews_standard": "standards as published",
    "reviews_association": "standards as published",
    "places_city": "a catalogue",
    "places_place": "a catalogue",
    "places_placechildren": "census counts of a place",
    "places_schoolyearresult": "a school's published results",
    "places_seattable": "published tables",
    "places_seatcell": "published tables: withheld numbers are not in them",
    "places_offercell": "published tables: withheld numbers are not in them",
    "progress_publishedtable": "published tables",
    "progress_withheldtable": "which check kept an indicator out of a month; numbers over all schools",
    "progress_publishedcell": "published tables: withheld numbers are not in them",
    "attendance_citydataset": "a city's published attendance: no person",
    "attendance_cityschool": "schools by the city's own code",
    "attendance_schooldayaggregate": "one published percentage a school and day",
    "attendance_schoolyearsubmission": "counts of published school-days",
    "attendance_citydaysubmission": "counts of published school-days",
    "attendance_citymeasure": "a published measure of schools, and what the checks found",
    "attendance_citymeasurevalue": "one published value a school",
    "caseload_zippoint": "a catalogue: where ZIP codes are",
    "operations_timeaggregate": "published: where leaders are few it has no number",
    "growth_told": "published: what is withheld is not in it",
    "surveys_result": "published tables: withheld numbers are not in them",
    "site_democlock": "the demo's clock",
}


def rows(sql: str, *args: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, args)
        return cursor.fetchall()


def test_every_table_has_a_wall_or_a_reason(seeded: Any) -> None:
    tables = rows(
        "SELECT relname, relrowsecurity FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = 'public' AND relkind IN ('r', 'p')"
    )
    ours = {name: walled for name, walled in tables if not name.startswith(FRAMEWORK_PREFIXES)}
    assert len(ours) > 15
    assert {name for name, walled in ours.items() if not walled} - set(OPEN) == set()
    assert {name for name in OPEN if ours.get(name)} == set(), "said to be open, but walled"


def test_every_wall_is_one_of_the_two_shapes(seeded: Any) -> None:
    policies = rows("SELECT DISTINCT policyname FROM pg_policies WHERE schemaname = 'public'")
    assert {name for (name,) in policies} <= {"organization_wall", "purpose_wall", "worker"}


def test_views_run_as_the_asking_login(seeded: Any) -> None:
    views = rows(
        "SELECT relname, COALESCE(reloptions::text, '') FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace "
        "WHERE nspname = 'public' AND relkind = 'v'"
    )
    for name, options in views:
        assert "security_invoker=true" in options, name


def test_nothing_without_a_scope(seeded: Any) -> None:
    assert Person.objects.count() > 100
    use_app_login()
    assert Person.objects.count() == 0
    assert Enrollment.objects.count() == 0


def test_a_query_without_any_filter_returns_nothing_foreign(seeded: Any, scope_of: Any) -> None:
    scope_of("owen")
    own = int(seeded.school_ids[1])
    assert set(Enrollment.objects.values_list("organization_id", flat=True)) == {own}
    assert set(Person.objects.filter(kind="student").values_list("organization_id", flat=True)) == {own}


def test_the_person_is_asked_once_and_not_once_a_row(seeded: Any, scope_of: Any) -> None:
    scope_of("owen")
    plan = "\n".join(line for (line,) in rows("EXPLAIN SELECT * FROM roster_enrollment"))
    assert "InitPlan" in plan
    assert "current_setting" not in plan.split("InitPlan")[0]


def test_the_app_login_is_no_owner_and_bypasses_nothing(seeded: Any) -> None:
    ((superuser, bypass, owned),) = rows(
        "SELECT rolsuper, rolbypassrls, (SELECT count(*) FROM pg_class WHERE relowner = r.oid) FROM pg_roles r WHERE rolname = %s",
        APP,
    )
    assert (superuser, bypass, owned) == (False, False, 0)


@pytest.mark.parametrize("purpose", list(purposes()))
@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_table_of_purposes_denies_what_it_does_not_list(purpose: str, use: str, audience: str) -> None:
    assert allowed(purpose, use, audience) == (audience in purposes()[purpose].uses[use])


def test_coaching_stays_between_coach_and_teacher() -> None:
    for use in ("notes", "scores"):
        assert [a for a in AUDIENCES if allowed("coaching", use, a)] == ["author", "subject"]
    everybody = frozenset({"principal", "director", "network_lead", "analyst"})
    assert "coaching" not in readable_purposes(everybody, "notes") | readable_purposes(everybody, "scores")


def test_an_analyst_reads_scores_of_research_and_not_its_notes() -> None:
    analyst = frozenset({"analyst"})
    assert readable_purposes(analyst, "scores") == {"research", "improvement", "calibration"}
    assert readable_purposes(analyst, "notes") == {"improvement", "calibration"}, "about nobody's lesson"


def test_unknown_words_raise() -> None:
    with pytest.raises(KeyError, match="unknown use"):
        allowed("coaching", "gossip", "author")
