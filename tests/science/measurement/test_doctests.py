"""The examples in the docstrings of measurement are true, and every public name is there."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

from fairlead.science import measurement

MODULES = sorted(item.name for item in pkgutil.walk_packages(measurement.__path__, f"{measurement.__name__}."))


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name), raise_on_error=False)
    assert failed == 0


@pytest.mark.parametrize("name", measurement.__all__)
def test_names(name: str) -> None:
    assert getattr(measurement, name).__name__ == name


def test_what_is_not_there_is_not_found() -> None:
    with pytest.raises(AttributeError, match="no attribute 'gamma'"):
        measurement.gamma  # noqa: B018


def test_a_page_loads_no_more_than_it_needs() -> None:
    """Desks ask for agreement and shares in a request: no compiler, no frames, no statistics of scipy."""
    code = (
        "import sys; from fairlead.science.measurement import cronbach_alpha, decide, hours_below_grade, kappa, "
        "krippendorff_alpha, ratio_of_shares; "
        "print(sorted({'numba', 'polars', 'pandas', 'duckdb', 'scipy.stats'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
