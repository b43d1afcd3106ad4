"""Looks at a measure before a person quotes it: range, sign, jump, expected correlation, impossible pairs."""

from fairlead.science.sanity.checks import (
    Bound,
    Checked,
    Correlation,
    Expected,
    Finding,
    Measure,
    check_jump,
    check_measure,
    check_range,
    correlate,
    known,
    named,
)

__all__ = [
    "Bound",
    "Checked",
    "Correlation",
    "Expected",
    "Finding",
    "Measure",
    "check_jump",
    "check_measure",
    "check_range",
    "correlate",
    "known",
    "named",
]
