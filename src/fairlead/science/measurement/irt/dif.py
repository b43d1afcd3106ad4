"""Differential item functioning: does an item ask more of one group than of another that knows as much?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from fairlead.science.measurement.irt.answers import MISSING, Responses
from fairlead.science.measurement.irt.ordinal import ordinal_logit
from fairlead.science.measurement.problems import refusal
from fairlead.science.measurement.ratings import coded, numbers

Array = NDArray[np.float64]
ETS = -2.35  # from log odds to the delta scale
MODERATE, LARGE = 0.035, 0.070  # ΔR² of Jodoin & Gierl
FEW = 100  # persons of a group below which DIF of usual size is rarely seen


@dataclass(frozen=True, slots=True)
class MantelHaenszel:
    """Of one item. `delta` is ETS's: −1 says that the item is a step harder for the focal group than for those who know as
    much; `size` its class, A negligible, B moderate, C large. None where no stratum has both groups and both answers."""

    item: str
    odds_ratio: float | None
    delta: float | None
    delta_se: float | None
    low: float | None
    high: float | None
    chi2: float | None  # with continuity correction
    p: float | None
    size: str | None
    n: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LogisticDif:
    """Of one item: does the group shift the curve (uniform) or tilt it (nonuniform)? `r2` are gains in Nagelkerke's R²; `size`
    is by the gain of both, A negligible, B moderate, C large."""

    item: str
    uniform_chi2: float | None
    uniform_p: float | None
    nonuniform_chi2: float | None
    nonuniform_p: float | None
    chi2: float | None  # of both
    df: int
    p: float | None
    r2_uniform: float | None
    r2: float | None
    size: str | None
    n: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Dif:
    """Of all items, beside how many would be seen by chance."""

    items: tuple[MantelHaenszel, ...] | tuple[LogisticDif, ...]
    groups: dict[Any, int]  # persons of each; the first is the reference
    reference: Any
    matched_without: tuple[str, ...]  # items that showed large DIF at first and were left out of the match
    tested: int
    below: int  # items with p < 0.05
    expected_below: float  # where no item has DIF
    left_out: int  # persons without a group, or without a match
    warnings: tuple[str, ...]

    def item(self, name: str) -> Any:
        """One item by its name."""
        return next(one for one in self.items if one.item == name)


def mantel_haenszel(
    responses: Responses,
    group: Sequence[Any],
    *,
    reference: Any = None,
    match: ArrayLike | None = None,
    strata: int = 10,
    purify: bool = True,
    level: float = 0.95,
) -> Dif:
    """Compare two groups on each item, among persons who did equally well.

    For right and wrong. DIF is a question to people who read the item, not an answer: groups may have been taught different
    things. It says nothing of a bias that all items share, which the match hides.

    Parameters
    ----------
    responses : Responses
    group : a label a person; None where unknown (left out, counted).
    reference : the group that the other one is compared with; without it the larger one.
    match : (persons,) what makes persons equal, cut into `strata` of equal size: a score from a calibration, where persons were
        asked different items. Without it the number right, of those who answered every item.
    strata : how many, for `match`.
    purify : match a second time without the items that showed large DIF (only without `match`).
    level : of the interval of delta.

    Returns
    -------
    Dif

    Raises
    ------
    MeasurementError
        Not two groups, other answers than 0 and 1, nobody who answered every item and no match.

    Notes
    -----
    Holland & Thayer (1988), in Wainer & Braun, Test validity, ch. 9; the studied item is always part of its match. Error:
    Robins, Breslow & Greenland (1986), doi:10.2307/2531052. Classes: C where delta is 1.5 or more in size and
    clearly above 1; A below 1 or not different from 0; B between (Zieky 1993).

    Examples
    --------
    >>> import numpy as np
    >>> from fairlead.science.measurement.irt import mantel_haenszel, responses
    >>> rng = np.random.default_rng(1)
    >>> group = np.repeat(["a", "b"], 1000)
    >>> hard = np.zeros((2000, 8)); hard[1000:, 3] = 1.0
    >>> right = rng.random((2000, 8)) < 1 / (1 + np.exp(-(rng.normal(size=(2000, 1)) - hard)))
    >>> found = mantel_haenszel(responses(right), group, reference="a")
    >>> [item.size for item in found.items]
    ['A', 'A', 'A', 'C', 'A', 'A', 'A', 'A']
    """
    known = responses.answers[responses.answered]
    if known.size and known.max() > 1:
        raise refusal("answers", "0 and 1 only", f"up to {known.max()}", next="use logistic_dif for ratings")
    people = _people(responses, group, reference, match)
    if len(people.labels) != 2:
        raise refusal(
            "group",
            "two groups are compared",
            f"{len(people.labels)} groups",
            next="compare each with the reference in turn, or use logistic_dif",
        )
    focal = people.group == 1
    z = float(special.ndtri(0.5 + level / 2))

    def one(j: int, matched: Array) -> MantelHaenszel:
        stratum = _strata(matched, strata) if match is not None else matched.astype(np.intp)
        return _tables(responses.items[j], people.answers[:, j], focal, stratum, z)

    rows, without = _two_rounds(responses, people, one, purify and match is None)
    return _gathered(tuple(rows), people, without)


def logistic_dif(
    responses: Responses,
    group: Sequence[Any],
    *,
    reference: Any = None,
    match: ArrayLike | None = None,
    purify: bool = True,
) -> Dif:
    """Regress each item's answer on the match, the group, and both together.

    Sees what Mantel-Haenszel cannot: curves that cross. Also for ratings, by proportional odds, and for several groups.

    Parameters
    ----------
    responses, group, reference : as for `mantel_haenszel`; any number of groups from two.
    match : (persons,) a score from a calibration, where persons were asked different items. Without it the sum of answers, of
        those who answered every item.
    purify : as for `mantel_haenszel`.

    Returns
    -------
    Dif

    Raises
    ------
    MeasurementError
        Fewer than two groups, nobody who answered every item and no match.

    Notes
    -----
    Likelihood-ratio tests of Swaminathan & Rogers (1990), doi:10.1111/j.1745-3984.1990.tb00754.x; levels in order after
    Zumbo (1999). Classes by the gain in Nagelkerke's (1991, doi:10.1093/biomet/78.3.691) R²: B from 0.035, C from 0.070, where p
    of both is below 0.05 (Jodoin & Gierl 2001, doi:10.1207/S15324818AME1404_2).

    Examples
    --------
    >>> import numpy as np
    >>> from fairlead.science.measurement.irt import logistic_dif, responses
    >>> rng = np.random.default_rng(1)
    >>> group = np.repeat(["a", "b"], 1000)
    >>> slope = np.ones((2000, 8)); slope[1000:, 3] = 0.0
    >>> right = rng.random((2000, 8)) < 1 / (1 + np.exp(-slope * rng.normal(size=(2000, 1)) * 1.5))
    >>> item = logistic_dif(responses(right), group, reference="a").item("4")
    >>> bool(item.nonuniform_p < 1e-6), bool(item.uniform_p > 0.001)
    (True, True)
    """
    people = _people(responses, group, reference, match)
    dummies = np.stack([people.group == g for g in range(1, len(people.labels))], axis=1).astype(float)

    def one(j: int, matched: Array) -> LogisticDif:
        return _regressions(responses.items[j], people.answers[:, j], dummies, matched)

    rows, without = _two_rounds(responses, people, one, purify and match is None)
    return _gathered(tuple(rows), people, without)


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """Those who are compared."""

    answers: NDArray[np.int8]
    group: NDArray[np.intp]  # 0 is the reference
    labels: tuple[Any, ...]
    match: Array | None
    left_out: int


def _people(responses: Responses, group: Sequence[Any], reference: Any, match: ArrayLike | None) -> People:
    n = responses.answers.shape[0]
    if len(group) != n:
        raise refusal("group", "one label a person", f"{len(group)} labels, {n} persons")
    labels = [None if label is None or label != label else label for label in group]
    known = np.array([label is not None for label in labels])
    matched = None
    if match is not None:
        matched = numbers(match, "match")
        if matched.shape != (n,):
            raise refusal("match", "one number a person", f"shape {matched.shape}, {n} persons")
        keep = known & np.isfinite(matched)
    else:
        keep = known & responses.answered.all(axis=1)
    if not keep.any():
        raise refusal(
            "match",
            "nobody has a group and an answer to every item",
            "0 persons",
            next="score the persons by a calibration and give their scores as match",
        )
    codes, names = coded([labels[i] for i in np.flatnonzero(keep)])
    if len(names) < 2:
        raise refusal("group", "two groups are compared", f"{len(names)} group")
    counts = np.bincount(codes)
    if reference is None:
        first = max(range(len(names)), key=lambda g: (counts[g], str(names[g])))
    elif reference in names:
        first = names.index(reference)
    else:
        raise refusal("reference", "no such group", repr(reference), ", ".join(str(name) for name in names))
    order = [first, *sorted((g for g in range(len(names)) if g != first), key=lambda g: str(names[g]))]
    place = np.empty(len(names), dtype=np.intp)
    place[order] = np.arange(len(names))
    return People(
        responses.answers[keep],
        place[codes],
        tuple(names[g] for g in order),
        None if matched is None else matched[keep],
        int(n - keep.sum()),
    )


def _two_rounds(responses: Responses, people: People, one: Any, purify: bool) -> tuple[list[Any], tuple[str, ...]]:
    """Each item's row, and which items the match went without."""
    count = len(responses.items)
    if people.match is not None:
        return [one(j, people.match) for j in range(count)], ()
    total = people.answers.sum(axis=1, dtype=float)
    rows = [one(j, total) for j in range(count)]
    large = [j for j, row in enumerate(rows) if row.size == "C"]
    if not purify or not large or count - len(large) < 4:
        return rows, ()
    rest = total - people.answers[:, large].sum(axis=1, dtype=float)
    again = [one(j, rest + people.answers[:, j] if j in large else rest) for j in range(count)]
    return again, tuple(responses.items[j] for j in large)


def _strata(match: Array, count: int) -> NDArray[np.intp]:
    edges = np.quantile(match, np.linspace(0, 1, count + 1)[1:-1])
    return np.searchsorted(edges, match, side="right")


def _tables(
    name: str, answers: NDArray[np.int8], focal: NDArray[np.bool_], stratum: NDArray[np.intp], z: float
) -> MantelHaenszel:
    here = answers != MISSING
    n = int(here.sum())
    cell = stratum[here] * 4 + focal[here] * 2 + (answers[here] == 1)
    wrong_r, right_r, wrong_f, right_f = (
        np.bincount(cell, minlength=4 * (int(stratum.max(initial=0)) + 1)).reshape(-1, 4).T.astype(float)
    )
    t = wrong_r + right_r + wrong_f + right_f
    used = (
        ((right_r + wrong_r) > 0) & ((right_f + wrong_f) > 0) & ((right_r + right_f) > 0) & ((wrong_r + wrong_f) > 0)
    )
    a, b, c, d, t = right_r[used], wrong_r[used], right_f[used], wrong_f[used], t[used]
    r, s = a * d / t, b * c / t
    if not used.any() or r.sum() == 0 or s.sum() == 0:
        reason = "no number right at which both groups gave both answers"
        return MantelHaenszel(name, None, None, None, None, None, None, None, None, n, reason)
    ratio = float(r.sum() / s.sum())
    p, q = (a + d) / t, (b + c) / t
    variance = (
        (p * r).sum() / (2 * r.sum() ** 2)
        + (p * s + q * r).sum() / (2 * r.sum() * s.sum())
        + (q * s).sum() / (2 * s.sum() ** 2)
    )
    expected = (a + b) * (a + c) / t
    spread = (a + b) * (c + d) * (a + c) * (b + d) / (t**2 * np.maximum(t - 1, 1))
    chi2 = float(max(abs((a - expected).sum()) - 0.5, 0.0) ** 2 / spread.sum())
    delta, se = ETS * float(np.log(ratio)), abs(ETS) * float(np.sqrt(variance))
    chance = float(special.chdtrc(1, chi2))
    size = "A" if abs(delta) < 1 or chance >= 0.05 else "B"
    if abs(delta) >= 1.5 and (abs(delta) - 1) / se > special.ndtri(0.95):
        size = "C"
    return MantelHaenszel(name, ratio, delta, se, delta - z * se, delta + z * se, chi2, chance, size, n)


def _regressions(name: str, answers: NDArray[np.int8], dummies: Array, match: Array) -> LogisticDif:
    here = answers != MISSING
    n, extra = int(here.sum()), dummies.shape[1]

    def without(reason: str) -> LogisticDif:
        return LogisticDif(name, None, None, None, None, None, 2 * extra, None, None, None, None, n, reason)

    y = np.unique(answers[here], return_inverse=True)[1].astype(np.intp)
    levels = int(y.max(initial=0)) + 1
    x = match[here]
    if levels < 2 or n == 0:
        return without("all answers are the same")
    if x.std() < 1e-12:
        return without("the match is the same for all")
    x = (x - x.mean()) / x.std()
    own = dummies[here]
    if (own.sum(axis=0) == 0).any() or (own.sum(axis=1) == 0).sum() == 0:
        return without("a group did not answer it")
    columns = [x[:, None], own, own * x[:, None]]
    fits = [ordinal_logit(y, np.hstack(columns[:k]), levels) for k in (1, 2, 3)]
    if not all(fit.converged for fit in fits):
        return without("the regression did not converge: the match or a group tells the answer exactly")
    plain, shifted, tilted = (fit.loglik for fit in fits)
    counts = np.bincount(y)
    null = float((counts * np.log(counts / n)).sum())

    def r2(loglik: float) -> float:
        return float(-np.expm1(2 * (null - loglik) / n) / -np.expm1(2 * null / n))

    uniform, nonuniform = (max(0.0, 2 * (b - a)) for a, b in ((plain, shifted), (shifted, tilted)))
    both = max(0.0, 2 * (tilted - plain))
    chance, gain = float(special.chdtrc(2 * extra, both)), r2(tilted) - r2(plain)
    size = "A" if gain < MODERATE or chance >= 0.05 else "B" if gain < LARGE else "C"
    return LogisticDif(
        item=name,
        uniform_chi2=uniform,
        uniform_p=float(special.chdtrc(extra, uniform)),
        nonuniform_chi2=nonuniform,
        nonuniform_p=float(special.chdtrc(extra, nonuniform)),
        chi2=both,
        df=2 * extra,
        p=chance,
        r2_uniform=r2(shifted) - r2(plain),
        r2=gain,
        size=size,
        n=n,
    )


def _gathered(rows: tuple[Any, ...], people: People, without: tuple[str, ...]) -> Dif:
    counts = np.bincount(people.group, minlength=len(people.labels))
    groups = {label: int(count) for label, count in zip(people.labels, counts, strict=True)}
    warnings = [
        f"{label}: {count} persons are few: DIF of the usual size is rarely seen"
        for label, count in groups.items()
        if count < FEW
    ]
    warnings += [f"{row.item}: not compared: {row.reason}" for row in rows if row.reason]
    ps = [row.p for row in rows if row.p is not None]
    return Dif(
        items=rows,
        groups=groups,
        reference=people.labels[0],
        matched_without=without,
        tested=len(ps),
        below=sum(p < 0.05 for p in ps),
        expected_below=0.05 * len(ps),
        left_out=people.left_out,
        warnings=tuple(warnings),
    )
