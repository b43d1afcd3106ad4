"""The profiled criterion as a function of θ, and its minimum by Newton's method with exact derivatives.

θ is not bounded: Λ and −Λ give the same model, so a variance of zero is an ordinary minimum at θ = 0 and is reached like
any other. Whether a zero is a minimum, and not a saddle that symmetry makes flat, is decided by the derivative in Ω, which
must be positive semidefinite there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fairlead.science.impact.multilevel.layout import Level
from fairlead.science.impact.multilevel.two_level import Swept
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
MOST_STEPS = 100
CLOSE = 1e-10  # Newton decrement, in units of −2 log likelihood, below which only full last steps follow
DONE = 1e-18  # the decrement at which digits are used up: θ is known to 1e-9 of its error
DOWNHILL = 1e-7  # a slope in Ω that counts as falling, relative to the size of its parts
NEAR = 2e-3  # a root of a variance at which it is tried whether zero does as well
ZERO = 1e-7  # a root of a variance, in residual standard deviations, that counts as zero


class Pieces(Protocol):
    """What a likelihood in two or three levels offers."""

    def sweep(self, theta: Array) -> Swept: ...

    def curvature(self, swept: Swept, f: Array) -> Array: ...

    def slopes(self, swept: Swept, f: Array) -> list[tuple[Array, Array]]: ...

    def effects(self, theta: Array, c: Array) -> list[tuple[Array, Array]]: ...


@dataclass(frozen=True, slots=True)
class Point:
    """The criterion at θ, σ and β profiled out."""

    swept: Swept
    value: float
    gradient: Array  # (m,)
    beta: Array  # (p,)
    inverse: Array  # (p, p) (X′V⁻¹X)⁻¹
    rss: float  # weighted residual sum of squares
    f: Array  # (r, r) derivative of the criterion in U′V⁻¹U

    @property
    def theta(self) -> Array:
        return self.swept.theta


@dataclass(frozen=True, slots=True)
class Convergence:
    """How the optimiser ended. `gradient` is in units of the criterion per unit of θ; `decrement` is how much the
    criterion could still fall by the quadratic at the end; `hessian` holds its eigenvalues."""

    converged: bool
    message: str
    iterations: int
    evaluations: int
    gradient: float
    decrement: float
    hessian: tuple[float, ...]
    slope: float  # least eigenvalue of the derivative in Ω, relative to the largest; not below zero at a minimum


class Shape:
    """θ as the elements of Λ of each level, innermost level first, and back from Ω = Λ Λ′."""

    def __init__(self, levels: tuple[Level, ...]):
        self.levels = levels
        self.cells = [level.cells for level in levels]
        sizes = [rows.size for rows, _ in self.cells]
        self.stops = np.cumsum(sizes)
        self.size = int(self.stops[-1])

    def factors(self, theta: Array) -> list[Array]:
        """Λ (q, q) of each level."""
        found = []
        for level, cells, part in zip(self.levels, self.cells, np.split(theta, self.stops[:-1]), strict=True):
            lam = np.zeros((level.q, level.q))
            lam[cells] = part
            found.append(lam)
        return found

    def start(self) -> Array:
        """Where the search begins: no correlation, each effect with a ninth of the residual variance."""
        return np.concatenate([np.where(rows == columns, 1 / 3, 0.0) for rows, columns in self.cells])

    def theta(self, omegas: list[Array], least: float = ZERO) -> Array:
        """From Ω of each level; a direction without variance gives a zero on the diagonal and below it."""
        found = []
        for level, cells, omega in zip(self.levels, self.cells, omegas, strict=True):
            lam = np.zeros_like(omega)
            for block in level.blocks:
                part = slice(block.start, block.stop)
                lam[part, part] = semidefinite_root(omega[part, part], least)
            found.append(lam[cells])
        return np.concatenate(found)

    def snapped(self, theta: Array) -> Array:
        """θ with directions of next to no variance left out: near such an edge Λ can turn without changing the model, and
        the search would follow the turn."""
        return self.theta([lam @ lam.T for lam in self.factors(theta)], NEAR)

    def tidy(self, theta: Array) -> Array:
        """The same model with diagonals that are not negative, and zeros where they are next to nothing."""
        found = []
        for lam, cells in zip(self.factors(theta), self.cells, strict=True):
            signs = np.where(np.diag(lam) < 0, -1.0, 1.0)
            found.append((lam * signs)[cells])
        tidied = np.concatenate(found)
        diagonal = np.concatenate([rows == columns for rows, columns in self.cells])
        if (np.abs(tidied[diagonal]) >= ZERO).all():
            return tidied
        return self.theta([lam @ lam.T for lam in self.factors(tidied)])


def semidefinite_root(omega: Array, least: float = ZERO) -> Array:
    """Lower triangular Λ with Λ Λ′ = Ω, where Ω may be singular; diagonals below `least` are zeros."""
    left, root = omega.copy(), np.zeros_like(omega)
    for j in range(omega.shape[0]):
        if left[j, j] <= max(least**2, 1e-14 * omega[j, j]):
            continue
        root[j:, j] = left[j:, j] / np.sqrt(left[j, j])
        left = left - np.outer(root[:, j], root[:, j])
    return root


class Criterion:
    """−2 log likelihood (restricted or not) of θ alone."""

    def __init__(self, pieces: Pieces, n: int, *, reml: bool):
        self.pieces, self.n, self.reml = pieces, n, reml
        self.evaluations = 0

    def at(self, theta: Array) -> Point | None:
        """None where the criterion is not finite."""
        self.evaluations += 1
        swept = self.pieces.sweep(theta)
        p = swept.p.shape[0] - 1
        try:
            root = np.linalg.cholesky(swept.p)
        except np.linalg.LinAlgError:
            return None
        half = np.linalg.inv(root[:p, :p])
        inverse = half.T @ half
        beta = half.T @ root[p, :p]
        rss = float(root[p, p] ** 2)
        nu = self.n - p if self.reml else self.n
        value = swept.log_determinant + nu * (1 + np.log(2 * np.pi * rss / nu))
        c = np.append(-beta, 1.0)
        f = nu / rss * np.outer(c, c)
        if self.reml:
            value += 2 * float(np.log(np.diag(root)[:p]).sum())
            f[:p, :p] += inverse
        if not np.isfinite(value):
            return None
        gradient = swept.d_log_determinant + np.einsum("ars,rs->a", swept.d_p, f)
        return Point(swept, float(value), gradient, beta, inverse, rss, f)

    def hessian(self, point: Point) -> Array:
        """(m, m), exact."""
        first = self.pieces.curvature(point.swept, point.f)
        d_p = point.swept.d_p
        p = point.beta.size
        nu = self.n - p if self.reml else self.n
        c = np.append(-point.beta, 1.0)
        pulled = d_p @ c  # (m, r)
        d_rss = pulled @ c
        x = pulled[:, :p]
        second = -2 * x @ point.inverse @ x.T
        found = first + nu * (second / point.rss - np.outer(d_rss, d_rss) / point.rss**2)
        if self.reml:
            wide = point.inverse @ d_p[:, :p, :p]
            found = found - np.einsum("aij,bji->ab", wide, wide)
        return (found + found.T) / 2

    def differences(self, point: Point, step: float = 1e-4) -> Array:
        """(m, m) the Hessian by differences of the gradient: what the exact one is tested against."""
        m = point.theta.size
        rows = np.empty((m, m))
        for a in range(m):
            h = step * max(1.0, abs(point.theta[a]))
            away = np.zeros(m)
            away[a] = h
            ends = [self.at(point.theta + sign * away) for sign in (1, -1)]
            far = [self.at(point.theta + sign * 2 * away) for sign in (1, -1)]
            gradients = [np.zeros(m) if end is None else end.gradient for end in (*ends, *far)]
            rows[a] = (8 * (gradients[0] - gradients[1]) - (gradients[2] - gradients[3])) / (12 * h)
        return (rows + rows.T) / 2


def minimise(criterion: Criterion, shape: Shape) -> tuple[Point, Array, Convergence]:
    """The least point, the Hessian there, and how the search ended."""
    start = shape.start()
    point = criterion.at(start)
    if point is None:
        point = criterion.at(start * 0.1)
    assert point is not None, "the criterion is not finite where it starts"
    hessian = np.eye(start.size)
    decrement = np.inf
    steps = kicks = snaps = 0
    message = f"no minimum after {counted(MOST_STEPS, 'step')}"
    converged = False
    while steps < MOST_STEPS:
        steps += 1
        hessian = criterion.hessian(point)
        step, decrement, convex = _newton(hessian, point.gradient)
        if decrement <= CLOSE and convex:
            point, hessian = _polish(criterion, point, hessian, step)
            kicked = _beyond(criterion, shape, point)
            if kicked is None or kicks >= 3:
                converged, message = kicked is None, "the gradient vanishes" if kicked is None else "a saddle point"
                break
            point, kicks = kicked, kicks + 1
            continue
        if decrement < 1e-4 and snaps < 3 and not np.array_equal(edge := shape.snapped(point.theta), point.theta):
            found = criterion.at(edge) if (np.abs(shape.tidy(point.theta) - edge) > ZERO).any() else None
            if found is not None and found.value <= point.value + 1e-6:
                point, snaps = found, snaps + 1
                continue
        moved = _backtrack(criterion, point, step)
        if moved is None:
            converged = decrement <= 1e-6
            message = "no step lowers the criterion any more"
            break
        point = moved
    tidied = shape.tidy(point.theta)
    if not np.array_equal(tidied, point.theta):
        clean = criterion.at(tidied)
        if clean is not None and clean.value <= point.value + 1e-10 * max(1.0, abs(point.value)):
            point = clean
            hessian = criterion.hessian(point)
    _, decrement, _ = _newton(hessian, point.gradient)
    least = _least_slope(criterion, shape, point)
    return (
        point,
        hessian,
        Convergence(
            converged=converged,
            message=message,
            iterations=steps,
            evaluations=criterion.evaluations,
            gradient=float(np.abs(point.gradient).max()),
            decrement=float(decrement),
            hessian=tuple(float(value) for value in np.linalg.eigvalsh(hessian)),
            slope=least,
        ),
    )


def _newton(hessian: Array, gradient: Array) -> tuple[Array, float, bool]:
    """A descent step, the decrement it promises, and whether the Hessian is positive where the gradient is not zero."""
    values, vectors = np.linalg.eigh(hessian)
    floor = 1e-8 * max(1e-8, float(np.abs(values).max()))
    along = vectors.T @ gradient
    used = np.maximum(np.abs(values), floor)
    flat = np.abs(values) <= floor
    step = -vectors @ np.where(flat & (np.abs(along) < 1e-6), 0.0, along / used)
    size = float(np.abs(step).max())
    limit = 2.0
    if size > limit:
        step = step * (limit / size)
    decrement = float((np.where(flat, 0.0, along) ** 2 / used).sum() / 2)
    return step, decrement, bool((values > -floor).all() or decrement < 1e-16)


def _backtrack(criterion: Criterion, point: Point, step: Array) -> Point | None:
    slope = float(point.gradient @ step)
    noise = 1e-13 * max(1.0, abs(point.value))
    share = 1.0
    for _ in range(30):
        found = criterion.at(point.theta + share * step)
        if found is not None and found.value <= point.value + 1e-4 * share * slope + noise:
            return found
        share *= 0.4
    return None


def _polish(criterion: Criterion, point: Point, hessian: Array, step: Array) -> tuple[Point, Array]:
    """Full last steps, as long as the gradient shrinks: the value cannot tell any more, the gradient can."""
    for _ in range(3):
        found = criterion.at(point.theta + step)
        if found is None or np.abs(found.gradient).max() >= np.abs(point.gradient).max():
            break
        point, hessian = found, criterion.hessian(found)
        step, decrement, _ = _newton(hessian, point.gradient)
        if decrement < DONE:
            break
    return point, hessian


def _least_slope(criterion: Criterion, shape: Shape, point: Point) -> float:
    found = []
    for level, (slope, size) in zip(shape.levels, criterion.pieces.slopes(point.swept, point.f), strict=True):
        for block in level.blocks:
            part = slice(block.start, block.stop)
            found.append(float(np.linalg.eigvalsh(slope[part, part])[0]) / max(float(np.abs(size).max()), 1e-300))
    return min(found)


def _beyond(criterion: Criterion, shape: Shape, point: Point) -> Point | None:
    """Where a zero variance is a saddle, a lower point beyond it; None when this is a minimum."""
    omegas = [lam @ lam.T for lam in shape.factors(point.theta)]
    slopes = criterion.pieces.slopes(point.swept, point.f)
    for place, (level, (slope, size)) in enumerate(zip(shape.levels, slopes, strict=True)):
        for block in level.blocks:
            part = slice(block.start, block.stop)
            values, vectors = np.linalg.eigh(slope[part, part])
            if values[0] >= -DOWNHILL * np.abs(size).max():
                continue
            for share in (0.1, 0.01, 1e-3, 1e-4, 1e-5):
                moved = [omega.copy() for omega in omegas]
                moved[place][part, part] += share * np.outer(vectors[:, 0], vectors[:, 0])
                found = criterion.at(shape.theta(moved))
                if found is not None and found.value < point.value - 1e-9:
                    return found
    return None
