"""The invented mornings: repeatable, and such that the walk has something to show."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import polars as pl
import pytest

from fairlead.apps.attendance import selectors
from fairlead.apps.attendance.models import AttendanceMark, Roll
from fairlead.demo import attendance
from fairlead.demo.world import SEED


def rows(seeded: Any, monkeypatch: pytest.MonkeyPatch) -> dict[str, pl.DataFrame]:
    """What the builder would copy, in the order in which it would."""
    copied: dict[str, pl.DataFrame] = {}
    monkeypatch.setattr(attendance, "_copy", lambda table, frame: copied.setdefault(table, frame))
    monkeypatch.setattr(attendance, "_reminder", lambda *_: None)
    attendance.build(deepcopy(seeded), np.random.default_rng([SEED, 2]))
    return copied


def test_the_same_seed_gives_the_same_rows(seeded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    once, twice = rows(seeded, monkeypatch), rows(seeded, monkeypatch)
    assert len(once) == 3
    for table, frame in once.items():
        own = frame.drop("id", "roll_id", strict=False)
        assert len(own) > 10
        assert own.equals(twice[table].drop("id", "roll_id", strict=False)), table


def test_a_mark_for_everyone_on_a_submitted_roll_and_none_on_another(seeded: Any) -> None:
    sizes = np.bincount(seeded.student_section, minlength=seeded.teachers)
    position = {int(pk): i for i, pk in enumerate(seeded.section_ids)}
    marks: dict[int, int] = {}
    for roll_id in AttendanceMark.objects.values_list("roll_id", flat=True):
        marks[roll_id] = marks.get(roll_id, 0) + 1
    for roll in Roll.objects.all():
        expected = int(sizes[position[roll.section_id]]) if roll.submitted_at else 0
        assert marks.get(roll.pk, 0) == expected, roll


def test_the_walk_is_never_empty(seeded: Any, scope_of: Any) -> None:
    """Amara has not taken her roll; others are missing; some families are to be reached, one after four days."""
    school = int(seeded.school_ids[0])
    morning = selectors.this_morning(scope_of("luis"), school, seeded.moment)
    teachers = [m.teacher for m in morning.overdue]
    assert "Amara Okafor" in teachers
    assert len(teachers) >= 2
    assert any(m.reminders for m in morning.overdue)
    assert len(morning.to_reach) >= 3
    assert max(a.days_in_a_row for a in morning.to_reach) >= 4
