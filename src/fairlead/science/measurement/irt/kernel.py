"""The passes over persons, compiled. Import it only from modules that are loaded when a model is fitted.

Shapes: n answer patterns with `weights` (n,), J items, `codes` (n, J) with the level's place or −1 where not asked; Q nodes;
`p` (J, K, Q) probabilities, padded to the item with most levels. One pattern's arithmetic stays in the processor's
nearest memory: probabilities are multiplied, not their logarithms added, and rescaled before they could vanish.
"""

from __future__ import annotations

import numpy as np

from fairlead.science.compiled import compiled

SUMS = {"error_model": "numpy", "fastmath": {"contract", "reassoc"}}  # sums may be taken in any order
NOTHING = 1e-12  # a posterior weight that is left out of second derivatives
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


def _weighted_score(codes, theta, family, a, d, sizes, out):  # type: ignore[no-untyped-def]
    """Of one person at θ: the derivative of the log-likelihood, the information, and Warm's J = Σ P′P″ ÷ P, into `out`.

    family 0: steps, 1: cumulative; a (J,), d (J, most levels − 1), sizes (J,) levels.
    """
    out[0], out[1], out[2] = 0.0, 0.0, 0.0
    for j in range(codes.size):
        k = codes[j]
        if k < 0:
            continue
        slope, levels = a[j], sizes[j]
        if family == 0:
            top, eta = 0.0, 0.0
            for h in range(1, levels):
                eta += slope * theta + d[j, h - 1]
                top = max(top, eta)
            total, first, second, third, eta = 0.0, 0.0, 0.0, 0.0, 0.0
            for h in range(levels):
                if h > 0:
                    eta += slope * theta + d[j, h - 1]
                p = np.exp(eta - top)
                total += p
                first += h * p
                second += h * h * p
                third += h * h * h * p
            mean = first / total
            variance = second / total - mean * mean
            skew = third / total - 3 * mean * variance - mean**3
            out[0] += slope * (k - mean)
            out[1] += slope**2 * variance
            out[2] += slope**3 * skew
            continue
        before, bent_before, upper_before = 0.0, 0.0, 1.0
        for h in range(levels):
            after, bent_after, upper = 0.0, 0.0, 0.0
            if h < levels - 1:
                eta = slope * theta + d[j, h]
                upper = 1 / (1 + np.exp(-eta))
                after = upper * (1 - upper)
                bent_after = after * (1 - 2 * upper)
            p = max(upper_before - upper, 1e-300)
            p1, p2 = slope * (before - after), slope**2 * (bent_before - bent_after)
            if h == k:
                out[0] += p1 / p
            if p > 1e-12:
                out[1] += p1 * p1 / p
                out[2] += p1 * p2 / p
            before, bent_before, upper_before = after, bent_after, upper


weighted_score = compiled(_weighted_score, **SUMS)


def _weighted_likelihood(codes, grid, family, a, d, sizes, scores, informations, bends, theta, errors):  # type: ignore[no-untyped-def]
    """Warm's estimate of each person and its error. The highest peak is found on the grid, by tables of what
    `weighted_score` gives there (J, K, G), (J, G), (J, G), and then the root beside it."""
    points = grid.size
    slope, information, bend = np.empty(points), np.empty(points), np.empty(points)
    parts = np.empty(3)
    for i in range(codes.shape[0]):
        for q in range(points):
            slope[q], information[q], bend[q] = 0.0, 0.0, 0.0
        some = False
        for j in range(codes.shape[1]):
            k = codes[i, j]
            if k < 0:
                continue
            some = True
            for q in range(points):
                slope[q] += scores[j, k, q]
                information[q] += informations[j, q]
                bend[q] += bends[j, q]
        if not some:
            theta[i], errors[i] = np.nan, np.nan
            continue
        for q in range(points):
            slope[q] += bend[q] / (2 * information[q]) if information[q] > 1e-12 else 0.0
        best, height, highest = -1, 0.0, -np.inf
        for q in range(points - 1):
            if slope[q] > 0 and slope[q + 1] <= 0 and height > highest:
                best, highest = q, height
            height += (slope[q] + slope[q + 1]) / 2 * (grid[q + 1] - grid[q])
        if best < 0:  # rises or falls throughout
            theta[i], errors[i] = np.nan, np.nan
            continue
        low, high = grid[best], grid[best + 1]
        below, above = slope[best], slope[best + 1]
        side = 0
        for _ in range(60):  # regula falsi that does not stay on one side (Illinois)
            middle = (low * above - high * below) / (above - below) if above < below else (low + high) / 2
            weighted_score(codes[i], middle, family, a, d, sizes, parts)
            at = parts[0] + (parts[2] / (2 * parts[1]) if parts[1] > 1e-12 else 0.0)
            if at > 0:
                low, below = middle, at
                above = above / 2 if side == 1 else above
                side = 1
            else:
                high, above = middle, at
                below = below / 2 if side == -1 else below
                side = -1
            theta[i] = middle
            if abs(at) <= 1e-12 * max(parts[1], 1e-12) or high - low < 1e-11:
                break
        weighted_score(codes[i], theta[i], family, a, d, sizes, parts)
        errors[i] = 1 / np.sqrt(parts[1])


weighted_likelihood = compiled(_weighted_likelihood, **SUMS)
