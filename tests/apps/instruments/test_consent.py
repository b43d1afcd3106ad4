"""A teacher's consent: without it no level of a coaching visit leaves the two; with it the levels, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from fairlead import clock
from fairlead.apps.facts import selectors as facts
from fairlead.apps.instruments import consents
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import Answer, Consent, Instrument, Note, Response, Visit
from tests.apps.support.test_purpose_table import record
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]
LEADERS = ("grace", "marcus", "ines", "luis", "owen", "ruth", "priya")


@pytest.fixture
def visited(seeded: Any) -> int:
    """Dana's coaching visit to Amara an hour ago, and none before it."""
    with as_owner():
        Visit.objects.filter(subject_id=seeded.person["amara"]).delete()
        Consent.objects.all().delete()
    return record(seeded, "coaching")[0]


def scores(world: Any, scope: Any) -> list[Any]:
    return facts.research_scores(scope, [world.person["amara"]])


def test_without_it_no_level_enters(visited: int, seeded: Any, scope_of: ScopeOf) -> None:
    assert scores(seeded, scope_of("tomas")) == []
    assert not Answer.objects.filter(subject_id=seeded.person["amara"], purpose="coaching").exists()


def test_with_it_the_levels_enter_and_no_word(visited: int, seeded: Any, scope_of: ScopeOf) -> None:
    consents.give(scope_of("amara"), int(seeded.school_ids[0]), clock.today())
    (given,) = consents.own(scope_of("amara"))
    assert given.visits == 1
    analyst = scope_of("tomas")
    (score,) = scores(seeded, analyst)
    assert score.mean == 2
    assert not Note.objects.filter(subject_id=seeded.person["amara"]).exists()
    assert not Visit.objects.filter(pk=visited).exists()
    assert instruments.visits(analyst).filter(pk=visited).first() is None
    for key in LEADERS:
        scope = scope_of(key)
        assert scores(seeded, scope) == [], key
        assert not Answer.objects.filter(subject_id=seeded.person["amara"]).exists(), key
        assert not Response.objects.filter(visit_id=visited).exists(), key
        assert not Consent.objects.exists(), f"{key} is not told"
    scope_of("dana")
    assert not Consent.objects.exists(), "nor is the coach"


def test_taken_back_they_leave(visited: int, seeded: Any, scope_of: ScopeOf) -> None:
    amara = scope_of("amara")
    consent = consents.give(amara, int(seeded.school_ids[0]), clock.today())
    assert consents.revoke(amara, consent.pk)
    assert not consents.revoke(amara, consent.pk), "once"
    assert consents.own(amara)[0].visits == 0
    assert scores(seeded, scope_of("tomas")) == []
    with as_owner():
        assert Response.objects.filter(visit_id=visited).count() == 1, "the visit's own stays"
        assert Answer.objects.filter(response__visit_id=visited).count() == 1


def test_taken_back_nothing_of_them_is_left_in_the_history(visited: int, seeded: Any, scope_of: ScopeOf) -> None:
    amara = scope_of("amara")
    scope_of("tomas")
    before = former(seeded)
    amara = scope_of("amara")
    consents.revoke(amara, consents.give(amara, int(seeded.school_ids[0]), clock.today()).pk)
    scope_of("tomas")
    assert former(seeded) == before, "an analyst does not read there what was taken back"
    with as_owner():
        own = Response.objects.get(visit_id=visited)
        Answer.objects.filter(response=own).update(level=1)
    scope_of("dana")
    assert apps.get_model("instruments", "AnswerEvent").objects.filter(response_id=own.pk).exists(), "its own stays"


def former(world: Any) -> list[int]:
    """How many former rows of answers and responses about Amara the asking person can read."""
    models = [apps.get_model("instruments", name) for name in ("AnswerEvent", "ResponseEvent")]
    return [model.objects.filter(subject_id=world.person["amara"]).count() for model in models]


def test_the_coach_is_not_told_by_the_copies(visited: int, seeded: Any, scope_of: ScopeOf) -> None:
    consents.give(scope_of("amara"), int(seeded.school_ids[0]), clock.today(), seeded.person["dana"])
    assert len(scores(seeded, scope_of("tomas"))) == 1
    dana = scope_of("dana")
    assert Response.objects.filter(visit_id=visited).count() == 1, "the visit's own"
    assert scores(seeded, dana) == []


def test_what_another_consent_covers_stays(visited: int, seeded: Any, scope_of: ScopeOf) -> None:
    amara = scope_of("amara")
    wide = consents.give(amara, int(seeded.school_ids[0]), clock.today())
    consents.give(amara, int(seeded.school_ids[0]), clock.today(), seeded.person["dana"])
    consents.revoke(amara, wide.pk)
    assert len(scores(seeded, scope_of("tomas"))) == 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("later", "visits before its first day are not covered"),
        ("not_shared", "the teacher has not seen them"),
        ("other_purpose", "an appraisal never enters"),
        ("forbidden", "the instrument's own restrictions stand above a consent"),
        ("other_visitor", "another person's visits are not covered"),
    ],
)
def test_what_it_does_not_cover_stays_out(
    visited: int, seeded: Any, scope_of: ScopeOf, change: str, why: str
) -> None:
    begins, visitor = clock.today(), None
    with as_owner():
        if change == "later":
            begins += timedelta(days=1)
        elif change == "not_shared":
            Visit.objects.filter(pk=visited).update(shared_at=None)
        elif change == "other_purpose":
            Visit.objects.filter(pk=visited).delete()
            record(seeded, "appraisal")
        elif change == "forbidden":
            Instrument.objects.filter(key="twelve-minutes").update(restrictions={"purposes": ["coaching"]})
        else:
            other = record(seeded, "coaching")[0]
            Visit.objects.filter(pk=other).update(visitor_id=seeded.person["grace"])
            visitor = seeded.person["grace"]
            Response.objects.filter(visit_id=other).delete()
    consents.give(scope_of("amara"), int(seeded.school_ids[0]), begins, visitor)
    assert scores(seeded, scope_of("tomas")) == [], why


def test_the_night_carries_over_what_came_since(visited: int, seeded: Any, scope_of: ScopeOf) -> None:
    consents.give(scope_of("amara"), int(seeded.school_ids[0]), clock.today())
    with as_owner():
        record(seeded, "coaching")
        assert consents.carry_over() > 0
        assert consents.carry_over() == 0, "once"
    assert len(scores(seeded, scope_of("tomas"))) == 2


def test_it_is_given_once_and_for_visits_that_were(visited: int, seeded: Any, scope_of: ScopeOf) -> None:
    amara, school = scope_of("amara"), int(seeded.school_ids[0])
    consents.give(amara, school, clock.today())
    with pytest.raises(ValidationError, match="already given"):
        consents.give(amara, school, clock.today() + timedelta(days=3))
    with pytest.raises(ValidationError, match="no coaching visit"):
        consents.give(amara, school, clock.today(), seeded.person["owen"])


def test_the_page(visited: int, seeded: Any, as_person: Any) -> None:
    amara = as_person("amara")
    page = amara.get("/teacher/who-sees-what").content.decode()
    assert "Dana Whitfield" in page
    assert "only that it happened" in page
    assert amara.post("/teacher/who-sees-what", {"begins": "", "visitor": ""}).status_code == 422
    given = amara.post(
        "/teacher/who-sees-what", {"begins": "2026-11-19", "visitor": ""}, follow=True
    ).content.decode()
    assert "Given. You can take it back" in given
    again = amara.post("/teacher/who-sees-what", {"begins": "2026-11-19", "visitor": ""})
    assert again.status_code == 422
    assert "already given" in again.content.decode()
    with as_owner():
        pk = Consent.objects.get().pk
    assert as_person("yusuf").post(f"/teacher/who-sees-what/{pk}/revoke").status_code == 404
    taken = as_person("amara").post(f"/teacher/who-sees-what/{pk}/revoke", follow=True).content.decode()
    assert "Taken back" in taken
    spanish = as_person("amara").get("/teacher/who-sees-what", headers={"accept-language": "es"}).content.decode()
    for english in ("Who can see what", "I consent", "Taken back", "Carried over"):
        assert english not in spanish
