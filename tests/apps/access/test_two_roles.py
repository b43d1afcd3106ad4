"""Who leads one school and teaches at another is a leader at the first only: in the scope, in pages, in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, migrations
from django.urls import reverse

from fairlead import clock
from fairlead.apps.access import rls
from fairlead.apps.access.purposes import allowed, purposes
from fairlead.apps.access.scope import Grant, scope_of
from fairlead.apps.instruments import selectors as instruments
from fairlead.apps.instruments import services as instruments_do
from fairlead.apps.instruments.models import Answer, Item, Response, Version, Visit
from fairlead.apps.roster.models import Role
from fairlead.apps.support import selectors as support
from fairlead.apps.support.models import Contact, Promise, PromiseWords
from tests.conftest import as_owner


@pytest.fixture
def owen_teaches_too(seeded: Any) -> Any:
    """Owen, principal of Ridgeline, teaches a course at Harbor Point."""
    Role.objects.create(
        person_id=seeded.person["owen"],
        organization_id=int(seeded.school_ids[0]),
        role="teacher",
        begins=seeded.today - timedelta(days=30),
    )
    return seeded


def record(world: Any, school: int, subject: int, purpose: str) -> tuple[int, int]:
    """A shared visit of Dana's with a level, a contact and a promise, as the owner."""
    who = {"organization_id": int(world.school_ids[school]), "purpose": purpose}
    dana = world.person["dana"]
    version = Version.objects.get(instrument__key="twelve-minutes", number=1)
    visit = Visit.objects.create(
        **who, visitor_id=dana, subject_id=subject, began_at=clock.now() - timedelta(hours=1), minutes=12,
        version=version, note="A note", recorded_at=clock.now(), shared_at=clock.now(),
    )  # fmt: skip
    item = Item.objects.filter(version=version)[0]
    who_rated = {**who, "author_id": dana, "subject_id": subject}
    response = Response.objects.create(**who_rated, id=visit.token, visit=visit, version=version, day=clock.today())
    Answer.objects.create(**who_rated, response=response, level=2, item=item)
    contact = Contact.objects.create(
        **who, visit=visit, lead_id=dana, with_person_id=subject, at=visit.began_at, minutes=12, kind="visit"
    )
    promise = Promise.objects.create(
        **who, contact=contact, owner_id=dana, made_to_id=subject, made_at=clock.now(), due=clock.today()
    )
    PromiseWords.objects.create(**who, promise=promise, owner_id=dana, made_to_id=subject, text="Words")
    return visit.pk, contact.pk


@pytest.mark.parametrize("purpose", list(purposes()))
def test_leader_content_is_open_only_where_one_leads(
    purpose: str, owen_teaches_too: Any, scope_of: Callable[[str], Any]
) -> None:
    world = owen_teaches_too
    at_ridgeline = int(world.section_teacher[[int(s) for s in world.section_school].index(1)])
    led, led_contact = record(world, 1, at_ridgeline, purpose)
    taught, taught_contact = record(world, 0, world.person["amara"], purpose)
    scope = scope_of("owen")
    notes, scores, dose = (allowed(purpose, use, "leader") for use in ("notes", "scores", "dose"))
    assert scope.org_ids >= {int(world.school_ids[0]), int(world.school_ids[1])}

    assert instruments.visits(scope).filter(pk=led).exists() == notes
    assert bool(instruments.ratings(scope, led)) == scores
    assert support.contacts(scope).filter(pk=led_contact).exists() == dose
    assert not instruments.visits(scope).filter(pk=taught).exists()
    assert instruments.ratings(scope, taught) == []
    assert not support.contacts(scope).filter(pk=taught_contact).exists()
    # and PostgreSQL, asked without any filter
    assert Visit.objects.filter(pk=led).exists() == notes
    assert Answer.objects.filter(response__visit_id=led).exists() == scores
    assert Contact.objects.filter(pk=led_contact).exists() == dose
    assert PromiseWords.objects.filter(promise__contact_id=led_contact).exists() == notes
    assert not Visit.objects.filter(pk=taught).exists()
    assert not Answer.objects.filter(response__visit_id=taught).exists()
    assert not Contact.objects.filter(pk=taught_contact).exists()
    assert not Promise.objects.filter(contact_id=taught_contact).exists()
    assert not PromiseWords.objects.filter(promise__contact_id=taught_contact).exists()


def test_a_page_knows_only_the_grounds_of_its_roles(owen_teaches_too: Any, as_person: Callable[[str], Any]) -> None:
    client = as_person("owen")
    leads, teaches = (int(owen_teaches_too.school_ids[i]) for i in (1, 0))
    page = client.get(reverse("principal:desk"))
    assert page.status_code == 200
    assert page.wsgi_request.scope.org_ids == {leads}
    assert page.wsgi_request.whole_scope.org_ids == {leads, teaches}
    assert client.get(reverse("teacher:desk")).wsgi_request.scope.org_ids == {teaches}
    menu = page.content.decode()
    assert reverse("teacher:desk") in menu, "the way to the other desk is lost"


def test_a_visit_for_appraisal_is_made_only_where_one_leads(
    owen_teaches_too: Any, scope_of: Callable[[str], Any]
) -> None:
    scope = scope_of("owen")
    leads, teaches = (int(owen_teaches_too.school_ids[i]) for i in (1, 0))
    assert "appraisal" in instruments_do.purposes_for(scope, leads)
    assert instruments_do.purposes_for(scope, teaches) == []


def test_purposes_with_the_same_organizations_are_one_ground() -> None:
    here, there = frozenset({1}), frozenset({2, 3})
    both = scope_of(7, "N", (Grant("principal", 1, "A", here, here), Grant("director", 2, "B", there, there)))
    assert both.opens("notes", "appraisal", 1)
    assert not both.opens("notes", "appraisal", 2)
    assert {frozenset(g.organization_ids) for g in both.dose} == {here | there}
    assert both.acting_as("director").org_ids == there
    assert not both.acting_as("director").opens("notes", "appraisal", 1)
    assert both.has("director", organization_id=3)
    assert not both.has("principal", organization_id=3)
    assert both.why(3) == "director @ B"
    assert both.why(9) == ""


OLD_RULE = """(organization_id = ANY ((select nullif(current_setting('fairlead.orgs', true), ''))::bigint[]) AND
 purpose = ANY ((select nullif(current_setting('fairlead.notes_purposes', true), ''))::text[]))
 OR visitor_id = (select nullif(current_setting('fairlead.person', true), '')::bigint)"""


@pytest.fixture
def cursor(seeded: Any) -> Iterator[Any]:
    with as_owner(), connection.cursor() as cursor:
        yield cursor


def test_walls_of_an_earlier_version_are_renewed(cursor: Any) -> None:
    def rule() -> str:
        cursor.execute(
            "SELECT qual FROM pg_policies WHERE tablename = 'instruments_visit' AND policyname LIKE '%wall'"
        )
        return str(cursor.fetchone()[0])

    new = rule()
    cursor.execute(f"ALTER POLICY purpose_wall ON instruments_visit USING ({OLD_RULE}) WITH CHECK ({OLD_RULE})")
    assert "notes_purposes" in rule()
    renewal = rls.renew_walls()
    assert isinstance(renewal, migrations.RunSQL)
    cursor.execute(renewal.sql[0])
    assert rule() == new.replace(" OR (subject_id = ( SELECT (NULLIF(current_setting('fairlead.person'::text, true), "
                                 "''::text))::bigint AS \"nullif\"))", "")  # fmt: skip


@pytest.mark.parametrize("table", ["roster_person", "instruments_visit", "instruments_answer", "support_contact"])
def test_settings_are_read_once_a_query_and_never_once_a_row(
    table: str, seeded: Any, scope_of: Callable[[str], Any]
) -> None:
    scope_of("owen")
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (VERBOSE, COSTS OFF) SELECT * FROM {table}")
        lines = [line for (line,) in cursor.fetchall()]
    conditions = [line for line in lines if "Filter:" in line or "Cond:" in line]
    assert conditions
    for line in conditions:
        assert "current_setting" not in line
        assert "::bigint[]" not in line, "the text of the setting is read anew for each row"
        assert "::jsonb)" not in line
    inner = [line for line in lines if "current_setting" in line]
    assert inner
    assert all("NULLIF" in line for line in inner)
