"""One contact, typed once: the dose of each participant, the lead's time, the words, and who may read them by any road."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import IntegrityError, connection, transaction

from fairlead import clock
from fairlead.apps.facts import selectors as facts
from fairlead.apps.support import conversations, recording, selectors
from fairlead.apps.support.models import Contact, ContactPresence, ContactWords, Promise, PromiseWords
from tests.conftest import as_owner

ScopeOf = Callable[[str], Any]
SECRET = "The third question waits too long"


@pytest.fixture
def entry(seeded: Any) -> recording.ContactEntry:
    """Dana's half hour with Amara and the teacher next door."""
    amara = seeded.person["amara"]
    school = int(seeded.school_ids[0])
    other = next(
        int(t)
        for s, t in zip(seeded.section_school, seeded.section_teacher, strict=True)
        if int(s) == 0 and int(t) != amara
    )
    return recording.ContactEntry(
        token=uuid4(), organization_id=school, purpose="coaching", kind="planning", at=clock.now() - timedelta(hours=1),
        minutes=30, people=(amara, other), minutes_of={other: 12}, note=SECRET, promise="Bring the strips",
        due=clock.today() + timedelta(days=2),
    )  # fmt: skip


def run(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else [(cursor.rowcount,)]


def test_it_counts_once_for_the_lead_and_for_each_participant(seeded: Any, entry: Any, scope_of: ScopeOf) -> None:
    first, other = entry.people
    dana = scope_of("dana")
    since = clock.today() - timedelta(days=1)
    before = facts.coaching_minutes(dana, [first, other], since)
    day = clock.today()
    mine = sum(c.minutes for c in conversations.led_between(dana, day, day))
    contact, fresh = recording.log_contact(dana, entry)
    assert fresh
    after = facts.coaching_minutes(dana, [first, other], since)
    assert {p: after.get(p, 0) - before.get(p, 0) for p in (first, other)} == {first: 30, other: 12}
    assert sum(c.minutes for c in conversations.led_between(dana, day, day)) - mine == 30, "the lead's time, once"
    dose = {d.person_id: d.minutes for d in selectors.dose_by_person(scope_of("grace"), entry.organization_id, since) if d.purpose == "coaching"}  # fmt: skip
    assert (dose[first] - before.get(first, 0), dose[other] - before.get(other, 0)) == (30, 12)
    again, fresh = recording.log_contact(scope_of("dana"), entry)
    assert (again.pk, fresh) == (contact.pk, False)
    assert Contact.objects.filter(token=entry.token).count() == 1


def test_minutes_of_a_support_count_a_contact_once(seeded: Any, entry: Any, scope_of: ScopeOf) -> None:
    dana = scope_of("dana")
    support = next(s for s in selectors.coached_by_me(dana, clock.today()) if s.person_id == entry.people[0])
    month = clock.today().replace(day=1)
    before = selectors.support_dose(dana, [support.support_id], month)[support.support_id]
    recording.log_contact(dana, entry)
    after = selectors.support_dose(dana, [support.support_id], month)[support.support_id]
    assert (after.minutes - before.minutes, after.contacts - before.contacts) == (30, 1)


def test_who_was_not_there_had_no_dose_and_the_leads_time_stays(seeded: Any, entry: Any, scope_of: ScopeOf) -> None:
    contact, _fresh = recording.log_contact(scope_of("dana"), replace(entry, people=entry.people[:1], minutes_of={}))
    amara = scope_of("amara")
    before = facts.coaching_minutes(amara, [amara.person_id], clock.today() - timedelta(days=1))[amara.person_id]
    recording.say_minutes(amara, contact.pk, 0)
    after = facts.coaching_minutes(amara, [amara.person_id], clock.today() - timedelta(days=1))
    assert after.get(amara.person_id, 0) == before - 30
    (own,) = conversations.participants(contact.pk)
    assert (own.minutes, own.said_minutes, own.disagrees) == (30, 0, True)
    recording.say_minutes(amara, contact.pk, None)
    assert conversations.participants(contact.pk)[0].said_minutes == 30
    with as_owner():
        assert Contact.objects.get(pk=contact.pk).minutes == 30
    with pytest.raises(ObjectDoesNotExist):
        recording.say_minutes(scope_of("dana"), contact.pk, 5)
    with pytest.raises(ObjectDoesNotExist):
        recording.say_minutes(scope_of("grace"), contact.pk, 5)


def test_words_reach_those_who_were_there_and_their_answer_comes_back(
    seeded: Any, entry: Any, scope_of: ScopeOf
) -> None:
    contact, _fresh = recording.log_contact(scope_of("dana"), entry)
    amara = scope_of("amara")
    assert [line.text for line in conversations.said(amara, contact.pk)] == [SECRET]
    recording.answer(amara, contact.pk, "I counted to five")
    dana = scope_of("dana")
    lines = conversations.said(dana, contact.pk)
    assert [line.text for line in lines] == [SECRET, "I counted to five"]
    assert len(lines[0].readers) == 2, "one text to two readers is told once"


@pytest.mark.parametrize("key", ["grace", "marcus", "ines", "tomas", "luis", "owen"])
def test_nobody_else_reads_a_coaching_contacts_words(seeded: Any, entry: Any, scope_of: ScopeOf, key: str) -> None:
    contact, _fresh = recording.log_contact(scope_of("dana"), entry)
    reader = scope_of(key)
    assert conversations.said(reader, contact.pk) == []
    assert run("SELECT count(*) FROM support_contactwords WHERE contact_id = %(c)s", c=contact.pk) == [(0,)]
    assert run("SELECT count(*) FROM support_promisewords WHERE text = 'Bring the strips'") == [(0,)]
    assert run("SELECT count(*) FROM support_promisewordsevent WHERE text = 'Bring the strips'") == [(0,)]
    sees = conversations.facts(reader, contact.pk) is not None
    assert sees == (key in {"grace", "marcus", "ines", "tomas"}), (
        "leaders see the dose, a stranger and the office nothing"
    )


def test_a_supervision_contact_is_read_where_the_table_opens_it(seeded: Any, scope_of: ScopeOf) -> None:
    marcus = scope_of("marcus")
    said = recording.ContactEntry(
        token=uuid4(), organization_id=int(seeded.school_ids[0]), purpose="supervision", kind="school_visit",
        at=clock.now(), minutes=60, people=(seeded.person["grace"],), note="About the budget",
    )  # fmt: skip
    contact, _fresh = recording.log_contact(marcus, said)
    assert [line.text for line in conversations.said(scope_of("grace"), contact.pk)] == ["About the budget"]
    assert [line.text for line in conversations.said(scope_of("ines"), contact.pk)] == ["About the budget"]
    assert conversations.said(scope_of("dana"), contact.pk) == []


def test_sql_cannot_forge_or_change_what_was_said(seeded: Any, entry: Any, scope_of: ScopeOf) -> None:
    contact, _fresh = recording.log_contact(scope_of("dana"), entry)
    forged = """
        INSERT INTO support_contactwords (contact_id, organization_id, purpose, author_id, reader_id, written_at, text)
        SELECT contact_id, organization_id, {purpose}, {author}, reader_id, now(), 'Forged' FROM support_contactwords
        WHERE contact_id = %(c)s
    """
    for key in ("dana", "amara"):
        me = scope_of(key).person_id
        with pytest.raises(IntegrityError, match="stays as it is"):
            run("UPDATE support_contactwords SET text = 'Other' WHERE contact_id = %(c)s", c=contact.pk)
        with pytest.raises(IntegrityError, match="stays as it is"):
            run("DELETE FROM support_contactwords WHERE contact_id = %(c)s", c=contact.pk)
        with pytest.raises(IntegrityError, match="keep the purpose"):
            run(forged.format(purpose="'appraisal'", author=me), c=contact.pk)
    with pytest.raises(IntegrityError, match="by their author"):
        run(forged.format(purpose="purpose", author=seeded.person["dana"]), c=contact.pk)
    with pytest.raises(IntegrityError, match="participant changes"):
        run("UPDATE support_contactpresence SET minutes = 600 WHERE contact_id = %(c)s", c=contact.pk)
    scope_of("dana")
    with pytest.raises(IntegrityError, match="participant changes"):
        run("UPDATE support_contactpresence SET said_minutes = 600 WHERE contact_id = %(c)s", c=contact.pk)
    with pytest.raises(IntegrityError, match="not deleted"):
        run("DELETE FROM support_contactpresence WHERE contact_id = %(c)s", c=contact.pk)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"people": ()}, "people"),
        ({"minutes": 0}, "minutes"),
        ({"kind": "visit"}, "kind"),
        ({"purpose": "supervision"}, "purpose"),
        ({"at": datetime(2030, 1, 1, tzinfo=UTC)}, "at"),
        ({"due": None}, "due"),
    ],
)
def test_what_is_refused_says_where(
    seeded: Any, entry: Any, scope_of: ScopeOf, change: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        recording.log_contact(scope_of("dana"), replace(entry, **change))
    assert field in refused.value.message_dict
    assert not Contact.objects.filter(token=entry.token).exists()


def test_people_of_another_school_and_another_persons_number_are_refused(
    seeded: Any, entry: Any, scope_of: ScopeOf
) -> None:
    far = int(seeded.section_teacher[[int(s) for s in seeded.section_school].index(1)])
    with pytest.raises(ValidationError, match="one school"):
        recording.log_contact(scope_of("dana"), replace(entry, people=(*entry.people, far)))
    recording.log_contact(scope_of("dana"), entry)
    with pytest.raises(recording.TokenUsed):
        recording.log_contact(
            scope_of("grace"), replace(entry, purpose="improvement", people=entry.people[:1], minutes_of={})
        )


def test_promises_open_the_next_contact_and_are_settled_with_evidence(
    seeded: Any, entry: Any, scope_of: ScopeOf
) -> None:
    recording.log_contact(scope_of("dana"), replace(entry, by_them=True))
    amara = scope_of("amara")
    mine = next(p for p in conversations.my_open_promises(amara) if p.text == "Bring the strips")
    assert mine.owner_id == amara.person_id, "a promise may be made by either side"
    dana = scope_of("dana")
    assert mine.pk in {p.pk for p in conversations.open_promises(dana, [amara.person_id], [])}
    kept = recording.Settled(mine.pk, evidence="They lay on every table")
    recording.log_contact(dana, replace(entry, token=uuid4(), settled=(kept,)))
    done = next(p for p in conversations.settled_lately(dana, clock.today()) if p.pk == mine.pk)
    assert (done.evidence, done.done_another_way) == ("They lay on every table", False)
    assert not recording.settle(dana, kept), "once"
    with pytest.raises(ObjectDoesNotExist):
        recording.settle(scope_of("grace"), kept)
    with as_owner():
        other = Promise.objects.filter(owner_id=dana.person_id, kept_at=None).first()
        assert other is not None
    with pytest.raises(ValidationError, match="instead"):
        recording.settle(scope_of("dana"), recording.Settled(other.pk, kept=False))
    assert recording.settle(
        scope_of("dana"), recording.Settled(other.pk, because="She found them herself", kept=False)
    )
    with as_owner():
        assert PromiseWords.objects.get(promise=other).because == "She found them herself"


def test_a_participant_of_a_team_sees_it_without_the_contacts_own_row(
    seeded: Any, entry: Any, scope_of: ScopeOf
) -> None:
    from fairlead.apps.roster.selectors import scope_for

    contact, _fresh = recording.log_contact(scope_of("dana"), entry)
    other = scope_for(entry.people[1], clock.today())
    assert other is not None
    assert not Contact.objects.filter(pk=contact.pk).exists(), "the wall of the two people that it names"
    seen = conversations.facts(other, contact.pk)
    assert seen is not None
    assert (seen.minutes, seen.lead) == (12, "Dana Whitfield")
    recording.answer(other, contact.pk, "Thank you")
    assert ContactWords.objects.filter(author_id=other.person_id).count() == 1
    recording.say_minutes(other, contact.pk, 20)
    assert ContactPresence.objects.get(person_id=other.person_id, contact_id=contact.pk).said_minutes == 20


def test_sql_cannot_plan_in_anothers_name(seeded: Any, scope_of: ScopeOf) -> None:
    grace = scope_of("grace")
    copied = """
        INSERT INTO support_plannedcontact (token, organization_id, purpose, lead_id, with_person_id, at, minutes, kind, made_at,
                                            changed_at, sequence)
        SELECT gen_random_uuid(), organization_id, purpose, lead_id, with_person_id, at, minutes, kind, made_at, changed_at, 0
        FROM support_plannedcontact WHERE lead_id <> %(me)s LIMIT 1
    """
    with pytest.raises(IntegrityError, match="by who plans it"):
        run(copied, me=grace.person_id)
    with pytest.raises(IntegrityError, match="by who plans it"):
        run("UPDATE support_plannedcontact SET minutes = 5 WHERE lead_id <> %(me)s", me=grace.person_id)
    marcus = scope_of("marcus")
    with pytest.raises(IntegrityError, match="is fixed"):
        run("UPDATE support_plannedcontact SET with_person_id = lead_id WHERE lead_id = %(me)s", me=marcus.person_id)
    with pytest.raises(IntegrityError, match="not deleted"):
        run("DELETE FROM support_plannedcontact WHERE lead_id = %(me)s", me=marcus.person_id)


def test_sql_cannot_log_in_anothers_name_nor_change_what_was_logged(seeded: Any, scope_of: ScopeOf) -> None:
    scope_of("ines")  # she may read the dose of everybody, and the wall lets whoever reads a row write it
    copied = """
        INSERT INTO support_contact (organization_id, purpose, lead_id, with_person_id, at, minutes, kind)
        SELECT organization_id, purpose, lead_id, with_person_id, at, minutes, kind FROM support_contact LIMIT 1
    """
    with pytest.raises(IntegrityError, match="by whoever led it"):
        run(copied)
    with pytest.raises(IntegrityError, match="stays as it was logged"):
        run("UPDATE support_contact SET minutes = minutes + 1")
    with pytest.raises(IntegrityError, match="not deleted"):
        run("DELETE FROM support_contact")
