"""A visit is typed once: one transaction, one observation, one contact, one promise; and who may do what with it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DatabaseError, transaction

from fairlead import clock
from fairlead.apps.instruments import selectors, services
from fairlead.apps.instruments.models import Answer, Response, Visit
from fairlead.apps.instruments.responding import Given
from fairlead.apps.instruments.services import VisitEntry
from fairlead.apps.support.models import Contact, Promise, PromiseWords
from tests.conftest import as_owner


@pytest.fixture
def entry(seeded: Any) -> VisitEntry:
    version = selectors.current_version("twelve-minutes")
    assert version is not None
    items = selectors.items_of(version.pk)
    return VisitEntry(
        token=uuid.UUID(int=7),
        purpose="coaching",
        subject_id=seeded.person["amara"],
        section_id=int(seeded.section_ids[0]),
        began_at=clock.now() - timedelta(minutes=12),
        minutes=12,
        version_id=version.pk,
        note="Fractions on number lines.",
        feedback="You waited, and three more hands went up.",
        answers={
            items[0].pk: Given(level=3, evidence="Four pairs explained"),
            items[1].pk: Given(not_observed=True),
            items[2].pk: Given(),
            items[3].pk: Given(text="We are comparing thirds."),
        },
        promise="Bring number lines",
        due=clock.today() + timedelta(days=7),
    )


def test_one_entry_is_observation_contact_and_promise(scope_of: Callable[[str], Any], entry: VisitEntry) -> None:
    dana = scope_of("dana")
    visit = services.record_visit(dana, entry)
    levels = {r.item.key: (r.level, r.not_observed, r.evidence) for r in selectors.ratings(dana, visit.pk)}
    assert levels == {
        "thinking": (3, False, "Four pairs explained"),
        "work": (None, True, ""),
        "student-says": (None, False, "We are comparing thirds."),
    }
    contact = Contact.objects.get(visit_id=visit.pk)
    assert (contact.kind, contact.minutes, contact.purpose, contact.at) == ("visit", 12, "coaching", entry.began_at)
    assert contact.support is not None, "it counts for the coaching that ties the two"
    promise = Promise.objects.select_related("words").get(contact=contact)
    assert (promise.words.text, promise.owner_id, promise.made_to_id) == (
        "Bring number lines",
        dana.person_id,
        entry.subject_id,
    )
    response = Response.objects.get(pk=visit.token)
    assert (response.visit_id, response.version_id, response.part) == (visit.pk, entry.version_id, "single")
    rows = [response, *response.answers.all(), *response.notes.all()]
    assert len(rows) == 1 + 2 + 2
    copies = {(r.purpose, r.author_id, r.subject_id, r.organization_id) for r in rows}
    assert copies == {(visit.purpose, visit.visitor_id, visit.subject_id, visit.organization_id)}


def test_the_same_form_twice_is_one_visit(scope_of: Callable[[str], Any], entry: VisitEntry) -> None:
    dana = scope_of("dana")
    first = services.record_visit(dana, entry)
    assert services.record_visit(dana, entry).pk == first.pk
    assert Contact.objects.filter(visit_id=first.pk).count() == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda e, w: {"purpose": "supervision"}, "purpose"),
        (lambda e, w: {"purpose": "appraisal"}, "purpose"),
        (lambda e, w: {"purpose": "gossip"}, "purpose"),
        (lambda e, w: {"minutes": 0}, "minutes"),
        (lambda e, w: {"minutes": 241}, "minutes"),
        (lambda e, w: {"began_at": clock.now() + timedelta(minutes=1)}, "began_at"),
        (lambda e, w: {"section_id": int(w.section_ids[-1])}, "section"),
        (lambda e, w: {"subject_id": w.person["dana"]}, "teacher"),
        (lambda e, w: {"subject_id": w.person["ruth"]}, "teacher"),
        (lambda e, w: {"subject_id": int(w.student_ids[0])}, "teacher"),
        (lambda e, w: {"due": clock.today() - timedelta(days=1)}, "due"),
        (lambda e, w: {"due": None}, "due"),
        (lambda e, w: {"feedback": " ", "share": True}, "feedback"),
        (lambda e, w: {"version_id": 999}, "version"),
    ],
)
def test_what_may_not_be_recorded_leaves_nothing(
    scope_of: Callable[[str], Any], seeded: Any, entry: VisitEntry, change: Any, field: str
) -> None:
    dana = scope_of("dana")
    before = (Visit.objects.count(), Contact.objects.count(), Promise.objects.count())
    with pytest.raises(ValidationError) as error:
        services.record_visit(dana, replace(entry, **change(entry, seeded)))
    assert field in error.value.message_dict
    assert (Visit.objects.count(), Contact.objects.count(), Promise.objects.count()) == before


def test_a_level_that_the_item_does_not_have_is_refused(scope_of: Callable[[str], Any], entry: VisitEntry) -> None:
    dana = scope_of("dana")
    item = next(iter(entry.answers))
    with pytest.raises(ValidationError):
        services.record_visit(dana, replace(entry, answers={item: Given(level=5)}))


def test_a_principal_may_not_appraise_with_the_short_rubric(
    scope_of: Callable[[str], Any], entry: VisitEntry
) -> None:
    grace = scope_of("grace")
    with pytest.raises(ValidationError, match="too little about a person"):
        services.record_visit(grace, replace(entry, purpose="appraisal"))
    assert services.record_visit(grace, replace(entry, purpose="appraisal", version_id=None, answers={})).pk


def test_sharing_opens_it_to_the_teacher_and_answering_closes_it(
    scope_of: Callable[[str], Any], entry: VisitEntry
) -> None:
    dana = scope_of("dana")
    pk = services.record_visit(dana, entry).pk
    amara = scope_of("amara")
    assert not selectors.feedback_for(amara).filter(pk=pk).exists(), "not before it is shared"
    assert not selectors.visits(amara).filter(pk=pk).exists()
    assert selectors.ratings(amara, pk) == []
    with pytest.raises(ObjectDoesNotExist):
        services.answer_feedback(amara, pk, "Too early")
    dana = scope_of("dana")
    assert services.share_feedback(dana, pk) is True
    assert services.share_feedback(dana, pk, "Other words") is False, "what was shared stays as it was"
    amara = scope_of("amara")
    shared = selectors.feedback_for(amara).get(pk=pk)
    assert shared.feedback == entry.feedback
    assert len(selectors.ratings(amara, pk)) == 3
    with pytest.raises(ValidationError):
        services.answer_feedback(amara, pk, "  ")
    assert services.answer_feedback(amara, pk, "I will try it.") is True
    assert services.answer_feedback(amara, pk, "Again") is False
    with as_owner():
        contact = Contact.objects.get(visit_id=pk)
        visit = Visit.objects.get(pk=pk)
    assert (contact.feedback_shared_at, contact.feedback_closed_at) == (visit.shared_at, visit.closed_at)
    assert visit.answer == "I will try it."


def test_given_another_way_because(scope_of: Callable[[str], Any], entry: VisitEntry) -> None:
    dana = scope_of("dana")
    pk = services.record_visit(dana, entry).pk
    with pytest.raises(ValidationError):
        services.close_feedback(dana, pk, "")
    assert services.close_feedback(dana, pk, "We talked on the stairs") is True
    assert services.close_feedback(dana, pk, "Again") is False
    assert Contact.objects.get(visit_id=pk).feedback_closed_at is not None
    assert pk not in [v.pk for v in selectors.not_closed(dana)]


@pytest.mark.parametrize("key", ["grace", "marcus", "ines", "tomas", "owen", "luis", "ruth"])
def test_nobody_else_can_share_answer_or_close(scope_of: Callable[[str], Any], entry: VisitEntry, key: str) -> None:
    pk = services.record_visit(scope_of("dana"), replace(entry, share=True)).pk
    other = scope_of(key)
    for act in (
        lambda: services.share_feedback(other, pk),
        lambda: services.answer_feedback(other, pk, "Mine"),
        lambda: services.close_feedback(other, pk, "Mine"),
    ):
        with pytest.raises(ObjectDoesNotExist):
            act()


def test_a_purpose_never_changes(seeded: Any) -> None:
    for model in (Visit, Response, Answer, Contact, Promise, PromiseWords):
        row = model.objects.filter(purpose="coaching").order_by("pk").first()
        assert row is not None
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            model.objects.filter(pk=row.pk).update(purpose="appraisal")
        assert model.objects.get(pk=row.pk).purpose == "coaching"
