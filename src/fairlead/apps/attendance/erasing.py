"""What a device sent of an erased student; wrong numbers of an erased guardian."""

from __future__ import annotations

from fairlead.apps.access.erasure import Erasing


def erase(erasing: Erasing) -> None:
    """Takings of rolls stay, without the student's mark. A device that still holds one is refused: the list has changed."""
    student = str(erasing.person_id)
    erasing.execute(
        "attendance_arrival",
        "forgets the person",
        "UPDATE attendance_arrival SET payload = payload - %s WHERE payload ? %s",
        [student, student],
    )
    for table in ("attendance_familycontact", "attendance_familycontactevent"):
        # the guardian's column is empty by now: nobody is left to whom the number belongs
        erasing.execute(
            table,
            "forgets the person",
            f"UPDATE {table} SET phone = '' WHERE guardian_id IS NULL AND phone <> ''",  # noqa: S608
            [],
        )
