"""Henderson's method I: uncorrected sums of squares of each component set equal to what is expected of them.

Unbiased whatever the distributions, for any pattern of missing cells; equal to the analysis of variance where data are
balanced. Negative estimates are possible and are given as they are: they say that a component is near zero or that the
design cannot tell.

Source: Henderson (1953), doi:10.2307/3001853; Brennan (2001), Generalizability Theory, section 7.1.1 (analogous T terms).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import Codes

Array = NDArray[np.float64]
SINGULAR = 1e-10


def henderson(y: Array, codes: tuple[Codes, ...], names: tuple[str, ...]) -> Array:
    """Estimate the variances of the components and, last, of the residual.

    Parameters
    ----------
    y : (n,) scores.
    codes : for each component the level of each score, from 0 up.
    names : of the components, for the refusal.

    Notes
    -----
    T_a = Σ over levels of n·mean²; E T_a = n μ² + Σ_b k(a, b) σ²_b with k(a, b) = Σ over cells of a and b of n_ab² ÷
    n_a, the mean has k(0, b) = Σ n_b² ÷ n, and the residual's share is the number of levels. The scores are taken from
    their mean, which takes T of the mean out.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 4.0, 5.0, 6.0, 9.0])
    >>> henderson(y, (np.array([0, 0, 1, 1, 2, 2]),), ("person",)).round(3)
    array([8.083, 1.833])
    """
    n, count = y.size, len(codes)
    y = y - y.mean()
    sizes = [np.bincount(c) for c in codes]
    overall = np.array([*((size.astype(float) ** 2).sum() / n for size in sizes), 1.0])
    expected = np.zeros((count + 1, count + 1))
    observed = np.zeros(count + 1)
    for a in range(count):
        sums = np.bincount(codes[a], weights=y)
        observed[a] = (sums**2 / sizes[a]).sum()
        expected[a, a] = n
        for b in range(a):
            cell = codes[a] * sizes[b].size + codes[b]
            if sizes[a].size * sizes[b].size <= 4 * n:
                filled = np.bincount(cell, minlength=sizes[a].size * sizes[b].size).reshape(sizes[a].size, -1)
                squares = filled.astype(float) ** 2
                expected[a, b] = (squares.sum(axis=1) / sizes[a]).sum()
                expected[b, a] = (squares.sum(axis=0) / sizes[b]).sum()
            else:
                occur, counts = np.unique(cell, return_counts=True)
                squares = counts.astype(float) ** 2
                expected[a, b] = (squares / sizes[a][occur // sizes[b].size]).sum()
                expected[b, a] = (squares / sizes[b][occur % sizes[b].size]).sum()
        expected[a, count] = sizes[a].size
    observed[count] = y @ y
    expected[count] = n
    expected = expected - overall
    scaled = expected / np.abs(expected).max(axis=1, keepdims=True)
    if np.linalg.cond(scaled) > 1 / SINGULAR:
        _, _, directions = np.linalg.svd(scaled)
        mixed = [
            name for name, weight in zip((*names, "residual"), directions[-1], strict=True) if abs(weight) > 0.05
        ]
        raise refusal(
            "components",
            "these ratings cannot tell some components apart",
            ", ".join(mixed),
            next="leave one of them out with components=[…], and say so",
        )
    return np.asarray(np.linalg.solve(expected, observed))
