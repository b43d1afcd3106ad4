"""Item parameters from answers, by marginal maximum likelihood."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from fairlead.science.measurement.irt.answers import MISSING, Codes, Responses
from fairlead.science.measurement.irt.calibration import MODELS, CalibratedItem, Calibration, LeftOut, Model
from fairlead.science.measurement.irt.climb import COSTLY, Convergence, climb
from fairlead.science.measurement.irt.marginal import Grid, Layout, Likelihood, Patterns, Point
from fairlead.science.measurement.problems import refusal

Array = NDArray[np.float64]
REACH = 6.0  # standard deviations on each side
FIRST_NODES, MOST_NODES = 41, 401
SAMPLE = 4096  # rows on which it is tried whether collapsing pays, and how precise a form is
ERRORS = ("automatic", "observed", "crossed")
STEEP = 8.0  # a slope beyond which an item is nearly a step
FAR = 8.0  # a difficulty beyond which nobody stands
FEW = 10  # answers at a level below which its threshold is a guess


def calibrate(
    responses: Responses, model: str = "rasch", *, nodes: int | None = None, errors: str = "automatic"
) -> Calibration:
    """Fit an item-response model by marginal maximum likelihood.

    ``"rasch"`` and ``"2pl"`` for right and wrong; ``"graded"`` for ratings with an order; ``"partial credit"`` (one slope) and
    ``"generalized partial credit"`` (own slopes) for answers that earn points. Not for fewer than some 200 persons with own
    slopes, nor for items that measure several things.

    Parameters
    ----------
    responses : Responses
        Missing answers are the normal case: they are left out of the likelihood, which holds where they are missing by design
        or for reasons that the answers given tell.
    model : str
    nodes : how many points the population is laid on, over six standard deviations each way. Without it there are enough of
        them for the most precise pattern of items.
    errors : ``"observed"`` information (exact second derivatives), or ``"crossed"`` products of persons' scores, which cost
        less and are equal in the long run if the model holds. ``"automatic"`` takes the first where it is affordable.

    Returns
    -------
    Calibration
        Look at `converged`, `left_out` and `warnings` first.

    Raises
    ------
    MeasurementError
        An unknown model, answers other than 0 and 1 where the model knows only these, too few items that vary.

    Notes
    -----
    Assumed: one trait is behind all answers; given it, answers to different items are independent; it is normal among the
    persons; curves have the model's shape. Persons are drawn at random, or at least not by their answers.

    The likelihood of Bock & Aitkin [1]_ on evenly spaced nodes, climbed by EM-gradient steps and then by Newton's method with
    exact derivatives. Models: Rasch [2]_; Birnbaum's two parameters [3]_; Samejima's graded response [4]_; Masters' partial
    credit [5]_ and Muraki's generalization [6]_, in the form slope · θ + intercept; difficulty = −intercept ÷ slope.

    An item to which all gave the same answer has no finite parameters: it is left out, by name. A level between others that
    nobody chose is closed up, by name.

    References
    ----------
    .. [1] Bock, R. D., & Aitkin, M. (1981). Psychometrika 46, 443-459. doi:10.1007/BF02293801
    .. [2] Thissen, D. (1982). Psychometrika 47, 175-186. doi:10.1007/BF02296273
    .. [3] Birnbaum, A. (1968). In Lord & Novick, Statistical theories of mental test scores, ch. 17.
    .. [4] Samejima, F. (1969). Psychometrika Monograph 17. doi:10.1007/BF03372160
    .. [5] Masters, G. N. (1982). Psychometrika 47, 149-174. doi:10.1007/BF02296272
    .. [6] Muraki, E. (1992). Applied Psychological Measurement 16, 159-176. doi:10.1177/014662169201600206

    Examples
    --------
    Four items, each harder than the one before:

    >>> import numpy as np
    >>> from fairlead.science.measurement.irt import calibrate, responses
    >>> rng = np.random.default_rng(1)
    >>> theta = rng.normal(size=(2000, 1))
    >>> right = rng.random((2000, 4)) < 1 / (1 + np.exp(-(theta - [-1.5, -0.5, 0.5, 1.5])))
    >>> found = calibrate(responses(right))
    >>> [round(item.difficulties[0], 1) for item in found.items], found.converged
    ([-1.5, -0.5, 0.5, 1.4], True)
    """
    if model not in MODELS:
        raise refusal("model", "no such model", repr(model), ", ".join(MODELS))
    if errors not in ERRORS:
        raise refusal("errors", "no such way", repr(errors), ", ".join(ERRORS))
    if nodes is not None and not 5 <= nodes <= MOST_NODES:
        raise refusal("nodes", "too few or too many points", str(nodes), f"5 to {MOST_NODES}")
    chosen = MODELS[model]
    codes, names, levels, left_out, warnings = _usable(responses, chosen)
    somebody = (codes != MISSING).any(axis=1)
    unanswered = int((~somebody).sum())
    patterns = _collapsed(codes if not unanswered else codes[somebody], tuple(len(found) for found in levels))
    layout = Layout.of(chosen.family, chosen.common, patterns.sizes)
    start = _start(patterns, layout)
    grid = Grid.of(nodes or FIRST_NODES, REACH)
    likelihood, found = _climbed(patterns, layout, grid, start)
    if nodes is None:
        finer = min(MOST_NODES, int(2 * REACH / _narrowest(patterns, layout, found[0], grid)) + 2)
        if finer > grid.nodes.size:
            likelihood, found = _climbed(patterns, layout, Grid.of(finer | 1, REACH), found[0].x)
    point, ended = found
    if point.x[layout.places[:, 0]].sum() < 0:
        point = _mirrored(likelihood, point)
    exact = errors == "observed" or (errors == "automatic" and likelihood.cost_of_observed() <= 10 * COSTLY)
    information = likelihood.observed(point) if exact else likelihood.crossed(point)
    covariance, determined = _inverse(information)
    if not determined:
        ended = Convergence(
            False,
            "the answers do not determine the parameters",
            ended.steps,
            ended.passes,
            ended.gradient,
            ended.gain,
        )
    items = _items(names, levels, layout, point, covariance, codes)
    narrow = _narrowest(patterns, layout, point, likelihood.grid)
    if likelihood.grid.step > 1.2 * narrow:
        warnings.append(
            f"{likelihood.grid.nodes.size} nodes are {likelihood.grid.step:.2f} apart, wider than the most precise "
            f"posterior ({narrow:.2f}): raise nodes"
        )
    warnings += _careful(chosen, items, point, patterns, layout)
    if not ended.converged:
        warnings.insert(0, f"not converged: {ended.message}")
    common = layout.common
    return Calibration(
        model=chosen,
        items=items,
        sd=float(point.x[0]) if common else 1.0,
        sd_se=float(np.sqrt(covariance[0, 0])) if common else None,
        loglik=point.value,
        parameters=layout.size,
        persons=round(patterns.persons),
        unanswered=unanswered,
        answers=sum(item.answers for item in items),
        patterns=patterns.weights.size,
        left_out=tuple(left_out),
        errors="observed information" if exact else "cross-products of scores",
        covariance=covariance,
        names=_parameter_names(names, levels, common),
        nodes=likelihood.grid.nodes.size,
        reach=REACH,
        convergence=ended,
        warnings=tuple(warnings),
    )


def _usable(
    responses: Responses, model: Model
) -> tuple[Codes, tuple[str, ...], tuple[tuple[int, ...], ...], list[LeftOut], list[str]]:
    """Answers as places among the levels that were given, of the items that vary."""
    kept, levels, left_out, warnings, beyond = [], [], [], [], []
    for j, name in enumerate(responses.items):
        counts = np.bincount(responses.answers[:, j].astype(np.int64) + 1, minlength=3)
        given = tuple(int(level) for level in np.flatnonzero(counts[1:]))
        total = int(counts[1:].sum())
        if not given:
            left_out.append(LeftOut(name, "nobody answered it", 0))
        elif model.dichotomous and given[-1] > 1:
            beyond.append(name)
        elif len(given) == 1:
            left_out.append(
                LeftOut(
                    name, f"all answers are {given[0]}: it is easier or harder than these persons can tell", total
                )
            )
        else:
            kept.append(j)
            levels.append(given)
            if unused := sorted(set(range(given[0], given[-1])) - set(given)):
                warnings.append(
                    f"{name}: nobody chose {_listed(unused)}; the levels beside it are taken as neighbours"
                )
            if few := [level for level in given if counts[level + 1] < FEW]:
                warnings.append(f"{name}: fewer than {FEW} answers at {_listed(few)}")
    if beyond:
        raise refusal(
            "answers",
            f"the {model.name} model knows 0 and 1 only",
            f"other answers to {_listed(beyond)}",
            next="use graded or partial credit, or key the answers as 1 (right) and 0 (wrong)",
        )
    if len(kept) < model.least_items:
        gone = "; ".join(f"{item.item}: {item.reason}" for item in left_out)
        raise refusal(
            "items",
            f"the {model.name} model needs {model.least_items} items whose answers differ",
            f"{len(kept)}{f' ({gone})' if gone else ''}",
            next="ask more items, or more persons",
        )
    codes = responses.answers
    if len(kept) < len(responses.items) or any(found != tuple(range(len(found))) for found in levels):
        codes = np.empty((responses.answers.shape[0], len(kept)), dtype=np.int8)
        for column, (j, found) in enumerate(zip(kept, levels, strict=True)):
            place = np.full(128 + 1, MISSING, dtype=np.int8)
            place[list(found)] = np.arange(len(found))
            codes[:, column] = place[responses.answers[:, j].astype(np.int64)]  # −1 reads the last place
    names = tuple(responses.items[j] for j in kept)
    if blocks := _blocks(codes, names):
        warnings.append(
            f"no person links {' with '.join(f'({_listed(block)})' for block in blocks)}: they are on one scale only if their "
            "persons are of one population"
        )
    return codes, names, tuple(levels), left_out, warnings


def _blocks(codes: Codes, names: tuple[str, ...]) -> list[list[str]]:
    """The sets of items that no person connects, where there are several."""
    here = codes != MISSING
    left = np.ones(len(names), dtype=np.bool_)
    found = []
    while left.any():
        block = np.zeros(len(names), dtype=np.bool_)
        more = np.zeros_like(block)
        more[np.argmax(left)] = True
        while (more & ~block).any():
            block |= more
            more = here[here[:, block].any(axis=1)].any(axis=0)
        found.append([names[j] for j in np.flatnonzero(block)])
        left &= ~block
    return found if len(found) > 1 else []


def _collapsed(codes: Codes, sizes: tuple[int, ...]) -> Patterns:
    """Persons who answered alike as one pattern, where that saves at least half."""
    codes = np.ascontiguousarray(codes)
    n = codes.shape[0]
    rows = codes.view(np.dtype((np.void, codes.shape[1]))).ravel()
    some = rows[:: -(-n // SAMPLE)]
    if np.unique(some).size > 0.5 * some.size:
        return Patterns(codes, np.ones(n), sizes)
    distinct, counts = np.unique(rows, return_counts=True)
    return Patterns(distinct.view(np.int8).reshape(-1, codes.shape[1]), counts.astype(float), sizes)


def _start(patterns: Patterns, layout: Layout) -> Array:
    """Slopes of one, and intercepts as if all had the mean of θ, a little drawn apart."""
    x = np.ones(layout.size)
    for j, levels in enumerate(patterns.sizes):
        column = patterns.codes[:, j]
        here = column != MISSING
        counts = np.bincount(column[here], weights=patterns.weights[here], minlength=levels) + 0.5
        if layout.family == "steps":
            d = np.log(counts[1:] / counts[:-1])
        else:
            above = np.cumsum(counts[::-1])[::-1][1:] / counts.sum()
            d = special.logit(above)
        x[layout.places[j, 1:levels]] = 1.2 * d
    return x


def _climbed(
    patterns: Patterns, layout: Layout, grid: Grid, start: Array
) -> tuple[Likelihood, tuple[Point, Convergence]]:
    likelihood = Likelihood(patterns, layout, grid)
    found = climb(likelihood, start)
    assert found is not None, "the likelihood is finite at the starting values"
    return likelihood, (found[0], found[2])


def _narrowest(patterns: Patterns, layout: Layout, point: Point, grid: Grid) -> float:
    """The smallest posterior standard deviation of z that any pattern of items can give."""
    information = np.empty((len(patterns.sizes), grid.nodes.size))
    between = grid.nodes + grid.step / 2  # none of them is zero
    for j in range(len(patterns.sizes)):
        a, _ = layout.own(point.x, j)
        curve = layout.curves(point.x, j, between)
        assert curve is not None, "the item has curves where it was fitted"
        by_z = curve.slopes[0] * a / between  # the derivative in a is z times this over a
        information[j] = (curve.p * by_z**2).sum(axis=0)
    here = (patterns.some(SAMPLE).codes != MISSING).astype(float)
    return float(1 / np.sqrt(1 + (here @ information).max()))


def _mirrored(likelihood: Likelihood, point: Point) -> Point:
    """The same model with θ turned round, so that more of it is better."""
    x = point.x.copy()
    x[likelihood.layout.places[:, 0]] *= -1  # once, also where the place is common
    found = likelihood.at(x)
    assert found is not None, "the mirror image is as likely"
    return found


def _inverse(information: Array) -> tuple[Array, bool]:
    """The covariance, NaN where there is none."""
    scale = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / np.outer(scale, scale)
    try:
        if np.linalg.eigvalsh(scaled)[0] < 1e-10:
            raise linalg.LinAlgError
        inverse = np.linalg.inv(scaled)
    except (linalg.LinAlgError, np.linalg.LinAlgError):
        return np.full_like(information, np.nan), False
    return cast(Array, inverse / np.outer(scale, scale)), True


def _items(
    names: tuple[str, ...],
    levels: tuple[tuple[int, ...], ...],
    layout: Layout,
    point: Point,
    covariance: Array,
    codes: Codes,
) -> tuple[CalibratedItem, ...]:
    items = []
    for j, (name, found) in enumerate(zip(names, levels, strict=True)):
        places = layout.places[j, : len(found)]
        own = covariance[np.ix_(places, places)]
        a, d = layout.own(point.x, j)
        intercept_ses = np.sqrt(np.diag(own)[1:])
        if layout.common:
            a, difficulty_ses = 1.0, intercept_ses
        else:
            by_a, by_d = d / a**2, -1 / a
            difficulty_ses = np.sqrt(by_a**2 * own[0, 0] + 2 * by_a * by_d * own[0, 1:] + by_d**2 * np.diag(own)[1:])
        items.append(
            CalibratedItem(
                name=name,
                levels=found,
                slope=a,
                slope_se=None if layout.common else float(np.sqrt(own[0, 0])),
                intercepts=tuple(d.tolist()),
                intercept_ses=tuple(intercept_ses.tolist()),
                difficulties=tuple((-d / a).tolist()),
                difficulty_ses=tuple(difficulty_ses.tolist()),
                answers=int((codes[:, j] != MISSING).sum()),
            )
        )
    return tuple(items)


def _careful(
    model: Model, items: tuple[CalibratedItem, ...], point: Point, patterns: Patterns, layout: Layout
) -> list[str]:
    """What a reader must know of the estimates, by name."""
    found = []
    if model.common and abs(point.x[0]) < 0.05:
        found.append(
            "the standard deviation of θ is zero: answers of one person are no more alike than those of several, so the "
            "items do not measure one thing here; its error means nothing at this edge"
        )
    for item in items:
        if item.slope_se is not None and item.slope + 2 * item.slope_se < 0:
            found.append(
                f"{item.name}: the slope is negative: those who know more answer it lower; is the key right?"
            )
        elif item.slope_se is not None and item.slope < 2 * item.slope_se:
            found.append(f"{item.name}: the slope is not clearly above zero: its answers say little about the others")
        if item.slope > STEEP:
            found.append(
                f"{item.name}: a slope of {item.slope:.1f} is nearly a step; the estimate may run off to infinity"
            )
        if any(abs(b) > FAR for b in item.difficulties):
            found.append(f"{item.name}: a difficulty lies beyond ±{FAR:g}, where nobody stands")
    if not layout.common and patterns.persons < 200:
        found.append(f"{patterns.persons:.0f} persons are few for items with slopes of their own; consider one slope")
    return found


def _parameter_names(names: tuple[str, ...], levels: tuple[tuple[int, ...], ...], common: bool) -> tuple[str, ...]:
    found = ["sd"] if common else []
    for name, given in zip(names, levels, strict=True):
        if not common:
            found.append(f"{name} slope")
        found += [f"{name} intercept {level}" for level in given[1:]]
    return tuple(found)


def _listed(names: list[str] | list[int], most: int = 8) -> str:
    shown = ", ".join(str(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
