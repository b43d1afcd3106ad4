"""Walls: sets and cases for whoever rates in the network; what somebody scored behind its purpose; counts by the worker."""

from django.db import migrations

from fairlead.apps.access.rls import organization_wall, purpose_wall, worker_writes

_WALLED = (
    ("attempt", ("person_id",)),
    ("attemptcase", ("person_id",)),
    ("ratedtwice", ("rater_id", "second_id", "subject_id")),
    ("agreedwith", ("person_id",)),
)


class Migration(migrations.Migration):
    dependencies = [
        ("raters", "0001_initial"),
        ("instruments", "0013_certificates_behind_their_purpose"),
    ]
    operations = [
        *(
            organization_wall(f"raters_{name}", up=True)
            for name in ("calibrationset", "calibrationsetevent", "calibrationcase")
        ),
        *(purpose_wall(f"raters_{name}", person_columns=own, use="scores", worker="write") for name, own in _WALLED),
        *(
            purpose_wall(
                f"raters_{name}",
                person_columns=("rater_id", "second_id", "subject_id"),
                use="dose",
                worker="write",
            )
            for name in ("secondlook", "secondlookevent")
        ),
        organization_wall("raters_seconddraw"),
        organization_wall("raters_together", worker="write"),
        organization_wall("raters_endnotice", own=("person_id",), worker="write"),
        worker_writes("instruments_certificateevent"),
    ]
