"""Help given beside need: equal to the plain index, an interval that covers, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.science.allocation.concentration import concentration
from fairlead.science.allocation.delivered import _indices, delivered

NEED, ASKED = [10.0, 20.0, 20.0, 40.0], [240, 330, 330, 480]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=4, max_size=4).filter(any))
def test_many_rows_at_once_are_the_index_one_by_one(minutes):
    """Another way beside ours: `concentration` works one row out with weights and ties of its own."""
    found = _indices(np.array([minutes, minutes], dtype=float), np.array(NEED))
    assert found == pytest.approx([concentration(minutes, NEED).index] * 2, abs=1e-12)


def test_the_interval_holds_the_index_in_nineteen_of_twenty_samples():
    """Contacts of a known pattern: the share of intervals that hold the index of the pattern, 95 % ± 4 standard errors + 3 %."""
    shares, rng = np.array([0.1, 0.2, 0.3, 0.4]), np.random.default_rng(20261122)
    truth = concentration(shares.tolist(), NEED).index
    held = 0
    for _ in range(200):
        school = rng.choice(4, 120, p=shares)
        told = delivered(school.tolist(), [45.0] * 120, NEED, ASKED, rng, draws=200)
        held += told.low <= truth <= told.high
    assert 0.86 <= held / 200 <= 1


def test_one_contact_has_no_interval():
    told = delivered([3], [60], NEED, ASKED, np.random.default_rng(1))
    assert (told.low, told.high, told.contacts) == (None, None, 1)
    assert told.minutes == (0.0, 0.0, 0.0, 60.0)


@pytest.mark.parametrize(
    ("school", "minutes", "said"),
    [
        ([], [], "at least one is needed"),
        ([4], [60], "from 0 to 3; got 4"),
        ([0], [0], "above 0"),
        ([0, 1], [60], "one value per contact, 2; got 1"),
    ],
)
def test_what_it_refuses(school, minutes, said):
    with pytest.raises(ValueError, match=said):
        delivered(school, minutes, NEED, ASKED, np.random.default_rng(1))
