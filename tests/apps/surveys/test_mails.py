"""Links and reminders by e-mail: to whom, with what, and what is kept of it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail

from fairlead.apps.roster.models import Person
from fairlead.apps.roster.selectors import scope_for
from fairlead.apps.surveys import links, tasks
from fairlead.apps.surveys.models import Administration, Invitation, SchoolAsked
from tests.apps.surveys import making

LINK = re.compile(r"https://fairlead\.example/a/([a-z0-9-]+)/")


@pytest.fixture
def school(seeded: Any, settings: Any) -> int:
    settings.PUBLIC_ADDRESS = "https://fairlead.example"
    here = int(seeded.school_ids[0])
    for person in Person.objects.filter(organization_id=here, kind="staff", email=""):
        Person.objects.filter(pk=person.pk).update(email=f"{person.pk}@demo.fairlead.example")
    return here


def opened(seeded: Any, mode: str) -> Administration:
    return making.opened(scope_for(seeded.person["ines"], seeded.today), seeded, making.draft(seeded, mode=mode))


def test_confidential_links_belong_to_their_person(seeded: Any, school: int) -> None:
    known = opened(seeded, "confidential")
    tasks.send_links(known.pk, school)
    (mine,) = [m for m in mail.outbox if m.to == ["amara.okafor@demo.fairlead.example"]]
    secret = LINK.findall(str(mine.body))[0]
    found = Invitation.objects.get(token_hash=links.hashed(secret))
    assert (found.person_id, found.mailed) == (seeded.person["amara"], True)
    assert "confidential" in mine.body
    told = SchoolAsked.objects.get(administration=known, organization_id=school)
    asked = Invitation.objects.filter(administration=known, organization_id=school).count()
    assert (told.mailed, told.mailed + told.not_mailed) == (len(mail.outbox), asked)


def test_a_reminder_goes_to_who_has_not_answered(seeded: Any, school: int) -> None:
    known = opened(seeded, "confidential")
    tasks.send_links(known.pk, school)
    answered = LINK.findall(str(mail.outbox[0].body))[0]
    assert making.answered(known, answered)
    first, mail.outbox[:] = list(mail.outbox), []
    tasks.remind(known.pk, school)
    assert {m.to[0] for m in mail.outbox} == {m.to[0] for m in first[1:]}
    assert links.look(LINK.findall(str(first[1].body))[0]) is None, "the reminder's link takes the place of the first"


def test_an_anonymous_link_is_kept_with_nobody_and_everybody_is_reminded(seeded: Any, school: int) -> None:
    known = opened(seeded, "anonymous")
    tasks.send_links(known.pk, school)
    sent = [LINK.findall(str(m.body))[0] for m in mail.outbox]
    assert len(set(sent)) == len(sent) > 0
    assert {i.person_id for i in Invitation.objects.filter(token_hash__in=map(links.hashed, sent))} == {None}
    assert making.answered(known, sent[0])
    many, mail.outbox[:] = len(mail.outbox), []
    tasks.remind(known.pk, school)
    assert len(mail.outbox) == many, "nobody knows who has answered"
    assert not any(LINK.search(str(m.body)) for m in mail.outbox)
    assert links.look(sent[1]) is not None, "the link of before still opens"


def test_nothing_is_sent_of_a_survey_that_is_closed(seeded: Any, school: int) -> None:
    known = opened(seeded, "confidential")
    Administration.objects.filter(pk=known.pk).update(closed_at=seeded.moment)
    tasks.send_links(known.pk, school)
    tasks.remind(known.pk, school)
    assert mail.outbox == []
