"""Wilson's interval against published numbers."""

import doctest

import pytest

from fairlead.science import proportion
from fairlead.science.proportion import wilson


@pytest.mark.parametrize(
    ("numerator", "n", "low", "high"),
    [
        # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_newcombes_table(numerator, n, low, high):
    share = wilson(numerator, n)
    assert share.value == numerator / n
    assert (share.low, share.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


@pytest.mark.parametrize(("numerator", "n"), [(1, 0), (-1, 4), (5, 4)])
def test_what_is_no_share_is_refused(numerator, n):
    with pytest.raises(ValueError, match="no share"):
        wilson(numerator, n)


def test_examples():
    assert doctest.testmod(proportion).failed == 0
