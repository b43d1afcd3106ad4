"""McDonald's omega: the reliability of a sum of items that measure one thing with unequal strength, and whether they do.

Sources
-------
Omega: McDonald (1999), Test Theory, eq. 6.20. One factor by maximum likelihood: Jöreskog (1967), doi:10.1007/BF02289658, and
Lawley & Maxwell (1971), Factor Analysis as a Statistical Method, chapter 4. RMSEA: Steiger & Lind (1980); Browne & Cudeck
(1992), doi:10.1177/0049124192021002005. Bartlett's correction of the test: Lawley & Maxwell, p. 36.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from fairlead.science.measurement.problems import MeasurementError, refusal
from fairlead.science.measurement.ratings import complete, matrix

Array = NDArray[np.float64]
LEAST_UNIQUE = 0.005  # of an item's variance: below it the fit is improper (a Heywood case)
POOR_RMSEA = 0.10


@dataclass(frozen=True, slots=True)
class FactorFit:
    """How well one factor describes the items. `p` is None with three items, which one factor always fits."""

    chi2: float
    df: int
    p: float | None
    rmsea: float | None
    srmr: float
    cfi: float | None


@dataclass(frozen=True, slots=True)
class McDonaldOmega:
    """Omega total of one factor, with the loadings and the fit it rests on. `low` and `high` are None without `rng`."""

    value: float
    low: float | None
    high: float | None
    level: float
    loadings: tuple[float, ...]  # standardized
    names: tuple[str, ...]
    fit: FactorFit
    n: int
    incomplete: int
    converged: bool
    heywood: tuple[str, ...]  # items whose error variance was held at its least value
    failed: int  # resamples without a fit
    warnings: tuple[str, ...]


def mcdonald_omega(
    items: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    rng: np.random.Generator | None = None,
    resamples: int = 1000,
    level: float = 0.95,
) -> McDonaldOmega:
    """Omega total of a table of persons by items, from one factor fitted by maximum likelihood.

    What alpha wants to be where items measure one thing, but not all equally well. Where the fit is poor they measure more than
    one, and no single number is the reliability of their sum: look at `fit`.

    Parameters
    ----------
    items : (n, k) answers, three items or more, reversed ones turned round; persons with a missing answer are left out.
    names : of the items.
    rng : for a percentile interval by resampling persons. None: no interval.
    resamples : how many.
    level : float

    Returns
    -------
    McDonaldOmega

    Raises
    ------
    MeasurementError
        Fewer than three items, too few persons, an item that does not vary or is a copy of another.

    Notes
    -----
    ω = (Σλ)² ÷ [(Σλ)² + Σψ], with loadings λ and error variances ψ in the items' own units, so that it is of their plain sum.
    Normal answers are assumed by the test of fit, not by ω. An item's error is kept above 0.5 % of its variance; that is told.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(1)
    >>> ability = rng.normal(size=400)
    >>> found = mcdonald_omega(ability[:, None] * [1.0, 0.8, 0.6, 0.9] + rng.normal(size=(400, 4)))
    >>> found.converged, round(found.value, 2), found.fit.df
    (True, 0.71, 2)
    """
    table = matrix(items, rows="persons", columns="items")
    k = table.shape[1]
    labels = tuple(names) if names is not None else tuple(str(i + 1) for i in range(k))
    if len(labels) != k:
        raise refusal("names", "one name an item", f"{len(labels)} names, {k} items")
    if k < 3:
        raise refusal("items", "one factor of two items is not determined", f"{k}", "three or more", "use alpha")
    x, incomplete = complete(table, rows="persons")
    n = x.shape[0]
    if n <= k:
        raise refusal("persons", "fewer persons than items", f"{n} persons, {k} items")
    _check(x, labels)
    value, loadings, unique, converged, fit = _omega(x)
    low = high = None
    failed = 0
    if rng is not None:
        drawn = []
        for _ in range(resamples):
            again = x[rng.integers(0, n, n)]
            try:
                _check(again, labels)
            except MeasurementError:
                failed += 1
                continue
            drawn.append(_omega(again, fit=False)[0])
        tail = (1 - level) / 2
        if len(drawn) >= resamples / 2:
            low, high = (float(end) for end in np.quantile(drawn, [tail, 1 - tail]))
    heywood = tuple(label for label, u in zip(labels, unique, strict=True) if u <= LEAST_UNIQUE * 1.001)
    warnings = []
    if not converged:
        warnings.append("the factor's fit did not converge")
    if heywood:
        warnings.append(f"improper: {', '.join(heywood)} would have no error of its own; the factor is that item")
    if fit.rmsea is not None and fit.rmsea > POOR_RMSEA:
        warnings.append(f"one factor fits poorly (RMSEA {fit.rmsea:.2f}): the items measure more than one thing")
    if (loadings < 0).any() and (loadings > 0).any():
        warnings.append("some items run against the others: turn reversed items round first")
    return McDonaldOmega(
        value, low, high, level, tuple(float(one) for one in loadings), labels, fit, n, incomplete, converged, heywood,
        failed, tuple(warnings),
    )  # fmt: skip


def one_factor(correlation: Array, *, exact: bool = True) -> tuple[Array, Array, float, bool]:
    """Loadings (k,), error variances (k,), the discrepancy at its minimum and whether the search ended.

    Parameters
    ----------
    correlation : (k, k) positive definite.
    exact : to the last digits; else to about the fifth, for resampling.

    Notes
    -----
    For given ψ the best loadings are known from the first eigenvector of ψ^(−1/2) R ψ^(−1/2), and the discrepancy is
    Σ (θ − log θ − 1) over the other eigenvalues; its slope in ψ_i is (Σ̂ − R)_ii ÷ ψ_i².
    """
    k = correlation.shape[0]
    start = np.clip((1 - 0.5 / k) / np.diag(np.linalg.inv(correlation)), LEAST_UNIQUE, 1.0)

    def loadings(unique: Array) -> tuple[Array, Array]:
        root = np.sqrt(unique)
        roots, vectors = np.linalg.eigh(correlation / np.outer(root, root))
        return vectors[:, -1] * np.sqrt(max(roots[-1] - 1, 0.0)) * root, roots

    def discrepancy(logs: Array) -> tuple[float, Array]:
        unique = np.exp(logs)
        lam, roots = loadings(unique)
        rest = roots[:-1]
        slope = (lam**2 + unique - np.diag(correlation)) / unique  # in log ψ
        return float((rest - np.log(rest) - 1).sum()), slope

    found = optimize.minimize(
        discrepancy,
        np.log(start),
        jac=True,
        method="L-BFGS-B",
        bounds=[(np.log(LEAST_UNIQUE), 0.0)] * k,
        options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-9}
        if exact
        else {"maxiter": 200, "ftol": 1e-10, "gtol": 1e-5},
    )
    unique = np.exp(found.x)
    lam, _ = loadings(unique)
    if lam.sum() < 0:
        lam = -lam
    _, slope = discrepancy(found.x)
    inner = (found.x > np.log(LEAST_UNIQUE) + 1e-9) & (found.x < -1e-12)
    calm = float(np.abs(slope[inner]).max()) < 1e-4 if inner.any() else True
    return lam, unique, float(found.fun), bool(calm)


def _omega(x: Array, *, fit: bool = True) -> tuple[float, Array, Array, bool, FactorFit]:
    n = x.shape[0]
    scale = x.std(axis=0, ddof=1)
    correlation: Array = np.asarray(np.corrcoef(x, rowvar=False))
    lam, unique, least, converged = one_factor(correlation, exact=fit)
    common = float((lam * scale).sum()) ** 2
    value = common / (common + float((unique * scale**2).sum()))
    return (
        value,
        lam,
        unique,
        converged,
        _fit(correlation, lam, unique, least, n) if fit else FactorFit(0, 0, None, None, 0, None),
    )


def _fit(correlation: Array, lam: Array, unique: Array, least: float, n: int) -> FactorFit:
    k = correlation.shape[0]
    df = k * (k - 3) // 2
    chi2 = max(least, 0.0) * (n - 1 - (2 * k + 5) / 6 - 2 / 3)
    implied = np.outer(lam, lam) + np.diag(unique)
    off = np.tril_indices(k)
    srmr = float(np.sqrt(((correlation - implied)[off] ** 2).mean()))
    if df == 0:
        return FactorFit(chi2, 0, None, None, srmr, None)
    plain = max(least, 0.0) * (n - 1)
    rmsea = float(np.sqrt(max(plain - df, 0.0) / (df * (n - 1))))
    alone, alone_df = -float(np.linalg.slogdet(correlation)[1]) * (n - 1), k * (k - 1) / 2
    worse = max(alone - alone_df, plain - df, 0.0)
    cfi = 1 - max(plain - df, 0.0) / worse if worse > 0 else 1.0
    return FactorFit(chi2, df, float(special.chdtrc(df, chi2)), rmsea, srmr, float(cfi))


def _check(x: Array, labels: tuple[str, ...]) -> None:
    spread = x.std(axis=0)
    constant = [name for name, s in zip(labels, spread, strict=True) if s <= 1e-12]
    if constant:
        raise refusal(
            ", ".join(constant),
            "an item that everybody answers alike says nothing",
            "no variance",
            next="leave it out",
        )
    correlation = np.corrcoef(x, rowvar=False)
    if np.linalg.eigvalsh(correlation)[0] < 1e-8:
        raise refusal(
            "items", "an item is a copy or a sum of others", "a singular correlation matrix", next="leave one out"
        )
