"""What may be told of a whole programme: no band that a school's leader could subtract their own from."""

from __future__ import annotations

from datetime import date

import pytest

from fairlead.apps.learning import codes
from fairlead.apps.learning.counting import together
from fairlead.apps.learning.selectors import Dose
from fairlead.apps.learning.spreading import band, spread


def dose(had: int, offered: int) -> Dose:
    return Dose(1, 1, "A", "S", date(2026, 9, 1), False, offered, had, 1, 1)


@pytest.mark.parametrize(
    ("share", "expected"), [(0, 0), (0.01, 1), (0.25, 2), (0.5, 3), (0.749, 3), (0.75, 4), (0.999, 4), (1.0, 5)]
)
def test_bands_have_their_lower_edge(share: float, expected: int) -> None:
    assert band(share) == expected


def test_a_band_of_one_school_is_told_with_its_neighbour() -> None:
    two_schools = [(1, 0.0)] * 5 + [(2, 0.0)] * 5
    assert together(two_schools + [(1, 0.6)] * 30) == [(0, 5, 40)], "the second band is all of one school"
    assert together(two_schools + [(1, 0.6)] * 9 + [(2, 0.6)] * 5) == [(0, 0, 10), (1, 5, 14)]


def test_nothing_is_told_of_one_school_or_of_few() -> None:
    assert together([(1, 0.5)] * 100) == []
    assert together([(1, 0.5)] * 100 + [(2, 0.5)] * 4) == []


def test_everybody_offered_counts_and_those_offered_nothing_do_not() -> None:
    found = spread([dose(0, 120), dose(60, 120), dose(120, 120), dose(0, 0)])
    assert found is not None
    assert (found.n, found.bands, found.hours) == (3, (1, 0, 0, 1, 0, 1), 3.0)
    assert found.quartiles == (0.25, 0.5, 0.75)
    assert spread([dose(0, 0)]) is None


def test_a_code_fits_its_own_session_however_it_is_typed_and_no_renewed_one() -> None:
    code = codes.code(7, 0)
    assert len(code) == codes.LENGTH
    assert codes.fits(f" {code[:3].upper()}-{code[3:]}", 7, 0)
    assert not codes.fits(code, 7, 1)
    assert not codes.fits(code, 8, 0)
    assert not codes.fits("", 7, 0)
