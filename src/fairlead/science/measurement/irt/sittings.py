"""Two forms before and after a time of learning: on one scale where there are people enough, by shared items where not.

`before_and_after` takes two tables of scores and decides, by rules that stand here and in its result, what the people
carry: an item-response model with its link, or the share of points on the items both forms have, with an error from
Cronbach's alpha. It never takes a model that did not converge.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from fairlead.science.measurement.consistency import cronbach_alpha
from fairlead.science.measurement.growth import growth_beyond_error
from fairlead.science.measurement.irt.answers import responses
from fairlead.science.measurement.irt.calibration import Calibration, LeftOut
from fairlead.science.measurement.irt.fitting import calibrate
from fairlead.science.measurement.irt.growing import Beside, Sitting, growth
from fairlead.science.measurement.irt.linking import DRIFT, Link, link
from fairlead.science.measurement.irt.scoring import score
from fairlead.science.measurement.problems import MeasurementError, refusal
from fairlead.science.proportion import Share, wilson

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

ONE_SLOPE = 100  # persons a form: below, difficulties are known to no more than half a logit (Linacre 1994)
OWN_SLOPES = 500  # persons a form for a slope an item (de Ayala 2009, ch. 5)
LEAST_SHARED = 3
HALF = 0.5  # of the items asked must be answered for a score by points


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One form as it was given: scores of persons by items, lowest 0, reversed items turned round; NaN where not answered.
    `top` is the most that each item gives. Shared items bear the same name on both forms."""

    scores: Array  # (persons, items)
    items: tuple[str, ...]
    top: tuple[float, ...]
    persons: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SharedItem:
    """An item of both forms. By a model: its difficulty on either form in logits, the later moved by the link, z of their
    difference; by points: the mean share of its points, and no z."""

    item: str
    before: float
    after: float
    z: float | None

    @property
    def drifted(self) -> bool:
        """Whether the two are farther apart than the persons drawn explain."""
        return self.z is not None and abs(self.z) > DRIFT


@dataclass(frozen=True, slots=True, eq=False)
class BeforeAfter:
    """Everybody who sat both forms, on one scale, and what their changes come to.

    `method` is "2pl", "rasch", "graded", "partial credit" or "points"; `why_points` says why no model was taken: "asked",
    "few persons", "few answers", "not converged", "refused". `unit` is "logits" or "points" (a share of them, 0 to 1).
    """

    method: str
    why_points: str
    unit: str
    persons: tuple[Any, ...]
    before: Array  # (persons,)
    after: Array
    se_before: Array
    se_after: Array
    grew: Flags
    fell: Flags
    growers: Beside
    fallers: Beside
    mean: float
    mean_low: float
    mean_high: float
    mean_se: float
    link_se: float
    true_sd: float | None
    reliability_before: float | None
    reliability_after: float | None
    shared: tuple[SharedItem, ...]
    left_out: tuple[LeftOut, ...]
    seated_before: int  # persons with any answer
    seated_after: int
    only_before: int
    only_after: int
    unscored: int  # sat both, and one of the two gives no score
    chance: str  # "simulated" or "normal"
    level: float


@dataclass(frozen=True, slots=True)
class PartGrowth:
    """A group of the persons of `BeforeAfter`: who grew, beside the number by chance at the rate of everybody."""

    n: int
    grew: int
    share: Share
    by_chance: float
    chance_low: float
    chance_high: float
    mean: float
    mean_low: float
    mean_high: float


def before_and_after(
    first: Form,
    second: Form,
    *,
    cluster: Sequence[Any] | None = None,
    by_points: bool = False,
    level: float = 0.95,
    rng: np.random.Generator,
) -> BeforeAfter:
    """Put the persons of two forms on one scale, and count who grew beyond the error of measurement.

    For groups that sat a form before and one after. Not for judging one person, nor for saying that a programme did it:
    without others who were not taught, growth has no cause. Nor for forms that share no items.

    Parameters
    ----------
    first, second : Form
        Persons are matched by their labels. The same form given twice shares all its items.
    cluster : a label for each person of `first`, as their school, for the error of the mean change.
    by_points : take points however many people there are, as for a short scale whose score is read as it stands.
    level : a change counts beyond this two-sided interval of its error.
    rng : for the number by chance, which is simulated where a model holds.

    Returns
    -------
    BeforeAfter

    Raises
    ------
    MeasurementError
        Fewer than three shared items, nobody who sat both, or scores that do not vary.

    Notes
    -----
    With 100 persons or more on either form: Rasch or partial credit; with 500: a slope for each item [1]_ [2]_. Each form is
    calibrated by all who sat it and linked by Stocking and Lord's method (`link`); the persons' scores are Warm's (`growth`).
    With fewer, or where a model is refused or did not converge: the share of points on the shared items, answered at least by
    half, with error sd · √(1 − α) on either occasion (Lord & Novick 1968, eq. 3.4.4), the same for all, and the number by chance
    from the normal distribution. α below zero counts as zero: then nothing grows beyond error, which is what such items say.

    References
    ----------
    .. [1] Linacre, J. M. (1994). Sample size and item calibration stability. Rasch Measurement Transactions 7(4), 328.
    .. [2] de Ayala, R. J. (2009). The theory and practice of item response theory. Guilford, ch. 5.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> theta = rng.normal(size=(60, 1))
    >>> def sat(gain):
    ...     right = rng.random((60, 12)) < 1 / (1 + np.exp(-(theta + gain - np.linspace(-1, 1, 12))))
    ...     return Form(right.astype(float), tuple("abcdefghijkl"), (1.0,) * 12, tuple(range(60)))
    >>> found = before_and_after(sat(0.0), sat(1.0), rng=rng)
    >>> found.method, found.why_points, bool(found.mean > 0.1)
    ('points', 'few persons', True)
    """
    if not 0.5 <= level < 1:
        raise refusal("level", "a share between 0.5 and 1", f"{level:g}")
    one, two = _seated(first, "first"), _seated(second, "second")
    names = [name for name in one.items if name in set(two.items)]
    if len(names) < LEAST_SHARED:
        raise refusal(
            "items", f"at least {LEAST_SHARED} items must stand on both forms", str(len(names)),
            next="give a second form that repeats some items unchanged",
        )  # fmt: skip
    here = set(two.persons)
    both = [label for label in one.persons if label in here]
    if not both:
        raise refusal("persons", "nobody sat both forms", f"{len(one.persons)} and {len(two.persons)} persons")
    groups = None if cluster is None else dict(zip(first.persons, cluster, strict=True))
    tried = "asked" if by_points else _by_model(one, two, names, level, rng)
    found = _by_points(one, two, names, both, level, tried) if isinstance(tried, str) else tried
    found = replace(
        found,
        seated_before=len(one.persons),
        seated_after=len(two.persons),
        only_before=len(one.persons) - len(both),
        only_after=len(two.persons) - len(both),
        unscored=len(both) - len(found.persons),
    )
    return found if groups is None else _clustered(found, [groups[label] for label in found.persons])


def part(found: BeforeAfter, members: Flags) -> PartGrowth:
    """A group of the persons: its growers beside those by chance at everybody's rate, its mean change with an interval.

    Raises
    ------
    MeasurementError
        A group without persons, or flags of another length.
    """
    flags = np.asarray(members, dtype=bool)
    if flags.shape != found.grew.shape or not flags.any():
        raise refusal("members", "a flag for each person, one of them set", f"{flags.shape}")
    n, count = int(flags.sum()), int(found.grew[flags].sum())
    change = (found.after - found.before)[flags]
    own = (
        float(change.std(ddof=1) / np.sqrt(n))
        if n > 1
        else float(np.hypot(found.se_before, found.se_after)[flags][0])
    )
    half = _reach(found.level, n) * float(np.hypot(own, found.link_se))
    rate = found.growers.by_chance / len(found.persons)
    low, high = (float(end) for end in stats.binom.interval(0.95, n, rate))
    mean = float(change.mean())
    return PartGrowth(n, count, wilson(count, n, found.level), n * rate, low, high, mean, mean - half, mean + half)


def _reach(level: float, n: int) -> float:
    return float(special.stdtrit(max(n - 1, 1), 0.5 + level / 2))


def _seated(form: Form, where: str) -> Form:
    """Only persons with an answer; lengths and labels are asked for."""
    table = np.asarray(form.scores, dtype=float)
    if table.ndim != 2 or table.shape != (len(form.persons), len(form.items)) or len(form.top) != len(form.items):
        raise refusal(where, "one row a person, one column an item, a top for each", f"{table.shape}")
    for labels, word in ((form.items, "item"), (form.persons, "person")):
        if len(set(labels)) != len(labels):
            raise refusal(where, f"a {word} stands twice", f"{len(labels) - len(set(labels))} beyond the first")
    here = ~np.isnan(table).all(axis=1)
    return Form(table[here], form.items, form.top, tuple(p for p, k in zip(form.persons, here, strict=True) if k))


def _by_model(one: Form, two: Form, names: list[str], level: float, rng: np.random.Generator) -> BeforeAfter | str:
    """By a model; or why not."""
    fewest = min(len(one.persons), len(two.persons))
    if fewest < ONE_SLOPE:
        return "few persons"
    plain = all(top == 1 for top in (*one.top, *two.top))
    if fewest >= OWN_SLOPES:
        model = "2pl" if plain else "graded"
    else:
        model = "rasch" if plain else "partial credit"
    try:
        answers = [responses(form.scores, items=form.items, persons=form.persons) for form in (one, two)]
        fits = [calibrate(sat, model) for sat in answers]
        if not all(fit.converged for fit in fits):
            return "not converged"
        anchors = _alike(fits[0], fits[1], names)
        if len(anchors) < LEAST_SHARED:
            return "few answers"
        linked = link(fits[1], fits[0], anchors=anchors)
        found = growth(Sitting(fits[0], answers[0]), Sitting(fits[1], answers[1]), linked, level=level, rng=rng)
        scores = [score(fit, sat, "wle") for fit, sat in zip(fits, answers, strict=True)]
    except MeasurementError:
        return "refused"
    scores[1] = linked.scores(scores[1])
    places = [[form.persons.index(label) for label in found.persons] for form in (one, two)]
    half = _reach(level, len(found.persons)) * found.mean_se
    return BeforeAfter(
        method=model, why_points="", unit="logits", persons=found.persons,
        before=scores[0].theta[places[0]], after=scores[1].theta[places[1]],
        se_before=scores[0].se[places[0]], se_after=scores[1].se[places[1]],
        grew=found.grew, fell=found.fell, growers=found.growers, fallers=found.fallers,
        mean=found.mean, mean_low=found.mean - half, mean_high=found.mean + half,
        mean_se=found.mean_se, link_se=found.link_se, true_sd=found.sd_of_true_change,
        reliability_before=scores[0].reliability, reliability_after=scores[1].reliability,
        shared=_anchored(linked), left_out=(*fits[0].left_out, *fits[1].left_out),
        seated_before=0, seated_after=0, only_before=0, only_after=0, unscored=0, chance=found.chance, level=level,
    )  # fmt: skip


def _alike(one: Calibration, two: Calibration, names: list[str]) -> list[str]:
    """Shared items that were calibrated on both forms with the same levels."""
    levels = [{item.name: item.levels for item in fit.items} for fit in (one, two)]
    return [name for name in names if name in levels[0] and levels[0][name] == levels[1].get(name)]


def _anchored(linked: Link) -> tuple[SharedItem, ...]:
    return tuple(SharedItem(a.item, a.to, a.moved, a.z) for a in linked.anchors)


def _by_points(one: Form, two: Form, names: list[str], both: list[Any], level: float, why: str) -> BeforeAfter:
    """By the share of points on the shared items, with an error from alpha."""
    tables = []
    for form in (one, two):
        columns = [form.items.index(name) for name in names]
        tops = np.array([form.top[j] for j in columns])
        tables.append(form.scores[:, columns] / tops)
    flat = [j for j in range(len(names)) if any(np.nanstd(_or_nan(table[:, j])) == 0 for table in tables)]
    left = tuple(
        LeftOut(names[j], "everybody gave the same answer", int((~np.isnan(tables[0][:, j])).sum())) for j in flat
    )
    used = [j for j in range(len(names)) if j not in flat]
    if len(used) < 2:
        raise refusal("items", "shared items must differ between persons", f"{len(used)} of {len(names)} do")
    tables = [table[:, used] for table in tables]
    kept = [(~np.isnan(table)).mean(axis=1) >= HALF for table in tables]
    scores = [_means(table, enough) for table, enough in zip(tables, kept, strict=True)]
    reliabilities = [max(cronbach_alpha(table, missing="pairwise").value, 0.0) for table in tables]
    errors = [
        float(np.nanstd(values, ddof=1) * np.sqrt(1 - alpha))
        for values, alpha in zip(scores, reliabilities, strict=True)
    ]
    rows = [{label: i for i, label in enumerate(form.persons)} for form in (one, two)]
    pairs = [(label, rows[0][label], rows[1][label]) for label in both]
    pairs = [(label, i, j) for label, i, j in pairs if np.isfinite(scores[0][i]) and np.isfinite(scores[1][j])]
    if not pairs:
        raise refusal("persons", "nobody has a score on both forms", f"{len(both)} sat both")
    before = np.array([scores[0][i] for _label, i, _j in pairs])
    after = np.array([scores[1][j] for _label, _i, j in pairs])
    found = growth_beyond_error(before, after, se_before=errors[0], se_after=errors[1], level=level)
    low, high = (float(end) for end in stats.binom.interval(0.95, found.n, (1 - level) / 2))
    sides = [
        Beside(count, share, found.expected, low, high, count, count)
        for count, share in ((found.improved, found.improved_share), (found.declined, found.declined_share))
    ]
    verdicts = np.array([person.verdict for person in found.people])
    means = [np.nanmean(table, axis=0) for table in tables]
    return BeforeAfter(
        method="points", why_points=why, unit="points", persons=tuple(label for label, _i, _j in pairs),
        before=before, after=after, se_before=np.full(found.n, errors[0]), se_after=np.full(found.n, errors[1]),
        grew=verdicts == "improved", fell=verdicts == "declined", growers=sides[0], fallers=sides[1],
        mean=found.mean, mean_low=found.mean_low, mean_high=found.mean_high, mean_se=found.mean_se, link_se=0.0,
        true_sd=found.true_sd, reliability_before=reliabilities[0], reliability_after=reliabilities[1],
        shared=tuple(
            SharedItem(names[j], float(means[0][k]), float(means[1][k]), None) for k, j in enumerate(used)
        ),
        left_out=left, seated_before=0, seated_after=0, only_before=0, only_after=0, unscored=0, chance="normal",
        level=level,
    )  # fmt: skip


def _or_nan(column: Array) -> Array:
    return column if np.isfinite(column).any() else np.zeros(1)


def _means(table: Array, enough: Flags) -> Array:
    """Each person's mean of what they answered; NaN for those who answered too little."""
    found = np.full(table.shape[0], np.nan)
    found[enough] = np.nanmean(table[enough], axis=1)
    return found


def _clustered(found: BeforeAfter, labels: list[Any]) -> BeforeAfter:
    """The mean change with an error that knows that colleagues learn together; with one school there is none to tell."""
    if len(set(labels)) < 2:
        return found
    again = growth_beyond_error(
        found.before, found.after, se_before=found.se_before, se_after=found.se_after, common_se=found.link_se,
        cluster=labels, level=found.level,
    )  # fmt: skip
    return replace(found, mean_low=again.mean_low, mean_high=again.mean_high, mean_se=again.mean_se)
