"""What the worker does of professional learning: at night for all that goes on, at once for a programme whose levels changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection

from fairlead import clock
from fairlead.apps.learning import services, tasks
from fairlead.apps.learning.models import Counted, Invitation, Measured, Programme, WrongCode
from tests.access import learning_objects
from tests.conftest import as_owner, as_worker


def _told(programme: int, what: str) -> Counted | None:
    return Counted.objects.filter(programme_id=programme, what=what).first()


def test_at_night_what_goes_on_is_counted_and_old_wrong_codes_are_forgotten(seeded: Any) -> None:
    programme = learning_objects.programme(seeded)
    Counted.objects.all().delete()
    amara = {"organization_id": int(seeded.school_ids[0]), "person_id": seeded.person["amara"]}
    old, fresh = (WrongCode.objects.create(at=clock.now() - timedelta(hours=h), **amara).pk for h in (25, 1))
    as_worker(tasks.count, 0)
    dose = _told(programme, "dose")
    assert dose is not None
    assert dose.found["n"] == Invitation.objects.filter(programme_id=programme).count()
    assert sum(n for _first, _last, n in dose.found["bands"]) == dose.found["n"]
    assert _told(programme, "practice") is not None, "visits stand for a level"
    assert not WrongCode.objects.filter(pk=old).exists()
    assert WrongCode.objects.filter(pk=fresh).exists(), "it still limits somebody's tries"


def test_a_programme_that_is_long_over_is_left_as_it_was_counted(seeded: Any) -> None:
    programme = learning_objects.programme(seeded)
    Counted.objects.all().delete()
    Programme.objects.filter(pk=programme).update(begins="2024-01-01", ends="2024-06-01")
    as_worker(tasks.count, 0)
    assert not Counted.objects.filter(programme_id=programme).exists()


def test_a_tie_to_visits_asks_for_a_count_and_the_worker_carries_it_out(seeded: Any, scope_of: Any) -> None:
    programme = learning_objects.programme(seeded)
    was = Measured.objects.get(programme_id=programme, source="visits")
    connection.cursor().execute("DELETE FROM procrastinate_jobs")
    ines = scope_of("ines")
    services.untie(ines, programme, was.pk)
    assert _told(programme, "practice") is None
    made = services.tie(ines, programme, was.level, was.source, was.reference, (was.until, was.since))  # type: ignore[arg-type]
    with as_owner():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT (args ->> 'programme_id')::bigint FROM procrastinate_jobs WHERE task_name = %s",
                [services.RECOUNT],
            )
            ((asked,),) = cursor.fetchall()
        assert asked == programme
        as_worker(lambda number: tasks.recount(number), asked)
        told = Counted.objects.get(programme_id=programme, what="practice")
        assert told.reference == str(made.pk)
        assert told.counted_at == clock.now()
