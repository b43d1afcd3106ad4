"""Work that waits in the queue: links and reminders by e-mail, closing on the last day, counting."""

from __future__ import annotations

import random
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from procrastinate.contrib.django import app

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.surveys import links, services, words
from fairlead.apps.surveys.models import Administration, SchoolAsked
from fairlead.apps.surveys.people import STAFF


def _school(administration_id: int, school_id: int) -> SchoolAsked | None:
    """A school in which a survey is open now."""
    today = clock.today()
    return (
        SchoolAsked.objects.select_related("administration", "organization")
        .filter(
            administration_id=administration_id, organization_id=school_id, administration__opened_at__isnull=False,
            administration__closed_at=None, administration__closes_on__gte=today,
        ).first()
    )  # fmt: skip


# Who is asked at a school and has an address; who has a link of their own, and has not used it.
_ASKED = f"""
SELECT NULL::bigint, p.given_name, p.email, p.language FROM ({STAFF}) s JOIN roster_person p ON p.id = s.person_id
WHERE p.email <> '' AND s.organization_id = %(school)s ORDER BY random()
"""  # noqa: S608  (our own words)
_NOT_ANSWERED = """
SELECT i.id, p.given_name, p.email, p.language FROM surveys_invitation i JOIN roster_person p ON p.id = i.person_id
WHERE i.administration_id = %(administration)s AND i.organization_id = %(school)s AND i.state = 'waiting'
  AND p.email <> ''
"""
_FREE = """
SELECT i.id FROM surveys_invitation i
WHERE i.administration_id = %(administration)s AND i.organization_id = %(school)s AND i.state = 'waiting' AND NOT i.mailed
"""


def _people(known: Administration, school_id: int) -> list[tuple[Any, ...]]:
    """(invitation where it is known, given name, address, language) of whoever is written to."""
    if known.mode == Administration.Mode.CONFIDENTIAL:
        return fetch(_NOT_ANSWERED, administration=known.pk, school=school_id)
    if known.asked != Administration.Asked.STAFF:
        return []  # whose class an anonymous link is for must not depend on an address: students get slips
    every = list(known.schools.values_list("organization_id", flat=True))
    return fetch(_ASKED, schools=every, school=school_id, role=known.role, on=max(clock.today(), known.opens_on))


def _send(message: words.Message, email: str) -> bool:
    try:
        send_mail(message.subject, message.body, None, [email])
    except Exception:  # an address that is refused is counted, and no other waits for it
        return False
    return True


def _said(known: Administration, language: str) -> tuple[str, str]:
    """The survey's name and the school's own words, in a language."""
    spanish = language.startswith("es")
    name = known.name_es if spanish and known.name_es else known.name
    return name, known.words_es if spanish and known.words_es else known.words


@app.task(name=services.SEND)
def send_links(administration_id: int, school_id: int) -> None:
    """Send the links of a school. They are made here and sent in one go: a secret is kept nowhere, not even in the queue."""
    asked = _school(administration_id, school_id)
    if asked is None:
        return
    known, sent = asked.administration, 0
    people = _people(known, school_id)
    free = [pk for (pk,) in fetch(_FREE, administration=known.pk, school=school_id)]
    random.SystemRandom().shuffle(free)
    for invitation, given_name, email, language in people:
        if invitation is None and not free:
            break
        name, own_words = _said(known, language)
        secret = services.renew(invitation or free.pop(), mailed=True)
        address = settings.PUBLIC_ADDRESS + reverse("answering:answer", args=[links.written(secret)])
        sent += _send(
            words.invitation(
                person=given_name, survey=name, school=asked.organization.name, closes_on=known.closes_on,
                address=address, own_words=own_words, anonymous=known.mode == Administration.Mode.ANONYMOUS,
                language=language,
            ),
            email,
        )  # fmt: skip
    waiting = len(people) if known.mode == Administration.Mode.CONFIDENTIAL else len(people) + len(free)
    SchoolAsked.objects.filter(pk=asked.pk).update(mailed=sent, not_mailed=max(waiting - sent, 0))


@app.task(name=services.REMIND)
def remind(administration_id: int, school_id: int) -> None:
    """Remind at a school: whoever has not answered, with a new link; in an anonymous survey everybody, without one."""
    asked = _school(administration_id, school_id)
    if asked is None:
        return
    known = asked.administration
    for invitation, given_name, email, language in _people(known, school_id):
        address = ""
        if invitation is not None:
            secret = services.renew(invitation, mailed=True)
            address = settings.PUBLIC_ADDRESS + reverse("answering:answer", args=[links.written(secret)])
        name, _own_words = _said(known, language)
        message = words.reminder(
            person=given_name, survey=name, school=asked.organization.name, closes_on=known.closes_on,
            address=address, language=language,
        )  # fmt: skip
        _send(message, email)


@app.task(name=services.COUNT)
def count(administration_id: int) -> None:
    """Open the ballots of a closed survey and publish what may be told."""
    from fairlead.apps.surveys import counting  # here: the web server knows the task, but does not count

    counting.count(administration_id, clock.now())


@app.periodic(cron="40 0 * * *")
@app.task(name="surveys.close_on_the_last_day", queueing_lock="surveys.close_on_the_last_day")
def close_on_the_last_day(timestamp: int) -> None:
    """Each night: close what had its last day, and count whatever is closed."""
    now = clock.now()
    Administration.objects.filter(opened_at__isnull=False, closed_at=None, closes_on__lt=now.date()).update(
        closed_at=now
    )
    for pk in Administration.objects.filter(closed_at__isnull=False, counted_at=None).values_list("pk", flat=True):
        count(pk)
