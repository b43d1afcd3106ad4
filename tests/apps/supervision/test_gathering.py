"""What exists is gathered with its context and a check of what it may be used for; a rubric, a plan's support, the days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.responding import Given
from fairlead.apps.supervision import selectors, services
from fairlead.apps.supervision.models import Appraisal, PlanSupport, Source, StageDay
from tests.access.appraisal_objects import open_of_grace, with_plan_of_marcus
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]


def year(seeded: Any) -> int:
    with as_owner():
        return open_of_grace(seeded)


def asked(**restrictions: Any) -> Any:
    return SimpleNamespace(kind="conditions", restrictions=restrictions)


@pytest.mark.parametrize(
    ("instrument", "purpose", "allowed"),
    [
        (asked(), "survey", False),
        (asked(purposes=["survey"]), "survey", False),
        (asked(purposes=["survey", "leadership"]), "survey", True),
        (asked(purposes=["survey", "leadership"]), "research", False),
        (asked(purposes=["survey", "leadership"], no_high_stakes=True), "survey", False),
    ],
)
def test_a_voice_is_heard_only_where_its_instrument_says_so(instrument: Any, purpose: str, allowed: bool) -> None:
    assert (services.why_no_voice(instrument, purpose) == "") is allowed


def rubric(scope: Any) -> tuple[int, dict[int, Given]]:
    (version,) = services.rubrics(scope)
    assert version.instrument.key == "a-years-leading"
    item = instruments.items_of(version.pk)[0]
    return version.pk, {item.pk: Given(level=3, evidence="Two goals on the wall, and each teacher named one.")}


def test_a_rubric_becomes_a_source_that_may_be_cited(seeded: Any, scope_of: ScopeOf) -> None:
    pk, marcus = year(seeded), scope_of("marcus")
    version, answers = rubric(marcus)
    given: dict[str, Any] = {"token": uuid4(), "version_id": version, "day": seeded.today, "answers": answers}
    bare = {item: Given(level=3) for item in answers}
    with pytest.raises(ValidationError, match="without evidence"):
        services.observe(marcus, pk, **given | {"answers": bare})
    with pytest.raises(ValidationError, match="since the year"):
        services.observe(marcus, pk, **given | {"day": date(2026, 1, 5)})
    made = services.observe(marcus, pk, **given)
    assert services.observe(marcus, pk, **given).pk == made.pk, "the same form, sent twice"
    assert (made.kind, made.declared) == ("observation", "appraisal")
    assert "Met. Two goals on the wall" in made.text
    # Whoever is appraised reads it, and nobody writes one for somebody else.
    assert made.pk in {s.pk for s in selectors.sources(scope_of("grace"), pk)}
    for who in ("grace", "ines"):
        with pytest.raises((ValidationError, Appraisal.DoesNotExist)):
            services.observe(scope_of(who), pk, **given | {"token": uuid4()})


def test_a_form_about_somebody_else_is_no_source_of_this_year(seeded: Any, scope_of: ScopeOf) -> None:
    scope_of("marcus")
    pk, marcus = year(seeded), scope_of("marcus")
    version, answers = rubric(marcus)
    made = services.observe(marcus, pk, token=uuid4(), version_id=version, day=seeded.today, answers=answers)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("UPDATE instruments_response SET subject_id = %s WHERE id = %s", [seeded.person["owen"], made.response_id])  # fmt: skip
    scope_of("marcus")
    with pytest.raises(IntegrityError, match="recorded for others"), transaction.atomic():
        Source.objects.create(
            appraisal_id=pk, organization_id=made.organization_id, author_id=made.author_id, subject_id=made.subject_id,
            kind="observation", declared="appraisal", title="Seen", response_id=made.response_id,
            given_by_id=made.author_id, given_at=seeded.moment,
        )  # fmt: skip


def test_of_a_plans_support_only_the_dose_is_seen(seeded: Any, scope_of: ScopeOf) -> None:
    with as_owner():
        pk = with_plan_of_marcus(seeded)
    (helped,) = selectors.supports(scope_of("ines"), pk)
    assert (helped.kind, helped.planned, helped.contacts) == ("supervision", 240, 0)
    assert not {"note", "words", "text"} & set(helped.__slots__)
    assert selectors.supports(scope_of("tomas"), pk) == []


def test_a_support_of_somebody_else_is_not_tied_to_a_plan(seeded: Any, scope_of: ScopeOf) -> None:
    with as_owner():
        pk = with_plan_of_marcus(seeded)
        tied = PlanSupport.objects.get(appraisal_id=pk)
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM support_support WHERE lead_id <> %s ORDER BY id LIMIT 1", [tied.author_id])
            others = cursor.fetchone()[0]
    marcus = scope_of("marcus")
    with pytest.raises(IntegrityError, match="led by whoever appraises"), transaction.atomic():
        services.tie_support(marcus, pk, others)
    with pytest.raises(Appraisal.DoesNotExist):
        services.tie_support(scope_of("ines"), pk, tied.support_id)


def test_the_network_sets_the_days_and_what_is_over_is_late(seeded: Any, scope_of: ScopeOf) -> None:
    ines, today = scope_of("ines"), seeded.today
    days = {"goals": date(2026, 10, 1), "midyear": today - timedelta(days=1), "evidence": date(2027, 4, 1)}
    for wrong, words in (
        (days | {"goals": date(2026, 12, 24)}, "after the one before"),
        (days | {"evidence": date(2027, 9, 1)}, "days of the school year"),
    ):
        with pytest.raises(ValidationError, match=words):
            services.set_days(ines, seeded.network_id, "2026–27", wrong)
    pk = year(seeded)
    assert not selectors.line(scope_of("grace"), pk).late(today), "as the demo's network has set it"
    assert services.set_days(scope_of("ines"), seeded.network_id, "2026–27", days) == 3
    assert services.set_days(scope_of("ines"), seeded.network_id, "2026–27", days) == 0, "nothing new"
    for who in ("grace", "marcus", "ines"):
        line = selectors.line(scope_of(who), pk)
        assert (line.due, line.late(today)) == (days["midyear"], True), who
        assert not line.late(days["midyear"]), "not on the day itself"
    with pytest.raises(ValidationError, match="network's lead"):
        services.set_days(scope_of("marcus"), seeded.network_id, "2026–27", days)
    with pytest.raises(IntegrityError, match="by the network's lead"), transaction.atomic():
        StageDay.objects.create(
            organization_id=int(seeded.school_ids[0]), year="2026–27", stage="goals", due=today,
            by_id=seeded.person["marcus"], at=seeded.moment,
        )  # fmt: skip
