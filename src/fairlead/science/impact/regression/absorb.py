"""Fixed effects of one or two factors taken out of cell means, never with a matrix of rows by rows.

Within a cell (a school in a year, say) every row has the same fixed effects, so what varies within cells needs no work, and
what varies between them is a weighted regression on the cells' means. Of two factors the larger is taken out by
subtracting means; what is left is a system as wide as the smaller factor has levels.

Sources
-------
The decomposition: Mundlak (1978), doi:10.2307/1913646, §2. The reduced normal equations of two factors: Abowd, Creecy &
Kramarz (2002), U.S. Census Bureau TP-2002-06, §3; their rank is by the connected parts of the graph of the two factors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import LinearOperator, cg

from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
Codes = NDArray[np.intp]
DENSE = 3_000  # levels of the smaller factor up to which its system is solved by a dense factorisation
CLOSE = 1e-13  # relative residual at which conjugate gradients stop
MOST_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Absorbed:
    """Cell means without the fixed effects, and how many of these the data determine."""

    means: Array  # (C, k)
    rank: int  # of the dummies together, the intercept among them
    how: str  # "means", "balanced", "dense" or "sparse"


def absorb(means: Array, weights: Array, factors: list[Codes]) -> Absorbed:
    """Residuals of the cells' means on the dummies of one or two factors, weighted by the cells' rows.

    Parameters
    ----------
    means : (C, k), about a center that is common to all, so that large offsets cost no digits.
    weights : (C,) rows of each cell.
    factors : for each factor the level of each cell, 0 … levels−1.

    Raises
    ------
    EstimationError
        More than two factors; a sparse system that does not come to rest.
    """
    if len(factors) > 2:
        raise EstimationError(
            [
                Problem(
                    "absorb",
                    "fixed effects of at most two factors are taken out of cells",
                    counted(len(factors), "factor"),
                    "one or two",
                    "write the smallest into the formula, C(year), or join two into one",
                )
            ]
        )
    sizes = [int(codes.max()) + 1 for codes in factors]
    if len(factors) == 1:
        return Absorbed(means - _means(means, weights, factors[0], sizes[0])[factors[0]], sizes[0], "means")
    order = [0, 1] if sizes[0] >= sizes[1] else [1, 0]
    (big, small), (many, few) = [factors[i] for i in order], [sizes[i] for i in order]
    by_big = _means(means, weights, big, many)
    if means.shape[0] == many * few and np.all(weights == weights[0]):
        by_small = _means(means, weights, small, few)
        grand = np.average(means, axis=0, weights=weights)
        return Absorbed(means - by_big[big] - by_small[small] + grand, many + few - 1, "balanced")
    counts = sparse.csr_matrix((weights, (big, small)), shape=(many, few))
    graph = sparse.csr_matrix((weights, (big, many + small)), shape=(many + few, many + few))
    parts = int(np.max(connected_components(graph, directed=False)[1])) + 1
    rows = np.asarray(counts.sum(axis=1)).ravel()
    columns = np.asarray(counts.sum(axis=0)).ravel()
    right = _sums(weights[:, None] * (means - by_big[big]), small, few)
    if few <= DENSE:
        reduced = np.diag(columns) - (counts.T @ sparse.diags(1 / rows) @ counts).toarray()
        effects, how = _dense(reduced, right, columns), "dense"
    else:
        effects, how = _conjugate(counts, rows, columns, right), "sparse"
    # The rest of the larger factor is what its means keep once the smaller factor's effects are subtracted.
    left = means - effects[small]
    return Absorbed(left - _means(left, weights, big, many)[big], many + few - parts, how)


def _dense(reduced: Array, right: Array, columns: Array) -> Array:
    """A system that leaves one constant open in each connected part; any solution will do."""
    root = np.sqrt(columns)
    values, vectors = linalg.eigh(reduced / np.outer(root, root))
    kept = values > 1e-10
    inner = vectors[:, kept].T @ (right / root[:, None])
    answer: Array = (vectors[:, kept] @ (inner / values[kept, None])) / root[:, None]
    return answer


def _conjugate(counts: sparse.csr_matrix, rows: Array, columns: Array, right: Array) -> Array:
    root = np.sqrt(columns)

    def reduced(v: Array) -> Array:
        scaled = v.ravel() / root
        return np.asarray((columns * scaled - counts.T @ ((counts @ scaled) / rows)) / root)

    operator = LinearOperator((columns.size, columns.size), matvec=reduced, dtype=np.float64)
    effects = np.empty_like(right)
    for j in range(right.shape[1]):
        wanted = right[:, j] / root
        answer, left = cg(operator, wanted, rtol=CLOSE, atol=0.0, maxiter=MOST_STEPS)
        size = float(np.linalg.norm(wanted))
        gap = float(np.linalg.norm(reduced(answer) - wanted)) / size if size else 0.0
        if left or gap > 100 * CLOSE:
            raise EstimationError(
                [
                    Problem(
                        "absorb",
                        "the fixed effects of two large factors did not come to rest",
                        f"relative residual {gap:.1e} after {counted(MOST_STEPS, 'step')}",
                        f"at most {100 * CLOSE:.0e}",
                        "the factors are joined by few rows; keep their largest connected part",
                    )
                ]
            )
        effects[:, j] = answer / root
    return effects


def _sums(columns: Array, codes: Codes, levels: int) -> Array:
    return np.column_stack([np.bincount(codes, weights=column, minlength=levels) for column in columns.T])


def _means(columns: Array, weights: Array, codes: Codes, levels: int) -> Array:
    sizes = np.bincount(codes, weights=weights, minlength=levels)[:, None]
    return np.asarray(_sums(columns * weights[:, None], codes, levels) / sizes)
