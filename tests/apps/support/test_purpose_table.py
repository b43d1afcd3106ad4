"""The purpose × use table, row by row, against the selectors and against PostgreSQL without any filter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from fairlead import clock
from fairlead.apps.access.purposes import AUDIENCES, allowed, purposes
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments.models import Answer, Item, Note, Response, Version, Visit
from fairlead.apps.support import selectors as support
from fairlead.apps.support.models import Contact, Promise, PromiseWords
from fairlead.apps.support.visibility import who_can_see
from tests.conftest import as_owner

# who stands for which audience; the last three are nobody to this record
PERSON = {
    "author": "dana",
    "subject": "amara",
    "leader": "grace",
    "director": "marcus",
    "network": "ines",
    "analyst": "tomas",
}
NOBODY = ("luis", "owen", "ruth", "priya", "colleague")


def record(world: Any, purpose: str) -> tuple[int, int, int]:
    """A shared visit with a level, a contact and a promise, for one purpose; as the owner."""
    org, dana, amara = int(world.school_ids[0]), world.person["dana"], world.person["amara"]
    who = {"organization_id": org, "purpose": purpose}
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    visit = Visit.objects.create(
        **who, visitor_id=dana, subject_id=amara, began_at=clock.now() - timedelta(hours=1), minutes=12,
        version=version, note="A note", feedback="Feedback", recorded_at=clock.now(), shared_at=clock.now(),
    )  # fmt: skip
    rated = {**who, "author_id": dana, "subject_id": amara}
    response = Response.objects.create(**rated, id=visit.token, visit=visit, version=version, day=clock.today())
    item = Item.objects.filter(version=version)[0]
    Answer.objects.create(**rated, response=response, level=2, item=item)
    Note.objects.create(**rated, response=response, tags=[item.key], text="What was seen")
    contact = Contact.objects.create(
        **who, visit=visit, lead_id=dana, with_person_id=amara, at=visit.began_at, minutes=12, kind="visit"
    )
    promise = Promise.objects.create(
        **who, contact=contact, owner_id=dana, made_to_id=amara, made_at=clock.now(), due=clock.today()
    )
    PromiseWords.objects.create(**who, promise=promise, owner_id=dana, made_to_id=amara, text="Words")
    return visit.pk, contact.pk, promise.pk


@pytest.mark.parametrize("purpose", list(purposes()))
@pytest.mark.parametrize("audience", AUDIENCES)
def test_each_audience_sees_what_the_table_says(
    purpose: str, audience: str, seeded: Any, scope_of: Callable[[str], Any]
) -> None:
    visit, contact, promise = record(seeded, purpose)
    token = Visit.objects.get(pk=visit).token
    scope = scope_of(PERSON[audience])
    notes, scores, dose = (allowed(purpose, use, audience) for use in ("notes", "scores", "dose"))
    assert instruments.visits(scope).filter(pk=visit).exists() == notes
    shown = instruments.ratings(scope, visit)
    assert bool(shown) == scores
    assert any(row.evidence for row in shown) == (scores and notes)
    assert support.contacts(scope).filter(pk=contact).exists() == dose
    # and PostgreSQL, asked without any filter
    assert Visit.objects.filter(pk=visit).exists() == notes
    assert Answer.objects.filter(subject_id=seeded.person["amara"], purpose=purpose, response_id=token).exists() == scores
    assert Response.objects.filter(visit_id=visit).exists() == scores
    assert Note.objects.filter(response_id=token).exists() == notes
    assert PromiseWords.objects.filter(promise_id=promise).exists() == notes
    assert Contact.objects.filter(pk=contact).exists() == dose
    assert Promise.objects.filter(pk=promise).exists() == dose
    school = int(seeded.school_ids[0])
    if audience not in ("author", "subject"):
        counted = support.open_promises_by_school(scope, [school], clock.today(), owner_id=seeded.person["dana"])
        with_it = counted[school].open
        with as_owner():
            Promise.objects.filter(pk=promise).delete()
        without = support.open_promises_by_school(scope, [school], clock.today(), owner_id=seeded.person["dana"])
        assert with_it - without[school].open == (1 if dose else 0)


@pytest.mark.parametrize("purpose", list(purposes()))
@pytest.mark.parametrize("key", NOBODY)
def test_others_see_nothing_of_it(purpose: str, key: str, seeded: Any, scope_of: Callable[[str], Any]) -> None:
    visit, contact, promise = record(seeded, purpose)
    token = Visit.objects.get(pk=visit).token
    seeded.person.setdefault("colleague", int(seeded.section_teacher[1]))  # a teacher of the same school
    scope = scope_of(key)
    assert not instruments.visits(scope).filter(pk=visit).exists()
    assert instruments.ratings(scope, visit) == []
    assert not support.contacts(scope).filter(pk=contact).exists()
    assert not Visit.objects.filter(pk=visit).exists()
    assert not Response.objects.filter(visit_id=visit).exists()
    assert not Answer.objects.filter(response_id=token).exists()
    assert not Note.objects.filter(response_id=token).exists()
    assert not PromiseWords.objects.filter(promise_id=promise).exists()
    assert not Contact.objects.filter(pk=contact).exists()
    assert not Promise.objects.filter(pk=promise).exists()


@pytest.mark.parametrize("purpose", list(purposes()))
def test_the_box_says_what_the_table_says(purpose: str) -> None:
    for row in who_can_see(purpose):
        assert row.content == (allowed(purpose, "notes", row.key) or allowed(purpose, "scores", row.key))
        assert ("date and minutes" in row.sees or "everything in it" in row.sees) == (
            allowed(purpose, "dose", row.key)
        ), row
        assert ("appraisal" in row.sees) == allowed(purpose, "appraisal", row.key)
