"""Where: the effect at each site, how much sites truly differ, and the share of them that lies below zero.

Estimates of single sites scatter more than their effects do, so the share of *estimates* below zero is not the share of
*effects* below zero. The latter comes from the distribution of effects: mean and variance by REML, with the sites' sampling
variances taken out.

Sources
-------
Bloom, Raudenbush, Weiss & Porter (2017), doi:10.1080/19345747.2016.1264518, §§2 to 4 (fixed intercepts, random coefficients).
The jackknife over sites: Efron & Tibshirani (1993), ch. 11.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fairlead.science.impact.figure import Cell, Figure, values
from fairlead.science.impact.formula import parse_formula
from fairlead.science.impact.moments import INTERCEPT, collect, design_of, open_source
from fairlead.science.impact.moments.core import Left, Origin
from fairlead.science.impact.printed import Printed
from fairlead.science.impact.problems import EstimationError, Problem
from fairlead.science.impact.regression.table import number, probability
from fairlead.science.impact.synthesis.random_effects import fit_random_effects, heterogeneity
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
FEWEST = 5  # sites from which a distribution is described
LEAST = 1e-9  # of a site's own spread of treatment, below which it has one arm only
MIN_DF = 4


@dataclass(frozen=True, slots=True)
class Site:
    """One site's effect with its 95 % interval, and the same drawn toward the mean by how little is known of it."""

    site: str
    rows: int
    estimate: float
    se: float
    df: float
    low: float
    high: float
    shrunken: float


@dataclass(frozen=True, slots=True)
class Sites(Printed):
    """Effects of the sites, least first.

    Attributes
    ----------
    mean, mean_se : of the effects, every site counting as one (random effects).
    sd : of the effects themselves, without the noise of their estimates.
    q, q_p : whether sites differ at all.
    below, below_se : share of effects below zero, of a normal distribution, and its jackknife error over sites; None
        for both where sites do not differ (then the share is 0 or 1, and nothing is known of it).
    estimates_below : share of estimates below zero, which noise makes larger.
    lost : sites without an effect, with the reason.
    """

    treatment: str
    site: str
    sites: tuple[Site, ...]
    mean: float
    mean_se: float
    sd: float
    q: float
    q_p: float
    below: float | None
    below_se: float | None
    estimates_below: float
    lost: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    left: tuple[Left, ...]
    origins: tuple[Origin, ...]

    def __str__(self) -> str:
        width = max(len(self.site), *(len(item.site) for item in self.sites))
        lines = [
            f"Effect of {self.treatment} by {self.site}",
            f"mean {number(self.mean)} ({number(self.mean_se)}), standard deviation of effects {number(self.sd)}, "
            f"Q = {self.q:.1f}, p {probability(self.q_p)}",
        ]
        if self.below is not None and self.below_se is not None:
            lines.append(f"share of effects below zero {self.below:.0%} (error {self.below_se:.0%})")
        lines.append(f"share of estimates below zero {self.estimates_below:.0%}, which noise alone makes larger")
        lines += ["", f"{self.site:<{width}}{'rows':>8}{'estimate':>12}{'error':>10}{'shrunken':>12}"]
        lines += [
            f"{item.site:<{width}}{item.rows:>8,}{number(item.estimate):>12}{number(item.se):>10}"
            f"{number(item.shrunken):>12}"
            for item in self.sites
        ]
        lines += [f"no effect for {name}: {why}" for name, why in self.lost]
        return "\n".join([*lines, *(f"careful: {text}" for text in self.warnings)])

    def figure(self) -> Figure:
        """A forest plot, least effect first."""
        import altair as alt

        columns = ("site", "estimate", "low", "high", "shrunken")
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (item.site, item.estimate, item.low, item.high, item.shrunken) for item in self.sites
        )
        first, last = self.sites[0], self.sites[-1]
        title = (
            f"Effects of {self.treatment} by {self.site}: mean {number(self.mean)}, sites differ by {number(self.sd)}"
        )
        share = "" if self.below is None else f" An estimated {self.below:.0%} of effects lie below zero."
        alt_text = (
            f"Forest plot of {len(self.sites)} sites. Estimates run from {number(first.estimate)} ({first.site}) to "
            f"{number(last.estimate)} ({last.site}); their mean is {number(self.mean)}.{share}"
        )
        order = [item.site for item in self.sites]
        y = alt.Y("site:N", sort=order, title=None)
        base = alt.Chart(values(columns, rows))
        layers = [
            alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color="#999999").encode(x="zero:Q"),
            alt.Chart(alt.Data(values=[{"mean": self.mean}]))
            .mark_rule(strokeDash=[4, 3], color="#1f6396")
            .encode(x="mean:Q"),
            base.mark_rule(color="#566777").encode(y=y, x=alt.X("low:Q", title="effect"), x2="high:Q"),
            base.mark_point(filled=True, color="#566777", size=36).encode(y=y, x="estimate:Q"),
            base.mark_point(shape="diamond", filled=True, color="#c2541c", size=48).encode(y=y, x="shrunken:Q"),
        ]
        chart = alt.layer(*layers).properties(title=title, description=alt_text, width=420, height=alt.Step(14))
        return Figure("sites", title, alt_text, columns, rows, chart.to_dict())


def site_effects(
    data: Any, formula: str, treatment: str, site: str, *, cluster: str | None = None, engine: str | None = None
) -> Sites:
    """The effect at each site of a trial within sites, and the distribution of effects.

    For trials with both arms in (nearly) every site. Not for treatment that whole sites had.

    Parameters
    ----------
    formula : it holds the treatment as one column; covariates have one slope for all sites, sites a mean each.
    treatment : that column's name in the model.
    site : a column.
    cluster : within sites, what was assigned as one (classes); errors are then CR1's of each site, else each site's own
        residual variance. A site with fewer than four degrees of freedom takes the pooled variance.

    Examples
    --------
    >>> import numpy as np, polars as pl
    >>> from fairlead.science.impact.regression import site_effects
    >>> rng = np.random.default_rng(1)
    >>> site, treat = np.repeat(np.arange(30), 40), np.tile([0, 1], 600)
    >>> effect = 1 + 2 * rng.normal(size=30)
    >>> y = effect[site] * treat + rng.normal(size=30)[site] + 3 * rng.normal(size=1200)
    >>> found = site_effects(pl.DataFrame({"site": site, "treat": treat, "y": y}), "y ~ treat", "treat", "site")
    >>> len(found.sites), round(found.below, 2)
    (30, 0.3)
    """
    source = open_source(data)
    design = design_of(parse_formula(formula), source)
    if treatment not in design.fixed:
        raise EstimationError(
            [Problem("treatment", "the model has no such column", treatment, ", ".join(design.fixed))]
        )
    rest = [name for name in design.fixed if name not in (INTERCEPT, treatment)]
    keys = (site,) if cluster is None else (site, cluster)
    cells = collect(source, design, by=keys, engine=engine).select([treatment, *rest, design.outcome])
    if cells.less[
        :, 0
    ].any():  # a product with the treatment, taken about a middle: the effect would be that in the middle
        cells = cells.plain()
    whole = cells.by(site)
    within, names = whole.within(), [str(value) for value in whole.keys[site]]
    n = whole.counts.astype(float)
    has_both = within[:, 0, 0] > LEAST * n
    beta, bread = _common_slopes(within[has_both])
    spread = np.where(has_both, within[:, 0, 0], np.nan)
    mean_x = within[:, 0, 1:-1] / spread[:, None]  # how covariates differ between a site's arms
    raw = within[:, 0, -1] / spread
    effect = raw - mean_x @ beta
    shift = np.concatenate(
        [np.zeros((len(names), 1)), np.tile(-beta, (len(names), 1)), np.ones((len(names), 1))], axis=1
    )
    shift[:, 0] = -effect
    rss = np.einsum("si,sij,sj->s", shift, within, shift)
    df = n - 2
    pooled = float(np.nansum(rss[has_both])) / max(float(df[has_both].sum()) - beta.size, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.where(df >= MIN_DF, rss / df, pooled) / spread
        freedom = np.where(df >= MIN_DF, df, df[has_both].sum() - beta.size)
    counts = np.zeros(len(names))
    if cluster is not None:
        variance, freedom, counts = _by_cluster(cells, whole.codes(site)[0].size, site, shift, spread)
    variance = variance + pooled * np.einsum("si,ij,sj->s", mean_x, bread, mean_x)
    lost = []
    for place, name in enumerate(names):
        if not has_both[place]:
            lost.append((name, "one arm only"))
        elif n[place] <= 2:
            lost.append((name, "two rows or fewer"))
        elif cluster is not None and counts[place] < 3:
            lost.append((name, "fewer than three clusters"))
    gone = {name for name, _ in lost}
    kept = np.array([place for place, name in enumerate(names) if name not in gone], dtype=np.intp)
    if kept.size < 2:
        raise EstimationError(
            [
                Problem(
                    site,
                    "fewer than two sites have an effect",
                    "; ".join(f"{name}: {why}" for name, why in lost[:5]) or counted(kept.size, "site"),
                    "both arms in several sites",
                    "where whole sites were treated, compare sites: linear_regression with cluster",
                )
            ]
        )
    unit = cells.scale[-1] / cells.scale[0]
    return _described(
        treatment,
        site,
        [names[place] for place in kept],
        n[kept],
        effect[kept] * unit,
        np.sqrt(variance[kept]) * unit,
        freedom[kept],
        tuple(lost),
        cells.left,
        cells.origins,
    )


def _common_slopes(within: Array) -> tuple[Array, Array]:
    """Slopes of the covariates, the treatment's own effect at each site taken out, and their (X′X)⁻¹."""
    t = within[:, 0, 1:] / within[:, 0, :1]
    rest = (within[:, 1:, 1:] - within[:, 1:, :1] * t[:, None, :]).sum(axis=0)
    if rest.shape[0] == 1:
        return np.zeros(0), np.zeros((0, 0))
    x = rest[:-1, :-1]
    if np.linalg.cond(x) > 1e12:
        raise EstimationError([Problem("formula", "covariates are collinear within sites", "", "", "leave some out")])
    bread = np.linalg.inv(x)
    return bread @ rest[:-1, -1], bread


def _by_cluster(cells: Any, sites: int, site: str, shift: Array, spread: Array) -> tuple[Array, Array, Array]:
    codes = cells.codes(site)[0]
    whole = cells.by(site)
    mean = (whole.products[:, 0, 1:] / whole.counts[:, None])[codes]
    sums, n = cells.products[:, 0, 1:], cells.counts[:, None, None]
    about = cells.products[:, 1:, 1:] - sums[:, :, None] * mean[:, None, :] - mean[:, :, None] * sums[:, None, :]
    about = about + n * mean[:, :, None] * mean[:, None, :]
    score = np.einsum("cj,cj->c", about[:, 0, :], shift[codes])
    total = np.bincount(codes, weights=score**2, minlength=spread.size)
    count = np.bincount(codes, minlength=spread.size).astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return total * count / (count - 1) / spread**2, count - 1, count


def _described(
    treatment: str,
    site: str,
    names: list[str],
    n: Array,
    effect: Array,
    se: Array,
    df: Array,
    lost: tuple[tuple[str, str], ...],
    left: tuple[Left, ...],
    origins: tuple[Origin, ...],
) -> Sites:
    v = se**2
    told: list[str] = []
    known = np.isfinite(v) & (v > 0)
    if not known.all():
        bad = ", ".join(name for name, good in zip(names, known, strict=True) if not good)
        raise EstimationError(
            [Problem(site, "an effect has no error, so sites cannot be weighted", bad, next="leave these sites out")]
        )
    fitted = fit_random_effects(effect, v)
    mean, tau2 = float(fitted.mean), float(fitted.tau2)
    if not bool(fitted.converged):
        told.append("the variance between sites did not converge; do not rely on it")
    q, _ = heterogeneity(effect, v)
    below, below_se = None, None
    if effect.size < FEWEST:
        told.append(f"{counted(effect.size, 'site')}: too few to describe how effects differ")
    elif tau2 <= 0:
        told.append("the estimates do not differ more than their errors; this is not proof that effects are equal")
    else:
        below = float(stats.norm.cdf(0, mean, np.sqrt(tau2)))
        below_se = _jackknife(effect, v)
        if effect.size < 20:
            told.append(
                f"{counted(effect.size, 'site')}: the share below zero rests on a normal distribution of few effects"
            )
    shrunken = mean + tau2 / (tau2 + v) * (effect - mean)
    half = stats.t.ppf(0.975, df) * se
    order = np.argsort(effect, kind="stable")
    found = tuple(
        Site(
            names[i],
            int(n[i]),
            float(effect[i]),
            float(se[i]),
            float(df[i]),
            float(effect[i] - half[i]),
            float(effect[i] + half[i]),
            float(shrunken[i]),
        )
        for i in order
    )
    if lost:
        told.append(f"left out, since they have no effect of their own: {counted(len(lost), 'site')}")
    return Sites(
        treatment=treatment,
        site=site,
        sites=found,
        mean=mean,
        mean_se=float(fitted.se_adjusted),
        sd=float(np.sqrt(tau2)),
        q=q,
        q_p=float(stats.chi2.sf(q, effect.size - 1)),
        below=below,
        below_se=below_se,
        estimates_below=float((effect < 0).mean()),
        lost=lost,
        warnings=tuple(told),
        left=left,
        origins=origins,
    )


def _jackknife(effect: Array, v: Array) -> float:
    """Error of the share below zero: every site left out in turn."""
    count = effect.size
    rest = np.array([np.delete(np.arange(count), place) for place in range(count)])
    fitted = fit_random_effects(effect[rest], v[rest])
    sd = np.sqrt(np.maximum(fitted.tau2, 0.0))
    with np.errstate(divide="ignore"):
        share = np.where(sd > 0, stats.norm.cdf(-fitted.mean / np.where(sd > 0, sd, 1.0)), (fitted.mean < 0) * 1.0)
    return float(np.sqrt((count - 1) / count * ((share - share.mean()) ** 2).sum()))
