"""What the comparison says of an outcome: a difference in its native unit, with the error that its design calls for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from fairlead.science.impact.clusters import FEW_CLUSTERS
from fairlead.science.impact.matching.comparison import Comparison
from fairlead.science.impact.matching.entropy import Balancing
from fairlead.science.impact.matching.score import Score
from fairlead.science.impact.matching.units import combinations
from fairlead.science.impact.notices import Notice, notice
from fairlead.science.impact.printed import Printed
from fairlead.science.impact.problems import DataError, EstimationError, Problem
from fairlead.science.impact.record import to_plain
from fairlead.science.impact.regression.arrays import least_squares
from fairlead.science.impact.sample import Dropped
from fairlead.science.impact.wording import counted

Array = NDArray[np.float64]
_SPANISH = {"cell": "celda", "pair": "pareja", "matched set": "conjunto emparejado"}
MOST_CR2 = 1000  # clusters; beyond, the corrections of CR2 are far below the rounding of any report


@dataclass(frozen=True, slots=True)
class MatchedEffect(Printed):
    """An average effect, in the unit of the outcome.

    Attributes
    ----------
    estimate, se, df, p, ci_low, ci_high : by the t distribution, two-sided, at `alpha`.
    errors : "CR1", "CR2", "HC1" or "stacked"; `clusters_by` says of what, `clusters` how many.
    weights_uncertainty : "counted" when the error includes that of the weights; "ignored" when pairs and weights are taken
        as given.
    adjusted_for : covariates of the outcome model besides the treatment.
    mean_treated, mean_control : weighted, unadjusted.
    naive, naive_se : the difference of all complete rows, without any matching (HC1).
    dropped : rows of the comparison that could not be used for this outcome.
    """

    outcome: str
    estimand: str
    estimate: float
    se: float
    df: float
    p: float
    alpha: float
    ci_low: float
    ci_high: float
    errors: str
    clusters_by: str | None
    clusters: int | None
    weights_uncertainty: str
    adjusted_for: tuple[str, ...]
    n_treated: int
    n_control: int
    effective_control: float
    mean_treated: float
    mean_control: float
    naive: float
    naive_se: float
    dropped: tuple[Dropped, ...]
    notices: tuple[Notice, ...]

    def __str__(self) -> str:
        from fairlead.science.impact.matching.show import effect_lines

        return "\n".join([*effect_lines(self), *(f"note: {notice.text}" for notice in self.notices)])

    def record(self) -> dict[str, Any]:
        """Plain values."""
        return dict(to_plain(self))


def effect(
    found: Comparison,
    outcome: str,
    *,
    adjust: bool = False,
    cluster: str | None = None,
    errors: str | None = None,
    alpha: float = 0.05,
) -> MatchedEffect:
    """The average effect on an outcome: the weighted difference, or the treatment's coefficient with covariates.

    Parameters
    ----------
    found : a comparison whose rows have the outcome (`match(…, also=[outcome])`).
    adjust : hold the covariates of the comparison in the outcome model, as the standards ask between 0.05 and 0.25.
    cluster : a column of the comparison; errors are then by it. Name the unit that was treated.
    errors : "HC1", "CR1" or "CR2", instead of what follows from the design.
    alpha : of the interval.

    Notes
    -----
    By design: pairs (or sets, or cells) without replacement are clusters (Abadie & Spiess 2022,
    doi:10.1080/01621459.2020.1840383); after matching groups, or within groups, these are. With replacement errors are
    HC1: a control that serves many is one row with a large weight. Weights of ipw and ebal are estimates, and the errors
    count that: the equations of the weights and of the outcome are solved as one system (stacked M-estimation, Stefanski
    & Boos 2002, doi:10.1198/000313002753631330). Everywhere else pairs are taken as given.

    Raises
    ------
    DataError, EstimationError
        No such outcome among the rows; one cluster; an outcome that does not vary.
    """
    frame = found.units.frame
    names = [name for name in (outcome, cluster) if name is not None and name not in frame.columns]
    if names:
        raise DataError(
            [
                Problem(
                    "outcome",
                    "the rows of the comparison do not have this column",
                    ", ".join(names),
                    ", ".join(frame.columns),
                    "name it when matching (also)",
                )
            ]
        )
    if not (frame.schema[outcome].is_numeric() or frame.schema[outcome] == pl.Boolean):
        raise DataError([Problem(outcome, "the outcome is not a number", str(frame.schema[outcome]), "numbers")])
    y = frame[outcome].cast(pl.Float64).to_numpy()
    if not np.isfinite(y).all():
        raise DataError(
            [
                Problem(
                    outcome,
                    "the outcome has missing or infinite values",
                    "NaN or infinity",
                    next="name it when matching (also), so that such rows are left out and counted",
                )
            ]
        )
    if errors not in (None, "HC1", "CR1", "CR2"):
        raise EstimationError([Problem("errors", "unknown kind of errors", repr(errors), "HC1, CR1, CR2")])
    kept = found.kept
    t = found.treated.astype(float)
    labels, by = _clusters(found, cluster, errors)
    covariates = found.units.x if adjust else np.zeros((t.size, 0))
    adjusted = found.units.names if adjust else ()
    notices: list[Notice] = []
    clusters = None if labels is None else int(np.unique(labels[kept]).size)
    stack = found.fitted is not None and errors is None
    if stack:
        b, se, df = _stacked(found, y, t, covariates, labels)
        kind, uncertainty = "stacked", "counted"
    else:
        kind = errors or ("HC1" if labels is None else "CR2" if (clusters or 0) <= MOST_CR2 else "CR1")
        if kind != "HC1" and labels is None:
            raise EstimationError(
                [Problem("errors", f"{kind} errors need clusters", found.method, next="name the clusters (cluster)")]
            )
        fit = least_squares(
            y[kept],
            np.column_stack([t, covariates])[kept],
            names=(found.treatment, *adjusted),
            cluster=None if labels is None or kind == "HC1" else labels[kept],
            errors=kind,
            weights=found.weights[kept],
        )
        b, se, df, uncertainty = (
            float(fit.coefficients[0]),
            float(fit.standard_errors[0]),
            float(fit.df[0]),
            "ignored",
        )
    if not se > 0:
        raise EstimationError(
            [
                Problem(
                    outcome,
                    "the error of the estimate is zero",
                    "0",
                    next="look at the number of clusters in each arm",
                )
            ]
        )
    if clusters is not None and kind != "HC1" and clusters < FEW_CLUSTERS:
        notices.append(
            notice(
                "few_clusters",
                count=counted(clusters, "cluster"),
                count_es=f"{clusters} conglomerados",
                by=(by, _SPANISH.get(str(by), by)),
                least=FEW_CLUSTERS,
            )
        )
    if cluster is not None and found.pairs.size and not found.choice("replace"):
        own = combinations(frame, (cluster,))
        place = np.full(int(found.rows.max()) + 1, -1, dtype=np.intp)
        place[found.rows] = own
        across = int((place[found.pairs[:, 0]] != place[found.pairs[:, 1]]).sum())
        if across:
            notices.append(notice("pairs_across_clusters", across=across, all=len(found.pairs), cluster=cluster))
    if cluster is None and found.groups is None and not found.choice("within"):
        but = (f" but for their {by}", f", salvo por su {_SPANISH.get(by, by)}") if by else ("", "")
        notices.append(notice("no_cluster_named", but=but))
    if uncertainty == "ignored":
        notices.append(
            notice("weights_taken_as_given", sentence="pairs_taken_as_given" if found.fitted is None else None)
        )
    w, treated = found.weights, found.treated
    naive = least_squares(y, t[:, None], names=(found.treatment,))
    half = float(stats.t.ppf(1 - alpha / 2, df)) * se
    return MatchedEffect(
        outcome=outcome,
        estimand=found.estimand,
        estimate=b,
        se=se,
        df=df,
        p=float(2 * stats.t.sf(abs(b / se), df)),
        alpha=alpha,
        ci_low=b - half,
        ci_high=b + half,
        errors=kind,
        clusters_by=None if kind == "HC1" else by,
        clusters=None if kind == "HC1" else clusters,
        weights_uncertainty=uncertainty,
        adjusted_for=tuple(adjusted),
        n_treated=int((kept & treated).sum()),
        n_control=int((kept & ~treated).sum()),
        effective_control=found.effective[1],
        mean_treated=float(np.average(y[treated], weights=w[treated])),
        mean_control=float(np.average(y[~treated], weights=w[~treated])),
        naive=float(naive.coefficients[0]),
        naive_se=float(naive.standard_errors[0]),
        dropped=tuple(d for d in found.dropped if d.column == outcome),
        notices=tuple(notices),
    )


def _clusters(found: Comparison, cluster: str | None, errors: str | None) -> tuple[NDArray[Any] | None, str | None]:
    if cluster is not None:
        return combinations(found.units.frame, (cluster,)), cluster
    if errors == "HC1":
        return None, None
    if found.groups is not None:
        return found.groups, "matched " + " and ".join(found.choice("hierarchical"))
    within = found.choice("within")
    if within:
        return combinations(found.units.frame, (within,)), within
    if (found.subclass >= 0).any():
        return found.subclass, "cell" if found.method == "cem" else "pair" if found.choice(
            "ratio"
        ) == 1 else "matched set"
    return None, None


def _stacked(
    found: Comparison, y: Array, t: Array, covariates: Array, labels: NDArray[Any] | None
) -> tuple[float, float, float]:
    """The treatment's coefficient, with an error from the influence of each row on weights and outcome model alike."""
    treated, kept, w = found.treated, found.kept, found.weights
    x = found.units.x
    if isinstance(found.fitted, Score):
        p = found.fitted.probability
        z = np.column_stack([np.ones(t.size), (x - x.mean(axis=0)) / x.std(axis=0)])
        information = z.T @ (z * (p * (1 - p))[:, None])
        influence = np.linalg.solve(information, (z * (t - p)[:, None]).T).T
        # the derivative of a weight by the log odds: of p/(1−p) it is itself, of 1/p and 1/(1−p) less by one
        odds = np.where(treated, 0.0, 1.0) if found.estimand == "ATT" else np.where(treated, -(1 - p), p)
        slope = (w * odds)[:, None] * z
    else:
        assert isinstance(found.fitted, Balancing)
        target = x[treated].mean(axis=0)
        z = (x - target) / x.std(axis=0)
        at = (w * ~treated)[:, None] * z
        sums = z.T @ at
        total = float(w[~treated].sum())
        influence = np.linalg.solve(sums, (total / treated.sum() * treated[:, None] * z - at).T).T
        slope = at
    for arm in (treated, ~treated):  # weights average one in each arm, whatever the parameters
        slope[arm] -= w[arm, None] * (slope[arm].sum(axis=0) / w[arm].sum())
    centre = covariates[kept].mean(axis=0) if covariates.shape[1] else np.zeros(0)
    spread = covariates[kept].std(axis=0) if covariates.shape[1] else np.zeros(0)
    design = np.column_stack([t, np.ones(t.size), (covariates - centre) / np.where(spread > 0, spread, 1.0)])
    bread = design.T @ (design * w[:, None])
    try:
        coefficients = np.linalg.solve(bread, design.T @ (w * y))
    except np.linalg.LinAlgError:
        raise EstimationError(
            [Problem("adjust", "the covariates are collinear in the weighted rows", "", next="do not adjust")]
        ) from None
    residuals = y - design @ coefficients
    scores = design * (w * residuals)[:, None]
    cross = (design * residuals[:, None]).T @ slope
    whole = scores + influence @ cross.T
    for arm in (treated & kept, ~treated & kept):  # that they average one is an estimate too
        whole[arm] -= np.outer(w[arm] - 1, scores[arm].sum(axis=0) / arm.sum())
    own = whole @ np.linalg.inv(bread)[:, 0]
    used = int(kept.sum())
    if labels is None:
        freedom = float(used - design.shape[1])
        return float(coefficients[0]), float(np.sqrt((own**2).sum() * used / freedom)), freedom
    codes = np.unique(labels, return_inverse=True)[1]
    count = int(codes.max()) + 1
    if count < 2:
        raise EstimationError(
            [
                Problem(
                    "cluster", "clustered errors need at least two clusters", "1", next="use another cluster column"
                )
            ]
        )
    sums = np.bincount(codes, weights=own, minlength=count)
    return float(coefficients[0]), float(np.sqrt((sums**2).sum() * count / (count - 1))), float(count - 1)
