"""Logistic regression of an answer with any number of ordered levels (proportional odds): what DIF is tested with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

Array = NDArray[np.float64]
MOST_STEPS = 60


@dataclass(frozen=True, slots=True, eq=False)
class Regression:
    """`beta` of the columns, and the log-likelihood; `converged` is False also where a column separates the answers."""

    beta: Array
    loglik: float
    converged: bool


def ordinal_logit(y: NDArray[np.intp], x: Array, levels: int) -> Regression:
    """P(y ≥ k) = 1 ÷ (1 + exp(−d_k − xβ)) by Newton's method; y (n,) from 0 to levels − 1, x (n, c)."""
    m, c = levels - 1, x.shape[1]
    counts = np.bincount(y, minlength=levels)
    above = np.cumsum(counts[::-1])[::-1][1:] / y.size
    b = np.concatenate([special.logit(above), np.zeros(c)])
    loglik, gradient, information = _parts(y, x, b, m)
    for _ in range(MOST_STEPS):
        try:
            step = linalg.solve(information, gradient, assume_a="pos")
        except (linalg.LinAlgError, ValueError):
            break
        if float(gradient @ step) < 1e-16 * max(1.0, abs(loglik)):
            return Regression(b[m:], loglik, bool(np.abs(b[m:]).max(initial=0.0) < 30))
        share = 1.0
        while share > 1e-8:
            found = _parts(y, x, b + share * step, m)
            if found[0] >= loglik - 1e-12 * abs(loglik):
                break
            share /= 2
        else:
            break
        b = b + share * step
        loglik, gradient, information = found
    return Regression(b[m:], loglik, False)


def _parts(y: NDArray[np.intp], x: Array, b: Array, m: int) -> tuple[float, Array, Array]:
    """Log-likelihood, gradient, and minus the second derivative."""
    if m > 1 and not (np.diff(b[:m]) < 0).all():
        return -np.inf, b, np.eye(b.size)
    n = y.size
    eta = x @ b[m:]
    ends = np.concatenate([[np.inf], b[:m], [-np.inf]])
    low, high = ends[y] + eta, ends[y + 1] + eta  # P(y) = F(low) − F(high)
    f_low, f_high = special.expit(low), special.expit(high)
    with np.errstate(over="ignore", invalid="ignore"):
        p = np.maximum(
            f_low * special.expit(-high) * -np.expm1(np.where(np.isinf(high) | np.isinf(low), -np.inf, high - low)),
            1e-300,
        )
    s_low, s_high = f_low * (1 - f_low), f_high * (1 - f_high)
    b_low, b_high = s_low * (1 - 2 * f_low), s_high * (1 - 2 * f_high)
    by_low, by_high = np.zeros((n, b.size)), np.zeros((n, b.size))
    rows = np.arange(n)
    has_low, has_high = y > 0, y < m
    by_low[rows[has_low], y[has_low] - 1] = 1.0
    by_high[rows[has_high], y[has_high]] = 1.0
    by_low[:, m:] = by_high[:, m:] = x
    first = (s_low / p)[:, None] * by_low - (s_high / p)[:, None] * by_high
    information = first.T @ first
    information -= by_low.T @ ((b_low / p)[:, None] * by_low) - by_high.T @ ((b_high / p)[:, None] * by_high)
    return float(np.log(p).sum()), first.sum(axis=0), information
