"""Group-time effects as a record, a table and an event-study plot."""

from __future__ import annotations

from typing import Any

from fairlead.science.impact.figure import Cell, Figure, values
from fairlead.science.impact.panel.did import Aggregate, Did, Point
from fairlead.science.impact.wording import counted


def record(found: Did) -> dict[str, Any]:
    """Plain values for JSON."""
    result: dict[str, Any] = {
        "method": "panel.group_time",
        "outcome": found.outcome,
        "control": found.control,
        "base": found.base,
        "anticipation": found.anticipation,
        "estimator": found.estimator,
        "covariates": list(found.covariates),
        "clustered_by": found.clustered_by,
        "units": found.units,
        "clusters": found.clusters,
        "n": found.units * len(found.periods),
        "periods": list(found.periods),
        "cohorts": [{"cohort": first, "units": size} for first, size in found.cohorts],
        "level": found.level,
        "draws": found.draws,
        "multipliers": found.multipliers,
        "group_time": [
            {
                "cohort": row.cohort,
                "time": row.time,
                "base": row.base,
                "treated": row.treated,
                "controls": row.controls,
                **_point(row.effect),
            }
            for row in found.group_time
        ],
    }
    for key in ("simple", "dynamic", "group", "calendar"):
        result[key] = _aggregate(getattr(found, key))
    pre = found.pretrend
    result["pretrend"] = None if pre is None else {"statistic": pre.statistic, "df": pre.df, "p": pre.p}
    if found.two_way is None:
        result["two_way"] = None
    else:
        result["two_way"] = {
            **_point(found.two_way.coefficient),
            "event_study": [{"event_time": point.at, **_point(point)} for point in found.two_way.event_study],
            "df": found.two_way.df,
            "bias": found.two_way.bias,
        }
    result["left"] = [{"reason": gone.column, "rows": gone.rows} for gone in found.left]
    result["warnings"] = [str(warning) for warning in found.warnings]
    result["source"] = {"name": found.origin.source, "engine": found.origin.engine, "rows": found.origin.rows}
    result["converged"] = found.converged
    return result


def _point(point: Point) -> dict[str, Any]:
    return {
        "estimate": point.estimate,
        "se": point.se,
        "low": point.low,
        "high": point.high,
        "p": point.p,
        "bootstrap_se": point.bootstrap_se,
        "band_low": point.band_low,
        "band_high": point.band_high,
    }


_AT = {"dynamic": "event_time", "group": "cohort", "calendar": "time", "simple": "at"}


def _aggregate(part: Aggregate) -> dict[str, Any]:
    whole = {key: value for key, value in _point(part.overall).items() if key not in ("band_low", "band_high")}
    return {
        **whole,
        "question": part.question,
        "critical": part.critical,
        "points": [{_AT[part.key]: point.at, **_point(point)} for point in part.points],
    }


def table(found: Did) -> str:
    """For a person at a terminal."""
    percent = f"{found.level:.0%}"
    who = "never-treated" if found.control == "never" else "not-yet-treated"
    sizes = ", ".join(f"{'never' if first is None else f'{first:g}'} {size:,}" for first, size in found.cohorts)
    how = found.estimator + (f" given {', '.join(found.covariates)}" if found.covariates else "")
    lines = [
        f"Effect on {found.outcome} of those treated, by cohort and time",
        f"  {counted(found.units, 'unit')} over {counted(len(found.periods), 'period')} ({sizes}); compared with {who} units; {how}",
        f"  errors clustered by {found.clustered_by} ({counted(found.clusters, 'cluster')})",
        "",
        f"  {'':<22}{'estimate':>12}{'error':>12}{percent + ' interval':>26}{'band of all':>26}",
        f"  {'overall, simple':<22}{_cells(found.simple.overall)}",
    ]
    for title, part, name in (
        ("by time since start", found.dynamic, "dynamic"),
        ("by cohort", found.group, "group"),
        ("by period", found.calendar, "calendar"),
    ):
        lines += ["", f"  {title}"]
        lines += [f"  {f'  {point.at:g}':<22}{_cells(point)}" for point in part.points]
        lines.append(f"  {f'  overall, {name}':<22}{_cells(part.overall)}")
    if found.pretrend is None:
        lines += ["", "  before treatment: no effect can be estimated, so parallel trends have no check here"]
    else:
        pre = found.pretrend
        lines += [
            "",
            f"  before treatment: χ²({pre.df}) = {pre.statistic:.2f}, p = {pre.p:.3f} that all effects are zero; a test "
            "that does not reject does not show parallel trends",
        ]
    if found.two_way is not None:
        lines += ["", f"  {'two-way, to compare':<22}{_cells(found.two_way.coefficient)}", f"  {found.two_way.bias}"]
    lines += [f"  left out: {counted(gone.rows, 'row')}, {gone.column}" for gone in found.left]
    lines += [f"  warning: {warning}" for warning in found.warnings]
    return "\n".join(lines)


def _cells(point: Point) -> str:
    se = "" if point.se is None else f"{point.se:.6f}"
    interval = "" if point.low is None else f"[{point.low:.4f}, {point.high:.4f}]"
    band = "" if point.band_low is None else f"[{point.band_low:.4f}, {point.band_high:.4f}]"
    return f"{point.estimate:>12.6f}{se:>12}{interval:>26}{band:>26}".rstrip()


def event_study_figure(found: Did) -> Figure:
    """Effects by time since start: points with pointwise intervals, thin lines for the simultaneous band."""
    import altair as alt

    columns = ("event_time", "estimate", "low", "high", "band_low", "band_high", "when")
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            point.at,
            point.estimate,
            point.low,
            point.high,
            point.band_low,
            point.band_high,
            "before treatment" if point.at is not None and point.at < 0 else "treated",
        )
        for point in found.dynamic.points
    )
    title = f"Effect on {found.outcome} by time since the first treated period"
    whole = found.dynamic.overall
    alt_text = (
        f"{title}. "
        + " ".join(f"At {row[0]:g}: {row[1]:.4f}{_between(row[2], row[3])}." for row in rows)
        + f" Mean over treated times: {whole.estimate:.4f}{_between(whole.low, whole.high)}."
    )
    x = alt.X("event_time:Q", title="time since first treated period", axis=alt.Axis(tickMinStep=1))
    kinds = ["before treatment", "treated"]
    color = alt.Color("when:N", title=None, scale=alt.Scale(domain=kinds, range=["#777777", "#0b5fa5"]))
    shape = alt.Shape("when:N", title=None, scale=alt.Scale(domain=kinds, range=["circle", "square"]))
    base = alt.Chart(values(columns, rows))
    y = alt.Y("low:Q", title=f"effect ({found.outcome})")
    layers = [
        alt.Chart(alt.Data(values=[{"zero": 0}])).mark_rule(color="#999999").encode(y="zero:Q"),
        base.mark_rule(strokeWidth=1).encode(x=x, y="band_low:Q", y2="band_high:Q", color=color),
        base.mark_rule(strokeWidth=3).encode(x=x, y=y, y2="high:Q", color=color),
        base.mark_point(size=70, filled=True, opacity=1).encode(x=x, y="estimate:Q", color=color, shape=shape),
    ]
    chart = alt.layer(*layers).properties(title=title, description=alt_text, width=480, height=260)
    return Figure("event_study", title, alt_text, columns, rows, chart.to_dict())


def _between(low: Any, high: Any) -> str:
    return "" if low is None else f" ({low:.4f} to {high:.4f})"
