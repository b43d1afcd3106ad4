"""A survey from its draft to its published table, and what the app's login can find out on the way: nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from fairlead.apps.instruments.models import Answer, Response
from fairlead.apps.surveys import counting, links, selectors, services
from fairlead.apps.surveys.models import Administration, Ballot, Invitation, Result, Tie
from tests.access import survey_objects
from tests.apps.surveys import making
from tests.conftest import as_owner


@contextmanager
def as_worker() -> Iterator[None]:
    """As the night's work: the worker's login, which alone opens ballots."""
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL ROLE fairlead_worker")
        yield


def counted(scope: Any, known: Administration, moment: Any) -> None:
    services.close(scope, known.pk)
    with as_worker():
        assert counting.count(known.pk, moment)
        assert not counting.count(known.pk, moment), "once"
    known.refresh_from_db()


def test_from_draft_to_table(seeded: Any, scope_of: Any) -> None:
    ines = scope_of("ines")
    known = making.opened(ines, seeded, making.draft(seeded))
    assert Invitation.objects.filter(administration=known).count() == 20
    big = int(seeded.school_ids[0])
    here = making.secrets(known, organization_id=big)
    for nth, secret in enumerate(here):
        assert making.answered(known, secret, 6 if nth % 2 else 2)
    assert not making.answered(known, here[0]), "once"
    with as_owner():
        assert not Response.objects.filter(day=seeded.today, version_id=known.version_id).exists(), (
            "sealed until it is closed"
        )
    rates = {rate.organization_id: rate for rate in selectors.rates(ines, known)}
    told = len(here) if len(here) >= selectors.FLOOR else None
    assert (rates[big].invited, rates[big].answered) == (len(here), told)
    counted(ines, known, seeded.moment)
    lines = selectors.results(ines, known)
    assert len(lines) == (16 + 4) * 6
    assert {line.state for line in lines if line.organization_id not in (big, seeded.network_id)} == {"few"}
    with as_owner():
        assert not Ballot.objects.filter(administration=known).exists()
        assert Tie.objects.filter(invitation__administration=known).count() == (len(here) if len(here) >= 5 else 0)


def _everybody(scope: Any, seeded: Any, what: Any) -> Administration:
    """Everybody answers, each in their own way."""
    known = making.opened(scope, seeded, what)
    for nth, secret in enumerate(making.secrets(known)):
        assert making.answered(known, secret, 1 + nth % 5)
    return known


@pytest.mark.parametrize("mode", ["confidential", pytest.param("anonymous", marks=pytest.mark.prove)])
def test_the_apps_login_finds_no_way_from_an_answer_to_a_person(seeded: Any, scope_of: Any, mode: str) -> None:
    ines = scope_of("ines")
    known = _everybody(ines, seeded, making.draft(seeded, mode=mode))
    for table in ("surveys_ballot", "surveys_tie"):
        for attempt in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                connection.cursor().execute(attempt)
    counted(ines, known, seeded.moment)
    # An intruder in the app's login may say that they are anybody, and that every purpose is open everywhere.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('fairlead.scores', (SELECT jsonb_object_agg('survey@' || id, 1)::text "
            "FROM roster_organization), true), set_config('fairlead.orgs', (SELECT array_agg(id)::text "
            "FROM roster_organization), true)"
        )
        cursor.execute(
            "SELECT count(*), count(author_id), count(subject_id), count(submitted_at), count(DISTINCT day), "
            "count(DISTINCT language), count(DISTINCT xmin::text) FROM instruments_response WHERE version_id = %s AND day = %s",
            [known.version_id, known.opens_on],
        )
        assert cursor.fetchone() == (20, 0, 0, 0, 1, 1, 1)
        cursor.execute(
            "SELECT organization_id, count(*) FROM instruments_response WHERE version_id = %s AND day = %s GROUP BY 1",
            [known.version_id, known.opens_on],
        )
        assert all(n >= selectors.FLOOR for _organization, n in cursor.fetchall()), "no school with one answer"
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name IN "
            "('surveys_invitation', 'surveys_result', 'surveys_schoolasked') AND data_type LIKE 'uuid%'"
        )
        assert cursor.fetchall() == [], "nothing that could hold a response's id"
    if mode == "anonymous":
        assert Invitation.objects.filter(administration=known).exclude(person=None).count() == 0
        with as_owner():
            assert not Tie.objects.filter(invitation__administration=known).exists()


def test_an_anonymous_ballot_cannot_be_written_with_a_link(seeded: Any) -> None:
    from fairlead.apps.roster.selectors import scope_for

    known = making.opened(
        scope_for(seeded.person["ines"], seeded.today), seeded, making.draft(seeded, mode="anonymous")
    )
    link = Invitation.objects.filter(administration=known)[0]
    with pytest.raises(DatabaseError, match="anonymous_ballot_keeps_no_link"), transaction.atomic():
        Ballot.objects.create(
            administration=known, organization_id=link.organization_id, anonymous=True, invitation=link, answers={}
        )
    with pytest.raises(DatabaseError, match="anonymous_invites_nobody_by_name"), transaction.atomic():
        Invitation.objects.filter(pk=link.pk).update(person_id=seeded.person["amara"])


@pytest.mark.parametrize("change", [{"mode": "anonymous"}, {"purpose": "research"}, {"version_id": 1}])
def test_what_opened_is_what_was_promised(seeded: Any, scope_of: Any, change: dict[str, Any]) -> None:
    known = making.opened(scope_of("ines"), seeded, making.draft(seeded))
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        Administration.objects.filter(pk=known.pk).update(**change)


def test_too_few_answers_are_not_even_opened(seeded: Any, scope_of: Any) -> None:
    ines = scope_of("ines")
    known = making.opened(ines, seeded, making.draft(seeded))
    for secret in making.secrets(known)[:4]:
        assert making.answered(known, secret)
    counted(ines, known, seeded.moment)
    assert {line.state for line in selectors.results(ines, known)} == {"few"}
    assert {rate.answered for rate in selectors.rates(ines, known)} <= {None, 0}
    with as_owner():
        assert not Answer.objects.filter(response__version_id=known.version_id, response__day=seeded.today).exists()
        assert not Ballot.objects.filter(administration=known).exists()


def test_a_link_opens_once_and_only_while_it_is_open(seeded: Any, scope_of: Any) -> None:
    ines = scope_of("ines")
    known = making.opened(ines, seeded, making.draft(seeded))
    first, second, *_rest = making.secrets(known)
    found = links.look(links.written(first).upper())
    assert found is not None
    assert found.state == "open", "however it is typed"
    assert links.decline(first)
    assert not links.decline(first)
    used = links.look(first)
    assert used is not None
    assert used.state == "used"
    services.close(ines, known.pk)
    over = links.look(second)
    assert over is not None
    assert over.state == "over"
    assert not making.answered(known, second)
    assert links.look("abcd-efgh-jkmn") is None


def test_a_slip_outlives_a_renewal_of_the_secret(seeded: Any, scope_of: Any, settings: Any) -> None:
    known = making.opened(scope_of("ines"), seeded, making.draft(seeded))
    secret = making.secrets(known)[0]
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert making.answered(known, secret)
    assert not making.answered(known, secret)
    settings.SECRET_KEY_FALLBACKS = []
    assert links.look(secret) is None


def test_an_answer_that_the_item_does_not_allow_is_refused(seeded: Any, scope_of: Any) -> None:
    known = making.opened(scope_of("ines"), seeded, making.draft(seeded))
    secret = making.secrets(known)[0]
    with pytest.raises(ValidationError):
        making.answered(known, secret, 7)
    found = links.look(secret)
    assert found is not None
    assert found.state == "open", "the link is not used up by a mistake"


def test_slips_are_for_who_has_not_answered(seeded: Any, scope_of: Any) -> None:
    ines, school = scope_of("ines"), int(seeded.school_ids[0])
    known = making.opened(ines, seeded, making.draft(seeded))
    before = services.make_slips(ines, known.pk, school)
    assert len({slip.secret for slip in before}) == len(before) > 3
    assert all(slip.name for slip in before)
    assert making.answered(known, before[0].secret)
    after = services.make_slips(ines, known.pk, school)
    assert len(after) == len(before) - 1
    assert links.look(before[1].secret) is None, "a slip of before no longer opens"
    nameless = making.opened(ines, seeded, making.draft(seeded, mode="anonymous"))
    assert {slip.name for slip in services.make_slips(ines, nameless.pk, school)} == {""}


def test_students_answer_about_one_class(seeded: Any, scope_of: Any) -> None:
    ines = scope_of("ines")
    known = making.opened(ines, seeded, making.students(seeded, grade_low=3))
    rows = Invitation.objects.filter(administration=known)
    assert 0 < rows.count() <= 300
    assert not rows.filter(section=None).exists()
    assert not rows.exclude(person=None).exists()
    found = links.look(making.secrets(known, teacher_id=seeded.person["amara"])[0])
    assert found is not None
    assert found.teacher == "Amara Okafor"


def test_a_stranger_runs_nothing(seeded: Any, scope_of: Any) -> None:
    known = making.opened(scope_of("ines"), seeded, making.draft(seeded))
    owen = scope_of("owen")
    for attempt in (
        lambda: services.close(owen, known.pk),
        lambda: services.make_slips(owen, known.pk, int(seeded.school_ids[0])),
        lambda: services.create(owen, seeded.network_id, making.draft(seeded)),
    ):
        with pytest.raises(services.NotThere):
            attempt()
    assert {rate.organization_id for rate in selectors.rates(owen, known)} == {int(seeded.school_ids[1])}


def test_reminders_end(seeded: Any, scope_of: Any, settings: Any) -> None:
    settings.PUBLIC_ADDRESS = "https://fairlead.example"
    ines = scope_of("ines")
    known = making.opened(ines, seeded, making.draft(seeded))
    services.remind(ines, known.pk)
    with pytest.raises(ValidationError, match="two days later"):
        services.remind(ines, known.pk)
    known.refresh_from_db()
    later = seeded.today + timedelta(days=2)
    assert services.why_no_reminder(known, later) == ""
    known.reminders = services.MOST_REMINDERS
    assert "pressure" in services.why_no_reminder(known, later)


def test_a_school_that_is_alone_in_being_small_takes_another_with_it() -> None:
    places: Sequence[tuple[int, int | None]] = [(2, 1)] * 8 + [(3, 2)] * 6 + [(4, 3)] * 2
    assert counting.coarse(places, 1, 5) == [(2, 1)] * 8 + [(1, None)] * 8
    both: Sequence[tuple[int, int | None]] = [(2, 1)] * 8 + [(2, 9)] * 5 + [(2, 7)] * 1
    assert counting.coarse(both, 1, 5) == [(2, 1)] * 8 + [(2, None)] * 6


def test_a_result_that_is_withheld_cannot_be_stored(seeded: Any) -> None:
    from fairlead.apps.roster.selectors import scope_for

    known = making.opened(scope_for(seeded.person["ines"], seeded.today), seeded, making.draft(seeded))
    values = {
        "administration": known,
        "organization_id": seeded.network_id,
        "part": "item",
        "key": "x",
        "position": 1,
    }
    with pytest.raises(DatabaseError, match="too_few_answers"), transaction.atomic():
        Result.objects.create(**values, state="few", n=3)


def test_erasing_a_person_cuts_the_tie_and_takes_a_sealed_ballot(seeded: Any) -> None:
    from fairlead.apps.access import erasure
    from fairlead.apps.roster.models import Person

    amara = seeded.person["amara"]
    open_now = Administration.objects.get(pk=survey_objects.opened(seeded))
    mine = Invitation.objects.get(administration=open_now, person_id=amara)
    assert making.answered(open_now, services.renew(mine.pk), 3)
    assert Ballot.objects.filter(invitation=mine).exists()
    tied = list(Tie.objects.filter(invitation__person_id=amara).values_list("response_id", flat=True))
    erasure.erase(Person.objects.get(pk=amara))
    assert not Ballot.objects.filter(invitation_id=mine.pk).exists()
    assert not Tie.objects.filter(response_id__in=tied).exists()
    assert Response.objects.filter(pk__in=tied).count() == len(tied), "an answer that names nobody stays"
