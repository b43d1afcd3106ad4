"""A family's link and answer, made for the absence of this morning; as the owner, since nobody has them beforehand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fairlead.apps.attendance.family_services import hashed
from fairlead.apps.attendance.models import AttendanceMark, FamilyAnswer, FamilyLink
from fairlead.apps.roster.models import Guardianship
from tests.access import morning_objects


def absent_student(world: Any) -> int:
    """The student of the unexplained absence at Harbor Point."""
    return int(AttendanceMark.objects.get(pk=morning_objects.absence(world)).student_id)


def link(world: Any, token: str = "token-of-this-test", *, language: str = "vi", **values: Any) -> FamilyLink:
    """An open link with this token, about that absence. In Vietnamese: the page has to say that it is not translated."""
    mark = AttendanceMark.objects.get(pk=morning_objects.absence(world))
    tie = Guardianship.objects.filter(student_id=mark.student_id).order_by("rank")[0]
    Guardianship.objects.filter(pk=tie.pk).update(may_contact=True)
    return FamilyLink.objects.create(
        **{
            "student_id": mark.student_id,
            "guardian_id": tie.guardian_id,
            "organization_id": mark.organization_id,
            "date": mark.date,
            "language": language,
            "token_hash": hashed(token),
            "made_at": world.moment,
            "made_by_id": world.person["luis"],
            "expires_at": world.moment + timedelta(days=7),
        }
        | values
    )


def token(world: Any) -> str:
    """The token of an open link."""
    link(world)
    return "token-of-this-test"


def link_id(world: Any) -> int:
    return int(link(world).pk)


def answer(world: Any) -> int:
    """An answer that waits for the school's decision."""
    used = link(world, used_at=world.moment)
    return FamilyAnswer.objects.create(
        link=used,
        student_id=used.student_id,
        guardian_id=used.guardian_id,
        organization_id=used.organization_id,
        date=used.date,
        at=world.moment,
        reason="illness",
        words="Sốt cao",
    ).pk
