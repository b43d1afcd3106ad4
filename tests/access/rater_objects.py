"""What the access table names of raters: a set of the demo, an attempt of Dana's, a case with a picture."""

from __future__ import annotations

from typing import Any


def calibration_set(world: Any) -> int:
    """The first set of the short rubric."""
    from fairlead.apps.raters.models import CalibrationSet

    return int(CalibrationSet.objects.order_by("pk").values_list("pk", flat=True)[0])


def calibration_of_dana(world: Any) -> int:
    """Dana's first attempt, at the first set."""
    from fairlead.apps.raters.models import Attempt

    own = Attempt.objects.filter(person_id=world.person["dana"], calibration_set_id=calibration_set(world))
    return int(own.order_by("pk").values_list("pk", flat=True)[0])


def calibration_picture(world: Any) -> int:
    """A case of a set that Dana has begun: with a picture, which the demo's have not."""
    from fairlead.apps.raters.models import Attempt, CalibrationCase, CalibrationSet

    known = CalibrationSet.objects.get(pk=calibration_set(world))
    made, _new = CalibrationSet.objects.get_or_create(
        organization_id=world.network_id,
        version_id=known.version_id,
        name="With a picture",
        defaults={"rule": known.rule},
    )
    case, _new = CalibrationCase.objects.get_or_create(
        organization_id=world.network_id, calibration_set=made, position=1,
        defaults={"title": "A board", "content": b"a picture", "media_type": "image/png", "file_name": "board.png"},
    )  # fmt: skip
    begun = {"organization_id": world.network_id, "person_id": world.person["dana"], "calibration_set": made}
    Attempt.objects.get_or_create(**begun, defaults={"begun_at": "2026-11-18T12:00:00-05:00"})
    return int(case.pk)
