"""A regression as a table that a person can read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from fairlead.science.impact.wording import counted

if TYPE_CHECKING:
    from fairlead.science.impact.regression.result import Coefficient, RegressionFit


def table(fit: RegressionFit) -> str:
    """Coefficients, where their errors come from, and what to be careful with."""
    lines = [f"Least squares: {fit.formula}"]
    if fit.absorb:
        lines[0] += f", fixed effects of {' and '.join(fit.absorb)} taken out"
    lines += ["", *coefficients(fit.coefficients), ""]
    by = f", {counted(fit.clusters, 'cluster')} of {':'.join(fit.cluster)}" if fit.clusters is not None else ""
    lines.append(
        f"{counted(fit.n, 'row')}{by}; {fit.errors} errors; R² {fit.r2:.4f}{' within' if fit.absorb else ''}"
    )
    if fit.left:
        gone = ", ".join(f"{left.rows:,} without {left.column}" for left in fit.left)
        lines.append(f"left out: {gone}")
    lines += [f"careful: {warning}" for warning in fit.warnings]
    return "\n".join(lines)


def coefficients(found: Sequence[Coefficient], title: str = "term") -> list[str]:
    """One line for each, under a head."""
    width = max(len(title), *(len(item.term) for item in found))
    lines = [
        f"{title:<{width}}  {'estimate':>12}  {'error':>10}  {'df':>9}  {'t':>8}  {'p':>8}  {'95 % interval':>26}"
    ]
    for item in found:
        between = f"{number(item.low)} to {number(item.high)}"
        lines.append(
            f"{item.term:<{width}}  {number(item.estimate):>12}  {number(item.se):>10}  {item.df:>9.1f}  "
            f"{item.t:>8.2f}  {probability(item.p):>8}  {between:>26}"
        )
    return lines


def number(value: float) -> str:
    """Four decimals, or four digits where these say nothing."""
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:.4g}"


def probability(p: float) -> str:
    """Never a p of zero."""
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
