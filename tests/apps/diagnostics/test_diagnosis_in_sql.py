"""What of a diagnosis somebody who reads its rows may change in plain SQL: what a service would, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from fairlead.apps.access import rls
from fairlead.apps.diagnostics import services
from fairlead.apps.diagnostics.models import Diagnosis
from tests.apps.diagnostics.test_stages import add_evidence, as_teacher, begun, give  # noqa: F401  (a fixture)
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]
DIAGNOSIS = "UPDATE diagnostics_diagnosis SET {} WHERE id = %(pk)s"
RATER = "UPDATE diagnostics_rater SET {} WHERE diagnosis_id = %(pk)s"
JOIN = "INSERT INTO diagnostics_rater (diagnosis_id, organization_id, person_id) SELECT id, organization_id, {} FROM diagnostics_diagnosis WHERE id = %(pk)s"
A_RATER_TRIES = {
    "opens the talk": DIAGNOSIS.format("stage = 'consensus', consensus_at = now()"),
    "leads from now on": DIAGNOSIS.format("facilitator_id = {me}"),
    "has names beside levels": DIAGNOSIS.format("named = true"),
    "asks somebody else too": JOIN.format("facilitator_id + 1"),
    "says that another has given": RATER.format("given_at = now()") + " AND person_id <> {me}",
    "throws another out": "DELETE FROM diagnostics_rater WHERE diagnosis_id = %(pk)s AND person_id <> {me}",
    "throws it away": "DELETE FROM diagnostics_diagnosis WHERE id = %(pk)s",
    "writes history": "DELETE FROM diagnostics_diagnosisevent WHERE id = %(pk)s OR true",
}


def run(sql: str, pk: int, me: int = 0) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.replace("{me}", str(me)), {"pk": pk})
        return int(cursor.rowcount)


@pytest.fixture
def rating(begun: int, scope_of: ScopeOf) -> int:  # noqa: F811
    owen = scope_of("owen")
    add_evidence(owen, begun)
    services.open_rating(owen, begun)
    return begun


@pytest.mark.parametrize("sql", A_RATER_TRIES.values(), ids=A_RATER_TRIES)
def test_a_rater_changes_neither_stage_nor_who_rates(rating: int, seeded: Any, scope_of: ScopeOf, sql: str) -> None:
    scope = as_teacher(seeded)
    rls.apply(scope)
    with pytest.raises(IntegrityError, match=r"changes|one stage|says|deleted|history"):
        run(sql, rating, scope.person_id)


def test_its_leader_goes_one_stage_at_a_time_and_asks_nobody_more(
    rating: int, seeded: Any, scope_of: ScopeOf
) -> None:
    scope_of("owen")
    for change in ("stage = 'published', published_at = now()", "stage = 'gather'", "year = 2020", "review = 'Good'"):
        with pytest.raises(IntegrityError):
            run(DIAGNOSIS.format(change), rating)
    with pytest.raises(IntegrityError, match="before the first level"):
        run(JOIN.format(seeded.person["dana"]), rating)
    with as_owner():
        assert Diagnosis.objects.get(pk=rating).stage == "rate"


def test_another_of_the_school_cannot_join_to_read_what_was_said(rating: int, seeded: Any, scope_of: ScopeOf) -> None:
    give(scope_of("owen"), rating, 2)
    scope_of("marcus")  # reads the row, and is of no group
    with pytest.raises(IntegrityError, match="who rates"):
        run(JOIN.format(seeded.person["marcus"]), rating)
