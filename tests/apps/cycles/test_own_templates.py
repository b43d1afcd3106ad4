"""A network publishes its own templates; a support keeps the version it began with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from fairlead import clock
from fairlead.apps.cycles import publishing, selectors
from fairlead.apps.cycles.models import OwnTemplate, Step
from fairlead.apps.cycles.templates import newest
from tests.apps.cycles.test_cycles import opened
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]
STEPS = "0 | Planted first | Primero plantado\n10 | Planted second | Segundo plantado"


def test_supports_opened_later_follow_it_and_those_that_run_stay(seeded: Any, scope_of: ScopeOf) -> None:
    before = opened(scope_of("dana"), seeded, "teacher_coaching", "amara")
    made = publishing.publish(
        scope_of("ines"), "teacher_coaching", name="Ours", text=STEPS, because="We start sooner."
    )
    assert (made.number, made.name) == (1, "Ours")
    dana = scope_of("dana")
    after = opened(dana, seeded, "teacher_coaching", "amara")
    old, new = (selectors.line(dana, pk, seeded.today) for pk in (before, after))
    assert old is not None
    assert new is not None
    assert old.cycle == newest("teacher_coaching")
    assert new.cycle is not None
    assert [step.en for step in new.cycle.steps] == ["Planted first", "Planted second"]
    assert (new.cycle.purpose, new.purpose) == ("coaching", "coaching"), "the purpose is the kind's"
    assert [step.label for step in selectors.steps(dana, new)] == ["Planted first", "Planted second"]
    assert (Step.objects.get(support_id=after, position=1).due - seeded.today).days == 10
    again = publishing.publish(
        scope_of("ines"), "teacher_coaching", name="Ours", text=STEPS + "\n20 | Third | Tercero", because="Longer."
    )
    assert again.number == 2
    kept = selectors.line(scope_of("dana"), after, seeded.today)
    assert kept is not None
    assert kept.cycle == new.cycle


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0 | One", "Line 1"), ("1 | a | b\n2 | c | d", "begin with 0"), ("0 | a | b\n9 | c | d\n8 | e | f", "Line 3"),
        ("0 | a | b", "from 2 to 24"), ("x | a | b\n2 | c | d", "Line 1"), ("0 | " + "a" * 121 + " | b\n2 | c | d", "at most 120"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_told_by_its_number(text: str, said: str, seeded: Any) -> None:
    with pytest.raises(ValidationError, match=said):
        publishing.read(text, "teacher_coaching")


def test_a_learning_cycle_keeps_its_three_steps_a_subtopic(seeded: Any) -> None:
    with pytest.raises(ValidationError, match="three steps in each subtopic"):
        publishing.read(STEPS, "content_cycle")


def test_it_is_final_and_only_the_networks_lead_publishes(seeded: Any, scope_of: ScopeOf) -> None:
    with pytest.raises(ValidationError, match="lead publishes"):
        publishing.publish(scope_of("marcus"), "teacher_coaching", name="Mine", text=STEPS, because="So.")
    ines = scope_of("ines")
    shipped = newest("supervision")
    assert shipped is not None
    with pytest.raises(ValidationError, match="in force"):
        publishing.publish(ines, "supervision", name="Same", text=publishing.written(shipped), because="So.")
    made = publishing.publish(ines, "teacher_coaching", name="Ours", text=STEPS, because="We start sooner.")
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        OwnTemplate.objects.filter(pk=made.pk).update(steps=[])
    with pytest.raises(ProgrammingError, match="Cannot delete"), transaction.atomic():
        OwnTemplate.objects.filter(pk=made.pk).delete()
    marcus = scope_of("marcus")
    with pytest.raises(IntegrityError, match="only the lead of a network"), transaction.atomic():
        OwnTemplate.objects.create(
            organization_id=made.organization_id, kind="supervision", number=1, name="Mine", steps=[], because="So.",
            published_at=clock.now(), published_by_id=marcus.person_id,
        )  # fmt: skip


def test_the_page_shows_what_it_would_be_and_publishes(
    as_person: Callable[[str | None], Client], seeded: Any
) -> None:
    client, address = as_person("ines"), reverse("cycles:own", args=["teacher_coaching"])
    said = {"name": "Ours", "steps": STEPS, "because": "We start sooner."}
    looked = client.post(address, said | {"look": "1"})
    assert "As it would be" in looked.content.decode()
    with as_owner():
        assert not OwnTemplate.objects.exists()
    wrong = client.post(address, said | {"steps": "7 | x | y", "publish": "1"})
    assert wrong.status_code == 422
    assert "7 | x | y" in wrong.content.decode(), "what was typed stays"
    assert client.post(address, said | {"publish": "1"}).status_code == 302
    page = as_person("dana").get(reverse("cycles:templates")).content.decode()
    assert "Planted first" in page
    assert "We start sooner." in page
    assert reverse("cycles:own", args=["supervision"]) not in page
    assert client.get(reverse("cycles:own", args=["no-such-kind"])).status_code == 404
