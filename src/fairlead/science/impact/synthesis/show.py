"""A synthesis as a record, a table and a forest plot."""

from __future__ import annotations

from typing import Any

from fairlead.science.impact.figure import Cell, Figure, values
from fairlead.science.impact.record import to_plain
from fairlead.science.impact.synthesis.meta import Synthesis
from fairlead.science.impact.wording import counted


def record(found: Synthesis) -> dict[str, Any]:
    """Plain values for JSON; `low`, `high`, `df` and `p` at the top are those of the recommended inference."""
    first = found.inference[0]
    plain: dict[str, Any] = to_plain(found)
    return {
        **plain,
        "low": first.low,
        "high": first.high,
        "df": first.df,
        "p": first.p,
        "components": [
            {"level": "cluster" if found.within is not None else "study", "variance": found.between},
            *([] if found.within is None else [{"level": "effect", "variance": found.within}]),
        ],
        "left": [{"reason": gone.column, "rows": gone.rows} for gone in found.left],
        "warnings": [str(warning) for warning in found.warnings],
        "source": {"name": found.origin.source, "engine": found.origin.engine, "rows": found.origin.rows},
    }


def table(found: Synthesis) -> str:
    """For a person at a terminal."""
    percent = f"{found.level:.0%}"
    where = "" if found.clusters is None else f" in {counted(found.clusters, 'cluster')}"
    how = "" if found.r is None else f", sampling errors correlated {found.r:g} within clusters"
    lines = [
        f"Mean effect of {found.k} estimates{where}: {found.estimate:.6f}",
        f"  {found.model}, {found.method}{how}",
        "",
        f"  {'inference':<16}{'error':>12}{'df':>9}{percent + ' interval':>26}{'p':>9}",
    ]
    for row in found.inference:
        df = "" if row.df is None else f"{row.df:.2f}"
        interval = f"[{row.low:.4f}, {row.high:.4f}]"
        lines.append(f"  {row.name:<16}{row.se:>12.6f}{df:>9}{interval:>26}{_probability(row.p):>9}")
    lines += ["", f"  true effects differ: τ² = {found.tau2:.6f} (standard deviation {found.tau2**0.5:.4f})"]
    if found.within is not None:
        lines.append(f"    between clusters {found.between:.6f}, between effects of a cluster {found.within:.6f}")
    for name, interval_of in (("Q-profile", found.tau2_q_profile), ("likelihood", found.tau2_likelihood)):
        if interval_of is not None:
            lines.append(f"    {percent} interval of τ² by {name}: [{interval_of[0]:.4f}, {interval_of[1]:.4f}]")
    lines.append(f"    I² = {found.i2:.1%}; Q({found.q_df}) = {found.q:.2f}, p {_probability(found.q_p)}")
    if found.prediction is not None:
        low, high = found.prediction
        lines.append(
            f"  a new {'study' if found.clusters is None else 'cluster'}'s true effect, {percent}: [{low:.4f}, {high:.4f}]"
        )
    lines += [f"  left out: {counted(gone.rows, 'row')}, no {gone.column}" for gone in found.left]
    lines += [f"  warning: {warning}" for warning in found.warnings]
    return "\n".join(lines)


def _probability(p: float) -> str:
    """Never a p of zero."""
    return "< 0.0001" if p < 0.0001 else f"{p:.4f}"


def forest_figure(found: Synthesis) -> Figure:
    """Each effect with its interval, the mean with its own, and the prediction interval."""
    import altair as alt

    columns = ("label", "estimate", "low", "high", "weight", "kind", "place")
    first = found.inference[0]
    rows: list[tuple[Cell, ...]] = [
        (study.label, study.effect, study.low, study.high, study.weight, "effect", float(place))
        for place, study in enumerate(found.studies)
    ]
    rows.append(("mean", found.estimate, first.low, first.high, None, "mean", float(len(rows))))
    if found.prediction is not None:
        rows.append(("a new one", None, *found.prediction, None, "prediction", float(len(rows))))
    title = f"{counted(found.k, 'effect')} and their mean, {found.estimate:.3f} ({first.low:.3f} to {first.high:.3f})"
    below = sum(study.effect < 0 for study in found.studies)
    words = (
        f"Forest plot. {title}. {below} of {found.k} effects are below zero; they reach from "
        f"{min(s.effect for s in found.studies):.3f} to {max(s.effect for s in found.studies):.3f}."
    )
    if found.prediction is not None:
        words += (
            f" The true effect of a new one lies between {found.prediction[0]:.3f} and {found.prediction[1]:.3f}."
        )
    base = alt.Chart(values(columns, tuple(rows)))
    y = alt.Y("place:O", title=None, axis=alt.Axis(labels=False, ticks=False, domain=False))
    kinds = ["effect", "mean", "prediction"]
    color = alt.Color("kind:N", title=None, scale=alt.Scale(domain=kinds, range=["#555555", "#0b5fa5", "#a55f0b"]))
    layers = [
        alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color="#999999").encode(x="zero:Q"),
        base.mark_rule(strokeWidth=2).encode(y=y, x=alt.X("low:Q", title="effect"), x2="high:Q", color=color),
        base.transform_filter("datum.kind == 'effect'")
        .mark_point(filled=True, opacity=1, shape="square")
        .encode(
            y=y,
            x="estimate:Q",
            color=color,
            size=alt.Size("weight:Q", legend=None, scale=alt.Scale(range=[20, 160])),
        ),
        base.transform_filter("datum.kind == 'mean'")
        .mark_point(filled=True, opacity=1, shape="diamond", size=220)
        .encode(y=y, x="estimate:Q", color=color),
        base.mark_text(align="right", dx=-6).encode(y=y, x=alt.value(0), text="label:N"),
    ]
    height = 16 * len(rows) + 20
    chart = alt.layer(*layers).properties(title=title, description=words, width=420, height=height)
    return Figure("forest", title, words, columns, tuple(rows), chart.to_dict())
