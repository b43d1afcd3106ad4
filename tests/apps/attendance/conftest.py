"""Harbor Point's morning, within reach."""

from __future__ import annotations

from typing import Any

import pytest

from tests.access import morning_objects


@pytest.fixture
def school(seeded: Any) -> int:
    return int(seeded.school_ids[0])


@pytest.fixture
def roll(seeded: Any) -> int:
    return morning_objects.own_roll(seeded)


@pytest.fixture
def missing_roll(seeded: Any) -> int:
    return morning_objects.missing_roll(seeded)


@pytest.fixture
def absence(seeded: Any) -> int:
    return morning_objects.absence(seeded)


@pytest.fixture
def elsewhere(seeded: Any) -> int:
    """An absence at another school."""
    return morning_objects.absence(seeded, school=1)
