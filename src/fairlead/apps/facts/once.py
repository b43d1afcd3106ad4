"""The days of a network's students, read from their tables once, for work that counts many measures over them.

A day of a student is a join of roll, enrollment and mark, and of the periods where a roll is taken in each. A page
asks for one school and one measure, and asks the view. The night's count asks ten measures of every school, and the
publication of a month asks again: there the join costs more than all that is counted over it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from fairlead.apps.access.scope import Scope
from fairlead.apps.facts.selectors import Question

# A temporary table goes before a view of its name. So every measure keeps one text, and counts these rows instead.
_STUDENT_DAY = """
CREATE TEMPORARY TABLE facts_student_day AS
SELECT * FROM public.facts_student_day
WHERE organization_id = ANY (%(schools)s) AND date BETWEEN %(since)s AND %(ends)s
"""
_SCHOOL_DAY = (
    "SELECT pg_get_viewdef('public.facts_school_day'::regclass)"  # it reads the days of students by their name
)
_MEMORY = "64MB"  # so that the hashes of a network's days need no files


@contextmanager
def read_once(scope: Scope, question: Question) -> Iterator[None]:
    """Within, all measures of these schools, from the session's first day to the question's last, count the same rows.

    Nothing may write attendance meanwhile, and no question may reach further; one does not go into another.
    """
    asked: dict[str, Any] = {
        "schools": sorted(set(question.organization_ids) & scope.org_ids),
        "since": min(question.since, min(question.periods).begins),
        "ends": question.ends,
    }
    with transaction.atomic(), connection.cursor() as cursor:  # what goes wrong takes the tables with it
        cursor.execute("SELECT set_config('work_mem', %s, true)", [_MEMORY])
        cursor.execute(_SCHOOL_DAY)
        school_day = cursor.fetchone()[0].rstrip(";")
        cursor.execute(_STUDENT_DAY, asked)
        cursor.execute("ANALYZE pg_temp.facts_student_day")
        cursor.execute(f"CREATE TEMPORARY TABLE facts_school_day AS {school_day}")
        yield
        cursor.execute("DROP TABLE pg_temp.facts_school_day, pg_temp.facts_student_day")
