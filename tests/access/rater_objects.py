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


def calibration_version(world: Any) -> int:
    """The version of the first set."""
    from fairlead.apps.raters.models import CalibrationSet

    return int(CalibrationSet.objects.get(pk=calibration_set(world)).version_id)


def look_of_dana(world: Any) -> int:
    """A visit of Dana's that a second rater joins, made for this test when the demo has none that waits."""
    from fairlead.apps.raters.models import SecondLook

    waiting = SecondLook.objects.filter(rater_id=world.person["dana"], drawn=True, response=None, refused="")
    known = waiting.order_by("pk").first()
    if known is None:
        known = SecondLook.objects.create(
            organization_id=int(world.school_ids[0]), purpose="coaching", draw_id=draw_to_come(world), version_id=calibration_version(world),
            begins="2026-11-19", ends="2026-12-18", rater_id=world.person["dana"],
            subject_id=world.person["amara"], second_id=world.person["nadia"], position=0, drawn=True,
        )  # fmt: skip
    return int(known.pk)


def draw_to_come(world: Any) -> int:
    """A draw that is committed to and not drawn."""
    from fairlead.apps.raters.models import SecondDraw

    other = SecondDraw.objects.order_by("pk")[0]
    made, _new = SecondDraw.objects.get_or_create(
        organization_id=world.network_id, commitment="0" * 64,
        defaults={"version_id": other.version_id, "purpose": "coaching", "begins": "2026-11-19", "ends": "2026-12-18",
                  "share": 0.3, "committed_at": "2026-11-18T12:00:00-05:00", "seed": "s", "salt": "s"},
    )  # fmt: skip
    return int(made.pk)
