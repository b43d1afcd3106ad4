"""Who grew between two sittings, and how many would seem to have by chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from fairlead.science.measurement.growth import Growth, growth_beyond_error
from fairlead.science.measurement.irt.answers import MISSING, Responses
from fairlead.science.measurement.irt.calibration import Calibration, along, coded_for
from fairlead.science.measurement.irt.linking import Link
from fairlead.science.measurement.irt.scoring import Scores, score
from fairlead.science.measurement.problems import refusal
from fairlead.science.proportion import Share

Array = NDArray[np.float64]
DRAWS = 200
AT_ONCE = 50_000  # persons of several draws that are scored in one go
FEW_ANSWERS = 10


@dataclass(frozen=True, slots=True)
class Sitting:
    """A form as it was given: its calibration and the answers."""

    fit: Calibration
    responses: Responses


@dataclass(frozen=True, slots=True)
class Beside:
    """How many changed beyond measurement error in one direction, beside how many would have by chance."""

    count: int
    share: Share
    by_chance: float  # expected where nobody changed
    chance_low: float
    chance_high: float
    linked_low: int  # the count if the link were off by twice its error, either way
    linked_high: int

    @property
    def beyond_chance(self) -> bool:
        """Whether the count lies above what chance gives."""
        return self.count > self.chance_high


@dataclass(frozen=True, slots=True, eq=False)
class FormGrowth:
    """Each person's change in logits of the first sitting's scale, and what it comes to. `plain` is the same by scores alone,
    as `measurement.growth_beyond_error` tells it."""

    persons: tuple[Any, ...]
    change: Array  # (persons,)
    se: Array  # (persons,) of measurement, both sittings
    grew: NDArray[np.bool_]  # (persons,) beyond measurement error
    fell: NDArray[np.bool_]
    growers: Beside
    fallers: Beside
    mean_se: float  # of the mean change: persons and link
    link_se: float  # the part of it that is the link's
    chance: str  # "normal" or "simulated"
    only_first: int  # persons of the first sitting without a score in the second
    only_second: int
    plain: Growth
    warnings: tuple[str, ...]

    @property
    def mean(self) -> float:
        """Mean change."""
        return self.plain.mean

    @property
    def sd_of_true_change(self) -> float | None:
        """None where measurement error explains all differences of change."""
        return self.plain.true_sd


def growth(
    first: Sitting,
    second: Sitting,
    link: Link | None = None,
    *,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
) -> FormGrowth:
    """Each person's change between two sittings, and the share who grew beyond measurement error.

    Of a hundred people who did not change, two or three seem to have grown and as many to have fallen, at a level of 0.95: the
    count is therefore never shown without what chance gives. It is of groups. That one person's change lies beyond its error is
    weak evidence about that person, and that it does not is none. Without a group that was not taught, growth has no cause.

    Parameters
    ----------
    first, second : Sitting
        Persons are matched by their labels. With one calibration for both, no link is needed.
    link : from the second calibration's scale to the first's; see `link`.
    level : a change counts beyond this two-sided interval of its error.
    rng : with it the chance is simulated: answers of persons who stay where both sittings together put them. Needed where forms
        are short, for whose scores normal errors are a rough guess; without it the chance is (1 − level) ÷ 2 of all.

    Returns
    -------
    FormGrowth

    Raises
    ------
    MeasurementError
        No labels, none in common, labels that stand twice, two calibrations without a link.

    Notes
    -----
    Scores are Warm's weighted likelihood estimates: estimates that are drawn toward the mean would shrink change. Reliable
    change: Jacobson & Truax (1991), doi:10.1037/0022-006X.59.1.12, with each person's own error from the information of what they
    answered. The interval of chance holds 95 % of counts where nobody changed. The link's error moves everybody together, so
    it is not in a person's error but in that of the mean.

    Examples
    --------
    >>> import numpy as np
    >>> from fairlead.science.measurement.irt import Sitting, calibrate, growth, responses
    >>> rng = np.random.default_rng(1)
    >>> theta = rng.normal(size=(500, 1))
    >>> def sat(gain):
    ...     right = rng.random((500, 30)) < 1 / (1 + np.exp(-(theta + gain - np.linspace(-2, 2, 30))))
    ...     return responses(right, persons=range(500))
    >>> pre, post = sat(0.0), sat(0.0)
    >>> fit = calibrate(pre)
    >>> found = growth(Sitting(fit, pre), Sitting(fit, post))
    >>> found.growers.chance_low <= found.growers.count <= found.growers.chance_high, round(found.growers.by_chance, 1)
    (True, 12.5)
    """
    if not 0.5 <= level < 1:
        raise refusal("level", "a share between 0.5 and 1", f"{level:g}")
    if link is None and first.fit is not second.fit:
        raise refusal(
            "link", "two calibrations have two scales", next="link the second to the first by the items they share"
        )
    places = _matched(first.responses, second.responses)
    one, two = score(first.fit, first.responses, "wle"), score(second.fit, second.responses, "wle")
    if link is not None:
        two = link.scores(two)
    rows = [(i, j) for i, j in places if np.isfinite(one.theta[i]) and np.isfinite(two.theta[j])]
    if not rows:
        raise refusal("persons", "nobody has a score in both sittings", f"{len(places)} labels in common")
    i, j = (np.array(part) for part in zip(*rows, strict=True))
    plain = growth_beyond_error(one.theta[i], two.theta[j], se_before=one.se[i], se_after=two.se[j], level=level)
    change, se = two.theta[j] - one.theta[i], np.hypot(one.se[i], two.se[j])
    z = float(special.ndtri(0.5 + level / 2))
    n = change.size
    link_error, link_se = np.zeros(n), 0.0
    if link is not None:
        raw = (two.theta[j] - link.intercept) / link.slope
        link_error, link_se = link.error(raw), float(link.error(raw.mean()))
    counts = None
    if rng is not None:
        counts = _simulated(first, second, link, (i, j), one, two, z, rng)
    sides = []
    for side, (sign, share) in enumerate(((1, plain.improved_share), (-1, plain.declined_share))):
        found = sign * change > z * se
        if counts is None:
            by_chance = plain.expected
            low, high = (float(end) for end in stats.binom.interval(0.95, n, (1 - level) / 2))
        else:
            by_chance = float(counts[side].mean())
            low, high = (float(end) for end in np.quantile(counts[side], [0.025, 0.975]))
        off = [int((sign * change + way * 2 * link_error > z * se).sum()) for way in (-1, 1)]
        sides.append((found, Beside(int(found.sum()), share, by_chance, low, high, off[0], off[1])))
    warnings = list(plain.warnings)
    few = int((np.minimum(one.answers[i], two.answers[j]) < FEW_ANSWERS).sum())
    if few and rng is None:
        warnings.append(f"{few} persons have fewer than {FEW_ANSWERS} answers: give rng, so that chance is simulated")
    if not (first.fit.converged and second.fit.converged):
        warnings.append("a calibration did not converge")
    labels = first.responses.persons or ()
    return FormGrowth(
        persons=tuple(labels[k] for k in i),
        change=change,
        se=se,
        grew=sides[0][0],
        fell=sides[1][0],
        growers=sides[0][1],
        fallers=sides[1][1],
        mean_se=float(np.hypot(plain.mean_se, link_se)),
        link_se=link_se,
        chance="normal" if rng is None else "simulated",
        only_first=len(labels) - n,
        only_second=len(second.responses.persons or ()) - n,
        plain=plain,
        warnings=tuple(warnings),
    )


def _matched(first: Responses, second: Responses) -> list[tuple[int, int]]:
    for which, found in (("first", first), ("second", second)):
        if found.persons is None:
            raise refusal(f"{which}.persons", "labels are needed to find each person again")
        if twice := len(found.persons) - len(set(found.persons)):
            raise refusal(f"{which}.persons", "a label stands twice", f"{twice} beyond the first")
    place = {label: j for j, label in enumerate(second.persons or ())}
    return [(i, place[label]) for i, label in enumerate(first.persons or ()) if label in place]


def _simulated(
    first: Sitting,
    second: Sitting,
    link: Link | None,
    rows: tuple[NDArray[np.intp], NDArray[np.intp]],
    one: Scores,
    two: Scores,
    z: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Growers and fallers in each of the draws of persons who did not change."""
    i, j = rows
    w1, w2 = 1 / one.se[i] ** 2, 1 / two.se[j] ** 2
    stay = (w1 * one.theta[i] + w2 * two.theta[j]) / (w1 + w2)
    back = stay if link is None else (stay - link.intercept) / link.slope
    grew, fell = np.empty(DRAWS, dtype=np.intp), np.empty(DRAWS, dtype=np.intp)
    draw1, draw2 = _Form(first, i, stay), _Form(second, j, back)
    together = max(1, AT_ONCE // i.size)
    for begin in range(0, DRAWS, together):
        part = slice(begin, min(begin + together, DRAWS))
        count = part.stop - part.start
        before = score(first.fit, draw1.answers(rng, count), "wle")
        after = score(second.fit, draw2.answers(rng, count), "wle")
        if link is not None:
            after = link.scores(after)
        change = (after.theta - before.theta).reshape(count, -1)
        limit = z * np.hypot(before.se, after.se).reshape(count, -1)
        grew[part], fell[part] = (change > limit).sum(axis=1), (-change > limit).sum(axis=1)
    return grew, fell


class _Form:
    """What persons at given places would answer to the items that they were asked."""

    def __init__(self, sitting: Sitting, rows: NDArray[np.intp], theta: Array):
        fit = sitting.fit
        self.names = tuple(item.name for item in fit.items)
        self.asked = (coded_for(fit, sitting.responses).codes != MISSING)[rows].T  # (items, persons)
        p = along(fit, theta)[0]
        self.below = np.cumsum(p, axis=1)[:, :-1]  # (items, levels − 1, persons)
        width = p.shape[1]
        self.levels = np.array(
            [[*item.levels, *[item.levels[-1]] * (width - len(item.levels))] for item in fit.items]
        )

    def answers(self, rng: np.random.Generator, count: int) -> Responses:
        """Of all persons `count` times, one below the other."""
        drawn = [self._once(rng) for _ in range(count)]
        return Responses(np.concatenate(drawn), self.names)

    def _once(self, rng: np.random.Generator) -> NDArray[np.int8]:
        drawn = (rng.random(self.asked.shape)[:, None] > self.below).sum(axis=1)
        found = np.take_along_axis(self.levels, drawn, axis=1)
        return np.ascontiguousarray(np.where(self.asked, found, MISSING).T.astype(np.int8))
