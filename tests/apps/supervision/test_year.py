"""An appraisal year goes from goals to response; nothing of coaching is cited, by any road; what is closed stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from fairlead.apps.supervision import selectors, services, template
from fairlead.apps.supervision.models import Amendment, Appraisal, Reason, Source
from fairlead.apps.supervision.services import NotNow, Plan, Said
from tests.access.appraisal_objects import closed_of_grace, open_of_grace
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]
STANDARDS = tuple(template.packs()["example-2025"].standards)


def run(sql: str, **values: Any) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def year(seeded: Any) -> int:
    with as_owner():
        return open_of_grace(seeded)


def brought(scope: Any, pk: int, declared: str = "appraisal", **more: Any) -> Source:
    given = {"kind": "observation", "title": "A meeting of the leadership team", "text": "Planted words."} | more
    return services.add_source(scope, pk, declared=declared, **given)


def to_rating(seeded: Any, scope_of: ScopeOf) -> tuple[int, Source, Source]:
    """Up to the rating, with one source that may be cited and one that may not."""
    scope_of("marcus")
    pk, marcus = year(seeded), scope_of("marcus")
    good, coached = brought(marcus, pk), brought(marcus, pk, "coaching", kind="other")
    services.forward(marcus, pk, "We spoke about the mornings.")
    services.forward(marcus, pk)
    services.review(scope_of("grace"), pk, "My year, in my words.")
    return pk, good, coached


def said(source: Source, level: str = "growing") -> dict[str, Said]:
    return {key: Said(level, "Because of what was seen.", source.pk) for key in STANDARDS}


def test_a_year_goes_from_goals_to_response(seeded: Any, scope_of: ScopeOf) -> None:
    pk, good, _coached = to_rating(seeded, scope_of)
    marcus = scope_of("marcus")
    services.rate(marcus, pk, said(good))
    found = selectors.appraisal(marcus, pk)
    assert found is not None
    assert found.respond_by == seeded.today + timedelta(days=14)
    assert "close" not in services.may(marcus, found), "the days for a response are not over"
    grace = scope_of("grace")
    with pytest.raises(ValidationError, match="for each reason"):
        services.respond(grace, pk, "Mine.", {STANDARDS[0]: "agree"})
    services.respond(grace, pk, "I see it otherwise.", dict.fromkeys(STANDARDS, "disagree"))
    closed = selectors.appraisal(scope_of("ines"), pk)
    assert closed is not None
    assert (closed.stage, closed.response) == ("closed", "I see it otherwise.")
    assert {r.answer for r in selectors.reasons(scope_of("ines"), pk)} == {"disagree"}
    with pytest.raises(NotNow, match="not your step"):
        services.respond(scope_of("grace"), pk, "Again.", dict.fromkeys(STANDARDS, "agree"))


def test_this_year_is_begun_once_and_by_its_supervisor(seeded: Any, scope_of: ScopeOf) -> None:
    school, grace = int(seeded.school_ids[0]), seeded.person["grace"]
    with pytest.raises(ValidationError, match="once"):
        services.begin(scope_of("marcus"), school, grace)
    with as_owner():
        Appraisal.objects.filter(pk=open_of_grace(seeded)).delete()
    with pytest.raises(ValidationError, match="whom you supervise"):
        services.begin(scope_of("ines"), school, grace)
    made = services.begin(scope_of("marcus"), school, grace)
    with pytest.raises(ValidationError, match="Set a goal first"):
        services.forward(scope_of("marcus"), made.pk)
    brought(scope_of("marcus"), made.pk, kind="goal")
    services.forward(scope_of("marcus"), made.pk)


def test_nothing_of_coaching_is_cited_by_the_service(seeded: Any, scope_of: ScopeOf) -> None:
    pk, good, coached = to_rating(seeded, scope_of)
    marcus = scope_of("marcus")
    assert coached.pk in {s.pk for s in selectors.sources(marcus, pk)}, "both are seen"
    with pytest.raises(ValidationError, match="declared for appraisal when it was made"):
        services.rate(marcus, pk, said(good) | {"people": Said("growing", "He told me.", coached.pk)})
    with as_owner():
        assert not Reason.objects.filter(appraisal_id=pk).exists()


_REASON = """
INSERT INTO supervision_reason (organization_id, purpose, author_id, subject_id, appraisal_id, standard, level, text, source_id, answer)
SELECT organization_id, purpose, author_id, subject_id, id, 'people', 'growing', 'He told me.', %(source)s, ''
FROM supervision_appraisal WHERE id = %(pk)s
"""


def test_nothing_of_coaching_is_cited_in_plain_sql(seeded: Any, scope_of: ScopeOf) -> None:
    pk, good, coached = to_rating(seeded, scope_of)
    with as_owner():
        elsewhere = (
            Source.objects.filter(declared="appraisal").exclude(appraisal_id=pk).values_list("pk", flat=True)[0]
        )
    scope_of("marcus")
    for source in (coached.pk, elsewhere):
        with pytest.raises(IntegrityError, match="only what was declared for appraisal"):
            run(_REASON, pk=pk, source=source)
    with pytest.raises(IntegrityError, match="stays as it was declared"):
        run("UPDATE supervision_source SET declared = 'appraisal' WHERE id = %(pk)s", pk=coached.pk)
    assert run(_REASON, pk=pk, source=good.pk) == 1, "as the service writes it"
    for who in ("grace", "ines"):
        scope_of(who)
        with pytest.raises(IntegrityError, match="by whoever appraises"):
            run(_REASON.replace("'people'", "'vision'"), pk=pk, source=good.pk)


@pytest.fixture
def coached_form(seeded: Any) -> UUID:
    """A form about Grace that Marcus filled in as her coach."""
    rows = "SELECT id FROM instruments_response WHERE purpose = 'coaching' AND submitted_at IS NOT NULL AND subject_id IS NOT NULL LIMIT 1"
    with connection.cursor() as cursor:
        cursor.execute(rows)
        pk: UUID = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE instruments_response SET author_id = %(a)s, subject_id = %(s)s WHERE id = %(pk)s",
            {"a": seeded.person["marcus"], "s": seeded.person["grace"], "pk": pk},
        )
    return pk


_SOURCE = """
INSERT INTO supervision_source (organization_id, purpose, author_id, subject_id, appraisal_id, kind, declared, title, text, context, response_id, given_by_id, given_at)
SELECT organization_id, purpose, author_id, subject_id, id, 'observation', %(declared)s, 'Seen', '', '', %(form)s, author_id, now()
FROM supervision_appraisal WHERE id = %(pk)s
"""


def test_a_form_of_coaching_is_not_declared_for_appraisal(coached_form: UUID, seeded: Any, scope_of: ScopeOf) -> None:
    scope_of("marcus")
    pk, marcus = year(seeded), scope_of("marcus")
    assert coached_form in {row[0] for row in selectors.observations(marcus, selectors.appraisal(marcus, pk))}  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="recorded for another purpose"):
        brought(marcus, pk, response_id=coached_form)
    with pytest.raises(IntegrityError, match="recorded for coaching"):
        run(_SOURCE, pk=pk, form=coached_form, declared="appraisal")
    assert run(_SOURCE, pk=pk, form=coached_form, declared="coaching") == 1
    assert brought(marcus, pk, "coaching", response_id=coached_form).declared == "coaching"


def test_a_rating_is_whole_and_support_has_a_plan(seeded: Any, scope_of: ScopeOf) -> None:
    pk, good, _coached = to_rating(seeded, scope_of)
    marcus = scope_of("marcus")
    with pytest.raises(ValidationError, match="Every standard"):
        services.rate(marcus, pk, {"people": said(good)["people"]})
    with pytest.raises(ValidationError, match="a support plan belongs"):
        services.rate(marcus, pk, said(good, "support"))
    with pytest.raises(ValidationError, match="later day"):
        services.rate(marcus, pk, said(good, "support"), Plan("Goals", "Help", seeded.today))
    services.rate(marcus, pk, said(good, "support"), Plan("Goals", "Help", seeded.today + timedelta(days=60)))


def test_results_need_their_context(seeded: Any, scope_of: ScopeOf) -> None:
    scope_of("marcus")
    pk, marcus = year(seeded), scope_of("marcus")
    with pytest.raises(ValidationError, match="context"):
        brought(marcus, pk, kind="results")
    assert brought(marcus, pk, kind="results", context="Need is high; 96 of 100 rolls.").declared == "appraisal"


def test_what_is_closed_stays_and_is_amended_with_a_reason(seeded: Any, scope_of: ScopeOf) -> None:
    with as_owner():
        pk = closed_of_grace(seeded)
    for who in ("marcus", "grace", "ines"):
        scope_of(who)
        with pytest.raises(IntegrityError, match="is closed"):
            run("UPDATE supervision_appraisal SET response = 'Changed' WHERE id = %(pk)s", pk=pk)
        with pytest.raises(IntegrityError, match="nothing of an appraisal"):
            run("DELETE FROM supervision_reason WHERE appraisal_id = %(pk)s", pk=pk)
        with pytest.raises(IntegrityError, match="nobody anything else"):
            run("UPDATE supervision_reason SET text = 'Changed' WHERE appraisal_id = %(pk)s", pk=pk)
    with pytest.raises(ValidationError, match="and why"):
        services.amend(scope_of("marcus"), pk, "One number was wrong.", "")
    services.amend(scope_of("marcus"), pk, "One number was wrong.", "The school recounted.")
    assert [a.text for a in selectors.amendments(scope_of("grace"), pk)] == ["One number was wrong."]
    with pytest.raises(IntegrityError, match="and stays"):
        run("UPDATE supervision_amendment SET text = 'Other' WHERE appraisal_id = %(pk)s", pk=pk)
    with pytest.raises(Appraisal.DoesNotExist):
        services.amend(scope_of("ines"), pk, "Mine.", "Mine.")
    with as_owner():
        assert Amendment.objects.filter(appraisal_id=pk).count() == 1


def test_a_rating_is_not_final_before_response_or_its_day(seeded: Any, scope_of: ScopeOf) -> None:
    pk, good, _coached = to_rating(seeded, scope_of)
    services.rate(scope_of("marcus"), pk, said(good))
    close = "UPDATE supervision_appraisal SET stage = 'closed', closed_at = %(day)s::timestamptz WHERE id = %(pk)s"
    with pytest.raises(NotNow):
        services.close(scope_of("marcus"), pk)
    with pytest.raises(IntegrityError, match="not final until"):
        run(close, pk=pk, day=seeded.today + timedelta(days=3))
    assert run(close, pk=pk, day=seeded.today + timedelta(days=16)) == 1


def test_who_reads_an_appraisal(seeded: Any, scope_of: ScopeOf) -> None:
    with as_owner():
        pk = closed_of_grace(seeded)
    for who, reads in (
        ("marcus", 1),
        ("grace", 1),
        ("ines", 1),
        ("owen", 0),
        ("tomas", 0),
        ("dana", 0),
        ("amara", 0),
    ):
        scope = scope_of(who)
        assert Appraisal.objects.filter(pk=pk).count() == reads, who
        assert Reason.objects.filter(appraisal_id=pk).count() == reads * len(STANDARDS), who
        assert (selectors.appraisal(scope, pk) is not None) == bool(reads), who
