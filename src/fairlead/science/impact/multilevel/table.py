"""A fit as a table that a person can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.science.impact.wording import counted

if TYPE_CHECKING:
    from fairlead.science.impact.multilevel.result import MultilevelFit


def table(fit: MultilevelFit) -> str:
    """Fixed effects, variances, and what to be careful with."""
    lines = [f"Multilevel model by {fit.criterion}: {fit.formula}", ""]
    width = max(len("Fixed effects"), *(len(effect.term) for effect in fit.fixed))
    lines.append(f"{'Fixed effects':<{width}}  {'estimate':>12}  {'error':>10}  {'df':>9}  {'t':>8}  {'p':>8}")
    for effect in fit.fixed:
        lines.append(
            f"{effect.term:<{width}}  {_number(effect.estimate):>12}  {_number(effect.se):>10}  {effect.df:>9.1f}  "
            f"{effect.t:>8.2f}  {_probability(effect.p):>8}"
        )
    lines += ["", "Random effects"]
    for part in fit.random:
        terms = part.term1 if part.term1 == part.term2 else f"{part.term1}, {part.term2}"
        beside = "" if part.correlation is None else f"  correlation {part.correlation:.3f}"
        if part.term1 == part.term2:
            beside = f"  SD {_number(max(part.covariance, 0.0) ** 0.5)}"
        lines.append(f"  {part.group + ': ' + terms:<{width + 10}}  {_number(part.covariance):>12}{beside}")
    deviation = _number(fit.residual_variance**0.5)
    lines.append(f"  {'residual':<{width + 10}}  {_number(fit.residual_variance):>12}  SD {deviation}")
    groups = ", ".join(counted(count, label) for label, count in fit.groups.items())
    name = "REML criterion" if fit.criterion == "REML" else "deviance"
    lines += [
        "",
        f"{counted(fit.n, 'row')}, {groups}; {name} {fit.value:.4f}; df by {fit.df_method}; "
        f"{'converged' if fit.converged else 'NOT CONVERGED'} after {counted(fit.convergence.iterations, 'step')} "
        f"(gradient {'below 1e-6' if fit.convergence.gradient < 1e-6 else f'{fit.convergence.gradient:.1e}'})",
    ]
    if fit.left:
        gone = ", ".join(f"{left.rows:,} without {left.column}" for left in fit.left)
        lines.append(f"left out: {gone}")
    lines += [f"careful: {warning}" for warning in fit.warnings]
    return "\n".join(lines)


def _number(value: float) -> str:
    return f"{value:.4f}" if 1e-3 <= abs(value) < 1e6 or value == 0 else f"{value:.4g}"


def _probability(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
