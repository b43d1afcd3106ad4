"""Whose practice changed: what the worker counts of visits, of whom, and what it keeps to itself."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from fairlead import clock
from fairlead.apps.instruments.models import Response, TechnicalResult
from fairlead.apps.learning import practising, tasks
from fairlead.apps.learning.models import Counted, Measured
from fairlead.apps.learning.practising import together

# Made known before a test: how far the rubric errs, as a network's technical page has it.
ERRORS = {"teacher": 0.14, "teacher:rater:visit": 0.02, "residual": 0.05}
UNTIL, SINCE = date(2026, 8, 30), date(2026, 11, 2)


@pytest.fixture
def tie(seeded: Any) -> Measured:
    known = Measured.objects.get(source="visits")
    TechnicalResult.objects.update_or_create(
        organization_id=seeded.network_id, version_id=int(known.reference), day=clock.today(),
        defaults={"computed_at": clock.now(), "found": {"visits": {"converged": True, "components": [
            {"name": name, "variance": variance} for name, variance in ERRORS.items()]}}},
    )  # fmt: skip
    return known


def _found(tie: Measured) -> dict[str, Any]:
    tasks.recount(tie.programme_id)
    return dict(Counted.objects.get(what="practice", reference=str(tie.pk)).found)


def _responses(tie: Measured, later: bool) -> Any:
    when = {"day__gte": SINCE} if later else {"day__lte": UNTIL}
    rows = Response.objects.filter(version_id=int(tie.reference), part="single", visit__isnull=False, **when)
    return rows.filter(submitted_at__isnull=False)


def test_those_who_improved_stand_beside_chance_and_the_rest_is_accounted_for(tie: Measured) -> None:
    came = dict(practising.fetch(practising._CAME, programme=tie.programme_id, now=clock.now()))
    seen = [
        set(_responses(tie, later).filter(purpose="research", subject_id__in=came).values_list("subject_id", flat=True))
        for later in (False, True)
    ]
    found = _found(tie)
    assert found["came"] == len(came)
    assert found["n"] == len(seen[0] & seen[1]) >= practising.LEAST
    out = [n for _reasons, n in found["out"]]
    assert None in out or sum(out) == len(came) - found["n"]
    assert found["by_chance"] == pytest.approx(0.025)
    if "share" in found:
        assert found["low"] < found["share"] < found["high"] or found["share"] in (0.0, 1.0)


def test_a_coaching_visit_is_not_read_and_the_teacher_is_out_for_that(tie: Measured) -> None:
    """Instead of their visits for research there are visits of coaching, and nothing of them enters."""
    before = _found(tie)
    came = [person for person, _school in practising.fetch(practising._CAME, programme=tie.programme_id, now=clock.now())]
    Counted.objects.filter(what="practice").delete()
    research = list(_responses(tie, True).filter(purpose="research", subject_id__in=came))
    Response.objects.filter(pk__in=[one.pk for one in research]).delete()
    for one in research:
        one.pk, one.purpose = uuid.uuid4(), "coaching"
    Response.objects.bulk_create(research)
    after = _found(tie)
    assert after["why"] == "few"
    assert "n" not in after
    closed = next(n for reasons, n in after["out"] if reasons == ["closed"])
    assert closed is not None
    assert before["n"] <= closed <= len(came), "and who was seen before in coaching alone"


def test_without_the_rubrics_error_no_share_is_told(tie: Measured) -> None:
    TechnicalResult.objects.all().delete()
    assert _found(tie)["why"] == "rubric"


def test_a_few_people_more_do_not_change_what_is_told(tie: Measured) -> None:
    """Two counts that differ by one person would tell that person's change."""
    kept = _found(tie)
    one = _responses(tie, True).filter(purpose="research", subject_id__in=_seen(tie)).first()
    Response.objects.filter(subject_id=one.subject_id, day__gte=SINCE).update(day=SINCE - timedelta(days=3))
    assert _found(tie) == kept
    Counted.objects.filter(what="practice").update(found=kept | {"n": kept["n"] + practising.FLOOR})
    assert _found(tie)["n"] == kept["n"] - 1, "five people fewer: counted anew"


def _seen(tie: Measured) -> set[int]:
    return set(_responses(tie, False).filter(purpose="research").values_list("subject_id", flat=True))


def test_reasons_of_few_people_are_told_together() -> None:
    assert together([("never", 2), ("before", 9), ("after", 3)]) == [(["before"], 9), (["never", "after"], 5)]
    assert together([("never", 2), ("after", 1)]) == [(["never", "after"], None)]
    assert together([]) == []
