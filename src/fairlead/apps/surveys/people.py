"""Whom a survey asks, as the roster stands on a day: each person once, at one school, students about one class."""

from __future__ import annotations

from datetime import date
from typing import Any

from fairlead import clock
from fairlead.apps.access.asking import fetch
from fairlead.apps.surveys.models import Administration

# Who is asked, at which school: each once, where somebody works at two.
STAFF = """
SELECT DISTINCT ON (r.person_id) r.person_id, r.organization_id FROM roster_role r
WHERE r.organization_id = ANY (%(schools)s) AND (%(role)s = '' OR r.role = %(role)s)
  AND r.begins <= %(on)s AND (r.ends IS NULL OR r.ends >= %(on)s)
ORDER BY r.person_id, r.organization_id
"""
# Each student about one class: where there are several, one of them by a hash, which favours none.
STUDENTS = """
SELECT DISTINCT ON (e.student_id) e.student_id, c.organization_id, c.id AS section_id, c.teacher_id
FROM roster_section c
JOIN roster_academicsession y ON y.id = c.session_id AND y.begins <= %(on)s AND y.ends >= %(on)s
JOIN roster_enrollment e ON e.section_id = c.id AND e.begins <= %(on)s AND (e.ends IS NULL OR e.ends >= %(on)s)
JOIN roster_person p ON p.id = e.student_id
WHERE c.organization_id = ANY (%(schools)s)
  AND (%(low)s::int IS NULL OR p.grade >= %(low)s) AND (%(high)s::int IS NULL OR p.grade <= %(high)s)
ORDER BY e.student_id, md5(c.id || '-' || e.student_id || '-' || %(administration)s)
"""
# One guardian a student, whom the family lets be written to, and each guardian once. The class says who carries the slip.
FAMILIES = f"""
SELECT DISTINCT ON (g.guardian_id) g.guardian_id, s.organization_id, s.section_id
FROM ({STUDENTS}) s
CROSS JOIN LATERAL (
    SELECT w.guardian_id FROM roster_guardianship w
    WHERE w.student_id = s.student_id AND w.may_contact AND (w.ends IS NULL OR w.ends >= %(on)s)
    ORDER BY w.rank, w.id LIMIT 1
) g
ORDER BY g.guardian_id, s.student_id
"""  # noqa: S608  (our own words)
_OF = {
    Administration.Asked.STAFF: STAFF,
    Administration.Asked.STUDENTS: STUDENTS,
    Administration.Asked.FAMILIES: FAMILIES,
}


def terms(known: Administration, schools: list[int], today: date) -> dict[str, Any]:
    """What the texts above ask for."""
    return {"administration": known.pk, "schools": schools, "on": max(today, known.opens_on), "role": known.role,
            "low": known.grade_low, "high": known.grade_high}  # fmt: skip


def would_ask(known: Administration) -> list[tuple[str, int]]:
    """Each school of a draft with how many people would be asked there if it opened now; one without any is named too."""
    schools = list(known.schools.order_by("organization_id").values_list("organization_id", flat=True))
    text = f"""
    SELECT o.name, count(a.organization_id) FROM roster_organization o
    LEFT JOIN ({_OF[Administration.Asked(known.asked)]}) a ON a.organization_id = o.id
    WHERE o.id = ANY (%(schools)s) GROUP BY o.id, o.name ORDER BY o.name
    """  # noqa: S608  (our own words)
    return [(name, many) for name, many in fetch(text, **terms(known, schools, clock.today()))]
