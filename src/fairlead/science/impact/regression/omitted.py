"""How strong a variable that nobody measured would have to be to change the answer.

Source
------
Cinelli & Hazlett (2020), doi:10.1111/rssb.12348: the bias, eqs. 7 to 10; partial R² and robustness values, eqs. 15 to 20;
bounds by observed covariates, eqs. 26 to 28 and appendix B.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fairlead.science.impact.moments import INTERCEPT
from fairlead.science.impact.printed import Printed
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.result import RegressionFit

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Robustness:
    """What an estimate withstands.

    Attributes
    ----------
    partial_r2 : of the treatment with the outcome; a variable that explains all that is left of the outcome must explain
        as much of the treatment to bring the estimate to nothing.
    robustness : the share of what is left of both treatment and outcome that a variable must explain to reduce the
        estimate by `q` of itself.
    robustness_alpha : the same until it is no longer significant at `alpha`.
    """

    partial_r2: float
    robustness: float
    robustness_alpha: float
    q: float
    alpha: float


@dataclass(frozen=True, slots=True)
class Bound:
    """The estimate if the unmeasured variable were at most `times` as strong as the named covariates."""

    benchmark: str
    times: float
    r2_treatment: float
    r2_outcome: float
    estimate: float
    se: float
    t: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class OmittedVariable(Printed):
    """Sensitivity of one coefficient to a variable that was left out."""

    term: str
    estimate: float
    se: float
    df: float
    errors: str
    classical_se: float
    residual_df: int
    robustness: Robustness
    bounds: tuple[Bound, ...]
    warnings: tuple[str, ...]

    def __str__(self) -> str:
        r = self.robustness
        lines = [
            f"{self.term}: {self.estimate:.4f} ({self.se:.4f}, {self.errors})",
            f"An unmeasured variable that explains {r.robustness:.1%} of what is left of both {self.term} and the outcome "
            f"reduces the estimate by {r.q:.0%}; {r.robustness_alpha:.1%} makes it no longer significant at "
            f"{r.alpha:g}. If it explains all of the outcome, {r.partial_r2:.1%} of {self.term} is enough.",
        ]
        if self.bounds:
            lines.append(
                f"{'as strong as':<28}{'treatment R²':>14}{'outcome R²':>12}{'estimate':>12}{'error':>10}{'t':>8}"
            )
        lines += [
            f"{f'{b.times:g} × {b.benchmark}':<28}{b.r2_treatment:>14.4f}{b.r2_outcome:>12.4f}{b.estimate:>12.4f}"
            f"{b.se:>10.4f}{b.t:>8.2f}"
            for b in self.bounds
        ]
        return "\n".join([*lines, *(f"careful: {text}" for text in self.warnings)])


def robustness(
    estimate: float,
    se: float,
    df: float,
    *,
    q: float = 1.0,
    alpha: float = 0.05,
    robust_se: float | None = None,
    robust_df: float | None = None,
) -> Robustness:
    """Partial R² and robustness values from what every table of results prints.

    Parameters
    ----------
    estimate, se, df : with the classical error and the residual degrees of freedom.
    q : the share of the estimate that must go; 1 brings it to zero.
    alpha : of the two-sided test.
    robust_se, robust_df : the error by cluster and its degrees of freedom, which then decide what is significant. Bias
        does not depend on them.

    Examples
    --------
    The paper's own case, violence in Darfur (table 1), from t and its degrees of freedom alone:

    >>> from fairlead.science.impact.regression import robustness
    >>> found = robustness(4.18, 1.0, 783)
    >>> f"{found.partial_r2:.1%} {found.robustness:.1%} {found.robustness_alpha:.1%}"
    '2.2% 13.9% 7.6%'
    """
    if not (se > 0 and df > 1 and 0 < alpha < 1 and q > 0):
        raise EstimationError(
            [
                Problem(
                    "robustness",
                    "an error, degrees of freedom, a share and a level",
                    f"se {se:g}, df {df:g}, q {q:g}, alpha {alpha:g}",
                    "se > 0, df > 1, q > 0, 0 < alpha < 1",
                )
            ]
        )
    f = abs(estimate) / se / np.sqrt(df)
    wider = 1.0 if robust_se is None else robust_se / se
    critical = float(stats.t.ppf(1 - alpha / 2, robust_df or df - 1)) * wider / np.sqrt(df - 1)
    least = q * f - critical
    if least <= 0:
        rv_alpha = 0.0
    elif q * f > 1 / critical:  # a variable that leaves more of the outcome's residual is then the worse one
        rv_alpha = ((q * f) ** 2 - critical**2) / (1 + (q * f) ** 2)
    else:
        rv_alpha = _both(least)
    return Robustness(float(f**2 / (1 + f**2)), _both(q * f), float(rv_alpha), q, alpha)


def omitted_variable(
    fit: RegressionFit,
    term: str,
    *,
    benchmarks: Sequence[str] | Mapping[str, Sequence[str]] = (),
    times: Sequence[float] = (1.0, 2.0, 3.0),
    q: float = 1.0,
    alpha: float = 0.05,
) -> OmittedVariable:
    """Robustness values of a coefficient, and what it would be with a variable as strong as known covariates.

    For observational comparisons, above all. It says how strong an unmeasured variable must be, not whether there is
    one; and bounds are as good as the covariates that they compare with.

    Parameters
    ----------
    fit : any regression; the refits it needs are of its moments.
    term : the treatment's coefficient.
    benchmarks : names of coefficients, or names of groups of them, as of a factor: {"race": ["race=black", …]}.
    times : how many times as strong as a benchmark.

    Notes
    -----
    The bias depends on no error. With errors by cluster, what is significant is decided by them: the adjusted error is
    taken to shrink as the classical one would, √((1 − R²_Y)/(1 − R²_D)), which holds where the variable explains as much
    within clusters as between them.
    """
    place, found = fit.place(term), fit.term(term)
    state = fit.state.facing(*(fit.place(name) for name in fit.names if name != INTERCEPT))
    working = state.working
    gram = working.grams.sum(axis=0)
    free = fit.n - fit.rank
    classical = float(np.sqrt(fit.residual_variance * state.bread[place, place])) * abs(working.back[place, place])
    by_name = benchmarks if isinstance(benchmarks, Mapping) else {name: (name,) for name in benchmarks}
    same = fit.errors == "classical"
    told: list[str] = []
    bounds: list[Bound] = []
    for name, members in by_name.items():
        chosen = np.array([fit.place(member) for member in members], dtype=np.intp)
        if place in chosen:
            raise EstimationError([Problem("benchmarks", "the treatment is no benchmark of itself", name)])
        with_treatment = _partial_r2(gram[:-1, :-1], place, chosen)
        with_outcome = _partial_r2(gram, gram.shape[0] - 1, chosen)
        for strength in times:
            r2_d, r2_y = bound_by(with_treatment, with_outcome, strength)
            if r2_d >= 1:
                told.append(f"{strength:g} × {name}: no variable can explain that much of {term}")
                continue
            if r2_y >= 1:
                told.append(f"{strength:g} × {name}: taken as explaining all that is left of the outcome")
            r2_y = min(r2_y, 1.0)
            bounds.append(
                _bound(name, strength, r2_d, r2_y, found.estimate, classical, found.se, found.df, free, alpha)
            )
    return OmittedVariable(
        term=term,
        estimate=found.estimate,
        se=found.se,
        df=found.df,
        errors=fit.errors,
        classical_se=classical,
        residual_df=free,
        robustness=robustness(
            found.estimate,
            classical,
            free,
            q=q,
            alpha=alpha,
            robust_se=None if same else found.se,
            robust_df=None if same else found.df,
        ),
        bounds=tuple(bounds),
        warnings=tuple(told),
    )


def bound_by(with_treatment: float, with_outcome: float, times: float) -> tuple[float, float]:
    """The strength of a variable `times` as strong as a benchmark, from the benchmark's own partial R².

    Parameters
    ----------
    with_treatment : partial R² of the benchmark with the treatment, given the other covariates.
    with_outcome : with the outcome, given treatment and the other covariates.

    Returns
    -------
    Partial R² of the variable with the treatment and with the outcome (eqs. 26 to 28). Either may come out at 1 or more:
    then no such variable exists, or it explains everything.
    """
    r2_d = times * with_treatment / (1 - with_treatment)
    if r2_d >= 1:
        return r2_d, 1.0
    with_it = times * with_treatment**2 / ((1 - times * with_treatment) * (1 - with_treatment))
    if times * with_treatment >= 1 or with_it >= 1:
        return r2_d, 1.0
    eta = (np.sqrt(times) + np.sqrt(with_it)) / np.sqrt(1 - with_it)
    return r2_d, float(eta**2 * with_outcome / (1 - with_outcome))


def adjusted(
    estimate: float, classical: float, se: float, df: float, r2_treatment: float, r2_outcome: float
) -> tuple[float, float]:
    """Estimate, nearer to zero or past it, and error, had a variable of this strength been in the model."""
    bias = classical * np.sqrt(df * r2_outcome * r2_treatment / (1 - r2_treatment))
    factor = np.sqrt((1 - r2_outcome) / (1 - r2_treatment) * df / (df - 1))
    return float(estimate - np.sign(estimate) * bias), float(se * factor)


def _bound(
    name: str,
    strength: float,
    r2_d: float,
    r2_y: float,
    estimate: float,
    classical: float,
    se: float,
    robust_df: float,
    df: int,
    alpha: float,
) -> Bound:
    value, error = adjusted(estimate, classical, se, df, r2_d, r2_y)
    half = float(stats.t.ppf(1 - alpha / 2, robust_df - 1 if robust_df == df else robust_df)) * error
    t = value / error if error > 0 else float(np.sign(value) * np.inf)
    return Bound(name, float(strength), r2_d, r2_y, value, error, t, value - half, value + half)


def _partial_r2(gram: Array, target: int, chosen: NDArray[np.intp]) -> float:
    """Share of what the other columns leave of the target that `chosen` explain."""
    others = np.setdiff1d(np.arange(gram.shape[0]), [target, *chosen])
    without = _left(gram, target, others)
    return float(1 - _left(gram, target, np.concatenate([others, chosen])) / without)


def _left(gram: Array, target: int, columns: NDArray[np.intp]) -> float:
    if not columns.size:
        return float(gram[target, target])
    x, y = gram[np.ix_(columns, columns)], gram[columns, target]
    return float(gram[target, target] - y @ np.linalg.solve(x, y))


def _both(f: float) -> float:
    """Where r/√(1 − r) = f."""
    return float((np.sqrt(f**4 + 4 * f**2) - f**2) / 2)
