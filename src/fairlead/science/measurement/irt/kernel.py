"""The passes over persons, compiled. Import it only from modules that are loaded when a model is fitted.

Shapes: n answer patterns with `weights` (n,), J items, `codes` (n, J) with the level's place or −1 where not asked; Q nodes;
`p` (J, K, Q) probabilities, padded to the item with most levels. One pattern's arithmetic stays in the processor's
nearest memory: probabilities are multiplied, not their logarithms added, and rescaled before they could vanish.
"""

from __future__ import annotations

import numpy as np

from fairlead.science.compiled import compiled

SUMS = {"error_model": "numpy", "fastmath": {"contract", "reassoc"}}  # sums may be taken in any order
NOTHING = 1e-20  # a posterior weight that changes no sum
RESCALE = 16  # factors after which the product is brought back to a sum of one


def _posterior(codes, p, prior, out):  # type: ignore[no-untyped-def]
    """The posterior of one pattern into `out` (Q,); returns the log of its probability."""
    nodes = out.size
    for q in range(nodes):
        out[q] = prior[q]
    log = 0.0
    since = 0
    for j in range(codes.size):
        k = codes[j]
        if k < 0:
            continue
        for q in range(nodes):
            out[q] *= p[j, k, q]
        since += 1
        if since == RESCALE:
            total = 0.0
            for q in range(nodes):
                total += out[q]
            if not total > 0:
                return -np.inf
            for q in range(nodes):
                out[q] /= total
            log += np.log(total)
            since = 0
    total = 0.0
    for q in range(nodes):
        total += out[q]
    if not total > 0:
        return -np.inf
    for q in range(nodes):
        out[q] /= total
    return log + np.log(total)


posterior_of = compiled(_posterior, **SUMS)


def _expected(codes, weights, p, prior, counts):  # type: ignore[no-untyped-def]
    """Add the expected counts (J, K, Q) of these patterns to `counts`; returns their log-likelihood."""
    n, items = codes.shape
    post = np.empty(prior.size)
    loglik = 0.0
    for i in range(n):
        loglik += weights[i] * posterior_of(codes[i], p, prior, post)
        if not loglik > -np.inf:
            return -np.inf
        for q in range(post.size):
            post[q] *= weights[i]
        for j in range(items):
            k = codes[i, j]
            if k >= 0:
                for q in range(post.size):
                    counts[j, k, q] += post[q]
    return loglik


expected = compiled(_expected, **SUMS)


def _posteriors(codes, p, prior, post, logs):  # type: ignore[no-untyped-def]
    """Posteriors (n, Q) and log probabilities (n,) of these patterns."""
    for i in range(codes.shape[0]):
        logs[i] = posterior_of(codes[i], p, prior, post[i])


posteriors = compiled(_posteriors, **SUMS)


def _products(codes, weights, p, prior, slopes, places, full, out):  # type: ignore[no-untyped-def]
    """Add to the lower triangle of `out` (parameters, parameters): with `full`, each pattern's posterior covariance of the
    complete-data score; without, the product of its own score with itself.

    slopes (J, K, L, Q): derivative of log p in the item's own L parameters; places (J, L): which parameter that is, rising, −1
    for padding; place 0 may be common to all items.
    """
    n, items = codes.shape
    nodes = prior.size
    post = np.empty(nodes)
    near = np.empty(nodes)  # the part of it that is not nothing
    weighted = np.empty(nodes)
    size = out.shape[0]
    table = np.empty((size, nodes))  # the derivatives that matter for this pattern, one below the other
    own = np.empty(size, dtype=np.int64)  # their parameters
    score = np.empty(size)
    for i in range(n):
        posterior_of(codes[i], p, prior, post)
        low, high = 0, nodes
        while post[low] < NOTHING:
            low += 1
        while post[high - 1] < NOTHING:
            high -= 1
        width = high - low
        for q in range(width):
            near[q] = post[low + q]
        rows = 0
        for j in range(items):
            k = codes[i, j]
            if k < 0:
                continue
            for r in range(places.shape[1]):
                place = places[j, r]
                if place < 0:
                    continue
                if rows > 0 and place == own[0]:  # the common slope
                    for q in range(width):
                        table[0, q] += slopes[j, k, r, low + q]
                    continue
                own[rows] = place
                for q in range(width):
                    table[rows, q] = slopes[j, k, r, low + q]
                rows += 1
        for r in range(rows):
            total = 0.0
            for q in range(width):
                weighted[q] = near[q] * table[r, q]
                total += weighted[q]
            score[r] = total
            if full:
                for s in range(r + 1):
                    total = 0.0
                    for q in range(width):
                        total += weighted[q] * table[s, q]
                    out[own[r], own[s]] += weights[i] * (total - score[r] * score[s])
            else:
                for s in range(r + 1):
                    out[own[r], own[s]] += weights[i] * score[r] * score[s]


products = compiled(_products, **SUMS)
