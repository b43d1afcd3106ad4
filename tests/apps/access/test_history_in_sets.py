"""History of tables that imports change by the thousand: the former rows of a statement, and of those that changed only."""

from __future__ import annotations

from typing import Any

import pghistory
from django.db import connection

from fairlead.apps.roster.models import Enrollment
from fairlead.apps.roster.models.teaching import Section
from tests.conftest import as_owner

_FORMER = (
    "SELECT e.pgh_label, e.pgh_obj_id, e.id, e.begins, e.ends, e.student_id, e.section_id, e.organization_id, "
    "c.metadata ->> 'source' FROM roster_enrollmentevent e LEFT JOIN pghistory_context c ON c.id = e.pgh_context_id "
    "ORDER BY e.pgh_label, e.id"
)


def _former() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_FORMER)
        return list(cursor.fetchall())


def _told(label: str, row: Enrollment) -> tuple[Any, ...]:
    return (
        label,
        row.pk,
        row.pk,
        row.begins,
        row.ends,
        row.student_id,
        row.section_id,
        row.organization_id,
        "import",
    )


def test_one_statement_keeps_the_former_rows_of_those_that_it_changed(seeded: Any) -> None:
    with as_owner(), pghistory.context(source="import"):
        first, second, third = before = list(Enrollment.objects.order_by("pk")[:3])
        Enrollment.objects.filter(pk=first.pk).update(ends=seeded.today)
        assert _former() == [_told("update", first)]
        # Of three rows one says already what it will say; one UPDATE before had one row, this has three.
        Enrollment.objects.filter(pk__in=[row.pk for row in before]).update(ends=seeded.today)
        assert _former() == [_told("update", row) for row in before]
        Enrollment.objects.filter(pk=third.pk).update(ends=seeded.today)
        assert len(_former()) == 3, "nothing changed, nothing is kept"
        now = Enrollment.objects.get(pk=second.pk)
        last = _told("delete", now)
        now.delete()
        assert _former() == [last, *(_told("update", row) for row in before)]


def test_no_list_of_rows_is_joined_to_another(seeded: Any) -> None:
    """A join would keep the plan of the connection's first UPDATE, of one row: 200,000 rows would take hours."""
    tables = (Enrollment, Section)
    with connection.cursor() as cursor:
        for model in tables:
            cursor.execute(
                "SELECT p.prosrc FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
                "WHERE t.tgrelid = %s::regclass AND t.tgnewtable IS NOT NULL",
                [model._meta.db_table],
            )
            ((source,),) = cursor.fetchall()
            assert "SELECT * FROM old_values EXCEPT SELECT * FROM new_values" in source
